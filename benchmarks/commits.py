"""What `ah commit` and `ah download` cost beside git, DVC, Oxen, and what the machine can do.

    .venv-bench/bin/python -m benchmarks.commits [--files 20000] [--gib 4] [--many 200000]

Prints a table: each row is a median of its runs, and its ratio to the peer's, measured in turn with
it. The hub runs beside the client on this machine; `hub CPU` is what it spent in a run of the row.
DVC and Oxen are measured where they are installed: DVC adds and pushes to a directory, Oxen adds
and commits in place. A download is compared with one core's SHA-256, and with a bare loop that
receives, hashes in a thread and writes, or leaves the writing out.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from benchmarks._bare_client import fetch_bare
from benchmarks._places import (
    Place,
    Row,
    Run,
    make_row,
    make_tree,
    open_place,
    print_rows,
    program,
    run_pair,
)

ROOT = Path(__file__).parents[1]
DVC = ROOT / ".venv-bench/bin/dvc"
# As long as times need to be old before git and ah trust them.
SETTLE_SECONDS = 2.5


def commit(name: str, source: str) -> tuple[str | Path, ...]:
    return program("ah"), "commit", f"dataset/bench/{name}", "-m", "m", "-a", f"{source}/."


GIT = (("git", "add", "-A"), ("git", "commit", "-qm", "m", "--allow-empty"))


def measure_commits(place: Place, count: int, rounds: int) -> Iterator[Row]:
    """Each round has a tree and an asset of its own; git has the same tree, in place."""
    first: list[Run] = []
    changed: list[Run] = []
    same: list[Run] = []
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

        first.append(run_pair(place, ours, git))
        time.sleep(SETTLE_SECONDS)
        for again in range(3):
            for tree in (name, f"git{at}"):
                (place.directory / tree / "000/000000.bin").write_text(f"changed {again}")
            changed.append(run_pair(place, ours, git))
            time.sleep(SETTLE_SECONDS)
            # The changed file was young when it was committed, so it is read once more here.
            ours()
            same.append(run_pair(place, ours, git))
    yield make_row(f"first commit of {count:,} files", "git", first)
    yield make_row("1 changed file", "git", changed)
    yield make_row("nothing changed", "git", same)


OXEN_MAKE = """
from oxen import Repo, user
user.config_user("ann", "ann@example.org")
Repo(".").init()
"""
OXEN_COMMIT = """
from oxen import Repo
repo = Repo(".")
repo.add(".")
repo.commit("m")
"""


def measure_dvc(place: Place, count: int) -> Iterator[Row]:
    """`dvc add` and `dvc push` to a directory."""
    make_tree(place, "dvc/files", count)
    (place.directory / "remote").mkdir()
    for command in (["git", "init", "-q"], [DVC, "init", "-q"]):
        place.output(*command, inside="dvc")
    place.output(
        DVC, "remote", "add", "-q", "-d", "r", str(place.directory / "remote"), inside="dvc"
    )
    push = ((DVC, "add", "-q", "files"), (DVC, "push", "-q"))
    yield from _measure_peer(place, count, "dvc", "dvc/files", push, inside="dvc")


def measure_oxen(place: Place, count: int) -> Iterator[Row]:
    """Oxen's library, in place: neither its command nor its server is a package of Python's."""
    make_tree(place, "oxen", count)
    place.output(sys.executable, "-c", OXEN_MAKE, inside="oxen")
    (place.directory / "oxen/.ahignore").write_text(".oxen/\n")
    add = ((sys.executable, "-c", OXEN_COMMIT),)
    yield from _measure_peer(place, count, "oxen", "oxen", add, inside="oxen")


def _measure_peer(
    place: Place,
    count: int,
    name: str,
    source: str,
    commands: tuple[tuple[str | Path, ...], ...],
    inside: str,
) -> Iterator[Row]:
    """A first commit and one of a changed file, beside a peer's."""
    place.output(program("ah"), "create", "dataset", f"bench/{name}")
    for what in (f"first commit of {count:,} files", "1 changed file"):
        time.sleep(SETTLE_SECONDS)
        pair = run_pair(
            place,
            lambda: place.seconds(commit(name, source)),
            lambda: place.seconds(*commands, inside=inside),
        )
        yield make_row(what, name, [pair])
        (place.directory / source / "000/000000.bin").write_text("changed")


def measure_many(place: Place, count: int) -> Iterator[Row]:
    """Very many files in one commit, for the memory they take."""
    make_tree(place, "many", count, 64)
    place.output(program("ah"), "create", "dataset", "bench/many")
    for what in (f"first commit of {count:,} files", "1 changed file"):
        time.sleep(SETTLE_SECONDS)
        pair = run_pair(place, lambda: place.seconds(commit("many", "many")), lambda: 0.0)
        yield make_row(what, "", [pair])
        (place.directory / "many/000/000000.bin").write_text("changed")


def measure_large(place: Place, gib: int, rounds: int) -> Iterator[Row]:
    """A large file there and back, against one core's SHA-256 over as many bytes."""
    with open(place.directory / "large", "wb") as file:
        for _ in range(gib << 4):
            file.write(os.urandom(1 << 26))
    place.output(program("ah"), "create", "dataset", "bench/large")
    up = (program("ah"), "commit", "dataset/bench/large", "-a", "large")
    down = (program("ah"), "download", "dataset/bench/large", "-s", "down")
    hashing = lambda: hash_seconds(gib << 30)  # noqa: E731
    yield make_row(
        f"upload of {gib} GiB", "SHA-256", [run_pair(place, lambda: place.seconds(up), hashing)]
    )
    url, key = (place.environment[f"ASSET_HUB_{name}"] for name in ("HOST", "API_KEY"))

    def fetch(target: Path | None) -> float:
        return fetch_bare(url, key, "ann/dataset/bench/large", "large", target)

    peers: dict[str, Callable[[], float]] = {
        "SHA-256": hashing,
        "bare": lambda: fetch(place.directory / "bare"),
        "unwritten": lambda: fetch(None),
    }
    fetched: dict[str, list[Run]] = {peer: [] for peer in peers}
    for _ in range(rounds):
        shutil.rmtree(place.directory / "down", ignore_errors=True)
        run = run_pair(place, lambda: place.seconds(down), lambda: 0.0)
        for peer, act in peers.items():
            fetched[peer].append(run._replace(theirs=act()))
    for peer, runs in fetched.items():
        yield make_row(f"download of {gib} GiB, verified", peer, runs)


def hash_seconds(size: int) -> float:
    """What one core takes for the SHA-256 of so many bytes that are in memory."""
    chunk, digest = os.urandom(1 << 20), hashlib.sha256()
    start = time.perf_counter()
    for _ in range(size >> 20):
        digest.update(chunk)
    return time.perf_counter() - start


def write_seconds(path: Path, size: int) -> float:
    """What writing so many bytes that are in memory to a new file takes, which is removed."""
    chunk = os.urandom(1 << 20)
    start = time.perf_counter()
    with open(path, "xb", buffering=0) as file:
        for _ in range(size >> 20):
            file.write(chunk)
    took = time.perf_counter() - start
    path.unlink()
    return took


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=20_000, help="files of 4 KiB in a tree")
    parser.add_argument("--gib", type=int, default=4, help="size of the large file; 0 for none")
    parser.add_argument("--many", type=int, default=0, help="files of 64 bytes in one commit")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    options = parser.parse_args()
    with open_place() as place:
        print_rows(measure_commits(place, options.files, options.rounds))
        if DVC.exists():
            print_rows(measure_dvc(place, options.files))
        if find_spec("oxen"):
            print_rows(measure_oxen(place, options.files))
        if options.many:
            print_rows(measure_many(place, options.many))
        if options.gib:
            print_rows(measure_large(place, options.gib, options.rounds))
        print(f"the hub held at most {place.hub_held()} MiB")


if __name__ == "__main__":
    main()
