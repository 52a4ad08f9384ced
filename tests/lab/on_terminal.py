#!/usr/bin/env python3
"""Runs a command on a terminal of its own and talks to it.

on_terminal.py OUTPUT wait:REGEX|type:TEXT|signal:NAME … -- COMMAND…
Each step waits for its turn: wait: until the screen so far has a match, type: sends a line, signal: to the command.
Everything the terminal shows goes to OUTPUT; ends with the command's exit status (128 + signal if killed by one, 99
when a wait was in vain).
"""
import os
import pty
import re
import select
import signal
import sys
import time


def main():
    output, rest = sys.argv[1], sys.argv[2:]
    cut = rest.index("--")
    steps, command = rest[:cut], rest[cut + 1 :]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    screen, deadline = b"", time.monotonic() + 60
    open_still = True
    while open_still and time.monotonic() < deadline:
        while steps:
            kind, what = steps[0].split(":", 1)
            if kind == "wait":
                if not re.search(what.encode(), screen):
                    break
            elif kind == "type":
                os.write(terminal, what.encode() + b"\n")
            elif kind == "signal":
                os.kill(child, getattr(signal, "SIG" + what))
            steps.pop(0)
        if terminal in select.select([terminal], [], [], 0.2)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                data = b""
            screen += data
            open_still = bool(data)
    with open(output, "wb") as out:
        out.write(screen)
    if open_still or steps:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        sys.exit(99)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256)


main()
