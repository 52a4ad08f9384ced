#!/usr/bin/env python3
"""Holds a device in one way until it is killed, and says "held" once it does.

hold.py open|excl|mmap|flock|flock-unseen|file|dirty-open NODE
hold.py dirty NODE OFFSET   writes one page there without syncing, closes, and ends
"""
import ctypes
import fcntl
import mmap
import os
import signal
import socket
import sys


def main():
    how, node = sys.argv[1:3]
    if how == "open":
        keep = os.open(node, os.O_RDONLY)
    elif how == "excl":
        keep = os.open(node, os.O_RDONLY | os.O_EXCL)
    elif how == "flock":
        keep = os.open(node, os.O_RDONLY)
        fcntl.flock(keep, fcntl.LOCK_EX)
    elif how == "flock-unseen":
        # A descriptor on its way through a socket is in no process's /proc/PID/fd, and keeps its lock.
        fd = os.open(node, os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        keep = socket.socketpair()
        socket.send_fds(keep[0], [b"x"], [fd])
        os.close(fd)
    elif how == "file":
        keep = os.open(node, os.O_RDWR | os.O_CREAT, 0o600)
    elif how == "mmap":
        fd = os.open(node, os.O_RDWR)
        # mmap.mmap keeps a duplicate of the descriptor, so the mapping is made by hand.
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
        keep = libc.mmap(None, 4096, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, fd, 0)
        if keep in (None, ctypes.c_void_p(-1).value):
            raise OSError(ctypes.get_errno(), "mmap")
        os.close(fd)
    elif how in ("dirty", "dirty-open"):
        keep = os.open(node, os.O_RDWR)
        os.pwrite(keep, b"COMES-BACK-AFTER" * 256, int(sys.argv[3]))
        if how == "dirty":
            os.close(keep)
            return
    else:
        sys.exit(64)
    print("held", flush=True)
    signal.pause()
    del keep


main()
