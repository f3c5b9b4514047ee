"""How cost grows with what a hub holds: `make growth`, or `python -m benchmarks.growth`.

Takes about three minutes and 1.5 GB in a temporary directory. Hubs on SQLite hold a thousand to a
million objects of one model, and as many evaluations of five metrics by 1,000 models on 100
datasets. What people do often is done in this process, through `assethub.core` as the server's
routes do it, on the sizes in turn. Processor time counts, of all threads; the time that passed is
shown beside it. The plots go to docs/images/, or where `--images` says.
"""

import argparse
import gc
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks._evaluations import fill, make_owner
from benchmarks._plots import Line, draw
from benchmarks._servers import ROOT
from benchmarks._tables import divide, print_table, show
from benchmarks.trees import Bench, branch_head, make_bench

from assethub.core import folders
from assethub.core.comparisons import leaderboards
from assethub.core.evaluations import recording
from assethub.core.hub import Hub, open_hub
from assethub.core.people import users
from assethub.core.people.users import User
from assethub.core.repository import diffs, objects
from assethub.core.searches import search as searches
from assethub.settings import Settings

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 15
MODELS = 1_000


class Taken(NamedTuple):
    """Milliseconds of each round, of the processor and of the clock."""

    processor: list[float]
    wall: list[float]


class Filled(NamedTuple):
    """A hub with so many evaluations."""

    hub: Hub
    owner: User


# What is measured of a hub in a round; it prepares, and returns what counts.
Act = Callable[[], object]
# For each measure what each size took.
Results = Mapping[str, list[Taken]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=Path, default=ROOT / "docs" / "images")
    images: Path = parser.parse_args().images
    images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        of_objects = measure_objects(Path(name) / "objects")
        report("objects", "objects in the snapshot", of_objects, images)
        of_evaluations = measure_evaluations(Path(name))
        report("evaluations", "evaluations in the hub", of_evaluations, images)


def measure_objects(data: Path) -> Results:
    """One hub with a model of each size."""
    hub = open_hub(Settings(data=data))
    try:
        user = users.add_user(hub, "bench")
        folder = folders.create_folder(hub, user, "model", "bench", [])
        benches = [make_bench(hub, user, folder, size) for size in SIZES]
        return measure(
            {
                "commit of 1 change": [partial(commit_one, b) for b in benches],
                "diff where 10 differ": [partial(diff_ten, b) for b in benches],
                "page of 1,000 objects": [partial(list_page, b) for b in benches],
            }
        )
    finally:
        hub.close()


def commit_one(bench: Bench, number: int) -> Act:
    return lambda: bench.commit(range(number * 41, number * 41 + 1), f"change {number}")


def diff_ten(bench: Bench, number: int) -> Act:
    before = branch_head(bench)
    after = bench.commit(bench.scattered(number), f"diff {number}")
    return lambda: sum(
        1 for _ in diffs.stream_diff(bench.hub, bench.user, bench.asset_id, before, after)
    )


def list_page(bench: Bench, number: int) -> Act:
    """From a tenth on, so that as many follow; of the smallest, those that there are."""
    after = bench.path(bench.total // 10 + number)
    return lambda: objects.page_objects(
        bench.hub, bench.user, bench.asset_id, "main", after=after, amount=1000
    )


def measure_evaluations(directory: Path) -> Results:
    """A hub for each size, all grown from one with the same models and datasets."""
    hub = open_hub(Settings(data=directory / "bare"))
    make_owner(hub, MODELS)
    hub.close()
    hubs = [make_filled(directory, size) for size in SIZES]
    gc.collect()
    gc.freeze()
    try:
        return measure(
            {
                "record one": [partial(record, f) for f in hubs],
                "accuracy >= T, sorted by f1": [partial(search, f) for f in hubs],
                "leaderboard of a dataset": [partial(rank, f) for f in hubs],
            }
        )
    finally:
        for filled in hubs:
            filled.hub.close()


def make_filled(directory: Path, size: int) -> Filled:
    data = directory / f"evaluations-{size}"
    shutil.copytree(directory / "bare", data)
    hub = open_hub(Settings(data=data))
    fill(hub, size)
    # The last one to close moves what SQLite has logged into its file, as hours of use would.
    hub.close()
    hub = open_hub(Settings(data=data))
    return Filled(hub, users.find_user(hub, "owner"))


def record(filled: Filled, number: int) -> Act:
    """On the dataset that is ranked, so that no round finds what the one before has kept."""
    place = number % MODELS
    model = f"owner/model/shelf-{place % 10}/model-{place:05}"
    values = {"accuracy": 0.5 + number / 1000, "loss": 0.5}
    return lambda: recording.create_evaluation(
        filled.hub, filled.owner, model, "owner/dataset/data/digits-0", values
    )


def search(filled: Filled, number: int) -> Act:
    asked = searches.Asked(query=f"accuracy >= {(number + 0.5) / ROUNDS}", sort="-f1", dataset="")
    return lambda: searches.search_evaluations(filled.hub, filled.owner, asked, amount=50)


def rank(filled: Filled, _number: int) -> Act:
    """The best of each of 1,000 models; of the largest, ten each are looked at."""
    asked = leaderboards.Asked("owner/dataset/data/digits-0", "accuracy", best="model")
    return lambda: leaderboards.rank_evaluations(filled.hub, filled.owner, asked, amount=100)


def measure(acts: Mapping[str, list[Callable[[int], Act]]]) -> Results:
    """Each of each size once in every round, so that drift meets all alike; the first one warms."""
    results: dict[str, list[Taken]] = {name: [Taken([], []) for _ in SIZES] for name in acts}
    for number in range(ROUNDS + 1):
        for name, sized in acts.items():
            for taken, prepare in zip(results[name], sized, strict=True):
                act = prepare(number)
                worked, began = time.process_time(), time.perf_counter()
                act()
                passed = time.perf_counter() - began
                if number:
                    taken.processor.append((time.process_time() - worked) * 1000)
                    taken.wall.append(passed * 1000)
    return results


def report(name: str, across: str, results: Results, images: Path) -> None:
    """Prints the table and draws the plot of it."""
    rows = []
    for measured, sized in results.items():
        first, last = sized[0], sized[-1]
        ratio = show(divide(last.processor, first.processor), ".1f", "x")
        rows.append([f"{measured}, processor", *(show(t.processor, ".1f") for t in sized), ratio])
        ratio = show(divide(last.wall, first.wall), ".1f", "x")
        rows.append([f"{measured}, passed", *(show(t.wall, ".1f") for t in sized), ratio])
    print_table([f"ms, {across}", *(f"{size:,}" for size in SIZES), "last / first"], rows)
    lines = [
        Line(
            measured,
            [(min(t.processor), median(t.processor), max(t.processor)) for t in sized],
            [median(t.wall) for t in sized],
        )
        for measured, sized in results.items()
    ]
    up = "milliseconds: processor, and passed (dashed)"
    picture = draw(f"What {name} cost as there are more", SIZES, across, up, lines)
    (images / f"growth-{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
