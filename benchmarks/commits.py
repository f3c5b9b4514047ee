"""What `ah commit` and `ah download` cost beside git, DVC and SHA-256 on the same machine.

    .venv/bin/python benchmarks/commits.py [--files 20000] [--gib 4]

Prints a table: each row is a median of its runs, and its ratio to the peer's, measured in turn with
it. The hub runs beside the client on this machine; `hub CPU` is what it spent in a run of the row.
DVC is measured where `.venv-bench/bin/dvc` is.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
DVC = ROOT / ".venv-bench/bin/dvc"
FILE_BYTES = 4096
PER_DIRECTORY = 500
# As long as times need to be old before git and ah trust them.
SETTLE_SECONDS = 2.5
TICKS = os.sysconf("SC_CLK_TCK")


class Row(NamedTuple):
    """Seconds of ours and of a peer, and the hub's CPU seconds in one of ours."""

    what: str
    ours: list[float]
    peer: str
    theirs: list[float]
    hub: float


class Place:
    """A scratch directory with a running hub, and commands to time in it."""

    def __init__(self, directory: Path, hub: subprocess.Popen[str], url: str) -> None:
        self.directory = directory
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
        run = subprocess.run(
            command,
            env=self.environment,
            cwd=self.directory / inside,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if run.returncode:
            raise RuntimeError(f"{command[0]} failed: {run.stdout}")
        return run.stdout

    def seconds(self, *commands: tuple[str | Path, ...], inside: str = ".") -> float:
        start = time.perf_counter()
        for command in commands:
            self.output(*command, inside=inside)
        return time.perf_counter() - start

    def hub_cpu(self) -> float:
        fields = Path(f"/proc/{self._hub.pid}/stat").read_text().rsplit(")", 1)[1].split()
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


def make_tree(place: Place, name: str, count: int) -> None:
    for at in range(count):
        directory = place.directory / name / f"{at // PER_DIRECTORY:03}"
        if at % PER_DIRECTORY == 0:
            directory.mkdir(parents=True)
        (directory / f"{at:06}.bin").write_bytes(os.urandom(FILE_BYTES))


def commit(name: str, source: str) -> tuple[str | Path, ...]:
    return program("ah"), "commit", f"dataset/bench/{name}", "-m", "m", "-a", f"{source}/."


GIT = (("git", "add", "-A"), ("git", "commit", "-qm", "m", "--allow-empty"))


def measure_commits(place: Place, count: int, rounds: int) -> Iterator[Row]:
    """Each round has a tree and an asset of its own; git has the same tree, in place."""
    first: list[tuple[float, float, float]] = []
    changed: list[tuple[float, float, float]] = []
    same: list[tuple[float, float, float]] = []
    place.output(program("ah"), "create", "folder", "dataset/bench")
    for at in range(rounds):
        name = f"tree{at}"
        make_tree(place, name, count)
        shutil.copytree(place.directory / name, place.directory / f"git{at}")
        place.output("git", "init", "-q", inside=f"git{at}")
        place.output(program("ah"), "create", "dataset", f"bench/{name}")
        time.sleep(SETTLE_SECONDS)

        def ours(name: str = name) -> float:
            return place.seconds(commit(name, name))

        def git(at: int = at) -> float:
            return place.seconds(*GIT, inside=f"git{at}")

        first.append(_pair(place, ours, git))
        time.sleep(SETTLE_SECONDS)
        for again in range(3):
            for tree in (name, f"git{at}"):
                (place.directory / tree / "000/000000.bin").write_text(f"changed {again}")
            changed.append(_pair(place, ours, git))
            time.sleep(SETTLE_SECONDS)
            # The changed file was young when it was committed, so it is read once more here.
            ours()
            same.append(_pair(place, ours, git))
    yield _row(f"first commit of {count:,} files", "git", first)
    yield _row("1 changed file", "git", changed)
    yield _row("nothing changed", "git", same)


def measure_dvc(place: Place, count: int) -> Iterator[Row]:
    """The first commit against `dvc add` and `dvc push` to a directory."""
    make_tree(place, "dvc/files", count)
    (place.directory / "remote").mkdir()
    for command in (["git", "init", "-q"], [DVC, "init", "-q"]):
        place.output(*command, inside="dvc")
    place.output(
        DVC, "remote", "add", "-q", "-d", "r", str(place.directory / "remote"), inside="dvc"
    )
    place.output(program("ah"), "create", "dataset", "bench/dvc")
    push = ((DVC, "add", "-q", "files"), (DVC, "push", "-q"))
    for what in (f"first commit of {count:,} files", "1 changed file"):
        pair = _pair(
            place,
            lambda: place.seconds(commit("dvc", "dvc/files")),
            lambda: place.seconds(*push, inside="dvc"),
        )
        yield _row(what, "dvc", [pair])
        (place.directory / "dvc/files/000/000000.bin").write_text("changed")


def measure_large(place: Place, gib: int, rounds: int) -> Iterator[Row]:
    """A large file there and back, against one core's SHA-256 over as many bytes."""
    with open(place.directory / "large", "wb") as file:
        for _ in range(gib << 4):
            file.write(os.urandom(1 << 26))
    place.output(program("ah"), "create", "dataset", "bench/large")
    up = (program("ah"), "commit", "dataset/bench/large", "-a", "large")
    down = (program("ah"), "download", "dataset/bench/large", "-s", "down")
    hashing = lambda: hash_seconds(gib << 30)  # noqa: E731
    yield _row(
        f"upload of {gib} GiB", "SHA-256", [_pair(place, lambda: place.seconds(up), hashing)]
    )
    fetched = []
    for _ in range(rounds):
        shutil.rmtree(place.directory / "down", ignore_errors=True)
        fetched.append(_pair(place, lambda: place.seconds(down), hashing))
    yield _row(f"download of {gib} GiB, verified", "SHA-256", fetched)


def hash_seconds(size: int) -> float:
    """What one core takes for the SHA-256 of so many bytes that are in memory."""
    chunk, digest = os.urandom(1 << 20), hashlib.sha256()
    start = time.perf_counter()
    for _ in range(size >> 20):
        digest.update(chunk)
    return time.perf_counter() - start


def _pair(
    place: Place, ours: Callable[[], float], theirs: Callable[[], float]
) -> tuple[float, float, float]:
    before = place.hub_cpu()
    took = ours()
    spent = place.hub_cpu() - before
    return took, theirs(), spent


def _row(what: str, peer: str, runs: list[tuple[float, float, float]]) -> Row:
    ours, theirs, hub = zip(*runs, strict=True)
    return Row(what, list(ours), peer, list(theirs), statistics.median(hub))


def print_rows(rows: Iterator[Row]) -> None:
    head = ("what", "ah", "peer", "peer took", "ratio", "hub CPU")
    line = "{:<34} {:>8} {:>8} {:>10} {:>7} {:>8}"
    print(line.format(*head))
    for row in rows:
        ours, theirs = statistics.median(row.ours), statistics.median(row.theirs)
        seconds = [f"{value:.2f} s" for value in (ours, theirs, row.hub)]
        ratio = f"{ours / theirs:.2f}"
        print(
            line.format(row.what, seconds[0], row.peer, seconds[1], ratio, seconds[2]), flush=True
        )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=20_000, help="files of 4 KiB in a tree")
    parser.add_argument("--gib", type=int, default=4, help="size of the large file; 0 for none")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    options = parser.parse_args()
    with open_place() as place:
        print_rows(measure_commits(place, options.files, options.rounds))
        if DVC.exists():
            print_rows(measure_dvc(place, options.files))
        if options.gib:
            print_rows(measure_large(place, options.gib, options.rounds))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    print(f"largest process of all, the hub and git among them: {peak} MiB resident")


if __name__ == "__main__":
    main()
