"""Batches of 1,000 evaluations: `.venv/bin/python -m benchmarks.batches`; takes half a minute.

A hub is sent batches over HTTP by one client. In turn with each, the same rows go into the same
tables, indexes and all, of a bare SQLite database: by `executemany` of the standard library, in one
transaction that is on the disk at its end. Figures are medians, in brackets the least and the most.
"""

import argparse
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks._clients import METRICS
from benchmarks._load import connected
from benchmarks._places import cpu_seconds
from benchmarks._servers import make_asset, running_hub
from benchmarks._tables import divide, print_table, show

from assethub.core.hub import open_hub
from assethub.settings import Settings

BATCH, ROUNDS, WARM = 1000, 40, 5
Rows = list[tuple[Any, ...]]


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        hub, bare, hub_work, bare_work = measure(directory)
    rows = [
        ["hub, over HTTP", *describe(hub, hub_work)],
        ["bare inserts", *describe(bare, bare_work)],
    ]
    print_table(["evaluations a second", "by the time that passed", "by processor time"], rows)
    ratios = [show(divide(bare, hub), ".2f"), f"{sum(bare_work) / sum(hub_work):.2f}"]
    print_table(["hub / bare inserts", "time", "processor"], [["ratio", *ratios]])


def measure(directory: Path) -> tuple[list[float], list[float], list[float], list[float]]:
    """Seconds of each batch: of the hub and of bare inserts, then both of the processor."""
    hub_took: list[float] = []
    bare_took: list[float] = []
    hub_work: list[float] = []
    bare_work: list[float] = []
    open_hub(Settings(data=directory / "bare")).close()
    with (
        running_hub(directory / "hub") as hub,
        connected(hub.port) as connection,
        closing(open_bare(directory / "bare" / "hub.db")) as database,
    ):
        model, dataset = (make_asset(hub, connection, type_) for type_ in ("model", "dataset"))
        body = {"model": model, "dataset": dataset, "metrics": METRICS}
        request = hub.request("POST", "/evaluations/batch", {"evaluations": [body] * BATCH})
        for place in range(WARM + ROUNDS):
            before, began = cpu_seconds(hub.process), time.perf_counter()
            connection.exchange(request)
            took, work = time.perf_counter() - began, cpu_seconds(hub.process) - before
            tables = read_last(directory / "hub" / "hub.db")
            before, began = time.process_time(), time.perf_counter()
            insert(database, tables)
            if place >= WARM:
                hub_took.append(took)
                hub_work.append(work)
                bare_took.append(time.perf_counter() - began)
                bare_work.append(time.process_time() - before)
    return hub_took, bare_took, hub_work, bare_work


def open_bare(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32768"):
        database.execute(f"PRAGMA {pragma}")
    return database


def read_last(path: Path) -> dict[str, Rows]:
    """The rows of the last batch."""
    with closing(sqlite3.connect(path)) as database:
        return {
            "evaluations": database.execute(
                "SELECT * FROM evaluations ORDER BY seq DESC LIMIT ?", (BATCH,)
            ).fetchall()[::-1],
            "metrics": database.execute(
                "SELECT * FROM metrics ORDER BY evaluation_seq DESC LIMIT ?",
                (BATCH * len(METRICS),),
            ).fetchall()[::-1],
        }


def insert(database: sqlite3.Connection, tables: dict[str, Rows]) -> None:
    with database:
        for name, rows in tables.items():
            marks = ", ".join("?" * len(rows[0]))
            database.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)


def describe(took: list[float], work: list[float]) -> list[str]:
    # The processor time of another process is told in hundredths of a second.
    return [show([BATCH / each for each in took]), f"{BATCH * len(work) / sum(work):,.0f}"]


if __name__ == "__main__":
    main()
