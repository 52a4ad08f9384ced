"""The command lines of other tools. Each names the one loop device that the bench made, and nothing else."""
import dataclasses
import json
import os
import shutil

from . import Fault, NotHere
from . import process
from .lab import MIB

BLOCK = 4 * MIB  # what dd moves at once: its best here
# Far below what any of them does, so that it only ends what hangs.
SLOWEST_BYTES_PER_S = 10 * MIB
START_S = 120


@dataclasses.dataclass
class Peer:
    """One way to do a job with another tool."""
    name: str
    argv: list
    program: str  # whose absence makes the row say so
    passes: int = 1

    def run(self, lab, device, **how):
        if not shutil.which(self.program):
            raise NotHere(f"{self.program} is not installed")
        patience_s = START_S + self.passes * device.size / SLOWEST_BYTES_PER_S
        usage = process.run(self.argv, log=lab.work / "log", devices=[device], timeout_s=patience_s, **how)
        if usage.status != 0:
            raise Fault(f"{' '.join(self.argv)} ended with {usage.status}:\n{usage.output[-2000:]}")
        return usage


def nwipe(device, method, verify="off", passes=1):
    # --autonuke with a device named wipes that one only; without --nogui it would wait for a person.
    return Peer(f"nwipe {method}" + ("" if verify == "off" else f" --verify={verify}"),
                ["nwipe", "--nogui", "--autonuke", "--nowait", "--noblank", f"--method={method}", f"--verify={verify}",
                 "--logfile=/dev/null", device.path], "nwipe", passes)


def shred(device, *options, passes=1):
    return Peer("shred " + " ".join(options), ["shred", *options, device.path], "shred", passes)


def scrub(device, pattern, passes=1):
    return Peer(f"scrub -p {pattern}", ["scrub", "-f", "-S", "-p", pattern, device.path], "scrub", passes)


def badblocks(device):
    return Peer("badblocks -w", ["badblocks", "-w", "-t", "0x00", "-b", "4096", "-c", "256", device.path], "badblocks", 2)


def dd(device, block=BLOCK):
    return Peer(f"dd direct, {block // MIB} MiB",
                ["dd", "if=/dev/zero", f"of={device.path}", f"bs={block}", f"count={device.size // block}", "oflag=direct",
                 "conv=notrunc,fsync", "status=none"], "dd")


def openssl_dd(device):
    key, nonce = os.urandom(32).hex(), os.urandom(16).hex()
    pipeline = (f"openssl enc -aes-256-ctr -K {key} -iv {nonce} </dev/zero 2>/dev/null |"
                f" dd of={device.path} bs={BLOCK} count={device.size // BLOCK} iflag=fullblock oflag=direct"
                " conv=notrunc,fsync status=none")
    return Peer("openssl enc \\| dd", ["bash", "-c", pipeline], "openssl")


def fio(device, kind, zeros=False):
    # Random: the buffers are filled once, so fio spends nothing on making them and is the device's limit.
    return Peer("fio", ["fio", "--name=peer", f"--filename={device.path}", f"--rw={kind}", "--bs=1M", "--iodepth=8",
                        "--direct=1", "--ioengine=io_uring", "--end_fsync=1", "--allow_mounted_write=0",
                        "--refill_buffers=0", *(["--zero_buffers"] if zeros else []), "--output-format=json"], "fio")


def fio_seconds(usage, kind):
    """fio's own runtime."""
    report = json.loads(usage.output[usage.output.index("{"):])
    return report["jobs"][0][kind]["runtime"] / 1000


def own_kinds_of_job(device):
    """What the peers are asked beside us: {job: peers}; the first word of a job is our technique."""
    return {
        "zero, written": [fio(device, "write", zeros=True), dd(device), dd(device, MIB), scrub(device, "fillzero"),
                          shred(device, "-n0", "-z"), nwipe(device, "zero")],
        "random, written": [fio(device, "write"), openssl_dd(device), shred(device, "-n1"), nwipe(device, "random"),
                            scrub(device, "random")],
        "zero, written and read back": [badblocks(device), scrub(device, "verify"), nwipe(device, "zero", "last")],
        "random, written and read back": [nwipe(device, "random", "last")],
    }
