"""A slow device: the right answer is the device's own speed at the least CPU."""
from measuring import NotHere, peers
from measuring.lab import MIB
from measuring.numbers import Sample, per_gib, size_text
from measuring.tables import Result, Table

RATES = (20, 200)  # 10^6 bytes a second
SECONDS = 6  # of work at that rate
ROUNDS_MAX = 3
HEAD = ["work", "written MB/s", "of the limit", "read MB/s", "of the limit", "CPU s/GiB", "machine CPU s/GiB"]


def size_for(bench, rate):
    return min(rate * SECONDS * 1000 * 1000 // (4 * MIB) * 4 * MIB, max(bench.size, 4 * MIB))


def row_of(name, size, rate, write, read, usages):
    row = [name]
    for times in (write, read):
        speed = Sample(times).map(lambda s: size / s / 1e6) if times else None
        row += [speed.show(1), f"{speed.median / rate:.0%}"] if speed else ["", ""]
    moved = size * (2 if write and read else 1)
    return row + [f"{Sample([per_gib(usage.cpu_s, moved) for usage in usages]).median:.3f}",
                  f"{Sample([per_gib(usage.machine_cpu_s, moved) for usage in usages]).median:.3f}"]


def at_rate(bench, device, rate, rounds):
    table = Table(f"**limit {rate} MB/s, {size_text(device.size)}**", HEAD)
    with bench.lab.throttle(device, rate * 1000 * 1000) as join:
        for technique in ("zero", "random"):
            calls = [bench.quietus.erase([device], technique, join=join) for _ in range(rounds)]
            table.rows.append(row_of(f"**quietus {technique}**", device.size, rate, [call.write_s[0] for call in calls],
                                     [call.verify_s[0] for call in calls], [call.usage for call in calls]))
        for peer, kind in ((peers.fio(device, "write", zeros=True), "write"), (peers.fio(device, "read"), "read")):
            usages = [peer.run(bench.lab, device, join=join) for _ in range(rounds)]
            times = [peers.fio_seconds(usage, kind) for usage in usages]
            table.rows.append(row_of(f"fio {kind}", device.size, rate, times if kind == "write" else [],
                                     times if kind == "read" else [], usages))
        for peer in (peers.dd(device), peers.openssl_dd(device)):
            usages = [peer.run(bench.lab, device, join=join) for _ in range(rounds)]
            table.rows.append(row_of(peer.name, device.size, rate, [usage.wall_s for usage in usages], [], usages))
    return table


def measure(bench):
    rounds = min(bench.pairs, ROUNDS_MAX)
    result = Result("throttle", f"Loop over tmpfs whose readers and writers a cgroup (v1, blkio) holds to a rate; {rounds} rounds, medians."
                                " CPU per GiB moved, start-up and evidence included.")
    for rate in RATES:
        bench.say(f"throttle: {rate} MB/s")
        try:
            with bench.lab.ram_disk(size_for(bench, rate)) as device:
                result.tables.append(at_rate(bench, device, rate, rounds))
        except NotHere as missing:
            result.notes.append(f"{rate} MB/s: not shown here: {missing}")
    return result
