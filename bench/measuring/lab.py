"""Devices the bench makes for itself, and their removal however it ends.

A device is a loop over a file in a tmpfs of ours or on disk. Everything lies in one work folder whose name carries our
pid, in a mount namespace of our own (bench/run sees to that). Whoever writes asks `Device.must_be_ours` first.
"""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import Fault, NotHere

MIB = 1 << 20
GIB = 1 << 30
SECTOR_OF_STAT = 512  # /sys/block/*/stat counts in these, whatever the device's sector is
PREFIX = "quietus-bench-"
LOOPS = "loops"  # in the work folder: a line "NAME DISKSEQ" for each loop device that was made
MEMORY_TO_LEAVE = 2 * GIB  # for the tools and for the page cache that buffered ones need


def text_of(path):
    return pathlib.Path(path).read_text(encoding="utf-8", errors="replace").strip()


def command(*argv):
    """Runs a small helper program and returns what it prints."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise Fault(f"{' '.join(argv)}: {done.stderr.strip() or 'exit ' + str(done.returncode)}")
    return done.stdout.strip()


def memory_available():
    return int(re.search(r"MemAvailable: +(\d+) kB", text_of("/proc/meminfo"))[1]) * 1024


class Device:
    """One loop device of ours."""

    def __init__(self, path, size, sector, backing):
        self.path, self.size, self.sector, self.backing = path, size, sector, backing
        self.name = os.path.basename(path)
        self.number = text_of(f"/sys/block/{self.name}/dev")  # "7:0"
        self.sequence = text_of(f"/sys/block/{self.name}/diskseq")

    def must_be_ours(self):
        """The last look before somebody writes to it: still the loop that we made, over the file that we made."""
        sysfs = f"/sys/block/{self.name}"
        if text_of(f"{sysfs}/diskseq") != self.sequence or not os.path.samefile(self.path, f"/dev/{self.name}") \
                or text_of(f"{sysfs}/loop/backing_file").removesuffix(" (deleted)") != str(self.backing):
            raise Fault(f"{self.path} is no longer the device that the bench made")

    def counters(self):
        """(requests read, bytes read, requests written, bytes written), as the kernel counts them."""
        fields = text_of(f"/sys/block/{self.name}/stat").split()
        return (int(fields[0]), int(fields[2]) * SECTOR_OF_STAT, int(fields[4]), int(fields[6]) * SECTOR_OF_STAT)

    def forget_cache(self):
        command("blockdev", "--flushbufs", self.path)


class Lab(contextlib.ExitStack):
    """The work folder and the devices in it; leaving it takes everything away."""

    def __init__(self):
        super().__init__()
        sweep()
        self.work = pathlib.Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir="/var/tmp"))
        self.callback(shutil.rmtree, self.work, ignore_errors=True)
        self._made = 0

    def folder(self, name):
        self._made += 1
        path = self.work / f"{self._made}-{name}"
        path.mkdir()
        return path

    @contextlib.contextmanager
    def ram_disks(self, count, size, sector=4096):
        """`count` loops over one tmpfs, its pages allocated now and not in somebody's measurement."""
        if memory_available() < count * size + MEMORY_TO_LEAVE:
            raise NotHere(f"{count} x {size // MIB} MiB of tmpfs: {memory_available() // MIB} MiB of memory are free")
        with contextlib.ExitStack() as undo:
            folder = self.folder("ram")
            command("mount", "-t", "tmpfs", "-o", f"size={count * size + 16 * MIB}", "tmpfs", str(folder))
            undo.callback(command, "umount", "--lazy", str(folder))
            yield [undo.enter_context(self._loop(folder / self._image(i), size, sector)) for i in range(count)]

    @contextlib.contextmanager
    def ram_disk(self, size, sector=4096):
        with self.ram_disks(1, size, sector) as devices:
            yield devices[0]

    @contextlib.contextmanager
    def disk_file(self, size, sector=4096):
        """A loop over a file on the disk under the work folder, with direct I/O to it."""
        if shutil.disk_usage(self.work).free < size + GIB:
            raise NotHere(f"a file of {size // MIB} MiB: the disk is too full")
        backing = self.folder("disk") / self._image(0)
        try:
            with self._loop(backing, size, sector, "--direct-io=on") as device:
                yield device
        finally:
            backing.unlink()

    @staticmethod
    def _image(number):
        # The pid again: once our mounts are gone, the name of the file is all that is left of its path.
        return f"{PREFIX}{os.getpid()}-disk{number}.img"

    @contextlib.contextmanager
    def _loop(self, backing, size, sector, *options):
        with open(backing, "xb") as file:
            zeros = bytes(MIB)
            for _ in range(size // MIB):
                file.write(zeros)
            os.fsync(file.fileno())
        with self.loop_over(backing, sector, *options) as device:
            yield device

    @contextlib.contextmanager
    def loop_over(self, backing, sector, *options):
        """A loop over a file of ours. It is written down for sweep(), which may not know the file by its name."""
        path = command("losetup", "--find", "--show", f"--sector-size={sector}", *options, str(backing))
        try:
            device = Device(path, os.stat(backing).st_size, sector, backing)
            with open(self.work / LOOPS, "a", encoding="ascii") as loops:
                loops.write(f"{device.name} {device.sequence}\n")
            yield device
        finally:
            command("losetup", "--detach", path)

    @contextlib.contextmanager
    def throttle(self, device, bytes_per_s):
        """A cgroup (v1, blkio) whose members read and write `device` no faster than that: the file to join it by."""
        with contextlib.ExitStack() as undo:
            root = self.folder("blkio")
            try:
                command("mount", "-t", "cgroup", "-o", "blkio", "cgroup", str(root))
            except Fault as fault:
                raise NotHere(f"no blkio controller of cgroup v1 ({fault})") from fault
            undo.callback(command, "umount", "--lazy", str(root))
            group = root / f"{PREFIX}{os.getpid()}-{self._made}"
            group.mkdir()
            undo.callback(group.rmdir)
            for direction in ("read", "write"):
                limit = group / f"blkio.throttle.{direction}_bps_device"
                if not limit.exists():
                    raise NotHere("this kernel's blkio controller does not throttle")
                limit.write_text(f"{device.number} {bytes_per_s}\n")
            yield group / "cgroup.procs"


def sweep():
    """Detaches what a bench that was killed with SIGKILL left behind: loops over files of a work folder whose pid is gone."""
    for loop in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        ours = re.search(rf"/{PREFIX}(\d+)-", text_of(loop))
        if ours and not os.path.exists(f"/proc/{ours[1]}"):
            command("losetup", "--detach", f"/dev/{loop.parts[3]}")
    for folder in pathlib.Path("/var/tmp").glob(f"{PREFIX}*"):
        if not os.path.exists(f"/proc/{folder.name.removeprefix(PREFIX).split('-')[0]}"):
            for line in text_of(folder / LOOPS).splitlines() if (folder / LOOPS).exists() else []:
                name, sequence = line.split()
                block = pathlib.Path("/sys/block") / name
                if (block / "loop").exists() and text_of(block / "diskseq") == sequence:
                    command("losetup", "--detach", f"/dev/{name}")
            shutil.rmtree(folder, ignore_errors=True)
