#!/usr/bin/env python3
"""check_left.py can say no: an image that is as it should be passes, and each way of doctoring it is refused."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))
import check_left  # noqa: E402

SECTOR, SIZE, BAD = 512, 2 << 20, [3, 2048, 4095]
TOOL = os.path.join(os.path.dirname(__file__), "check_left.py")


class Left(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.image, self.record = os.path.join(self.folder.name, "image"), os.path.join(self.folder.name, "record")
        told = {"algorithm": "AES-256-CTR", "key": os.urandom(32).hex(), "nonce": os.urandom(8).hex()}
        with open(self.record, "w", encoding="utf-8") as file:
            json.dump({"sanitization": {"keystream": told}}, file)
        data = bytearray(self.openssl(told))
        for block in BAD:
            data[block * SECTOR:(block + 1) * SECTOR] = check_left.old_data(block * SECTOR, SECTOR)
        with open(self.image, "wb") as file:
            file.write(data)

    @staticmethod
    def openssl(told):
        return subprocess.run(["openssl", "enc", "-aes-256-ctr", "-K", told["key"], "-iv", told["nonce"] + "0" * 16, "-nopad"],
                              input=bytes(SIZE), capture_output=True, check=True).stdout

    def put(self, at, data):
        with open(self.image, "r+b") as file:
            file.seek(at)
            file.write(data)

    def says(self, blocks=tuple(BAD)):
        done = subprocess.run([sys.executable, "-B", TOOL, "check", self.image, str(SECTOR), self.record, *map(str, blocks)],
                              capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stderr

    def test_an_image_as_it_should_be(self):
        self.assertEqual(self.says(), (True, ""))

    def test_a_block_too_many(self):
        self.put(9 * SECTOR, check_left.old_data(9 * SECTOR, SECTOR))
        self.assertIn("too many: [9]", self.says()[1])

    def test_sixteen_bytes_too_many(self):
        self.put(9 * SECTOR + 16, check_left.old_data(9 * SECTOR + 16, 16))
        self.assertIn("too many: [9]", self.says()[1])

    def test_a_block_that_was_written_after_all(self):
        self.assertIn("too few: [7]", self.says([*BAD, 7])[1])

    def test_a_block_half_written(self):
        self.put(3 * SECTOR, bytes(256))
        self.assertIn("in part: [3]", self.says()[1])

    def test_a_byte_that_is_neither(self):
        self.put(SIZE - SECTOR - 1, b"\0\0")
        self.assertFalse(self.says()[0])
        self.setUp()
        self.put(100 * SECTOR, bytes(2))
        self.assertIn("block 100 holds neither", self.says()[1])


if __name__ == "__main__":
    unittest.main()
