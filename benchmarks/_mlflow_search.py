"""MLflow's search among very many runs of five metrics: a program that `benchmarks.search` starts.

`python -m benchmarks._mlflow_search DIRECTORY RUNS ROUNDS` prints as JSON how many milliseconds of
the processor each search took. It asks MLflow's own store in this process, without its server, on
SQLite. Runs are put into its tables by a few statements, since its client makes forty a second.
"""

import json
import os
import random
import sqlite3
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks._evaluations import METRICS
from benchmarks._servers import MLFLOW_ENVIRONMENT

AMOUNT = 50
# By the names that `benchmarks.search` has for them: a filter, and an order.
SEARCHES = {
    "accuracy >= T, the best first": ("metrics.accuracy >= {0}", "metrics.accuracy DESC"),
    "accuracy >= T, by f1": ("metrics.accuracy >= {0}", "metrics.f1 DESC"),
    "accuracy >= T, the newest first": ("metrics.accuracy >= {0}", "attributes.start_time DESC"),
    "two metrics, T above 0.5, by f1": (
        "metrics.accuracy >= {1} and metrics.loss < {2}",
        "metrics.f1 DESC",
    ),
}


def main() -> None:
    directory, runs, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    os.environ.update(MLFLOW_ENVIRONMENT)
    warnings.simplefilter("ignore")
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    directory.mkdir(exist_ok=True)
    open_store: Any = SqlAlchemyStore
    store = open_store(f"sqlite:///{directory}/mlflow.db", str(directory))
    found = store.get_experiment_by_name("bench")
    experiment = found.experiment_id if found else store.create_experiment("bench")
    if found is None:
        fill(directory / "mlflow.db", int(experiment), runs)
    print(json.dumps(measure(store, experiment, rounds)))


def fill(database: Path, experiment: int, runs: int) -> None:
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-500000")
    values = {"experiment": experiment, "runs": runs}
    with connection:
        connection.execute(_RUNS, values)
        for name, factor in METRICS.items():
            for statement in _VALUES:
                connection.execute(statement, {"name": name, "factor": factor, "runs": runs})
    connection.close()


def measure(store: Any, experiment: str, rounds: int) -> dict[str, list[float]]:
    from mlflow.entities import ViewType

    draw = random.Random(1)
    taken: dict[str, list[float]] = {name: [] for name in SEARCHES}
    for _ in range(rounds):
        for name, (query, order) in SEARCHES.items():
            text = query.format(draw.random(), draw.uniform(0.5, 1), draw.uniform(0, 0.5))
            began = time.process_time()
            store.search_runs([experiment], text, ViewType.ACTIVE_ONLY, AMOUNT, [order])
            taken[name].append((time.process_time() - began) * 1000)
    return taken


_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :runs) "
_RUN = "printf('%032x', i)"
_RUNS = f"""
INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status,
 start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
{_NUMBERS}
SELECT {_RUN}, 'run', 'UNKNOWN', '', '', 'owner', 'FINISHED', 1700000000000 + i * 1000,
 1700000001000 + i * 1000, '', 'active', '', :experiment FROM n
"""
_VALUES = tuple(
    f"INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid) {_NUMBERS}"
    f"SELECT :name, i * :factor % 1000003 / 1000003.0, 1700000000000, 0, 0, {_RUN} FROM n"
    for table in ("metrics", "latest_metrics")
)


if __name__ == "__main__":
    main()
