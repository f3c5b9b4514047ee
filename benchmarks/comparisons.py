"""What a comparison and a leaderboard cost: `python -m benchmarks.comparisons`.

Takes about a minute. Each comparison of two evaluations with a million samples runs in a process
of its own, whose peak memory counts, ids and all. Next to it: the same difference by a paired
t-test of scipy, which is told what belongs to what, and says less. Figures are medians, in
brackets the least and the most; seconds are of the processor, that others here don't count.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable

import numpy as np
from benchmarks._tables import print_table, show

from assethub import statistics

SAMPLES, MODELS, ROUNDS = 1_000_000, 10_000, 3


def accuracy(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return (rng.random(SAMPLES) < 0.8) * 1.0, (rng.random(SAMPLES) < 0.801) * 1.0


def loss(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    a = rng.exponential(size=SAMPLES)
    return a, a + rng.normal(0.001, 1, SAMPLES)


def compare(kind: str, order: str) -> tuple[float, float, str]:
    """Processor seconds, peak MiB and the method; `order` is that of B's samples."""
    rng = np.random.default_rng(1)
    a, b = {"accuracy": accuracy, "loss": loss}[kind](rng)
    rows = rng.permutation(SAMPLES) if order == "shuffled" else np.arange(SAMPLES)
    # Texts of their own, as two files would have them.
    ids, others = (
        [f"sample-{row:012}-0123456789" for row in each.tolist()]
        for each in (np.arange(SAMPLES), rows)
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
    print(f"Comparing two evaluations of {SAMPLES:,} samples (goal: 5 s, 500 MiB)\n")
    print_table(["metric", "order of B", "seconds", "peak MiB", "method"], measure_comparisons())
    print(f"\nRanking {MODELS:,} models (goal: 200 ms)\n")
    print_table(["known", "ranks", "ms"], measure_rankings())


if __name__ == "__main__":
    main()
