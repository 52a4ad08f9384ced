"""The engine beside fio on one loop device over tmpfs, in pairs; its CPU, memory and delays; each beside its goal."""
from measuring import peers
from measuring.lab import GIB, MIB
from measuring.numbers import Sample, gb_per_s, per_gib, ratio, size_text
from measuring.tables import Bar, Panel, Result, Table

# Issue 3. Ratios: fio's own runtime through the engine's phase time, at least. CPU: seconds per GiB, at most.
RATIO_GOALS = {("write", "zero"): 0.95, ("write", "random"): 0.90, ("verify", "zero"): 0.90, ("verify", "random"): 0.75}
CPU_GOALS = {"zero": 0.05, "random": 0.35}
MEMORY_GOAL_MIB = 48
FIRST_WRITE_GOAL_MS = 50
RECORD_GOAL_MS = 100
SMALL = 64 * MIB  # delays and memory do not depend on the size
FINE_S = 0.0003  # between two looks at the device's counters
OFTEN_S = 0.01  # between two sums of memory, which cost more


class Pairs:
    """Phase times of both sides and the CPU of ours, by technique; run back to back."""

    def __init__(self):
        self.ours = {key: [] for key in RATIO_GOALS}
        self.fio = {key: [] for key in RATIO_GOALS}
        self.whole_cpu, self.write_cpu, self.whole_machine, self.write_machine = ({"zero": [], "random": []} for _ in range(4))

    def add(self, bench, device, technique):
        fio_write, fio_read = (peers.fio(device, kind, zeros=technique == "zero") for kind in ("write", "read"))
        self.fio["write", technique].append(peers.fio_seconds(fio_write.run(bench.lab, device), "write"))
        full = bench.quietus.erase([device], technique)
        self.ours["write", technique].append(full.write_s[0])
        self.ours["verify", technique].append(full.verify_s[0])
        self.fio["verify", technique].append(peers.fio_seconds(fio_read.run(bench.lab, device), "read"))
        alone = bench.quietus.erase([device], technique, verify="none")
        for kept, value in ((self.whole_cpu, full.usage.cpu_s), (self.write_cpu, alone.usage.cpu_s),
                            (self.whole_machine, full.usage.machine_cpu_s), (self.write_machine, alone.usage.machine_cpu_s)):
            kept[technique].append(value)


class Delays:
    """Of calls on a small device, seconds; memory in bytes."""

    def __init__(self, bench):
        self.first_write, self.record, self.exit, self.cpu, self.memory = [], [], [], [], []
        with bench.lab.ram_disk(bench.at_most(SMALL)) as device:
            bench.quietus.erase([device], "random")  # makes the host's key and register, once and for all
            for _ in range(bench.pairs):
                call = bench.quietus.erase([device], "random", verify="none", every_s=FINE_S)
                self.first_write.append(call.usage.first_write_s)
                self.record.append(call.signed_at - call.usage.last_write_at)
                self.exit.append(call.usage.ended_at - call.usage.last_write_at)
                self.cpu.append(bench.quietus.erase([device], "zero", verify="none").usage.cpu_s)
                self.memory.append(bench.quietus.erase([device], "random", every_s=OFTEN_S, memory=True).usage.peak_memory)


def verdict(met):
    return "met" if met else "**not met**"


def at_most(table, name, sample, goal, digits):
    table.rows.append([name, sample.show(digits), f"≤ {goal:g}", verdict(sample.median <= goal)])


def ratio_tables(pairs, size):
    times = Table("", ["phase", "quietus s", "GB/s", "fio s", "GB/s", "ratio of medians (pairs)", "goal", ""])
    panel = Panel(f"Speed beside fio (io_uring, O_DIRECT, 1 MiB, depth 8), {size_text(size)}", "fio's time / ours; 1 = as fast as fio")
    for (phase, technique), goal in RATIO_GOALS.items():
        ours, fio = Sample(pairs.ours[phase, technique]), Sample(pairs.fio[phase, technique])
        value, each = ratio(ours, fio)
        times.rows.append([f"{phase} {technique}", ours.show(), f"{gb_per_s(size, ours.median):.2f}", fio.show(),
                           f"{gb_per_s(size, fio.median):.2f}", f"{value:.2f} ({min(each.values):.2f}–{max(each.values):.2f})",
                           f"≥ {goal:.2f}", verdict(value >= goal)])
        panel.bars.append(Bar(f"{phase} {technique}", value, min(each.values), max(each.values), goal, ours=True))
    return times, panel


def cpu_table(pairs, size):
    table = Table("", ["CPU seconds per GiB", "quietus", "goal", "", "whole machine"])
    for technique, goal in CPU_GOALS.items():
        phases = {"write": (pairs.write_cpu, pairs.write_machine, False), "verify": (pairs.whole_cpu, pairs.whole_machine, True)}
        for phase, (cpu, machine, minus_write) in phases.items():
            ours = spent(cpu[technique], pairs.write_cpu[technique], minus_write, size)
            all_of_it = spent(machine[technique], pairs.write_machine[technique], minus_write, size)
            table.rows.append([f"{phase} {technique}", ours.show(3), f"≤ {goal:g}", verdict(ours.median <= goal), all_of_it.show(3)])
    return table


def spent(whole, writing, minus_write, size):
    return Sample([per_gib(all_ - (write if minus_write else 0), size) for all_, write in zip(whole, writing)])


def delay_table(delays):
    table = Table("", ["one drive, a whole call", "median (range)", "goal", ""])
    at_most(table, "peak memory, MiB", Sample(delays.memory).map(lambda size: size / MIB), MEMORY_GOAL_MIB, 1)
    at_most(table, "start-up to first write, ms", Sample(delays.first_write).map(lambda s: s * 1000), FIRST_WRITE_GOAL_MS, 0)
    at_most(table, "last write to signature, ms", Sample(delays.record).map(lambda s: s * 1000), RECORD_GOAL_MS, 0)
    table.rows.append(["last write to exit (synced, registered), ms", Sample(delays.exit).map(lambda s: s * 1000).show(0), "", ""])
    table.rows.append([f"CPU of a call on {SMALL // MIB} MiB, s", Sample(delays.cpu).show(3), "", ""])
    return table


def measure(bench):
    pairs = Pairs()
    with bench.lab.ram_disk(bench.size) as device:
        for technique in ("zero", "random"):
            for number in range(bench.pairs):
                bench.say(f"goals: {technique}, pair {number + 1} of {bench.pairs}")
                pairs.add(bench, device, technique)
    bench.say("goals: memory and delays")
    delays = delay_table(Delays(bench))
    times, panel = ratio_tables(pairs, bench.size)
    intro = (f"{size_text(bench.size)} loop over tmpfs, 4096-byte sectors, {bench.pairs} pairs run back to back; medians, in brackets the"
             " range. quietus: the phase as its record has it, from the first request to the flush or to the last compared byte. fio: its"
             " own runtime, buffers filled once. Start-up counts for neither.")
    notes = []
    if bench.size < GIB:
        notes.append("So small a device shows that the bench works, and nothing of speed.")
    return Result("goals", intro, [times, cpu_table(pairs, bench.size), delays], [panel], notes)
