#!/usr/bin/env python3
"""What a drive with bad places holds after an erase: the judge of tests/lab/failing.sh. Shares no code with quietus.

  check_left.py fill IMAGE                          old data: every 16 bytes say where they are, none of them is zero
  check_left.py left IMAGE SECTOR                   how many bytes, and which blocks, still hold it: "BYTES BLOCK…"
  check_left.py check IMAGE SECTOR RECORD [BLOCK…]  exactly these blocks hold old data, to the byte; every other byte is the
                                                    keystream that RECORD publishes

Fails with 1 and says where.
"""
import json
import os
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

CHUNK = 1 << 20


def old_data(first, count):
    """The bytes that were there before, from byte `first` on: printable text, different at every 16 bytes."""
    assert first % 16 == 0 and count % 16 == 0
    return b"".join(b"old%013d" % (number % 10**13) for number in range(first // 16, (first + count) // 16))


def fill(path):
    size = os.stat(path).st_size
    with open(path, "r+b") as image:
        for first in range(0, size, CHUNK):
            image.write(old_data(first, min(CHUNK, size - first)))
        image.flush()
        os.fsync(image.fileno())


def keystream(record):
    """A function that makes the next bytes of the keystream of a record."""
    told = record["sanitization"]["keystream"]
    key, nonce = bytes.fromhex(told["key"]), bytes.fromhex(told["nonce"])
    if told["algorithm"] == "AES-256-CTR":
        cipher = Cipher(algorithms.AES(key), modes.CTR(nonce + bytes(8)))
    elif told["algorithm"] == "ChaCha20":
        cipher = Cipher(algorithms.ChaCha20(key, bytes(8) + nonce), None)
    else:
        sys.exit(f"unknown algorithm {told['algorithm']}")
    encryptor = cipher.encryptor()
    return lambda count: encryptor.update(bytes(count))


def chunks_of(path, size):
    """(its first byte, the chunk) of all of the image."""
    with open(path, "rb") as image:
        for first in range(0, size, CHUNK):
            yield first, image.read(min(CHUNK, size - first))


def blocks_with_old_data(path, sector):
    """({block: how many bytes of it}, …): 16 bytes at a time, so that a part of a block counts too."""
    found = {}
    for first, chunk in chunks_of(path, os.stat(path).st_size):
        if b"old" not in chunk:
            continue
        old = old_data(first, len(chunk))
        for at in range(0, len(chunk), 16):
            if chunk[at:at + 16] == old[at:at + 16]:
                block = (first + at) // sector
                found[block] = found.get(block, 0) + 16
    return found


def check(path, sector, record, blocks):
    left = blocks_with_old_data(path, sector)
    if left != {block: sector for block in blocks}:
        surplus, missing = sorted(set(left) - set(blocks)), sorted(set(blocks) - set(left))
        sys.exit(f"old data is in {len(left)} blocks, expected {len(blocks)}; too many: {surplus[:8]}, too few: {missing[:8]},"
                 f" in part: {[block for block in left if left[block] != sector][:8]}")
    following = keystream(record)
    for first, chunk in chunks_of(path, os.stat(path).st_size):
        expected = following(len(chunk))
        if chunk == expected:
            continue
        for at in range(0, len(chunk), sector):
            if chunk[at:at + sector] != expected[at:at + sector] and (first + at) // sector not in blocks:
                sys.exit(f"block {(first + at) // sector} holds neither old data nor the keystream")


def main(arguments):
    match arguments:
        case ["fill", image]:
            fill(image)
        case ["left", image, sector]:
            left = blocks_with_old_data(image, int(sector))
            print(sum(left.values()), *sorted(left))
        case ["check", image, sector, record, *blocks]:
            with open(record, encoding="utf-8") as file:
                check(image, int(sector), json.load(file), {int(block) for block in blocks})
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
