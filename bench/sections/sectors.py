"""The same work on 512- and on 4096-byte sectors."""
from measuring.lab import MIB
from measuring.numbers import size_text
from . import peers

SIZE_MAX = 512 * MIB  # nwipe writes sector by sector: 60 MB/s at 512 bytes
ROUNDS_MAX = 3


def chosen(peer):
    return peer.program in ("fio", "nwipe", "dd", "badblocks") and "1 MiB" not in peer.name


def measure(bench):
    size, rounds = bench.at_most(SIZE_MAX), min(bench.pairs, ROUNDS_MAX)
    result = None
    for sector in (512, 4096):
        with bench.lab.ram_disk(size, sector) as device:
            part = peers.measure_on(bench, device, "sectors", f"{sector}-byte sectors", rounds, chosen)
        for table in part.tables:
            table.title = f"**{sector}-byte sectors: {table.title.strip('*')}**"
        if result:
            result.tables += part.tables
        else:
            result = part
    result.panels = []
    result.intro = f"{size_text(size)} loop over tmpfs, {rounds} rounds, medians; columns as above."
    result.notes = ["nwipe 0.34 writes st_blksize bytes at a time, which is the sector on new kernels: compare with it at 4096."]
    return result
