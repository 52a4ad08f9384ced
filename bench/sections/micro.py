"""The parts alone, by Google Benchmark."""
import json
import pathlib

from measuring import process
from measuring.tables import Result, Table

REPETITIONS = 5
NS_PER_US = 1000  # the program counts in ns


def measure(bench):
    result = Result("micro", "Google Benchmark, one thread, medians of the repetitions. Keystream and compare work on one request (1 MiB).")
    if not bench.micro:
        result.notes.append("not shown here: the program was not built (QUIETUS_BUILD_BENCH)")
        return result
    out = bench.lab.work / "micro.json"
    bench.say("micro")
    usage = process.run([bench.micro, f"--benchmark_out={out}", "--benchmark_out_format=json", "--benchmark_report_aggregates_only=true",
                         f"--benchmark_repetitions={1 if bench.quick else REPETITIONS}",
                         f"--benchmark_min_time={0.01 if bench.quick else 0.3}"], log=bench.lab.work / "log",
                        env={"TMPDIR": str(bench.lab.work), "PATH": "/usr/bin:/bin"})
    if usage.status != 0:
        result.notes.append(f"not shown here: the program ended with {usage.status}")
        return result
    report = json.loads(pathlib.Path(out).read_text(encoding="utf-8"))
    table = Table("", ["part", "wall µs", "CPU µs", "GB/s of CPU time"])
    for run in report["benchmarks"]:
        if run.get("aggregate_name", "median") == "median":
            speed = f"{run['bytes_per_second'] / 1e9:.2f}" if "bytes_per_second" in run else ""
            table.rows.append([run["run_name"], *(f"{run[clock] / NS_PER_US:.1f}" for clock in ("real_time", "cpu_time")), speed])
    result.tables.append(table)
    return result
