#!/usr/bin/env python3
"""QEMU's control socket (QMP): one command, and where asked the event that says that it has happened.

  qmp.py SOCKET COMMAND [ARGUMENT=VALUE]... [--until EVENT [MEMBER=VALUE]...] [--timeout SECONDS]

Prints the answer as JSON. A VALUE is JSON where it can be read as such, else text. Ends with 1 where QEMU says no, and
where the event has not come by then.
"""
import json
import socket
import sys
import time


class Refused(Exception):
    """QEMU's error, or no answer."""


class Monitor:
    """A connection, ready for commands. Events that come meanwhile are kept."""

    def __init__(self, path, timeout_s=10.0):
        self.deadline = time.monotonic() + timeout_s
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.buffer = b""
        self.events = []
        self._connect(path)
        self._next()  # the greeting
        self.execute("qmp_capabilities")

    def execute(self, command, arguments=None):
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments or {}}).encode() + b"\n")
        while True:
            message = self._next()
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise Refused(f"{command}: {message['error']['desc']}")
            else:
                return message["return"]

    def wait_for(self, name, members):
        """The first event of that name with these members since the connection was made."""
        while True:
            for event in self.events:
                data = event.get("data", {})
                if event["event"] == name and all(data.get(member) == value for member, value in members.items()):
                    return event
            self.events = [self._next()]

    def _connect(self, path):
        # QEMU may only just have been started.
        while True:
            try:
                self.socket.connect(path)
                return
            except (FileNotFoundError, ConnectionRefusedError) as error:
                if time.monotonic() > self.deadline:
                    raise Refused(f"{path}: {error}") from error
                time.sleep(0.02)

    def _next(self):
        while b"\n" not in self.buffer:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise Refused("no answer in time")
            self.socket.settimeout(left)
            try:
                received = self.socket.recv(65536)
            except TimeoutError as error:
                raise Refused("no answer in time") from error
            if not received:
                raise Refused("QEMU has ended")
            self.buffer += received
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)


def value_of(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def members(words):
    return {name: value_of(value) for name, _, value in (word.partition("=") for word in words)}


def main(words):
    timeout_s = 10.0
    if "--timeout" in words:
        at = words.index("--timeout")
        timeout_s = float(words[at + 1])
        del words[at:at + 2]
    until = []
    if "--until" in words:
        at = words.index("--until")
        words, until = words[:at], words[at + 1:]
    if len(words) < 2:
        sys.exit(__doc__)
    monitor = Monitor(words[0], timeout_s)
    print(json.dumps(monitor.execute(words[1], members(words[2:]))))
    if until:
        print(json.dumps(monitor.wait_for(until[0], members(until[1:]))))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Refused, OSError) as refusal:
        sys.exit(f"qmp.py: {refusal}")
