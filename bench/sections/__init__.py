"""What is measured: one module a section, each with `measure(bench) -> Result`."""
import dataclasses

from measuring.lab import MIB, Lab
from measuring.quietus import Quietus


@dataclasses.dataclass
class Bench:
    """What every section is given."""
    lab: Lab
    quietus: Quietus
    size: int  # bytes of the device that goals are measured on
    pairs: int
    quick: bool
    micro: str  # the Google Benchmark program, "" where it was not built
    faultfs: str = ""  # tests/lab/faultfs, "" where it was not built
    size_given: bool = False  # was --size said, or is it the default?

    def at_most(self, size):
        """The size asked for, but no more than this: slow tools and many drives get smaller devices."""
        return min(self.size, size)

    def say(self, words):
        print(f"bench: {words}", flush=True)


QUICK_SIZE = 64 * MIB
