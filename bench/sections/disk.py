"""On a file on disk, through a loop with direct I/O."""
from measuring.lab import GIB
from measuring.numbers import size_text
from . import peers

SIZE_MAX = 2 * GIB
ROUNDS_MAX = 3


def chosen(peer):
    return peer.name not in ("scrub -p random", "dd direct, 1 MiB")


def measure(bench):
    size, rounds = bench.at_most(SIZE_MAX), min(bench.pairs, ROUNDS_MAX)
    with bench.lab.disk_file(size) as device:
        result = peers.measure_on(bench, device, "disk", f"{size_text(size)} file on disk", rounds, chosen)
    result.intro = (f"{size_text(size)} file on the machine's disk under a loop with direct I/O, 4096-byte sectors, {rounds} rounds,"
                    " medians; columns as above.")
    result.notes = ["The disk is a virtual one and other machines share it: it varies by up to 3 from run to run, so only large"
                    " differences say something."]
    return result
