"""Runs all benchmarks in order and writes one report: `make bench`, or `make bench QUICK=1`.

`.venv-bench/bin/python -m benchmarks [--quick] [--report build/bench/report.md] [NAME …]`

The whole takes about an hour, the quick form about ten minutes: it makes fewer rounds of less, so
that its ratios are rougher, and figures of a million are of a tenth of it. What a benchmark prints
stands in the report as it is; one that fails says so there, and the others run all the same.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks._machine import describe_machine
from benchmarks._servers import ROOT

# Imports a benchmark, changes these constants of it, and runs it.
_RUN = """
import importlib, json, sys
module = importlib.import_module("benchmarks." + sys.argv[1])
vars(module).update(json.loads(sys.argv[2]))
del sys.argv[1:3]
module.main()
"""


class Benchmark(NamedTuple):
    """A module of this directory; in the quick form with these constants and arguments."""

    name: str
    quick: dict[str, Any]
    arguments: tuple[str, ...] = ()
    quick_arguments: tuple[str, ...] | None = None


BENCHMARKS = (
    Benchmark("startup", {"COMMAND_ROUNDS": 4, "SERVER_ROUNDS": 1}),
    Benchmark("evaluations", {"ROUNDS": 2, "SECONDS": 0.3, "WORKERS": (1,)}),
    Benchmark("batches", {"ROUNDS": 8, "WARM": 2}),
    Benchmark("listings", {"ROUNDS": 2, "EVALUATIONS": 2_000, "HEALTH_COUNT": 500}),
    Benchmark("search", {"ROUNDS": 8, "EVALUATIONS": 100_000, "FEW_EVALUATIONS": 10_000}),
    Benchmark("comparisons", {"SAMPLES": 100_000, "MODELS": 1_000, "ROUNDS": 1}),
    Benchmark("sharing", {"FOLDERS_EACH": 100, "ROUNDS": 300}),
    Benchmark("pages", {"EVALUATIONS": 10_000, "OBJECTS": 100_000, "MODELS": 1_000, "ROUNDS": 5}),
    Benchmark("trees", {"LARGE": 100_000, "ROUNDS": 5, "COMMITS": 20}),
    Benchmark(
        "commits",
        {},
        ("--rounds", "3", "--gib", "1", "--many", "200000"),
        ("--rounds", "1", "--gib", "1", "--files", "2000"),
    ),
    Benchmark(
        "transfers", {}, ("--size", "4", "--rounds", "3"), ("--size", "0.5", "--rounds", "2")
    ),
    Benchmark("http_servers", {"ROUNDS": 1}),
    Benchmark(
        "growth", {"SIZES": (1_000, 10_000, 100_000), "ROUNDS": 5}, ("--images", "build/bench")
    ),
)


def main() -> None:
    names = [each.name for each in BENCHMARKS]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds of less")
    parser.add_argument("--report", type=Path, default=ROOT / "build" / "bench" / "report.md")
    options = parser.parse_args()
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: {', '.join(names)}")
    options.report.parent.mkdir(parents=True, exist_ok=True)
    failed = 0
    with options.report.open("w", encoding="utf-8") as report:
        print(head(options.quick), file=report, flush=True)
        for each in BENCHMARKS:
            if options.names and each.name not in options.names:
                continue
            failed += run(each, options.quick, report)
    print(f"{options.report}: {failed} of the benchmarks failed")
    sys.exit(1 if failed else 0)


def head(quick: bool) -> str:
    form = "The quick form: fewer rounds of less.\n\n" if quick else ""
    return (
        f"# Benchmarks\n\n{form}{describe_machine()}\n\n"
        "Read the ratios. The two sides of one were measured in turn; a figure is a median, and in "
        "brackets are the least and the most.\n"
    )


def run(benchmark: Benchmark, quick: bool, report: Any) -> bool:
    """Writes a section of what it printed; true where it failed."""
    arguments = benchmark.arguments
    if quick and benchmark.quick_arguments is not None:
        arguments = benchmark.quick_arguments
    command = [sys.executable, "-c", _RUN, benchmark.name]
    command += [json.dumps(benchmark.quick if quick else {}), *arguments]
    print(f"{benchmark.name} …", flush=True)
    load, began = os.getloadavg()[0], time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    took = time.monotonic() - began
    said = done.stdout.strip()
    if done.returncode:
        said += f"\n\nFAILED:\n{done.stderr.strip()[-2000:]}"
    shown = " ".join(["-m", f"benchmarks.{benchmark.name}", *arguments])
    told = f"`{shown}`, {took:.0f} s; others kept {load:.1f} processors busy when it began"
    print(f"## {benchmark.name}\n\n{told}\n\n```\n{said}\n```\n", file=report, flush=True)
    print(f"  {'FAILED' if done.returncode else 'done'} in {took:.0f} s", flush=True)
    return bool(done.returncode)


if __name__ == "__main__":
    main()
