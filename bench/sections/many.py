"""Many drives in one call, beside as many processes of others."""
import shutil

from measuring import NotHere, peers, process
from measuring.lab import MIB
from measuring.numbers import Sample, gb_per_s, mib, per_gib, size_text
from measuring.tables import Bar, Panel, Result, Table

COUNTS, QUICK_COUNTS = (1, 4, 16, 64), (1, 4)
# Of one drive, and of all together: where passes take long beside the moments in which drives join and leave.
SIZE_MAX, TOTAL_MAX, QUICK_SIZE = 2048 * MIB, 16384 * MIB, 16 * MIB
SIZE_STEP = 4 * MIB  # what dd moves at once
ROUNDS_MAX = 3
FAIR = 0.9  # the slowest beside the mean of its like, at least
MEMORY_A_DRIVE, MEMORY_OF_A_CALL = 16 * MIB, 64 * MIB  # peak, at most
HEAD = ["drives", "tool", "wall s", "sum GB/s", "slowest / mean", f"≥ {FAIR}", "CPU s/GiB", "machine CPU s/GiB", "peak MiB", "memory goal"]


class Runs:
    """What the rounds of one tool on so many drives took."""

    def __init__(self, name, ours=False):
        self.name, self.ours = name, ours
        self.walls, self.fairness, self.usages = [], [], []

    def add(self, usage, seconds):
        speeds = [1 / s for s in seconds]
        self.walls.append(usage.wall_s)
        self.fairness.append(min(speeds) * len(speeds) / sum(speeds))
        self.usages.append(usage)

    def row(self, count, size):
        fairness = Sample(self.fairness).median
        memory = max(usage.peak_memory for usage in self.usages)
        limit = count * MEMORY_A_DRIVE + MEMORY_OF_A_CALL
        judged = (lambda met: "met" if met else "**not met**") if self.ours else (lambda met: "yes" if met else "no")
        return [f"{count} of {size_text(size)}", f"**{self.name}**" if self.ours else self.name, Sample(self.walls).show(),
                f"{gb_per_s(count * size, Sample(self.walls).median):.2f}", f"{fairness:.2f}", judged(fairness >= FAIR),
                f"{Sample([per_gib(u.cpu_s, count * size) for u in self.usages]).median:.2f}",
                f"{Sample([per_gib(u.machine_cpu_s, count * size) for u in self.usages]).median:.2f}", mib(memory),
                f"≤ {mib(limit)}: {judged(memory <= limit) if memory else 'too short to be seen'}"]

    def bar(self, count, size):
        rates = Sample(self.walls).map(lambda s: gb_per_s(count * size, s))
        return Bar(f"{count} x {self.name}", rates.median, min(rates.values), max(rates.values), ours=self.ours)


def our_runs(bench, devices, technique, verify, rounds):
    runs = Runs(f"quietus {technique}" + ("" if verify == "none" else ", read back"), ours=True)
    for _ in range(rounds):
        call = bench.quietus.erase(devices, technique, verify=verify, every_s=process.ALL_EVERY_S, memory=True)
        runs.add(call.usage, [write + verify for write, verify in zip(call.write_s, call.verify_s)])
    return runs


def peer_runs(bench, devices, make, rounds):
    all_of_them = [make(device) for device in devices]
    first = all_of_them[0]
    if not shutil.which(first.program):
        return None
    runs = Runs(f"{first.name}")
    patience_s = peers.START_S + len(devices) * devices[0].size / peers.SLOWEST_BYTES_PER_S
    for _ in range(rounds):
        usage, seconds = process.run_all([" ".join(peer.argv) for peer in all_of_them], log=bench.lab.work / "many", devices=devices,
                                         timeout_s=patience_s, memory=True)
        runs.add(usage, seconds)
    return runs


def on_so_many(bench, count, size, rounds):
    with bench.lab.ram_disks(count, size) as devices:
        yield our_runs(bench, devices, "zero", "none", rounds)
        yield our_runs(bench, devices, "random", "none", rounds)
        yield our_runs(bench, devices, "random", "full", rounds)
        for make in (peers.dd, lambda device: peers.shred(device, "-n1"), lambda device: peers.nwipe(device, "random")):
            runs = peer_runs(bench, devices, make, rounds)
            if runs:
                yield runs


def measure(bench):
    rounds = min(bench.pairs, ROUNDS_MAX)
    result = Result("many", f"Loops over tmpfs, 4096-byte sectors: one call of quietus for all, as many processes of the"
                            f" others; {rounds} rounds, medians. Wall: until the last has ended. Memory: the peak of all its processes"
                            " together, shared pages counted once.")
    table = Table("", HEAD)
    panel = Panel("Many drives at once", "GB/s, sum of all drives, whole command")
    for count in QUICK_COUNTS if bench.quick else COUNTS:
        size = QUICK_SIZE if bench.quick else bench.at_most(min(SIZE_MAX, TOTAL_MAX // count)) // SIZE_STEP * SIZE_STEP
        bench.say(f"many: {count} drives")
        try:
            for runs in on_so_many(bench, count, size, rounds):
                table.rows.append(runs.row(count, size))
                panel.bars.append(runs.bar(count, size))
        except NotHere as missing:
            result.notes.append(f"{count} drives: not shown here: {missing}")
    result.tables.append(table)
    result.panels.append(panel)
    return result
