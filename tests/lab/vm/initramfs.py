"""The root file system of a guest, as an uncompressed cpio archive ("newc", see the kernel's
Documentation/driver-api/early-userspace/buffer-format.rst): programs of this host with the libraries they need, modules
with those they depend on, and files of the caller. Nothing is copied to a folder first.
"""
import re
import shutil
import stat
import subprocess
from pathlib import Path, PurePosixPath

PROGRAMS = """
    bash sh modprobe lsmod mount umount mountpoint setsid tar find xargs grep sed awk cmp diff jq openssl
    basename cat chmod chown cp cut date dd df dirname echo env expr false head id install ln ls md5sum mkdir mkfifo mknod
    mktemp mv nproc od printf pwd readlink realpath rm rmdir seq sha256sum sha512sum sleep sort stat stty sync tail tee
    test timeout touch tr true truncate tty uname uniq wc base64 comm fold join nl paste split tac [
    lsblk blkid blockdev blkdiscard blkzone losetup partx dmesg flock setpriv wipefs findmnt
    dmsetup nvme smartctl mkfs.ext4 fsck.ext4 xxd
""".split()
LOADER = "/lib64/ld-linux-x86-64.so.2"
# What programs open by name, beside the libraries that they are linked with.
FILES = [LOADER, "/etc/nsswitch.conf", "/usr/lib/ssl/openssl.cnf", "/etc/ssl/openssl.cnf", "/etc/os-release"]
FOLDERS = ["proc", "sys", "dev", "run", "tmp", "root", "mnt", "out", "lab", "etc", "var", "usr/bin", "usr/sbin", "usr/lib",
           "usr/lib64"]
# As Debian has them: a path of a host is then a path of the guest.
LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64", "var/run": "../run",
         "etc/mtab": "../proc/self/mounts"}
PASSWD = b"root:x:0:0:root:/root:/bin/bash\n"


class Missing(Exception):
    """Something that was to be in the archive is not on this host."""


class Archive:
    """Entries by their path, folders before what is in them; the last one given under a path is the one that counts."""

    def __init__(self):
        self.entries = {}

    def folder(self, path):
        path = PurePosixPath(path)
        for parent in [*reversed(path.parents), path]:
            if str(parent) != "." and str(parent) not in self.entries:
                self.entries[str(parent)] = (stat.S_IFDIR | 0o755, b"", 0)

    def link(self, path, target):
        self.folder(PurePosixPath(path).parent)
        self.entries[path] = (stat.S_IFLNK | 0o777, target.encode(), 0)

    def node(self, path, major, minor):
        self.entries[path] = (stat.S_IFCHR | 0o600, b"", (major, minor))

    def file(self, path, content, mode):
        path = self.within(path)
        self.folder(PurePosixPath(path).parent)
        self.entries[path] = (stat.S_IFREG | mode, content, 0)

    def copy(self, source, path):
        """A file, or a folder with all that is in it."""
        source = Path(source)
        if not source.exists():
            raise Missing(f"{source} is not there")
        if source.is_dir():
            for below in sorted(source.rglob("*")):
                if below.is_file():
                    self.copy(below, PurePosixPath(path) / below.relative_to(source))
            return
        self.file(path, source.read_bytes(), stat.S_IMODE(source.stat().st_mode))

    @staticmethod
    def within(path):
        """The path below the root that is no link."""
        parts = PurePosixPath(str(path).lstrip("/")).parts
        if parts[0] in LINKS:
            parts = (*PurePosixPath(LINKS[parts[0]]).parts, *parts[1:])
        return str(PurePosixPath(*parts))

    def write(self, file):
        for number, (path, (mode, content, device)) in enumerate([*self.entries.items(), ("TRAILER!!!", (0, b"", 0))], 1):
            name = path.encode() + b"\0"
            major, minor = device or (0, 0)
            # Magic, inode, mode, uid, gid, links, time, size, device, device of the node, length of the name, no checksum.
            fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, major, minor, len(name), 0)
            header = b"070701" + b"".join(b"%08X" % field for field in fields)
            file.write(padded(header + name) + padded(content))


def padded(content):
    return content + bytes(-len(content) % 4)


def libraries(programs):
    """The paths of all shared libraries that these programs need, and those need; ldd(1) takes seconds for so many."""
    told = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    place = dict(reversed(re.findall(r"^\t(\S+) \([^)]*x86-64[^)]*\) => (\S+)$", told, re.MULTILINE)))
    found, asked = set(), list(programs)
    while asked:
        told = subprocess.run(["readelf", "-dW", *asked], capture_output=True, text=True, check=True).stdout
        names = set(re.findall(r"\(NEEDED\)\s+Shared library: \[(.+)\]", told))
        if not names <= place.keys():
            raise Missing(f"no library {', '.join(sorted(names - place.keys()))} on this host")
        asked = sorted({place[name] for name in names} - found)
        found.update(asked)
    return sorted(found)


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def dependencies(modules):
    """{name of a module: [its file and those it needs, below `modules`]} from modules.dep."""
    needs = {}
    for line in (modules / "modules.dep").read_text(encoding="ascii").splitlines():
        file, _, rest = line.partition(":")
        name = PurePosixPath(file).name.split(".")[0].replace("-", "_")
        needs[name] = [file, *rest.split()]
    return needs


def builtin(modules):
    return {PurePosixPath(line).stem.replace("-", "_")
            for line in (modules / "modules.builtin").read_text(encoding="ascii").split()}


def add_modules(archive, kernel, names):
    needs, without_file = dependencies(kernel.modules), builtin(kernel.modules)
    target = PurePosixPath("lib/modules") / kernel.version
    for name in names:
        name = name.replace("-", "_")
        if name in without_file:
            continue
        if name not in needs:
            raise Missing(f"the kernel {kernel.version} has no module {name}")
        for file in needs[name]:
            archive.copy(kernel.modules / file, target / file)
    # modprobe's tables of all modules: what is asked for and was left out is an error of modprobe, as it should be.
    for table in kernel.modules.glob("modules.*"):
        archive.copy(table, target / table.name)


def guest(kernel, modules, additions, init):
    """An archive with all of it. `additions` are (file or folder of this host, path in the guest)."""
    archive = Archive()
    for folder in FOLDERS:
        archive.folder(folder)
    for path, target in LINKS.items():
        archive.link(path, target)
    archive.node("dev/console", 5, 1)
    archive.file("etc/passwd", PASSWD, 0o644)
    programs = []
    for name in PROGRAMS:
        found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
        if found is None:
            raise Missing(f"no program {name} on this host: run scripts/setup")
        archive.copy(found, f"usr/bin/{name}")
        programs.append(found)
    for path in FILES:
        archive.copy(path, path)
    for source, path in additions:
        archive.copy(source, path)
        programs += [file for file in ([source] if Path(source).is_file() else []) if is_elf(file)]
    for library in libraries([program for program in programs if is_elf(program)]):
        archive.copy(library, library)
    add_modules(archive, kernel, modules)
    archive.copy(init, "init")
    return archive
