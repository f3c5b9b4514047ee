"""How long the command, the SDK and the servers take to start.

`.venv-bench/bin/python -m benchmarks.startup`, after `make bench-install`; takes about two minutes.
Everything takes turns. A server counts as started when it has said so (the hub) and answers that it
is ready.
"""

import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from benchmarks._servers import BIN, start_hub, start_mlflow, stop
from benchmarks._tables import divide, print_table, show, take_turns

COMMAND_ROUNDS = 10
SERVER_ROUNDS = 3
_GOAL_MS = 100

PASS = "python3 -c pass"
VERSION = "ah --version"
IMPORT = "import t9k.ah"
HUB_NEW = "assethub serve, new directory"
HUB_OLD = "assethub serve, existing directory"
MLFLOW_NEW = "mlflow server, new database"
MLFLOW_OLD = "mlflow server, existing database"


def main() -> None:
    python = sys.executable
    commands = {
        PASS: [python, "-c", "pass"],
        VERSION: [str(BIN / "ah"), "--version"],
        IMPORT: [python, "-c", "import t9k.ah"],
    }
    run_each(commands)  # the first run of each warms the file cache
    taken = take_turns(
        {name: bind(time_command, command) for name, command in commands.items()}, COMMAND_ROUNDS
    )
    print_rows("command (ms)", taken, 1e3, PASS)
    met = "yes" if median(taken[VERSION]) * 1e3 < _GOAL_MS else "NO"
    print(f"Goal: {VERSION} under {_GOAL_MS} ms: {met}\n")
    servers = measure_servers()
    print_rows("start to ready (s)", servers, 1, HUB_NEW)
    slowest = max(median(servers[HUB_NEW]), median(servers[HUB_OLD]))
    print(f"Goal: the hub under 1 s: {'yes' if slowest < 1 else 'NO'}")


def print_rows(title: str, taken: Mapping[str, list[float]], unit: float, base: str) -> None:
    form = ",.0f" if unit > 1 else ".2f"
    rows = []
    for name, values in taken.items():
        ratios = divide(values, taken[base])
        rows.append([name, show([each * unit for each in values], form), show(ratios, ".2f", "x")])
    print_table([title, "median (least–most)", f"against {base}"], rows)


def run_each(commands: Mapping[str, list[str]]) -> None:
    for command in commands.values():
        time_command(command)


def bind(measure: Callable[[list[str]], float], command: list[str]) -> Callable[[], float]:
    return lambda: measure(command)


def time_command(command: list[str]) -> float:
    """Seconds from the start of a process to its end."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def measure_servers() -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        numbers = itertools.count()
        time_start(start_hub, directory / "hub")  # makes what the 'existing' ones find
        time_start(start_one_worker, directory / "mlflow")
        return take_turns(
            {
                HUB_NEW: lambda: time_start(start_hub, directory / f"hub-{next(numbers)}"),
                MLFLOW_NEW: lambda: time_start(
                    start_one_worker, directory / f"mlflow-{next(numbers)}"
                ),
                HUB_OLD: lambda: time_start(start_hub, directory / "hub"),
                MLFLOW_OLD: lambda: time_start(start_one_worker, directory / "mlflow"),
            },
            SERVER_ROUNDS,
        )


def start_one_worker(directory: Path) -> tuple[subprocess.Popen[str], int]:
    return start_mlflow(directory, workers=1, environment={})


def time_start(
    start: Callable[[Path], tuple[subprocess.Popen[str], int]], directory: Path
) -> float:
    """Seconds from the start of a server until it answers that it is ready; then ends it."""
    began = time.perf_counter()
    process, _ = start(directory)
    elapsed = time.perf_counter() - began
    stop(process)
    return elapsed


if __name__ == "__main__":
    main()
