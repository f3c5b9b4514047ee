"""Evaluations recorded a second, against MLflow and a bare handler.

`.venv-bench/bin/python -m benchmarks.evaluations`, after `make bench-install`; takes about three
minutes. MLflow has no evaluations; its nearest thing is a run with two metrics and the dataset as
its input. All servers are up throughout and take turns.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from benchmarks._clients import METRICS
from benchmarks._load import Job, connected, make_request, measure_rate, one_request, run_job
from benchmarks._servers import (
    MLFLOW_ENVIRONMENT,
    ROOT,
    make_asset,
    running_bare,
    running_hub,
    running_mlflow,
)
from benchmarks._tables import divide, print_table, show, take_turns

ROUNDS = 7
SECONDS = 0.6
AT_ONCE = (1, 16)
WORKERS = (1, 2, 4)
_RUNS = "/api/2.0/mlflow/runs"
_RUN_REQUESTS = 4

HUB = "hub, raw requests"
HUB_SDK = "hub, its SDK"
BARE = "bare handler, one durable insert"
MLFLOW = "MLflow, raw requests"
MLFLOW_CLIENT = "MLflow, its client"
MLFLOW_FILE = "MLflow, its client, no server"

# Evaluations a second with so many clients at once.
Contender = Callable[[int], float]


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        contenders = start_all(Path(directory), stack)
        results = {
            number: take_turns(
                {name: bind(measure, number) for name, measure in contenders.items()}, ROUNDS
            )
            for number in AT_ONCE
        }
    print_table(
        ["evaluations a second", "one client", "16 at once"],
        [[name, *(show(results[number][name]) for number in AT_ONCE)] for name in results[1]],
    )
    print_ratios(results)


def start_all(directory: Path, stack: ExitStack) -> dict[str, Contender]:
    hub = stack.enter_context(running_hub(directory / "hub"))
    bare = stack.enter_context(running_bare(directory / "bare.db"))
    mlflow, workers = choose_mlflow(directory, stack)
    with connected(hub.port) as connection:
        model, dataset = (make_asset(hub, connection, type_) for type_ in ("model", "dataset"))
    body = {"model": model, "dataset": dataset, "metrics": METRICS}
    record = one_request(hub.request("POST", "/evaluations", body))
    insert = one_request(make_request("POST", "/insert", body))
    hello = one_request(make_request("GET", "/hello"))
    most = max(measure_rate(bare, hello, 16, SECONDS) for _ in range(3))
    print(f"The load alone: {most:,.0f} requests a second of a handler that does nothing.")
    print(f"MLflow's server: {workers} of {WORKERS} workers, the best for 16 clients.\n")
    url = f"http://127.0.0.1:{hub.port}"
    sdk = {"HOME": str(directory), "ASSET_HUB_HOST": url, "ASSET_HUB_API_KEY": hub.key}
    raw = raw_mlflow(mlflow, "raw")
    return {
        HUB: lambda number: measure_rate(hub.port, record, number, SECONDS),
        BARE: lambda number: measure_rate(bare, insert, number, SECONDS),
        MLFLOW: lambda number: measure_rate(mlflow, raw, number, SECONDS, _RUN_REQUESTS),
        HUB_SDK: stack.enter_context(running_client("hub", sdk)),
        MLFLOW_CLIENT: stack.enter_context(
            running_client("mlflow", mlflow_client(f"http://127.0.0.1:{mlflow}"))
        ),
        MLFLOW_FILE: stack.enter_context(
            running_client("mlflow", mlflow_client(f"sqlite:///{directory}/alone.db"))
        ),
    }


def bind(measure: Contender, number: int) -> Callable[[], float]:
    return lambda: measure(number)


def choose_mlflow(directory: Path, stack: ExitStack) -> tuple[int, int]:
    """The port of MLflow's server with the number of workers that serves 16 clients best."""

    def measure_raw(port: int) -> Contender:
        job = raw_mlflow(port, "trial")
        return lambda number: measure_rate(port, job, number, 1.0, _RUN_REQUESTS)

    with ExitStack() as trial:
        contenders = {}
        for workers in WORKERS:
            port = trial.enter_context(running_mlflow(directory / f"trial-{workers}", workers))
            contenders[str(workers)] = bind(measure_raw(port), max(AT_ONCE))
        taken = take_turns(contenders, 5)
    # The first round warms them up.
    best = max(WORKERS, key=lambda workers: median(taken[str(workers)][1:]))
    return stack.enter_context(running_mlflow(directory / "mlflow", best)), best


def raw_mlflow(port: int, experiment: str) -> Callable[[], Job]:
    """Makes jobs that record a run in the fewest requests: made, its input, its metrics, ended."""
    create = make_request("POST", "/api/2.0/mlflow/experiments/create", {"name": experiment})
    with connected(port) as connection:
        experiment_id = json.loads(connection.exchange(create))["experiment_id"]
    tag = {"key": "mlflow.data.context", "value": "test"}
    dataset = {"name": "digits", "digest": "0123abcd", "source_type": "code", "source": "{}"}
    inputs = {"datasets": [{"tags": [tag], "dataset": dataset}]}

    def job() -> Job:
        now = int(time.time() * 1000)
        made = yield make_request(
            "POST", f"{_RUNS}/create", {"experiment_id": experiment_id, "start_time": now}
        )
        run = {"run_id": json.loads(made)["run"]["info"]["run_id"]}
        yield make_request("POST", f"{_RUNS}/log-inputs", run | inputs)
        metrics = [
            {"key": key, "value": value, "timestamp": now, "step": 0}
            for key, value in METRICS.items()
        ]
        yield make_request("POST", f"{_RUNS}/log-batch", run | {"metrics": metrics})
        end = {"status": "FINISHED", "end_time": now}
        yield make_request("POST", f"{_RUNS}/update", run | end)

    # The first alone: MLflow refuses some of several that bring a new dataset at once.
    with connected(port) as connection:
        run_job(connection, job())
    return job


def mlflow_client(uri: str) -> dict[str, str]:
    return MLFLOW_ENVIRONMENT | {"MLFLOW_TRACKING_URI": uri, "BENCH_EXPERIMENT": "client"}


@contextmanager
def running_client(kind: str, environment: dict[str, str]) -> Iterator[Contender]:
    """A program of `benchmarks._clients` that is told how many threads record at once."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks._clients", kind],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers, asks = process.stdout, process.stdin
        if answers.readline().strip() != "ready":
            raise SystemExit(f"the {kind} client did not start")

        def measure(number: int) -> float:
            asks.write(f"{number} {SECONDS}\n")
            asks.flush()
            return float(answers.readline())

        yield measure
        asks.close()


def print_ratios(results: dict[int, dict[str, list[float]]]) -> None:
    rows = []
    for ours, theirs, goal in (
        (HUB, BARE, 0.5),
        (HUB, MLFLOW, 20.0),
        (HUB, MLFLOW_CLIENT, 50.0),
        (HUB_SDK, MLFLOW_CLIENT, 50.0),
        (HUB, MLFLOW_FILE, 20.0),
    ):
        cells = []
        for number in AT_ONCE:
            ratios = divide(results[number][ours], results[number][theirs])
            met = "yes" if median(ratios) >= goal else "NO"
            cells += [show(ratios, ".2f" if goal < 1 else ".0f", "x"), met]
        rows.append([f"{ours} / {theirs}", f"x{goal:g}", *cells])
    print_table(["ratio", "goal", "one client", "met", "16 at once", "met"], rows)


if __name__ == "__main__":
    main()
