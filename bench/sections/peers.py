"""Whole commands beside each other, from exec to exit: quietus with all its evidence, the others with what they do."""
from measuring import NotHere, peers
from measuring.lab import GIB, SECTOR_OF_STAT
from measuring.numbers import Sample, gb_per_s, mib, per_gib, ratio, size_text
from measuring.tables import Bar, Panel, Result, Table

SIZE_MAX = 2 * GIB  # scrub makes 100 MB of random bytes a second
ROUNDS_MAX = 3
LOOK_S = 0.02  # how exactly the time between first and last request is known
HEAD = ["tool", "wall s", "GB/s", "quietus is faster by", "moving data s", "CPU s/GiB", "machine CPU s/GiB", "peak MiB",
        "read back from the device"]


def jobs(device, only=None):
    """{job: peers}, without the tools that a section has no time for."""
    chosen = peers.own_kinds_of_job(device)
    if only:
        chosen = {job: [peer for peer in them if only(peer)] for job, them in chosen.items()}
    return {job: them for job, them in chosen.items() if them}


def run_ours(bench, device, job):
    return bench.quietus.erase([device], job.split(",")[0], verify="full" if "read back" in job else "none", every_s=LOOK_S, memory=True).usage


def compare(bench, device, job, them, rounds):
    """{name: [usage, …]} of quietus and the peers, in rounds; a peer that is not here has a text in place of usages."""
    found = {"**quietus**": []} | {peer.name: [] for peer in them}
    for number in range(rounds):
        bench.say(f"{device.path} {job}: round {number + 1} of {rounds}")
        found["**quietus**"].append(run_ours(bench, device, job))
        for peer in them:
            if isinstance(found[peer.name], str):
                continue
            try:
                found[peer.name].append(peer.run(bench.lab, device, every_s=LOOK_S, memory=True))
            except NotHere as missing:
                found[peer.name] = str(missing)
    return found


def table_of(job, found, size):
    table = Table(f"**{job}**", HEAD)
    ours = Sample([usage.wall_s for usage in found["**quietus**"]])
    for name, usages in found.items():
        if isinstance(usages, str):
            table.rows.append([name, usages] + [""] * (len(HEAD) - 2))
            continue
        table.rows.append(row_of(name, usages, ours, size))
    return table


def row_of(name, usages, ours, size):
    wall = Sample([usage.wall_s for usage in usages])
    read = Sample([min(usage.read / size, 1.0) for usage in usages]).median
    return [name, wall.show(), f"{gb_per_s(size, wall.median):.2f}", "" if "quietus" in name else f"{ratio(ours, wall)[0]:.2f}",
            Sample([usage.moving_s for usage in usages]).show(), f"{Sample([per_gib(u.cpu_s, size) for u in usages]).median:.2f}",
            f"{Sample([per_gib(u.machine_cpu_s, size) for u in usages]).median:.2f}",
            mib(Sample([usage.peak_memory for usage in usages]).median), f"{read:.0%}"]


def panel_of(title, found, size):
    panel = Panel(title, "GB/s, whole command")
    for name, usages in found.items():
        if not isinstance(usages, str):
            rates = Sample([gb_per_s(size, usage.wall_s) for usage in usages])
            panel.bars.append(Bar(name.strip("*").replace("\\|", "|"), rates.median, min(rates.values), max(rates.values),
                                  ours="quietus" in name))
    return panel


def measure_on(bench, device, name, title, rounds, only=None):
    result = Result(name)
    for job, them in jobs(device, only).items():
        found = compare(bench, device, job, them, rounds)
        result.tables.append(table_of(job, found, device.size))
        result.panels.append(panel_of(f"{title}: {job}", found, device.size))
    return result


def measure(bench):
    rounds = min(bench.pairs, ROUNDS_MAX)
    size = bench.at_most(SIZE_MAX)
    with bench.lab.ram_disk(size) as device:
        result = measure_on(bench, device, "peers", f"{size_text(size)} loop over tmpfs", rounds)
    result.intro = (f"{size_text(size)} loop over tmpfs, 4096-byte sectors, {rounds} rounds, medians. Wall: from exec to exit, evidence"
                    " included; \"moving data\": between the device's first and last request. CPU: of the command, and of the whole machine"
                    " with its kernel threads.")
    result.notes = [
        "\"read back from the device\" is what the device really served: a tool whose verification reads the page cache shows 0 %.",
        "Buffered tools (shred, nwipe) vary by up to 1.7 from run to run here, since the machine gives free memory back and faults it in"
        " again. nwipe waits about two seconds before it exits.",
        f"The kernel counts requests in units of {SECTOR_OF_STAT} bytes; dd and scrub compare nothing and sign nothing."]
    return result
