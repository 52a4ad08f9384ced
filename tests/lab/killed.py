"""kill -9 of everything, at random moments of each phase of an erase of several passes, and what resume makes of it.

    killed.py QUIETUS DEVICE STATE VERIFY_SH OLD ROUNDS SEED ACCEPT...

DEVICE is a loop device of the caller; OLD a file with what it holds before each round. After each kill the drive is
either untouched and an erase follows, or `resume` ends with a certificate. The judge shares no code with quietus: the
certificate's signature is checked with verify.sh (openssl), and the drive compared with the published keystream, made
by openssl.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time

QUIETUS, DEVICE, STATE, VERIFY_SH, OLD = sys.argv[1:6]
ROUNDS, SEED = int(sys.argv[6]), int(sys.argv[7])
ACCEPT = [word for rule in sys.argv[8:] for word in ("--accept", rule)]
SIZE = os.stat(OLD).st_size
CONSENT = ["--confirm", f"{DEVICE}:{SIZE}", *ACCEPT]
ERASE = [QUIETUS, "--json", "--state-dir", STATE, "erase", DEVICE, *CONSENT, "--technique", "dod-3",
         "--max-rate", "160M"]
RESUME = [QUIETUS, "--json", "--state-dir", STATE, "resume", "--all", *CONSENT]
PHASES = ["taking", "overwrite pass 1", "overwrite pass 2", "overwrite pass 3", "read back", "signing"]


def fail(what):
    sys.exit(f"FAILED: {what}")


def events(output):
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def put_old_data_back():
    subprocess.run(["dd", f"if={OLD}", f"of={DEVICE}", "bs=1M", "oflag=direct", "conv=fsync", "status=none"], check=True)


def content():
    return subprocess.run(["dd", f"if={DEVICE}", "bs=1M", "iflag=direct", "status=none"], check=True,
                          capture_output=True).stdout


def phase_of(event):
    text = event.get("phase", "") if event["type"] == "phase" else ""
    for number, name in enumerate(PHASES):
        if text.startswith(name):
            return number
    return None


def durations():
    """How long each phase takes where nobody is killed, in seconds."""
    put_old_data_back()
    began, last, times = {}, None, {}
    with subprocess.Popen(ERASE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        for line in run.stdout:
            number = phase_of(json.loads(line))
            if number is None:
                continue
            now = time.monotonic()
            if last is not None:
                times[last] = now - began[last]
            began[number], last = now, number
    if run.returncode != 0 or len(times) != len(PHASES) - 1:
        fail(f"a run that nobody disturbs ended with {run.returncode}, phases {sorted(times)}")
    times[last] = time.monotonic() - began[last]
    return [times[number] for number in range(len(PHASES))]


def killed_in(phase, delay):
    """Whether it was killed: a moment after its end is one that never came."""
    with subprocess.Popen(ERASE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        for line in run.stdout:
            if phase_of(json.loads(line)) == phase:
                break
        time.sleep(delay)  # the moment is what is drawn
        killed = run.poll() is None
        if killed:
            run.send_signal(signal.SIGKILL)
        run.stdout.read()
    return killed


def judge(folder):
    signer = os.path.join(STATE, "keys", "local.cert.pem")
    verified = subprocess.run(["sh", VERIFY_SH, folder, "--ca", signer], capture_output=True, text=True, check=False)
    if verified.returncode != 0:
        fail(f"verify.sh says {verified.returncode} of {folder}: {verified.stdout}{verified.stderr}")
    with open(os.path.join(folder, "certificate.json"), encoding="utf-8") as file:
        record = json.load(file)
    key = record["sanitization"]["keystream"]
    cipher, iv = {"AES-256-CTR": ("-aes-256-ctr", key["nonce"] + "0" * 16),
                  "ChaCha20": ("-chacha20", "0" * 16 + key["nonce"])}[key["algorithm"]]
    stream = subprocess.run(["openssl", "enc", cipher, "-K", key["key"], "-iv", iv, "-nopad"], input=bytes(SIZE),
                            capture_output=True, check=True).stdout
    if stream != content():
        fail(f"the drive does not hold what {folder} says")
    if record["verification"]["class"] != "full" or record["verification"]["covered_bytes"] != SIZE:
        fail(f"{folder}: not verified in full")
    return record


def certificates():
    root = os.path.join(STATE, "certificates")
    names = os.listdir(root) if os.path.isdir(root) else []
    return {os.path.join(root, name) for name in names if os.path.exists(os.path.join(root, name, "certificate.json"))}


def carry_on(before, old):
    """Ends with one new certificate; says how."""
    for attempt in range(3):
        resumed = subprocess.run(RESUME, capture_output=True, text=True, check=False)
        told = events(resumed.stdout)
        if resumed.returncode not in (0, 75):
            fail(f"resume ended with {resumed.returncode}: {resumed.stdout[-2000:]}{resumed.stderr[-2000:]}")
        if resumed.returncode == 0:
            break
    else:
        fail(f"resume says {resumed.returncode} three times: {resumed.stdout[-2000:]}")
    made = certificates() - before
    how = "resumed" if any(event["type"] == "result" for event in told) else "complete already"
    if not made:
        if content() != old:
            fail("nothing to resume, no certificate, and yet the drive was written")
        again = subprocess.run(ERASE, capture_output=True, text=True, check=False)
        if again.returncode != 0:
            fail(f"the erase of an untouched drive ended with {again.returncode}: {again.stderr[-2000:]}")
        made, how = certificates() - before, "untouched, erased anew"
    if len(made) != 1:
        fail(f"{len(made)} certificates for one drive")
    return judge(made.pop()), how


def main():
    draw = random.Random(SEED)
    print(f"seed {SEED}: repeats with the same moments")
    with open(OLD, "rb") as file:
        old = file.read()
    times = durations()
    for number, name in enumerate(PHASES):
        ways, links, killed = {}, 0, 0
        while killed < ROUNDS:
            put_old_data_back()
            before = certificates()
            if not killed_in(number, draw.uniform(0, times[number])):
                continue
            killed += 1
            record, how = carry_on(before, old)
            ways[how] = ways.get(how, 0) + 1
            links += len(record["sanitization"]["resumed"])
        told = ", ".join(f"{count} {how}" for how, count in sorted(ways.items()))
        print(f"ok: killed {killed} times while \"{name}\": {told}; {links} resumes on record", flush=True)


main()
