"""Devices with bad blocks: what each tool leaves of the old data, how often it fails, how long it takes, what it says."""
import dataclasses
import shutil

from measuring import Fault, peers, process
from measuring.faulty import faulty_disk
from measuring.lab import GIB, MIB
from measuring.numbers import size_text
from measuring.tables import Result, Table

SIZE, SIZE_MAX = 64 * MIB, 2 * GIB
SECTOR = 4096
COUNTS = (1, 3, 100)
KINDS = {"bad to read": ("read",), "bad to write": ("write",), "bad both ways": ("read", "write")}
START_S, SLOWEST_BYTES_PER_S = 120, 10 * MIB  # only ends what hangs
HEAD = ["bad blocks", "tool", "old bytes left", "of them in good blocks", "of the drive", "failed requests", "s", "exit"]


def spots(count, size):
    """Block numbers, as in tests/lab/failing.sh: alone in their MiB but for 60 of 100. None where filesystems have their marks."""
    blocks, wide = MIB // SECTOR, size // SIZE  # the same picture on a larger device
    if count == 1:
        return [21 * wide * blocks + 77]
    if count == 3:
        return [5 * wide * blocks, 30 * wide * blocks + blocks // 2, 62 * wide * blocks + blocks - 1]
    return ([(n + 5) * wide * blocks + n * 37 % blocks for n in range(40)]
            + [51 * wide * blocks + n for n in range(-10, 10)]  # neighbours
            + [(54 + n // 10) * wide * blocks + n % 10 * (blocks // 10) + 3 for n in range(40)])


@dataclasses.dataclass
class Tool:
    name: str
    argv: list
    program: str
    env: dict = None


def tools(bench, device):
    quietus = bench.quietus
    dd = ["dd", "if=/dev/zero", f"of={device.path}", f"bs={MIB}", f"count={device.size // MIB}", "oflag=direct",
          "conv=noerror,notrunc,fsync", "status=none"]
    others = [peers.nwipe(device, "random", "last"), peers.shred(device, "-n1"), peers.scrub(device, "random"),
              peers.Peer("dd conv=noerror", dd, "dd")]
    return [Tool("**quietus random**", quietus.erase_argv([device], "random", "full", quietus.folder / "failing"), quietus.binary, quietus.env),
            *(Tool(peer.name, peer.argv, peer.program) for peer in others)]


def run(bench, disk, tool):
    """(seconds, how it ended) of one tool on the device as it is now."""
    if not shutil.which(tool.program):
        return None, f"{tool.program} is not installed"
    patience_s = START_S + disk.device.size / SLOWEST_BYTES_PER_S
    try:
        usage = process.run(tool.argv, log=bench.lab.work / "log", devices=[disk.device], timeout_s=patience_s, env=tool.env)
    except Fault as fault:
        if "did not end in time" not in str(fault):
            raise
        return patience_s, "killed: it took too long"
    return usage.wall_s, str(usage.status)


def row_of(bench, disk, tool, bad, directions):
    disk.refill()
    disk.rules([f"error on={on} where={block * SECTOR}+{SECTOR}" for on in directions for block in bad])
    seconds, ended = run(bench, disk, tool)
    failed, left = disk.failed_requests(), disk.blocks_left()
    if seconds is None:
        return [len(bad), tool.name, ended] + [""] * (len(HEAD) - 3)
    unwritable = set(bad) if "write" in directions else set()
    surplus = [block for block in left if block not in unwritable]
    return [len(bad), tool.name, len(left) * SECTOR, len(surplus) * SECTOR, f"{len(left) * SECTOR / disk.device.size:.1%}", failed,
            f"{seconds:.1f}", ended]


def tables_of(bench, size):
    with faulty_disk(bench.lab, bench.faultfs, size, SECTOR) as disk:
        for kind, directions in KINDS.items():
            table = Table(f"**{size_text(size)}, blocks that are {kind}**", HEAD)
            for count in COUNTS[:1] if bench.quick else COUNTS:
                for tool in tools(bench, disk.device):
                    bench.say(f"{disk.device.path} {size_text(size)}, {count} {kind}: {tool.name}")
                    table.rows.append(row_of(bench, disk, tool, spots(count, size), directions))
            disk.rules([])
            yield table


def measure(bench):
    result = Result("failing")
    larger = bench.at_most(SIZE_MAX) // SIZE * SIZE
    sizes = [SIZE] + ([larger] if bench.size_given and not bench.quick and larger > SIZE else [])
    for size in sizes:
        result.tables += tables_of(bench, size)
    result.intro = (f"Loop over faultfs over tmpfs, {' and '.join(map(size_text, sizes))}, {SECTOR}-byte sectors; each bad block is one"
                    " sector that fails with EIO; once each.")
    result.notes = [
        "\"Old bytes left\" are counted on the image behind the device when the tool has ended; \"in good blocks\" are those that could have"
        " been written.",
        "Failed requests are counted by faultfs. Exit: quietus says 11 where it names blocks that it could not write or read back, and"
        " never 0 then; seconds are of a FUSE file and say nothing of a drive."]
    return result
