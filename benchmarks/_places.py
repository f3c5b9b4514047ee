"""Commands timed in turn with a peer's, beside a running hub, and the table of what they took."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks._tables import divide, show

FILE_BYTES = 4096
PER_DIRECTORY = 500
TICKS = os.sysconf("SC_CLK_TCK")


class Run(NamedTuple):
    """Seconds of ours and of a peer, the hub's CPU seconds in ours, and the most MiB it held."""

    ours: float
    theirs: float
    hub: float
    held: int


class Row(NamedTuple):
    """Some runs of the same."""

    what: str
    ours: list[float]
    peer: str
    theirs: list[float]
    hub: float
    held: int


class Place:
    """A scratch directory with a running hub, and commands to time in it."""

    def __init__(self, directory: Path, hub: subprocess.Popen[str], url: str) -> None:
        self.directory = directory
        self.held = 0
        self._hub = hub
        self.environment = os.environ | {
            "HOME": str(directory),
            "XDG_CACHE_HOME": str(directory / "cache"),
            "ASSETHUB_DATA": str(directory / "data"),
            "ASSET_HUB_HOST": url,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "ann",
            "GIT_AUTHOR_EMAIL": "ann@example.org",
            "GIT_COMMITTER_NAME": "ann",
            "GIT_COMMITTER_EMAIL": "ann@example.org",
            "DVC_NO_ANALYTICS": "1",
        }
        added = self.output(program("assethub"), "user", "add", "ann")
        self.environment["ASSET_HUB_API_KEY"] = added.split()[-1]

    def output(self, *command: str | Path, inside: str = ".") -> str:
        run = subprocess.Popen(
            command,
            env=self.environment,
            cwd=self.directory / inside,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert run.stdout is not None
        with run.stdout:
            said = run.stdout.read()
        _, run.returncode, usage = os.wait4(run.pid, 0)
        self.held = usage.ru_maxrss >> 10
        if run.returncode:
            raise RuntimeError(f"{command[0]} failed: {said}")
        return said

    def seconds(self, *commands: tuple[str | Path, ...], inside: str = ".") -> float:
        start = time.perf_counter()
        for command in commands:
            self.output(*command, inside=inside)
        return time.perf_counter() - start

    def hub_held(self) -> int:
        """The most MiB that the hub has ever held."""
        return most_held(self._hub.pid)

    def hub_cpu(self) -> float:
        return cpu_seconds(self._hub.pid)


def most_held(process: int) -> int:
    """The most MiB that a process has ever held."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:"))) >> 10


def cpu_seconds(process: int) -> float:
    """The seconds that a process has kept processors busy."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def program(name: str) -> Path:
    return Path(sys.executable).with_name(name)


@contextmanager
def open_place() -> Iterator[Place]:
    """A new hub in a new directory, for the time of a `with`."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=os.environ.get("TMPDIR")) as name:
        directory = Path(name)
        hub = subprocess.Popen(
            [program("assethub"), "serve", "--port", "0", "--data", directory / "data"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with hub:
            assert hub.stdout is not None
            url = hub.stdout.readline().split(" at ")[1].strip()
            try:
                yield Place(directory, hub, url)
            finally:
                hub.terminate()


def make_tree(place: Place, name: str, count: int, size: int = FILE_BYTES) -> None:
    for at in range(count):
        directory = place.directory / name / f"{at // PER_DIRECTORY:03}"
        if at % PER_DIRECTORY == 0:
            directory.mkdir(parents=True)
        (directory / f"{at:06}.bin").write_bytes(os.urandom(size))


def run_pair(place: Place, ours: Callable[[], float], theirs: Callable[[], float]) -> Run:
    before = place.hub_cpu()
    took = ours()
    spent, held = place.hub_cpu() - before, place.held
    return Run(took, theirs(), spent, held)


def make_row(what: str, peer: str, runs: list[Run]) -> Row:
    ours, theirs, hub, held = zip(*runs, strict=True)
    return Row(what, list(ours), peer, list(theirs), statistics.median(hub), max(held))


def print_rows(rows: Iterator[Row]) -> None:
    head = ("what", "ah", "peer", "peer took", "ratio", "hub CPU", "ah held")
    line = "{:<34} {:>8} {:>8} {:>10} {:>18} {:>8} {:>8}"
    print(line.format(*head))
    for row in rows:
        ours, theirs = statistics.median(row.ours), statistics.median(row.theirs)
        seconds = [f"{value:.2f} s" for value in (ours, theirs, row.hub)]
        ratio = show(divide(row.ours, row.theirs), ".2f") if theirs else ""
        shown = (row.what, seconds[0], row.peer, seconds[1], ratio, seconds[2], f"{row.held} MiB")
        print(line.format(*shown), flush=True)
