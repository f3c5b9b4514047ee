"""How long listings take, and whether any small request is held up.

`.venv-bench/bin/python -m benchmarks.listings`, after `make bench-install`; takes about a minute.
One request after another on a keep-alive connection, each listing in turn with a bare handler of
the same server that sends as many bytes: what is above that is the hub's own work.
"""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from benchmarks._load import connected, make_request, time_requests
from benchmarks._servers import Hub, make_asset, running_bare, running_hub
from benchmarks._tables import percentile, print_table

EVALUATIONS = 10_000
FOLDERS = 2_000
ROUNDS = 6
COUNT = 30
HEALTH_COUNT = 2_000
_HELD_UP_MS = 40
_WRITERS = 16


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        running_hub(Path(name) / "hub") as hub,
        running_bare(Path(name) / "bare.db") as bare,
    ):
        evaluations = f"/evaluations?model={fill(hub)}&amount=100"
        listings = {
            f"100 of {EVALUATIONS:,} evaluations": evaluations,
            "the same, sort=-accuracy": evaluations + "&sort=-accuracy",
            f"{FOLDERS:,} folders, scope=own": "/folders?scope=own",
        }
        rows = [measure(hub, bare, title, path) for title, path in listings.items()]
        print_table(["listing", "bytes", "p50 ms", "p95 ms", "most ms", "p50 / bare handler"], rows)
        print_health(hub.port)


def fill(hub: Hub) -> str:
    """Makes the evaluations and the folders; returns the reference of the model, quoted."""
    with connected(hub.port) as connection:
        model, dataset = (make_asset(hub, connection, type_) for type_ in ("model", "dataset"))
    requests = [
        hub.request(
            "POST",
            "/evaluations",
            {
                "model": model,
                "dataset": dataset,
                "metrics": {"accuracy": number * 7919 % EVALUATIONS / EVALUATIONS, "loss": 1.5},
            },
        )
        for number in range(EVALUATIONS)
    ]
    requests += [
        hub.request("POST", "/folders", {"type": "model", "name": f"{number:05}", "labels": ["a"]})
        for number in range(FOLDERS - 2)  # two hold the model and the dataset
    ]

    def send(some: Sequence[bytes]) -> None:
        with connected(hub.port) as connection:
            for request in some:
                connection.exchange(request)

    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(send, (requests[start::_WRITERS] for start in range(_WRITERS))))
    return quote(model, safe="")


def measure(hub: Hub, bare: int, title: str, path: str) -> list[str]:
    request = hub.request("GET", path)
    with connected(hub.port) as connection:
        size = len(connection.exchange(request))
    as_many = make_request("GET", f"/bytes/{size}")
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        ours += time_requests(hub.port, request, COUNT)
        theirs += time_requests(bare, as_many, COUNT)
    middle = percentile(ours, 50)
    figures = [middle, percentile(ours, 95), max(ours)]
    ratio = middle / percentile(theirs, 50)
    return [title, f"{size:,}", *(f"{figure:.2f}" for figure in figures), f"x{ratio:.1f}"]


def print_health(port: int) -> None:
    """Back to back and with pauses, since only a pause lets an acknowledgement be delayed."""
    rows = []
    for title, pause in (("back to back", 0.0), ("2 ms apart", 0.002)):
        taken = time_requests(port, make_request("GET", "/healthz"), HEALTH_COUNT, pause)
        figures = (percentile(taken, 50), percentile(taken, 95), max(taken))
        held = sum(each >= _HELD_UP_MS for each in taken)
        rows.append([title, *(f"{figure:.2f}" for figure in figures), f"{held} of {HEALTH_COUNT}"])
    print_table(["/healthz", "p50 ms", "p95 ms", "most ms", f"{_HELD_UP_MS} ms or more"], rows)


if __name__ == "__main__":
    main()
