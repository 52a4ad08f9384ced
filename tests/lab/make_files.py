#!/usr/bin/env python3
"""Writes COUNT small valid files into a folder: JPEG, PNG, GIF, PDF, ZIP and plain random data, all with random content."""
import io
import os
import struct
import sys
import zipfile
import zlib


def jpeg():
    def segment(marker, body):
        return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body

    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
        + segment(0xFE, os.urandom(6000))
        + segment(0xDB, b"\0" + b"\x01" * 64)
        + segment(0xC0, b"\x08" + struct.pack(">HH", 8, 8) + b"\x01\x01\x11\0")
        + segment(0xC4, b"\0" + b"\x01" + b"\0" * 15 + b"\0")
        + segment(0xC4, b"\x10" + b"\x01" + b"\0" * 15 + b"\0")
        + segment(0xDA, b"\x01\x01\0\0\x3f\0")
        + b"\x3f\xff\xd9"
    )


def png():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    side = 80
    rows = b"".join(b"\0" + os.urandom(side) for _ in range(side))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def gif():
    comment = b"".join(b"\xc8" + os.urandom(200) for _ in range(30))
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0)
        + b"\0\0\0\xff\xff\xff"
        + b"\x21\xfe" + comment + b"\0"
        + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0)
        + b"\x02\x02\x44\x01\0\x3b"
    )


def pdf():
    body = os.urandom(6000)
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(body), body),
    ]
    text, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in places)
    return text + table + b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(text)


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        box.writestr("a.bin", os.urandom(6000))
    return out.getvalue()


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    kinds = [("jpg", jpeg), ("png", png), ("gif", gif), ("pdf", pdf), ("zip", archive), ("bin", lambda: os.urandom(6000))]
    runs = open(sys.argv[3], "wb")
    for number in range(count):
        name, make = kinds[number % len(kinds)]
        data = make()
        with open(os.path.join(folder, f"{number:04d}.{name}"), "wb") as out:
            out.write(data)
        # 16 bytes from the middle, without the two bytes that end a pattern of grep.
        at = len(data) // 2
        while set(data[at : at + 16]) & {0, 10}:
            at += 1
        runs.write(data[at : at + 16] + b"\n")


main()
