#!/usr/bin/env python3
"""Checks, from what a recorder under the drive wrote down, that the passes of an erase happened.

    check_passes.py ROW RECORD JOURNAL [--verify-each] [--prove] [--blank]

RECORD is what faultfs wrote (tests/lab/faultfs/recorder.h), with a mark ROW where the erase began and a mark `idle`
where it ended. JOURNAL is the journal of the erase: it has the keys, and the bytes that were drawn. What the passes
should be comes from the table below alone: it is typed from the documents, so a wrong row in quietus fails here.

Shares no code with quietus. Prints one line and ends with 0, or says what is wrong and ends with 1.
"""
import argparse
import dataclasses
import hashlib
import json
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# -- What each row means --------------------------------------------------------------------------------------
# "R": random, written as keystream under a key of its own. Hex: these bytes again and again from byte 0 of the drive.
# "?1": a character of one's choice, drawn; "~1": its complement. "V": the document itself reads back here; what the
# last pass leaves is read back anyway. Second-hand where the document is out of reach: docs/standards.md says so.
GUTMANN_FIXED = ("55 aa 924924 492492 249249 "
                 "00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff "
                 "924924 492492 249249 6db6db b6db6d db6db6")
ROWS = {
    "random": "R",
    "zero": "00",
    "ones": "ff",
    # DoD 5220.22-M (1995) 8-306 d: a character, its complement, then random, and verify.
    "dod-3": "?1 ~1 R",
    # The sum E + C + E as programs run it.
    "dod-ece-7": "?1 ~1 R ?2 ?3 ~3 R",
    # Gutmann 1996, table 1. The paper draws the order of the 27 fixed passes; quietus documents that it does not.
    "gutmann": f"R R R R {GUTMANN_FIXED} R R R R",
    # RCMP TSSIT OPS-II: zeros and ones three times, then random.
    "rcmp-ops-2": "00 ff 00 ff 00 ff R",
    # CSEC ITSG-06 (2006): a character, its complement, random.
    "csec-itsg-06": "?1 ~1 R",
    # NAVSO P-5239-26 (1993), the list for RLL drives.
    "navso-p-5239-26": "ff 27ffffff R",
    # VSITR (1998): ends with aa, where some programs write random.
    "bsi-vsitr": "00 ff 00 ff 00 ff aa",
    # BSI TL-03423 (2016): a keystream that is verified, then ones.
    "bsi-2011-vs": "R V ff",
    "hmg-is5-baseline": "00",
    # Sources disagree on the order of the first two.
    "hmg-is5-enhanced": "00 ff R",
    # Schneier, Applied Cryptography (1996).
    "schneier-7": "ff 00 R R R R R",
    "pfitzner-7": "R " * 7,
    "pfitzner-33": "R " * 33,
    # AFSSI 5020 (1996): zeros, ones, any character.
    "afssi-5020": "00 ff ?1",
    # AR 380-19 (1998): random, a character, its complement.
    "ar-380-19": "R ?1 ~1",
}
IDLE = "idle"
SECTOR = 512  # The finest that is kept apart; larger sectors are made of whole ones.


class Refused(Exception):
    """What was done is not what the row says."""


def demand(holds, what):
    if not holds:
        raise Refused(what)


@dataclasses.dataclass
class Pass:
    number: int  # From 1, proof and blank passes included.
    pattern: str
    read_back: bool = False


def expected_passes(row, verify_each=False, prove=False, blank=False):
    """The passes of a row, each with whether it has to be read back before the next one."""
    text = row.removeprefix("pattern:").lower() if row.startswith("pattern:") else ROWS.get(row)
    demand(text is not None, f"no expectation is typed for row {row}")
    passes = []
    for word in text.split():
        if word == "V":
            passes[-1].read_back = True
        else:
            passes.append(Pass(0, word, verify_each))
    # Not needed where the last pass already differs at every place.
    proof = [Pass(0, "R", True)] if prove and passes[-1].pattern != "R" else []
    passes[-1].read_back = True
    passes = proof + passes + ([Pass(0, "00", verify_each)] if blank else [])
    for number, each in enumerate(passes, 1):
        each.number = number
    return passes


# -- The journal: keys and drawn bytes -------------------------------------------------------------------------
def read_journal(path):
    """The `begin` outcomes of the writing steps, in order. The chain of digests has to hold."""
    before, begins, steps = "0" * 64, [], None
    with open(path, "rb") as file:
        for line in file:
            entry = json.loads(line)
            demand(entry["prev"] == before, "the journal's chain is broken")
            before = hashlib.sha256(line.rstrip(b"\n")).hexdigest()
            if entry["event"] == "open":
                steps = entry["plan"]["steps"]
            elif entry["event"] == "begin" and steps[entry["outcome"]["index"]]["do"] == "overwrite":
                begins.append(entry["outcome"])
    return begins


def keystream(secret, size):
    """docs/formats/keystream.md, byte 0 on."""
    key, nonce = bytes.fromhex(secret["key"]), bytes.fromhex(secret["nonce"])
    demand(len(key) == 32 and len(nonce) == 8, "a key or nonce has another size")
    if secret["algorithm"] == "AES-256-CTR":
        cipher = Cipher(algorithms.AES(key), modes.CTR(nonce + bytes(8)))
    elif secret["algorithm"] == "ChaCha20":
        cipher = Cipher(algorithms.ChaCha20(key, bytes(8) + nonce), None)
    else:
        raise Refused(f"unknown algorithm {secret['algorithm']}")
    return cipher.encryptor().update(bytes(size))


def constant(unit, size):
    return (unit * (size // len(unit) + 1))[:size]


class Contents:
    """What each pass has to have written, from the row, the keys and the drawn bytes."""

    def __init__(self, passes, begins, size):
        demand(len(begins) == len(passes), f"the journal begins {len(begins)} passes, the row has {len(passes)}")
        self.passes, self.begins, self.size = passes, begins, size
        self.secrets_seen, self.drawn = set(), {}

    def of(self, each):
        begin = self.begins[each.number - 1]
        where = f"pass {each.number}"
        demand(("keystream" in begin) == (each.pattern == "R"), f"{where}: a key where none belongs, or none where one does")
        demand(("drawn_byte" in begin) == (each.pattern[0] in "?~"),
               f"{where}: a drawn byte where none belongs, or none where one does")
        if each.pattern == "R":
            key = begin["keystream"]["key"]
            demand(key not in self.secrets_seen, f"{where}: a key that an earlier pass had")
            self.secrets_seen.add(key)
            return keystream(begin["keystream"], self.size)
        if "drawn_byte" in begin:
            return constant(self.drawn_byte(each, bytes.fromhex(begin["drawn_byte"])), self.size)
        return constant(bytes.fromhex(each.pattern), self.size)

    def drawn_byte(self, each, written):
        demand(len(written) == 1, f"pass {each.number}: no single byte was drawn")
        slot = each.pattern[1:]
        character = bytes([written[0] ^ 0xFF]) if each.pattern[0] == "~" else written
        demand(self.drawn.setdefault(slot, character) == character,
               f"pass {each.number}: not the complement of the character drawn")
        return written


# -- The record: what reached the drive ---------------------------------------------------------------------------
def read_record(path, row):
    """The size of the drive, and what it was asked for between the marks. Nothing may be written outside them."""
    lines = []
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file):
            lines.append(json.loads(line))
            demand(lines[-1]["n"] == number, f"line {number} of the record is missing")
    demand(lines and lines[0]["op"] == "begin", "the record has no beginning")
    segment, current = None, IDLE
    for line in lines[1:]:
        if line["op"] == "mark":
            current = line["text"]
            if current == row:
                segment = []
        elif current == row:
            segment.append(line)
        else:
            demand(current != IDLE or line["op"] in ("read", "flush"), f"written while nothing was to be erased: {line}")
    demand(segment is not None and current == IDLE, f"the record has no complete {row}")
    return lines[0]["length"], segment


class Coverage:
    """Which sectors a pass has written, or its read-back read."""

    def __init__(self, size):
        self.missing = size // SECTOR
        self.sectors = bytearray(size // SECTOR)
        self.size = size

    def add(self, line, what, once):
        first, count = line["offset"], line["length"]
        demand(count > 0 and first % SECTOR == 0 and count % SECTOR == 0 and first + count <= self.size,
               f"{what}: {count} bytes at {first} are not on the drive")
        part = self.sectors[first // SECTOR:(first + count) // SECTOR]
        demand(not once or not any(part), f"{what}: written twice at byte {first}")
        self.missing -= part.count(0)
        self.sectors[first // SECTOR:(first + count) // SECTOR] = b"\1" * len(part)

    def demand_all(self, what):
        demand(self.missing == 0, f"{what}: {self.missing * SECTOR} bytes are missing, "
                                  f"the first at {self.sectors.find(0) * SECTOR}")


class Watch:
    """Goes through the record, pass by pass."""

    def __init__(self, size, passes, begins):
        self.size, self.passes = size, passes
        self.contents = Contents(passes, begins, size)
        self.at = -1  # Index of the pass that is being written.
        self.flushed = False  # Since the last write.
        self.flushes = self.writes = 0
        self.written = self.seen = self.expected = None

    def name(self):
        return f"pass {self.at + 1} of {len(self.passes)}"

    def end_pass(self):
        self.written.demand_all(self.name())
        demand(self.flushed, f"{self.name()}: no flush after its last write")
        if self.passes[self.at].read_back:
            self.seen.demand_all(f"{self.name()}: read-back after the flush")

    def begin_pass(self):
        if self.at >= 0:
            self.end_pass()
        self.at += 1
        demand(self.at < len(self.passes), f"more is written than the {len(self.passes)} passes")
        self.expected = memoryview(self.contents.of(self.passes[self.at]))
        self.written, self.seen, self.flushed = Coverage(self.size), Coverage(self.size), False

    def digest_is(self, line, what):
        demand(line["error"] == 0 and "fault" not in line, f"{self.name()}: {what} at byte {line['offset']} failed")
        part = self.expected[line["offset"]:line["offset"] + line["length"]]
        demand(hashlib.sha256(part).hexdigest() == line["sha256"],
               f"{self.name()}: {what} at byte {line['offset']} has not the bytes of "
               f"'{self.passes[self.at].pattern}'")

    def write(self, line):
        if self.written is None or self.written.missing == 0:
            self.begin_pass()
        self.written.add(line, self.name(), once=True)
        self.digest_is(line, "a write")
        self.flushed = False
        self.writes += 1

    def read(self, line):
        # Only what is read past a flush of a complete pass shows what the drive holds.
        if self.written is None or self.written.missing > 0 or not self.flushed:
            return
        self.seen.add(line, f"{self.name()}: read-back", once=False)
        self.digest_is(line, "a read")

    def flush(self, line):
        demand(line["error"] == 0 and "fault" not in line, "a flush failed")
        self.flushes += 1
        if self.written is not None and self.written.missing == 0:
            self.flushed = True

    def run(self, segment):
        for line in segment:
            demand(line["op"] in ("read", "write", "flush"), f"the drive was asked to {line['op']}")
            {"read": self.read, "write": self.write, "flush": self.flush}[line["op"]](line)
        demand(self.at >= 0, "nothing was written")
        self.end_pass()
        demand(self.at + 1 == len(self.passes), f"{self.at + 1} passes were written, the row has {len(self.passes)}")


def check(size, segment, begins, passes):
    """The Watch that went through; else Refused."""
    demand(size % SECTOR == 0, "the drive ends within a sector")
    watch = Watch(size, passes, begins)
    watch.run(segment)
    return watch


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("row")
    parser.add_argument("record")
    parser.add_argument("journal")
    for name in ("--verify-each", "--prove", "--blank"):
        parser.add_argument(name, action="store_true")
    asked = parser.parse_args()
    try:
        passes = expected_passes(asked.row, asked.verify_each, asked.prove, asked.blank)
        size, segment = read_record(asked.record, asked.row)
        watch = check(size, segment, read_journal(asked.journal), passes)
    except Refused as refused:
        print(f"{asked.row}: {refused}")
        return 1
    options = " ".join(word for word in ("verify-each", "prove", "blank") if getattr(asked, word.replace("-", "_")))
    read_back = ",".join(str(each.number) for each in passes if each.read_back)
    print(f"{(asked.row + ' ' + options).strip():34} {len(passes):6} {size:14} {watch.writes:7} {watch.flushes:8}  "
          f"{read_back:16} as the row says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
