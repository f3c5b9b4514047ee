"""A user's program that records evaluations, by the hub's SDK or by MLflow's client.

`python -m benchmarks._clients hub|mlflow` reads lines `THREADS SECONDS` and answers each with the
evaluations a second. Where the server is, it learns from the variables that users set.
"""

import importlib
import os
import sys
import threading
import time
from collections.abc import Callable

METRICS = {"accuracy": 0.9934, "loss": 0.0213}


def main() -> None:
    record = {"hub": _prepare_hub, "mlflow": _prepare_mlflow}[sys.argv[1]]()
    record()
    print("ready", flush=True)
    for line in sys.stdin:
        threads, seconds = line.split()
        print(_measure(record, int(threads), float(seconds)), flush=True)


def _measure(record: Callable[[], None], threads: int, seconds: float) -> float:
    """Evaluations a second of all threads; each is asked to end after `seconds`."""
    rates: list[float] = []

    def keep_recording() -> None:
        done = 0
        began = time.perf_counter()
        while (elapsed := time.perf_counter() - began) < seconds:
            record()
            done += 1
        elapsed = time.perf_counter() - began
        rates.append(done / elapsed)

    running = [threading.Thread(target=keep_recording) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if len(rates) < threads:
        raise SystemExit("a thread failed")
    return sum(rates)


def _prepare_hub() -> Callable[[], None]:
    import logging

    from t9k import ah

    # MLflow's client prints no line for a run either, as it is set up here.
    logging.getLogger("t9k.ah").setLevel("WARNING")
    model = ah.create_folder("model", "sdk").create_asset("a")
    dataset = ah.create_folder("dataset", "sdk").create_asset("a")
    branch = model.create_branch("v1")
    return lambda: (branch.create_evaluation(metrics=METRICS, dataset=dataset), None)[1]


def _prepare_mlflow() -> Callable[[], None]:
    import numpy

    mlflow = importlib.import_module("mlflow")  # only .venv-bench has it
    mlflow.set_experiment(os.environ["BENCH_EXPERIMENT"])
    dataset = mlflow.data.from_numpy(numpy.zeros((8, 8)), name="digits")

    def record() -> None:
        with mlflow.start_run():
            mlflow.log_input(dataset, context="test")
            mlflow.log_metrics(METRICS)

    return record


if __name__ == "__main__":
    main()
