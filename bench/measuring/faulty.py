"""A device with bad blocks: a loop over tests/lab/faultfs over an image in a tmpfs of ours."""
import contextlib
import os
import re
import signal
import subprocess
import time

from . import Fault, NotHere
from .lab import MEMORY_TO_LEAVE, MIB, command, memory_available

READY_S = 20


class FaultyDisk:
    """The loop `device`, what misbehaves, and what is on the image behind it."""

    def __init__(self, device, image, control):
        self.device, self.image, self._control = device, image, control
        self._base = os.urandom(MIB)

    def old(self, number):
        """The MiB of old data at that place: no two are alike, and no block of them is one of another."""
        cut = number * 4099 % MIB
        return self._base[cut:] + self._base[:cut]

    def refill(self):
        """The old data again, behind the device's back: nothing of it is cached above faultfs."""
        self.rules([])
        with open(self.image, "r+b") as image:
            for number in range(self.device.size // MIB):
                image.write(self.old(number))
            image.flush()
        self.device.forget_cache()

    def rules(self, lines):
        # One write: there must be no moment with half of them.
        with open(self._control / "rules", "wb", buffering=0) as rules:
            rules.write(("\n".join(lines) + "\n").encode())

    def failed_requests(self):
        counts = (self._control / "counts").read_text(encoding="ascii")
        return sum(int(struck) for struck in re.findall(r"^(\d+) of \d+ error", counts, re.M))

    def blocks_left(self):
        """The blocks that hold the old data still."""
        sector, left = self.device.sector, []
        with open(self.image, "rb") as image:
            for number in range(self.device.size // MIB):
                now, old = image.read(MIB), self.old(number)
                left += [(number * MIB + at) // sector for at in range(0, MIB, sector) if now[at:at + sector] == old[at:at + sector]]
        return left


@contextlib.contextmanager
def faulty_disk(lab, program, size, sector=4096):
    if not program:
        raise NotHere("faultfs is not built (-DQUIETUS_BUILD_TESTS=ON, or --faultfs)")
    if memory_available() < 2 * size + MEMORY_TO_LEAVE:
        raise NotHere(f"a tmpfs of {size // MIB} MiB: {memory_available() // MIB} MiB of memory are free")
    with contextlib.ExitStack() as undo:
        folder, control = lab.folder("image"), lab.folder("faultfs")
        command("mount", "-t", "tmpfs", "-o", f"size={size + 16 * MIB}", "tmpfs", str(folder))
        undo.callback(command, "umount", "--lazy", str(folder))
        image = folder / "image"
        with open(image, "xb") as file:
            file.truncate(size)
        undo.callback(_end, _start(program, image, control))
        yield FaultyDisk(undo.enter_context(lab.loop_over(control / "disk", sector, "--direct-io=on")), image, control)


def _start(program, image, control):
    # It ends with us, also when we are killed; requests that it held then fail.
    child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", program, str(image), str(control)], stdin=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + READY_S
    while not (control / "disk").exists():
        if child.poll() is not None or time.monotonic() > deadline:
            child.kill()
            raise Fault(f"{program} does not serve {control}")
        time.sleep(0.01)
    return child


def _end(child):
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(READY_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
