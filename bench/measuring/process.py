"""Runs one command to its end and says what it took."""
import dataclasses
import os
import pathlib
import select
import signal
import subprocess
import time

from . import Fault

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
ALL_EVERY_S = 0.5  # between two sums of the memory of many processes: they hold what they need all the time


@dataclasses.dataclass
class Usage:
    """What a command took, its children too. Seconds and bytes."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    machine_cpu_s: float = 0.0  # of every process and kernel thread meanwhile, from /proc/stat
    # All its processes together, shared pages counted once (PSS), at most; or the high-water mark of one of them, where
    # that is more: it remembers what came and went between two looks. 0 where not watched. (The kernel's own ru_maxrss
    # would count the bench, which each command was forked from.)
    peak_memory: int = 0
    status: int = 0
    output: str = ""
    read: int = 0  # bytes that the devices served
    written: int = 0
    # From the devices' own counters, where watched:
    first_write_s: float = 0.0  # from before exec until the first write request had been served
    moving_s: float = 0.0  # from the first request to the last
    last_write_at: float = 0.0  # CLOCK_REALTIME
    ended_at: float = 0.0  # CLOCK_REALTIME


def machine_cpu():
    user, nice, system, _idle, _iowait, irq, softirq = map(int, open("/proc/stat", encoding="ascii").readline().split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS_PER_S


def family(pid):
    """The process and its descendants."""
    members = [pid]
    for member in members:
        try:
            for thread in os.listdir(f"/proc/{member}/task"):
                with open(f"/proc/{member}/task/{thread}/children", encoding="ascii") as children:
                    members += map(int, children.read().split())
        except OSError:
            pass  # it has just ended
    return members


def memory_of(pid):
    """The larger of the summed PSS and the largest high-water mark of a single process."""
    together, largest = 0, 0
    for member in family(pid):
        try:
            together += kib_in(f"/proc/{member}/smaps_rollup", "Pss:") * 1024
            largest = max(largest, kib_in(f"/proc/{member}/status", "VmHWM:") * 1024)
        except OSError:
            pass  # it has just ended
    return max(together, largest)


def kib_in(path, key):
    with open(path, encoding="utf-8", errors="replace") as lines:
        return next((int(line.split()[1]) for line in lines if line.startswith(key)), 0)


class Watch:
    """Looks at device counters and memory while a command runs."""

    def __init__(self, usage, devices, memory):
        self.usage, self.devices, self.memory = usage, devices, memory
        self.began = time.monotonic()
        self.counters = self.before = self.look()
        self.first_io = self.last_io = None

    def look(self):
        return tuple(map(sum, zip(*(device.counters() for device in self.devices)))) or (0, 0, 0, 0)

    def once(self, pid):
        now, clock, counters = time.monotonic(), time.time(), self.look()
        if counters != self.counters:
            self.first_io = self.first_io or now
            self.last_io = now
            if counters[2] != self.counters[2]:
                self.usage.last_write_at = clock
                self.usage.first_write_s = self.usage.first_write_s or now - self.began
            self.counters = counters
        if self.memory and pid:
            self.usage.peak_memory = max(self.usage.peak_memory, memory_of(pid))

    def end(self):
        self.once(None)
        self.usage.read, self.usage.written = self.counters[1] - self.before[1], self.counters[3] - self.before[3]
        self.usage.moving_s = self.last_io - self.first_io if self.first_io else 0.0


def run(argv, *, log, devices=(), join=None, every_s=None, memory=False, timeout_s=600.0, env=None):
    """Runs `argv` with its output in `log`; the devices must be ours. `every_s`: how often to look at counters (never: only
    before and after). `join`: a cgroup.procs file to enter first. A time-out is a Fault, an exit status is not."""
    for device in devices:
        device.must_be_ours()
        device.forget_cache()
    return _run(argv, log, devices, join, every_s, memory, timeout_s, env)


def run_all(argvs, *, log, devices, timeout_s=600.0, memory=False):
    """One process for each argv, at once: (usage of all together, wall seconds of each)."""
    script = "".join(f"( s=$EPOCHREALTIME; {argv}; echo \"$? $s $EPOCHREALTIME\" >>{log}.each ) >/dev/null 2>&1 &\n" for argv in argvs)
    pathlib.Path(f"{log}.each").write_text("", encoding="ascii")
    usage = run(["bash", "-c", script + "wait\n"], log=log, devices=devices, timeout_s=timeout_s, memory=memory,
                every_s=ALL_EVERY_S if memory else None)
    ends = [line.split() for line in pathlib.Path(f"{log}.each").read_text(encoding="ascii").splitlines()]
    if len(ends) != len(argvs) or any(end[0] != "0" for end in ends):
        raise Fault(f"{argvs[0]} and its like: exit {[end[0] for end in ends]}")
    return usage, [float(end[2]) - float(end[1]) for end in ends]


def _run(argv, log, devices, join, every_s, memory, timeout_s, env):
    usage = Usage()
    watch = Watch(usage, devices, memory)
    if join:
        argv = ["bash", "-c", 'echo $$ >"$0" && exec "$@"', str(join), *argv]
    with open(log, "w+", encoding="utf-8", errors="replace") as output:
        machine_before = machine_cpu()
        began = watch.began = time.monotonic()
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, env=env)
        ended = None
        try:
            ended = _wait(child.pid, watch, began + timeout_s, every_s)
        finally:
            if ended is None:
                os.killpg(child.pid, signal.SIGKILL)
                os.wait4(child.pid, 0)
            child.returncode = 0  # reaped here, not by subprocess
        usage.wall_s, usage.ended_at = time.monotonic() - began, time.time()
        usage.machine_cpu_s = machine_cpu() - machine_before
        output.seek(0)
        usage.output = output.read()
    watch.end()
    usage.status = os.waitstatus_to_exitcode(ended[0])
    usage.cpu_s = ended[1].ru_utime + ended[1].ru_stime
    return usage


def _wait(pid, watch, deadline, every_s):
    """(status, rusage), or a Fault when the deadline has passed."""
    handle = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        while time.monotonic() < deadline:
            patience_s = every_s or deadline - time.monotonic()
            if patience_s < 0.001:  # poll(2) counts in milliseconds
                time.sleep(patience_s)
                patience_s = 0
            if poll.poll(patience_s * 1000):
                _, status, rusage = os.wait4(pid, 0)
                return status, rusage
            if every_s:
                watch.once(pid)
    finally:
        os.close(handle)
    raise Fault(f"process {pid} did not end in time")
