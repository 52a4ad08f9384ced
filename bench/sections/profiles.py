"""Techniques of several passes beside the same of other tools."""
from measuring import NotHere, peers
from measuring.lab import MIB
from measuring.numbers import Sample, gb_per_s, ratio, size_text
from measuring.tables import Result, Table

SIZE_MAX = 512 * MIB  # 35 passes of it are 17 GiB
ROUNDS_MAX = 3
# Ours: what others call the same, and how many passes they write for it.
LIKE = {"dod-3": ("dodshort", 3), "dod-7": ("dod522022m", 7), "gutmann": ("gutmann", 35), "ops-ii": ("ops2", 7)}
HEAD = ["profile", "tool", "passes", "s", "GB/s written", "quietus is faster by"]


def rows_of(bench, device, profile, passes, rounds):
    method, nwipe_passes = LIKE[profile]
    ours = Sample([bench.quietus.erase([device], profile, verify="none").usage.wall_s for _ in range(rounds)])
    yield [profile, "**quietus**", passes, ours.show(), f"{gb_per_s(device.size * passes, ours.median):.2f}", ""]
    for peer in (peers.nwipe(device, method, passes=nwipe_passes), peers.shred(device, f"-n{passes}", passes=passes)):
        try:
            theirs = Sample([peer.run(bench.lab, device).wall_s for _ in range(rounds)])
        except NotHere as missing:
            yield [profile, peer.name, "", str(missing), "", ""]
            continue
        yield [profile, peer.name, peer.passes, theirs.show(), f"{gb_per_s(device.size * peer.passes, theirs.median):.2f}",
               f"{ratio(ours, theirs)[0]:.2f}"]


def measure(bench):
    size, rounds = bench.at_most(SIZE_MAX), min(bench.pairs, ROUNDS_MAX)
    result = Result("profiles", f"{size_text(size)} loop over tmpfs, 4096-byte sectors, {rounds} rounds, medians; whole commands, no"
                                " read-back.")
    known = bench.quietus.profiles()
    shared = {name: passes for name, passes in known.items() if name in LIKE}
    if not shared:
        result.notes.append("not shown: this quietus lists no profile that others have too (`quietus methods --json`)")
        return result
    table = Table("", HEAD)
    with bench.lab.ram_disk(size) as device:
        for profile, passes in shared.items():
            bench.say(f"profiles: {profile}")
            table.rows += rows_of(bench, device, profile, passes, rounds)
    result.tables.append(table)
    return result
