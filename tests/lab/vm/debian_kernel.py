"""The stock kernel of Debian that scripts/setup fetched into build/lab: unpacked there once, never installed.

QEMU starts an ELF kernel directly (PVH): no firmware, and nothing that an emulated CPU would have to unpack first. The
ELF is inside the vmlinuz of the package, compressed.
"""
import fcntl
import lzma
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Most of the package, and nothing that a drive could be behind.
LEFT_OUT = ["drivers/gpu", "drivers/media", "drivers/net/wireless", "drivers/net/ethernet", "drivers/iio",
            "drivers/staging", "drivers/infiniband", "sound"]
XZ = b"\xfd7zXZ\0"
ELF = b"\x7fELF"


class NoKernel(Exception):
    """There is no package, or it is not one that can be used; the text is for people."""


@dataclass(frozen=True)
class Kernel:
    """A kernel that can be started, and the modules that go with it."""
    version: str
    image: Path
    modules: Path  # lib/modules/VERSION


def prepared(lab):
    """The newest kernel package under `lab`, unpacked. Several processes may ask at once: one of them unpacks."""
    packages = sorted(lab.glob("linux-image-*.deb"), key=lambda path: path.stat().st_mtime)
    if not packages:
        raise NoKernel(f"no kernel package in {lab}: run scripts/setup")
    unpacked = lab / packages[-1].stem
    with open(lab / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not unpacked.exists():
            # Renamed once it is complete: what has that name can be used.
            with tempfile.TemporaryDirectory(dir=lab) as scratch:
                unpack(packages[-1], Path(scratch))
                Path(scratch, "kernel").rename(unpacked)
    version = next((unpacked / "lib/modules").iterdir()).name
    return Kernel(version, unpacked / "vmlinux", unpacked / "lib/modules" / version)


def unpack(package, scratch):
    """Makes `scratch`/kernel, with vmlinux and lib/modules."""
    kernel = scratch / "kernel"
    kernel.mkdir()
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as files:
        excluded = [f"--exclude=./lib/modules/*/kernel/{folder}" for folder in LEFT_OUT]
        subprocess.run(["tar", "-x", "-C", kernel, *excluded, "./boot", "./lib/modules"], stdin=files.stdout, check=True)
    compressed = next((kernel / "boot").glob("vmlinuz-*"), None)
    if files.returncode != 0 or compressed is None:
        raise NoKernel(f"{package} cannot be unpacked, or holds no vmlinuz: remove it and run scripts/setup")
    (kernel / "vmlinux").write_bytes(elf_within(compressed.read_bytes()))
    shutil.rmtree(kernel / "boot")
    version = next((kernel / "lib/modules").iterdir()).name
    subprocess.run(["depmod", "-b", kernel, version], check=True, stderr=subprocess.DEVNULL)


def elf_within(vmlinuz):
    """The ELF file that a vmlinuz of Debian 12 carries, compressed by xz."""
    at = vmlinuz.find(XZ)
    while at >= 0:
        try:
            # What follows the stream is none of ours: a decompressor leaves it alone where lzma.decompress would not.
            found = lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(vmlinuz[at:])
        except lzma.LZMAError:
            found = b""
        if found.startswith(ELF):
            return found
        at = vmlinuz.find(XZ, at + 1)
    raise NoKernel("the kernel of the package is not compressed by xz")
