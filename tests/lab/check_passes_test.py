#!/usr/bin/env python3
"""The checker can say no: every way in which an erase may fall short of its row is refused, for its own reason.

    check_passes_test.py                       records made up here, for every row of the table
    check_passes_test.py ROW RECORD JOURNAL    the same on what a real erase left: it passes, and doctored it does not
"""
import copy
import hashlib
import json
import pathlib
import secrets
import subprocess
import sys
import tempfile

import check_passes
from check_passes import Refused, SECTOR

SIZE = 48 * SECTOR + 8192  # Nothing divides it: not the requests below, not three bytes.
REQUEST = 7 * SECTOR


# -- An erase as it should be ----------------------------------------------------------------------------------
def made_up_begins(passes):
    drawn, begins = {}, []
    for each in passes:
        begin = {}
        if each.pattern == "R":
            algorithm = "ChaCha20" if each.number % 2 == 0 else "AES-256-CTR"
            begin["keystream"] = {"algorithm": algorithm, "key": secrets.token_hex(32), "nonce": secrets.token_hex(8)}
        elif each.pattern[0] in "?~":
            character = drawn.setdefault(each.pattern[1:], secrets.randbelow(256))
            begin["drawn_byte"] = f"{character ^ (0xFF if each.pattern[0] == '~' else 0):02x}"
        begins.append(begin)
    return begins


def requests_of(op, data):
    return [{"op": op, "offset": first, "length": len(data[first:first + REQUEST]), "error": 0,
             "sha256": hashlib.sha256(data[first:first + REQUEST]).hexdigest()}
            for first in range(0, len(data), REQUEST)]


def flush():
    return {"op": "flush", "offset": 0, "length": 0, "error": 0}


def made_up_segment(passes, begins):
    contents, segment = check_passes.Contents(passes, begins, SIZE), []
    for each in passes:
        data = contents.of(each)
        writes = requests_of("write", data)
        secrets.SystemRandom().shuffle(writes)  # A queue completes in any order.
        segment += writes + [flush()] + (requests_of("read", data) if each.read_back else [])
    return segment


# -- What may be wrong with it ------------------------------------------------------------------------------------
def blocks(segment):
    """The segment cut where passes begin: each with its writes, flush and reads."""
    cut, before = [[]], "write"
    for line in segment:
        if line["op"] == "write" and before != "write" and any(other["op"] == "write" for other in cut[-1]):
            cut.append([])
        cut[-1].append(line)
        before = line["op"]
    return cut


def without(segment, index):
    return segment[:index] + segment[index + 1:]


def index_of(segment, op, last=False):
    found = [index for index, line in enumerate(segment) if line["op"] == op]
    return found[-1 if last else 0]


def changed(segment, index, **members):
    segment = copy.deepcopy(segment)
    segment[index].update(members)
    return segment


def other_digest(line):
    return {"sha256": ("0" if line["sha256"][0] != "0" else "1") + line["sha256"][1:]}


def doctored_segments(segment):
    """(what, segment, why it has to be refused) of one pass or more."""
    last = index_of(segment, "write", last=True)
    last_flush = index_of(segment, "flush", last=True)
    last_read = index_of(segment, "read", last=True)
    cut = blocks(segment)
    final_writes = [line for line in cut[-1] if line["op"] == "write"]
    yield "a write is missing", without(segment, last), "missing, the first at"
    yield "one bit of a digest", changed(segment, last, **other_digest(segment[last])), "has not the bytes of"
    yield "a write went elsewhere", changed(segment, last, offset=final_writes[0]["offset"]), ""
    yield "a write past the end", changed(segment, last, offset=1 << 40), "not on the drive"
    yield "a write that failed", changed(segment, last, error=5), "failed"
    yield "a write that was dropped", changed(segment, last, fault="dropped_write"), "failed"
    within = segment.index(final_writes[0])
    yield "a write twice", segment[:within] + [segment[within]] * 2 + segment[within + 1:], "written twice"
    yield "no flush at the end", [line for index, line in enumerate(segment)
                                  if line["op"] != "flush" or index < last], "no flush after its last write"
    yield "a flush that failed", changed(segment, last_flush, error=5), "a flush failed"
    yield "the flush before the last write", without(segment[:last] + [flush()] + segment[last:], last_flush + 1), "no flush"
    yield "an extra pass", segment + final_writes + [flush()], "more is written"
    yield "one write at the end", segment + [segment[last]], "more is written"
    yield "an extra pass before the last", [line for block in cut[:-1] for line in block] + final_writes + [flush()] + cut[-1], ""
    yield "no last pass", [line for block in cut[:-1] for line in block], ""
    yield "a discard", segment[:last] + [{"op": "discard", "offset": 0, "length": SECTOR, "error": 0}] + segment[last:], "asked to discard"
    yield "nothing read back", [line for line in segment[:last]] + [segment[last], flush()], "read-back after the flush"
    yield "one read missing", without(segment, last_read), "read-back after the flush"
    yield "a read brought something else", changed(segment, last_read, **other_digest(segment[last_read])), "a read at byte"


def doctored_between_passes(segment):
    """The same of two passes or more that write different things."""
    cut = blocks(segment)
    if len(cut) < 2:
        return
    digests = [{line["offset"]: line["sha256"] for line in block if line["op"] == "write"} for block in cut]
    second = next((i for i in range(1, len(cut)) if digests[i] != digests[i - 1]), None)
    if second is None:
        return
    before = [line for block in cut[:second - 1] for line in block]
    after = [line for block in cut[second + 1:] for line in block]
    one, other = cut[second - 1], cut[second]
    yield "two passes change places", before + other + one + after, "has not the bytes of"
    yield "no flush between two passes", before + [line for line in one if line["op"] != "flush"] + other + after, "no flush after"
    yield "a pass begins before the last has ended", before + one[:1] + other[:1] + one[1:] + other[1:] + after, ""
    yield "a pass is left out", before + other + after, "has not the bytes of"


def doctored_begins(passes, begins):
    """What the journal may claim that the drive, or the row, contradicts."""
    random = [index for index, each in enumerate(passes) if each.pattern == "R"]
    complements = [index for index, each in enumerate(passes) if each.pattern[0] == "~"]
    yield "a pass the journal does not have", begins[:-1], "the journal begins"
    if random:
        other = copy.deepcopy(begins)
        other[random[-1]]["keystream"]["key"] = secrets.token_hex(32)
        yield "another key", other, "has not the bytes of 'R'"
        yield "no key", [{} if index == random[0] else begin for index, begin in enumerate(begins)], "a key where none"
    if complements:
        other = copy.deepcopy(begins)
        other[complements[-1]]["drawn_byte"] = f"{int(other[complements[-1]]['drawn_byte'], 16) ^ 1:02x}"
        yield "no complement", other, "not the complement"


# -- Trying them ---------------------------------------------------------------------------------------------------
def refuse(what, size, segment, begins, passes, why):
    try:
        check_passes.check(size, segment, begins, passes)
    except Refused as refused:
        if why in str(refused):
            return 1
        sys.exit(f"FAILED: {what}: refused because '{refused}', expected '{why}'")
    sys.exit(f"FAILED: {what}: not refused")


def refuse_all(row, size, segment, begins, passes):
    tried = 0
    for what, doctored, why in [*doctored_segments(segment), *doctored_between_passes(segment)]:
        tried += refuse(f"{row}: {what}", size, doctored, begins, passes, why)
    for what, doctored, why in doctored_begins(passes, begins):
        tried += refuse(f"{row}: {what}", size, segment, doctored, passes, why)
    return tried


def try_row(row, **options):
    passes = check_passes.expected_passes(row, **options)
    begins = made_up_begins(passes)
    segment = made_up_segment(passes, begins)
    check_passes.check(SIZE, segment, begins, passes)
    return refuse_all(row, SIZE, segment, begins, passes)


def try_a_key_used_again():
    """What was written fits, and is no second random pass all the same."""
    passes = check_passes.expected_passes("pfitzner-7")
    begins = made_up_begins(passes)
    segment = made_up_segment(passes, begins)
    first = segment[:index_of(segment, "flush") + 1]
    begins[1]["keystream"] = begins[0]["keystream"]
    return refuse("a key used again", SIZE, first + first + segment[len(first) * 2:], begins, passes, "an earlier pass had")


def journal_of(passes, begins):
    """As quietus writes it: every line has the digest of the one before."""
    entries = [{"event": "open", "plan": {"steps": [{"do": "overwrite"} for _ in passes] + [{"do": "read-back"}]}}]
    entries += [{"event": "begin", "outcome": {"index": index, **begin}} for index, begin in enumerate(begins)]
    entries += [{"event": "begin", "outcome": {"index": len(passes)}}, {"event": "close"}]
    before, lines = "0" * 64, []
    for entry in entries:
        lines.append(json.dumps({**entry, "prev": before}))
        before = hashlib.sha256(lines[-1].encode()).hexdigest()
    return lines


def record_of(row, segment):
    mark = {"op": "mark", "offset": 0, "length": 0, "error": 0}
    lines = [{"op": "begin", "offset": 0, "length": SIZE, "error": 0}, {**mark, "text": "idle"}, {**mark, "text": row},
             *segment, {**mark, "text": "idle"}]
    return [json.dumps({"n": number, **line}) for number, line in enumerate(lines)]


def try_files():
    """The same as files, as the lab has them."""
    row = "dod-3"
    passes = check_passes.expected_passes(row)
    begins = made_up_begins(passes)
    segment = made_up_segment(passes, begins)
    journal, record = journal_of(passes, begins), record_of(row, segment)
    stray = json.dumps({"n": len(record), **segment[0]})
    keyless = [line.replace('"key": "', '"key": "00') for line in journal]
    cases = (("the journal was changed", keyless, record, "chain is broken"),
             ("a line of the record is gone", journal, record[:5] + record[6:], "line 5 of the record is missing"),
             ("the record has no beginning", journal, [record[0].replace("begin", "read"), *record[1:]], "no beginning"),
             ("a write after the end", journal, [*record, stray], "while nothing was to be erased"),
             ("no end", journal, record[:-1], "no complete"),
             ("another row", journal, [line.replace(row, "zero") for line in record], "no complete"))
    with tempfile.TemporaryDirectory() as folder:
        def run(journal_lines, record_lines):
            for name, lines in (("journal", journal_lines), ("record", record_lines)):
                pathlib.Path(folder, name).write_text("\n".join(lines) + "\n", encoding="ascii")
            return subprocess.run([sys.executable, check_passes.__file__, row, f"{folder}/record", f"{folder}/journal"],
                                  capture_output=True, text=True, check=False)
        good = run(journal, record)
        if good.returncode != 0 or "as the row says" not in good.stdout:
            sys.exit(f"FAILED: a good erase as files: {good}")
        for what, journal_lines, record_lines, why in cases:
            done = run(journal_lines, record_lines)
            if done.returncode != 1 or why not in done.stdout:
                sys.exit(f"FAILED: {what}: expected '{why}', got {done}")
    return len(cases)


def try_other_rows():
    """What is good for one row is not for another one, unless they ask for the same."""
    tried = 0
    for row in check_passes.ROWS:
        passes = check_passes.expected_passes(row)
        begins = made_up_begins(passes)
        segment = made_up_segment(passes, begins)
        for other in check_passes.ROWS:
            expected = check_passes.expected_passes(other)
            if [each.pattern for each in expected] != [each.pattern for each in passes]:
                tried += refuse(f"{row} as {other}", SIZE, segment, begins, expected, "")
    return tried


def main():
    if len(sys.argv) == 4:
        row, record, journal = sys.argv[1:]
        passes = check_passes.expected_passes(row)
        size, segment = check_passes.read_record(record, row)
        begins = check_passes.read_journal(journal)
        check_passes.check(size, segment, begins, passes)
        print(f"{row}: {refuse_all(row, size, segment, begins, passes)} doctored records refused")
        return
    tried = sum(try_row(row) for row in check_passes.ROWS)
    tried += try_row("pattern:deadbeef") + try_row("pattern:0102030405060708090a0b")
    tried += try_row("dod-3", verify_each=True) + try_row("zero", prove=True) + try_row("random", blank=True, verify_each=True)
    tried += try_a_key_used_again() + try_files() + try_other_rows()
    print(f"{len(check_passes.ROWS)} rows, {tried} doctored records refused")


if __name__ == "__main__":
    main()
