#!/usr/bin/env python3
"""Speaks NVMe/TCP to nvme-target, byte by byte as the standard lays it out: NVME-TARGET is its only argument. What a kernel does
with it is shown in a machine (docs/lab.md); here is what can be shown without one.
"""
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TARGET = ""
NQN = b"nqn.2026-01.org.quietus:model"
BLOCK_ERASE, SANITIZE, FORMAT, IDENTIFY, GET_LOG, AER = 2, 0x84, 0x80, 0x06, 0x02, 0x0C
IMAGE_BYTES = 1 << 20


class Closed(Exception):
    """The target hung up."""


class Queue:
    """One connection, which is one queue."""

    def __init__(self, where, controller=0xFFFF, number=0):
        self.socket = socket.create_connection(where, timeout=10)
        try:
            self.connect(controller, number)
        except BaseException:
            self.close()
            raise

    def connect(self, controller, number):
        self.next_id = 1
        self.answers = {}
        self.socket.sendall(struct.pack("<BBBBI", 0, 0, 128, 0, 128) + bytes(120))
        kind, _, answer = self.pdu()
        assert kind == 1, kind
        self.data_max, = struct.unpack_from("<I", answer, 12)
        data = bytearray(1024)
        struct.pack_into("<H", data, 16, controller)
        data[256:256 + len(NQN)] = NQN
        sqe = bytearray(64)
        struct.pack_into("<HHH", sqe, 40, 0, number, 31)
        sqe[4] = 1
        self.status, self.controller, _ = self.command(0x7F, sqe=sqe, data=bytes(data))
        if self.status == 0:
            self.controller &= 0xFFFF

    def receive(self, count):
        out = b""
        while len(out) < count:
            part = self.socket.recv(count - len(out))
            if not part:
                raise Closed
            out += part
        return out

    def pdu(self):
        """Type, flags, and the whole of it."""
        head = self.receive(8)
        return head[0], head[1], head + self.receive(struct.unpack_from("<I", head, 4)[0] - 8)

    def send(self, opcode, nsid=0, dwords=(), data=b"", reads=0, sqe=None, within=True):
        """The command's number. Data go within the capsule, or when the target asks for them."""
        sqe = bytearray(sqe or 64)
        identifier = self.next_id
        self.next_id += 1
        sqe[0] = opcode
        struct.pack_into("<H", sqe, 2, identifier)
        if opcode != 0x7F:
            struct.pack_into("<I", sqe, 4, nsid)
        struct.pack_into("<I", sqe, 32, len(data) or reads)
        for number, dword in enumerate(dwords):
            struct.pack_into("<I", sqe, 40 + 4 * number, dword)
        inside = data if within else b""
        self.socket.sendall(struct.pack("<BBBBI", 4, 0, 72, 72 if inside else 0, 72 + len(inside)) + sqe + inside)
        self.unsent = b"" if within else data
        return identifier

    def wait(self, identifier):
        """Status, both result dwords, data."""
        got = b""
        while identifier not in self.answers:
            kind, flags, pdu = self.pdu()
            if kind == 5:
                result, _, _, of, status = struct.unpack_from("<QHHHH", pdu, 8)
                self.answers[of] = (status >> 1, result)
            elif kind == 7:
                of, _, offset, count = struct.unpack_from("<HHII", pdu, 8)
                assert (of, offset, count) == (identifier, len(got), len(pdu) - 24)
                got += pdu[24:]
                self.last = bool(flags & 4)
            elif kind == 9:
                of, tag, offset, count = struct.unpack_from("<HHII", pdu, 8)
                assert (of, offset, count) == (identifier, 0, len(self.unsent))
                for at in range(0, count, 4096):
                    part = self.unsent[at:at + 4096]
                    head = struct.pack("<BBBBI", 6, 4 if at + 4096 >= count else 0, 24, 24, 24 + len(part))
                    self.socket.sendall(head + struct.pack("<HHIII", of, tag, at, len(part), 0) + part)
            else:
                raise AssertionError(f"PDU of type {kind}")
        return *self.answers.pop(identifier), got

    def command(self, *words, **names):
        return self.wait(self.send(*words, **names))

    def sanitize_log(self):
        status, _, page = self.command(GET_LOG, 0xFFFFFFFF, [127 << 16 | 0x81], reads=512)
        assert status == 0, hex(status)
        return struct.unpack_from("<HHI", page)

    def close(self):
        self.socket.close()


class TargetTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.image = self.folder / "image"
        self.image.write_bytes(b"\xd5" * IMAGE_BYTES)
        self.process = None

    def start(self, *words, name=NQN.decode()):
        self.process = subprocess.Popen(
            [TARGET, "--image", str(self.image), "--state", str(self.folder / "state"), "--control",
             str(self.folder / "control"), "--clock", "manual", "--until-eof", "yes", "--knob", f"subsystem={name}", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, self.process)
        ready = self.process.stdout.readline().split()
        self.assertEqual(ready[:2] + ready[3:4], ["nvme-target:", "ready", name])
        address, port = ready[2].split(":")
        self.where = (address, int(port))

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()

    def say(self, line):
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(str(self.folder / "control"))
            control.sendall(line.encode() + b"\n")
            with control.makefile() as answer:
                return answer.readline().strip()

    def admin(self):
        queue = Queue(self.where)
        self.addCleanup(queue.close)
        self.assertEqual(queue.status, 0)
        return queue

    def status_of(self, **words):
        """Of a Connect."""
        queue = Queue(self.where, **words)
        queue.close()
        return queue.status

    def io(self, controller):
        queue = Queue(self.where, controller, 1)
        self.addCleanup(queue.close)
        self.assertEqual(queue.status, 0)
        return queue

    def test_a_host_connects_enables_and_identifies(self):
        self.start()
        admin = self.admin()
        self.assertEqual(admin.controller, 1)
        self.assertEqual(admin.command(0x7F, sqe=property_get(0x1C))[:2], (0, 0))
        self.assertEqual(admin.command(0x7F, sqe=property_set(0x14, 0x460001))[0], 0)
        self.assertEqual(admin.command(0x7F, sqe=property_get(0x1C))[:2], (0, 1))
        self.assertEqual(admin.command(0x7F, sqe=property_get(0x00))[1] & 0xFFFF, 127)
        status, _, page = admin.command(IDENTIFY, 0, [1], reads=4096)
        self.assertEqual((status, page[4:13], len(page)), (0, b"MODEL0001", 4096))
        self.assertTrue(page[768:].startswith(NQN))
        self.assertEqual(admin.command(0x7E)[0], 0x4001)

    def test_the_wrong_name_or_one_host_too_many_is_refused(self):
        self.start()
        self.admin()
        self.assertEqual(self.status_of(), 0x4181)
        self.assertEqual(self.status_of(controller=2, number=1), 0x4182)
        self.end(self.process)
        self.start(name="nqn.2026-01.org.quietus:another")
        self.assertEqual(self.status_of(), 0x4182)

    def test_data_go_both_ways_within_a_capsule_and_on_request(self):
        self.start()
        io = self.io(self.admin().controller)
        small, large = os.urandom(4096), os.urandom(256 * 1024)
        self.assertEqual(io.command(1, 1, [8, 0, 7], data=small)[0], 0)
        self.assertEqual(io.command(1, 1, [64, 0, 511], data=large, within=False)[0], 0)
        self.assertEqual(io.command(2, 1, [8, 0, 7], reads=4096), (0, 0, small))
        self.assertEqual(io.command(2, 1, [64, 0, 511], reads=len(large)), (0, 0, large))
        self.assertTrue(io.last)
        self.assertEqual(io.command(0, 1)[0], 0)
        content = self.image.read_bytes()
        self.assertEqual(content[8 * 512:8 * 512 + 4096], small)
        self.assertEqual(content[64 * 512:64 * 512 + len(large)], large)
        self.assertEqual(io.command(2, 1, [IMAGE_BYTES // 512, 0, 0], reads=512)[0], 0x4080)

    def test_a_sanitize_runs_by_the_clock_and_is_told(self):
        self.start()
        admin = self.admin()
        event = admin.send(AER)
        self.assertEqual(admin.command(SANITIZE, 0, [BLOCK_ERASE])[0], 0)
        self.assertEqual(self.say("advance 500"), "ok")
        self.assertEqual(admin.sanitize_log(), (0x8000, 2, BLOCK_ERASE))
        io = self.io(1)
        self.assertEqual(io.command(2, 1, [0, 0, 0], reads=512)[0], 0x1D)
        self.assertIn("progress=50", self.say("status"))
        self.assertEqual(self.say("advance 500"), "ok")
        self.assertEqual(admin.wait(event)[:2], (0, 0x00810106))
        self.assertEqual(admin.sanitize_log(), (0xFFFF, 0x101, BLOCK_ERASE))
        self.assertEqual(self.image.read_bytes(), bytes(IMAGE_BYTES))
        self.assertEqual(self.say("count 84"), "ok 1")

    def test_a_slow_format_is_answered_when_it_is_over(self):
        self.start("--knob", "format_takes=3000")
        admin = self.admin()
        format_id = admin.send(FORMAT, 1, [1 << 9])
        self.assertEqual(admin.command(IDENTIFY, 1, [0], reads=4096)[2][32], 0x80 | 100)
        self.assertNotIn(format_id, admin.answers)
        self.assertEqual(self.say("advance 3000"), "ok")
        self.assertEqual(admin.wait(format_id)[0], 0)
        self.assertEqual(self.image.read_bytes(), bytes(IMAGE_BYTES))

    def test_killed_and_started_again_it_goes_on(self):
        self.start()
        admin = self.admin()
        admin.command(SANITIZE, 0, [BLOCK_ERASE])
        self.assertEqual(self.say("advance 250"), "ok")
        self.process.kill()
        self.process.wait()
        self.start()
        admin = self.admin()
        self.assertEqual(admin.sanitize_log(), (0x4000, 2, BLOCK_ERASE))
        self.assertEqual(self.image.read_bytes().count(b"\xd5"), IMAGE_BYTES * 3 // 4)
        self.assertEqual(self.say("advance 750"), "ok")
        self.assertEqual(admin.sanitize_log(), (0xFFFF, 0x101, BLOCK_ERASE))

    def test_a_power_cycle_hangs_up_and_a_vanished_drive_takes_nobody(self):
        self.start()
        admin = self.admin()
        self.assertEqual(self.say("power-cycle"), "ok")
        with self.assertRaises((Closed, ConnectionError)):
            admin.command(IDENTIFY, 0, [1], reads=4096)
        admin = self.admin()
        self.assertEqual(self.say("vanish"), "ok")
        with self.assertRaises((Closed, ConnectionError)):
            admin.command(IDENTIFY, 0, [1], reads=4096)
        with self.assertRaises((Closed, ConnectionError)):
            self.status_of()
        self.assertEqual(self.say("power-cycle"), "ok")
        self.assertEqual(self.status_of(), 0)

    def test_nonsense_hangs_up_and_hurts_nobody_else(self):
        self.start()
        admin = self.admin()
        command = struct.pack("<BBBBI", 4, 0, 72, 0, 72)
        for nonsense in [b"GET / HTTP/1.0\r\n\r\n", struct.pack("<BBBBI", 4, 0, 72, 0, 7), struct.pack("<BBBBI", 4, 0, 72, 0, 1 << 31),
                         struct.pack("<BBBBI", 6, 4, 24, 24, 24) + bytes(16), struct.pack("<BBBBI", 0x55, 0, 8, 0, 8),
                         struct.pack("<BBBBI", 4, 0, 72, 200, 76) + bytes([1]) + bytes(31) + struct.pack("<I", 4) + bytes(32)]:
            with socket.create_connection(self.where, timeout=10) as peer:
                peer.sendall(nonsense)
                self.assertEqual(peer.recv(64), b"", nonsense)
        with socket.create_connection(self.where, timeout=10) as peer:  # No Connect came before it.
            peer.sendall(command + bytes([IDENTIFY]) + bytes(63))
            self.assertEqual(struct.unpack_from("<H", peer.recv(64), 22)[0] >> 1, 0x400C)
        self.assertEqual(admin.command(IDENTIFY, 0, [1], reads=4096)[0], 0)

    def test_data_out_of_turn_hang_up(self):
        self.start()
        io = self.io(self.admin().controller)
        command = io.send(1, 1, [0, 0, 15], data=bytes(8192), within=False)
        self.assertEqual(io.pdu()[0], 9)
        io.socket.sendall(struct.pack("<BBBBI", 6, 0, 24, 24, 24 + 4096) + struct.pack("<HHIII", command, command, 4096, 4096, 0)
                          + bytes(4096))
        with self.assertRaises((Closed, ConnectionError)):
            io.pdu()

    def test_the_control_socket_says_what_it_did_not_understand(self):
        self.start()
        self.assertEqual(self.say("knob fails_at=40"), "ok")
        self.assertEqual(self.say("knob fails=40"), "error no knob: 'fails'")
        self.assertEqual(self.say("advance soon"), "error not milliseconds: soon")
        self.assertEqual(self.say("dance"), "error what is 'dance'?")
        self.assertEqual(self.say("commands"), "ok 0")

    def test_it_ends_on_a_signal_and_when_its_parent_is_gone(self):
        self.start()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), 0)
        self.start()
        self.process.stdin.close()
        self.assertEqual(self.process.wait(10), 0)

    def test_it_refuses_a_call_that_it_does_not_understand(self):
        for words, why in [(["--personality", "honset", "--image", str(self.image)], "no such drive: honset"),
                           (["--image", str(self.folder / "none")], "No such file"),
                           (["--image", f"{self.image}:777"], "not an image"), (["--listen", "x"], "one to 8 namespaces"),
                           (["--knob"], "needs a value"), (["--image", str(self.image), "--listen", "nowhere"], "nowhere")]:
            run = subprocess.run([TARGET, *words], capture_output=True, text=True, timeout=10, check=False)
            self.assertNotEqual(run.returncode, 0, words)
            self.assertIn(why, run.stderr)


def property_get(offset):
    sqe = bytearray(64)
    sqe[4], sqe[40] = 4, 1
    struct.pack_into("<I", sqe, 44, offset)
    return sqe


def property_set(offset, value):
    sqe = bytearray(64)
    struct.pack_into("<IQ", sqe, 44, offset, value)
    return sqe


if __name__ == "__main__":
    TARGET = sys.argv.pop(1)
    unittest.main()
