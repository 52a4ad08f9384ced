"""Medians and their spread, and how figures are written."""
import dataclasses
import statistics

from .lab import GIB


@dataclasses.dataclass
class Sample:
    """Values of one thing measured several times."""
    values: list

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def count(self):
        return len(self.values)

    def map(self, change):
        return Sample([change(value) for value in self.values])

    def show(self, digits=2):
        """"1.23 (1.20–1.31)": the median and the whole range."""
        if self.count == 1:
            return f"{self.median:.{digits}f}"
        return f"{self.median:.{digits}f} ({min(self.values):.{digits}f}–{max(self.values):.{digits}f})"


def gb_per_s(size, seconds):
    return size / seconds / 1e9 if seconds else 0.0


def per_gib(value, size):
    return value * GIB / size


def ratio(ours_s, peers_s):
    """How fast we are beside a peer, by the medians: above 1 we are faster. Its range is that of the pairs."""
    pairs = [peer / our for our, peer in zip(ours_s.values, peers_s.values)]
    return peers_s.median / ours_s.median, Sample(pairs)


def mib(size):
    return f"{size / (1 << 20):.0f}"


def size_text(size):
    return f"{size / GIB:g} GiB" if size >= GIB else f"{size >> 20} MiB"
