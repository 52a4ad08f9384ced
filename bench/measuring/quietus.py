"""Runs quietus on devices of the bench and reads back what its record says."""
import dataclasses
import json
import os
import shutil

from . import Fault
from . import process

ERASED, WITH_EXCEPTIONS = 0, 11  # exit statuses: --verify none cannot end in 0
RECORDS = ("certificate", "exception-record")


@dataclasses.dataclass
class Erasure:
    """One call: what it took, and of each drive the seconds of its writing and reading steps."""
    usage: process.Usage
    write_s: list  # one a drive, all passes together
    verify_s: list
    signed_at: float  # CLOCK_REALTIME of the last signature file


class Quietus:
    def __init__(self, binary, lab):
        self.binary, self.lab = str(binary), lab
        self.folder = lab.folder("quietus")
        self._vouch = None  # asked once
        self.env = {key: value for key, value in os.environ.items() if key != "QUIETUS_CONFIG"}
        self.env |= {"QUIETUS_STATE_DIR": str(self.folder / "state"), "LC_ALL": "C"}

    def ask(self, *arguments):
        """A command that only looks: its standard output and error."""
        usage = process.run([self.binary, *arguments], log=self.folder / "log", env=self.env)
        return usage.output

    def profiles(self):
        """{name: passes} of the techniques that `quietus methods --json` lists; empty where the command is not there."""
        found = {}
        for line in self.ask("methods", "--json").splitlines():
            try:
                _collect_profiles(json.loads(line), found)
            except ValueError:
                continue  # a note on standard error
        return found

    def erase_argv(self, devices, technique, verify, out):
        argv = [self.binary, "erase", *(device.path for device in devices), "--technique", technique, "--verify", verify,
                "--out", str(out)]
        for device in devices:
            argv += ["--confirm", f"{device.path}:{device.size}"]
        if self._vouch is None:
            # Where root cannot look into every process, as in some containers, somebody has to vouch for them.
            self._vouch = "[processes-unseen]" in self.ask("plan", devices[0].path)
        return argv + (["--accept", "processes-unseen"] if self._vouch else [])

    def erase(self, devices, technique, verify="full", **how):
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        argv = self.erase_argv(devices, technique, verify, out)
        usage = process.run(argv, log=self.folder / "log", devices=devices, env=self.env, **how)
        if usage.status != (WITH_EXCEPTIONS if verify == "none" else ERASED):
            raise Fault(f"quietus {technique} ended with {usage.status}:\n{usage.output[-2000:]}")
        folders = [folder for folder in out.iterdir() if folder.is_dir()]
        if len(folders) != len(devices):
            raise Fault(f"quietus left {len(folders)} records for {len(devices)} drives")
        steps = [_record_of(folder)["sanitization"]["steps"] for folder in folders]
        return Erasure(usage, [_seconds(of_drive, "overwrite") for of_drive in steps],
                       [_seconds(of_drive, "read-back") for of_drive in steps],
                       max(path.stat().st_mtime for path in out.glob("*/*.p7s")))


def _record_of(folder):
    for name in RECORDS:
        path = folder / f"{name}.json"
        if path.exists():
            return json.loads(path.read_text(encoding="utf-8"))
    raise Fault(f"no record in {folder.name}")


def _seconds(steps, kind):
    return sum(step["elapsed_ms"] for step in steps if step["kind"] == kind) / 1000


def _collect_profiles(value, found):
    if isinstance(value, list):
        for item in value:
            _collect_profiles(item, found)
    elif isinstance(value, dict):
        if isinstance(value.get("name"), str) and isinstance(value.get("passes"), (list, int)):
            found[value["name"]] = value["passes"] if isinstance(value["passes"], int) else len(value["passes"])
        for item in value.values():
            _collect_profiles(item, found)
