"""What a comparison and a leaderboard cost: `.venv/bin/python -m benchmarks.comparisons`.

Takes about two minutes. First the route `/compare` of a hub that has two evaluations with a million
samples each, started anew for it: the time until the answer is there, the processor time and the
peak memory of its process. Then what of that is the statistics, each time in a process of its own,
ids and all; and the same difference by a paired t-test of scipy, which is told what belongs to
what, and says less. Figures are medians, in brackets the least and the most.
"""

import argparse
import io
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from benchmarks._load import Connection, connected
from benchmarks._places import cpu_seconds, most_held
from benchmarks._servers import Hub, make_asset, running_hub, start_hub, stop
from benchmarks._tables import print_table, show

from assethub import statistics

SAMPLES, MODELS, ROUNDS = 1_000_000, 10_000, 3


def accuracy(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return (rng.random(SAMPLES) < 0.8) * 1.0, (rng.random(SAMPLES) < 0.801) * 1.0


def loss(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    a = rng.exponential(size=SAMPLES)
    return a, a + rng.normal(0.001, 1, SAMPLES)


def measure_route() -> list[list[str]]:
    rows = []
    for kind in ("accuracy", "loss"):
        for order in ("same", "shuffled"):
            with tempfile.TemporaryDirectory() as name:
                rows.append([kind, order, *ask_route(Path(name), kind, order)])
    return rows


def ask_route(data: Path, kind: str, order: str) -> list[str]:
    """Seconds until the answer, of the processor, and the peak MiB of a hub that only compares."""
    with running_hub(data) as hub, connected(hub.port) as connection:
        path = record_both(hub, connection, kind, order)
    process, port = start_hub(data)
    try:
        request = hub.request("GET", path)
        waited, worked = [], []
        for _ in range(ROUNDS):
            before, began = cpu_seconds(process.pid), time.perf_counter()
            with connected(port) as connection:
                (row,) = json.loads(connection.exchange(request))["comparisons"]
            waited.append(time.perf_counter() - began)
            worked.append(cpu_seconds(process.pid) - before)
            assert row["n"] == SAMPLES
        held = most_held(process.pid)
    finally:
        stop(process)
    return [show(waited, ".2f"), show(worked, ".2f"), f"{held:,}", row["interval"]["method"]]


def record_both(hub: Hub, connection: Connection, kind: str, order: str) -> str:
    """Records two evaluations with samples; the path that compares them."""
    model, dataset = (make_asset(hub, connection, type_) for type_ in ("model", "dataset"))
    rng = np.random.default_rng(1)
    a, b = {"accuracy": accuracy, "loss": loss}[kind](rng)
    ids = np.arange(SAMPLES)
    others = rng.permutation(SAMPLES) if order == "shuffled" else ids
    made = []
    for rows, values in ((ids, a), (others, b)):
        file = write_samples(kind, rows, values[rows])
        head = hub.request("POST", "/evaluations/samples").replace(
            b"content-length: 0", b"content-length: %d" % len(file)
        )
        sent = json.loads(connection.exchange(head + file))["samplesId"]
        metrics = {kind: float(values.mean())}
        body = {"model": model, "dataset": dataset, "metrics": metrics, "samples": sent}
        made.append(
            json.loads(connection.exchange(hub.request("POST", "/evaluations", body)))["id"]
        )
    return f"/compare?a={made[0]}&b={made[1]}"


def write_samples(metric: str, rows: np.ndarray, values: np.ndarray) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = [name_sample(row) for row in rows.tolist()]
    file = io.BytesIO()
    pq.write_table(pa.table({"sample_id": ids, metric: values}), file)
    return file.getvalue()


def name_sample(row: int) -> str:
    return f"sample-{row:012}-0123456789"


def compare(kind: str, order: str) -> tuple[float, float, str]:
    """Processor seconds, peak MiB and the method; `order` is that of B's samples."""
    rng = np.random.default_rng(1)
    a, b = {"accuracy": accuracy, "loss": loss}[kind](rng)
    rows = rng.permutation(SAMPLES) if order == "shuffled" else np.arange(SAMPLES)
    # Texts of their own, as two files would have them.
    ids, others = (
        [name_sample(row) for row in each.tolist()] for each in (np.arange(SAMPLES), rows)
    )
    statistics.compare_samples(statistics.align("ab", [0, 1], "ab", [1, 0]))
    start = time.process_time()
    result = statistics.compare_samples(statistics.align(ids, a, others, b[rows]))
    taken = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return taken, peak, f"{result.interval.method}; {result.test}"


def compare_with_scipy(kind: str, _: str) -> tuple[float, float, str]:
    import scipy.stats

    a, b = {"accuracy": accuracy, "loss": loss}[kind](np.random.default_rng(1))
    start = time.process_time()
    scipy.stats.ttest_rel(b, a).confidence_interval()
    taken = time.process_time() - start
    return taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "paired t-test"


def measure_comparisons() -> list[list[str]]:
    cases: list[tuple[str, str, Callable[[str, str], tuple[float, float, str]]]] = [
        (kind, order, act)
        for kind in ("accuracy", "loss")
        for order, act in [
            ("same", compare),
            ("shuffled", compare),
            ("scipy alone", compare_with_scipy),
        ]
    ]
    rows = []
    for kind, order, act in cases:
        results = [run_alone(act, kind, order) for _ in range(ROUNDS)]
        seconds, peaks = [each[0] for each in results], [each[1] for each in results]
        rows.append([kind, order, show(seconds, ".2f"), show(peaks), results[0][2]])
    return rows


def run_alone(
    act: Callable[[str, str], tuple[float, float, str]], kind: str, order: str
) -> tuple[float, float, str]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(act, (kind, order))


def measure_rankings() -> list[list[str]]:
    values = np.random.default_rng(1).uniform(0.5, 1, MODELS)
    counts = np.full(MODELS, 5000.0)
    cases: dict[str, Callable[[], statistics.Ranking]] = {
        "values only": lambda: statistics.rank(values),
        "standard error 0.01": lambda: statistics.rank(values, np.full(MODELS, 0.01)),
        "standard error 0.0001": lambda: statistics.rank(values, np.full(MODELS, 1e-4)),
        "proportions of 5,000": lambda: statistics.rank(values, None, counts, proportions=True),
        "each 3 errors from the next": lambda: statistics.rank(
            np.arange(MODELS, dtype=np.float64) * 3 * 2**0.5, np.ones(MODELS)
        ),
    }
    rows = []
    for name, act in cases.items():
        ranks = len({each.rank for each in act().entries})
        rows.append([name, f"{ranks:,}", show([timed(act) * 1000 for _ in range(7)])])
    return rows


def timed(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(f"GET /compare of two evaluations of {SAMPLES:,} samples (goal: 5 s, 500 MiB)\n")
    head = ["metric", "order of B", "seconds", "processor", "peak MiB", "method"]
    print_table(head, measure_route())
    print("\nThe statistics of it alone\n")
    print_table(["metric", "order of B", "processor", "peak MiB", "method"], measure_comparisons())
    print(f"\nRanking {MODELS:,} models (goal: 200 ms)\n")
    print_table(["known", "ranks", "ms"], measure_rankings())


if __name__ == "__main__":
    main()
