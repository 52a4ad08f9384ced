#!/usr/bin/env python3
"""nvme_admin.py NODE OPCODE NSID CDW10 [BYTES [TIMEOUT-MS [32|64]]]: one NVMe admin command by ioctl. Prints its status in hex, or
errno's name; then, where BYTES are read, those in hex.
"""
import ctypes
import errno
import fcntl
import os
import struct
import sys

# _IOWR('N', 0x41, 72 bytes) and _IOWR('N', 0x47, 80 bytes): linux/nvme_ioctl.h.
REQUESTS = {32: 0xC0484E41, 64: 0xC0504E47}


def main(node, opcode, nsid, cdw10, count="0", timeout="0", width="64"):
    data = ctypes.create_string_buffer(max(1, int(count)))
    fields = struct.pack("<BBHIIIQQII6II", int(opcode, 0), 0, 0, int(nsid, 0), 0, 0, 0, ctypes.addressof(data), 0, int(count),
                         int(cdw10, 0), 0, 0, 0, 0, 0, int(timeout))
    command = bytearray(fields.ljust(72 if width == "32" else 80, b"\0"))
    descriptor = os.open(node, os.O_RDWR)
    try:
        print(f"{fcntl.ioctl(descriptor, REQUESTS[int(width)], command):x}")
    except OSError as error:
        print(errno.errorcode[error.errno])
    finally:
        os.close(descriptor)
    if int(count):
        print(data.raw.hex())


main(*sys.argv[1:])
