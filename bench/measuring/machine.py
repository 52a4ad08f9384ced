"""The machine in words: what matters for the figures, and no name of it."""
import os
import re
import shutil
import subprocess

from .lab import GIB, text_of

CPU_FLAGS = {"aes": "AES", "vaes": "VAES", "avx2": "AVX2", "avx512f": "AVX-512", "sha_ni": "SHA"}
VERSIONS = {"fio": ["fio", "--version"], "nwipe": ["nwipe", "--version"], "shred": ["shred", "--version"],
            "scrub": ["scrub", "--version"], "openssl": ["openssl", "version"], "badblocks": ["mke2fs", "-V"]}


def in_words():
    cpu = text_of("/proc/cpuinfo")
    flags = set(re.search(r"^flags\s*: (.*)$", cpu, re.M)[1].split()) if "flags" in cpu else set()
    model = re.search(r"^model name\s*: (.*)$", cpu, re.M)
    memory = int(re.search(r"MemTotal: +(\d+)", text_of("/proc/meminfo"))[1]) * 1024
    said = [f"{name} {'yes' if flag in flags else 'no'}" for flag, name in CPU_FLAGS.items()]
    return (f"{len(os.sched_getaffinity(0))} cores of {model[1] if model else os.uname().machine}"
            f"{', in a virtual machine' if 'hypervisor' in flags else ''} ({', '.join(said)}), {memory / GIB:.0f} GiB of memory,"
            f" Linux {re.match(r'[0-9.]+', os.uname().release)[0]}; {', '.join(tools())}.")


def tools():
    """"fio 3.33", …; those that are missing are named as such."""
    found = []
    for name, argv in VERSIONS.items():
        if not shutil.which(name):
            found.append(f"no {name}")
            continue
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        version = re.search(r"\d+\.\d[\w.]*", done.stdout + done.stderr)
        found.append(f"{name} {version[0] if version else '(version unknown)'}")
    return found
