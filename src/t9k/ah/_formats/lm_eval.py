"""lm-evaluation-harness: `results_*.json`, and the `samples_*.jsonl` beside them.

As lm_eval 0.4 writes them (its `loggers/evaluation_tracker.py`): `results` has for each task a key
`METRIC,FILTER` and its `METRIC_stderr,FILTER`; the samples of a task and its results end in the
same time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .files import Samples, read_json, read_last_line, read_lines
from .parts import Part
from .records import Metric, Record, Tool, add_metric, make_record

NAME = "lm-eval"
_PARAMS = ("model", "model_args", "batch_size", "limit", "gen_kwargs", "bootstrap_iters")
_SEEDS = ("numpy_seed", "torch_seed", "fewshot_seed")
_TASK_PARAMS = ("output_type", "generation_kwargs", "test_split", "repeats")


def read_results(path: Path) -> list[Record]:
    """A record for each task, and for each group that has metrics of its own."""
    document = read_json(path)
    results = document.get("results")
    if not results:
        raise document.refuse("has no results")
    records = [_task_record(document, path, task, part) for task, part in results.items()]
    for group, part in document.get("groups").items():
        if group not in results.object():
            records.append(_task_record(document, path, group, part))
    found = [record for record in records if record is not None]
    if not found:
        raise document.refuse("has no metric", code="no_metrics")
    return found


def _task_record(document: Part, path: Path, task: str, part: Part) -> Record | None:
    directions = document.find("higher_is_better", task)
    n = document.find("n-samples", task, "effective").count()
    metrics = _metrics(part, directions, n)
    if not metrics:
        # A group that only gathers has a name and no numbers.
        return None
    config = document.get("config")
    tasks = document.find("configs", task)
    return make_record(
        part,
        metrics,
        _source(document, path, task),
        params=_params(document, config, tasks, task),
        tool=Tool(name="lm-eval", version=document.get("lm_eval_version").name()),
        revision=document.get("git_hash").text(),
        seed=config.get("random_seed").whole() if config else None,
        hardware=_hardware(document, config),
        duration=document.get("total_evaluation_time_seconds").seconds(),
        started=document.get("date").moment(),
        samples=_find_samples(path, task),
    )


def _metrics(part: Part, directions: Part, n: int | None) -> dict[str, Metric]:
    metrics: dict[str, Metric] = {}
    values = part.object()
    for key, value in part.items():
        metric, mark, chosen = key.partition(",")
        if not mark or metric.endswith("_stderr") or value.value == " ":
            continue
        error = f"{metric}_stderr,{chosen}"
        add_metric(
            metrics,
            metric_name(metric, chosen),
            value,
            stderr=part.part(error, values.get(error)),
            n=n,
            higher_is_better=directions.get(metric).flag() if directions else None,
        )
    return metrics


def metric_name(metric: str, chosen: str) -> str:
    """`acc` where nothing is filtered, and otherwise `exact_match/strict-match`."""
    return metric if chosen in ("", "none") else f"{metric}/{chosen}"


def _source(document: Part, path: Path, task: str) -> dict[str, Any]:
    config = document.find("configs", task)
    dataset: dict[str, Any] = {"task": task, "version": document.find("versions", task).plain()}
    if config:
        dataset["path"] = config.get("dataset_path").text()
        dataset["name"] = config.get("dataset_name").plain()
        dataset["split"] = config.get("test_split").plain()
    return {
        "format": NAME,
        "file": path.name,
        "task": task,
        "model": {"name": document.get("model_name").text()},
        "dataset": {key: value for key, value in dataset.items() if value not in (None, "")},
        "taskHash": document.find("task_hashes", task).text(),
    }


def _params(document: Part, config: Part, task_config: Part, task: str) -> dict[str, Any]:
    params = {key: config.get(key).plain() for key in (*_PARAMS, *_SEEDS) if config}
    params |= {key: task_config.get(key).plain() for key in _TASK_PARAMS if task_config}
    params["num_fewshot"] = document.find("n-shot", task).plain()
    return {key: value for key, value in params.items() if value not in (None, {}, [], "")}


def _hardware(document: Part, config: Part) -> str | None:
    """What the environment's report says of the accelerators, or else the name of the device."""
    environment = document.get("pretty_env_info").text()
    for line in environment.splitlines():
        title, _, rest = line.partition(":")
        if title.startswith("GPU ") and rest.strip():
            return rest.strip()
        if title == "Model name":
            return rest.strip()
    # Without torch the device is only what would have been asked for.
    return config.get("device").text() if config and "not installed" not in environment else None


def _find_samples(path: Path, task: str) -> Samples | None:
    beside = path.with_name(f"samples_{task}_{path.stem.removeprefix('results_')}.jsonl")
    if not path.stem.startswith("results_") or not beside.is_file():
        return None
    return Samples(lambda: iterate_samples(beside))


def iterate_samples(path: Path) -> Iterator[dict[str, Any]]:
    """The samples of a file; where there are several filters, each sample has all their metrics."""
    # All samples of one filter come before those of the next.
    ends = [next(read_lines(path), Part(path.name, None)), read_last_line(path)]
    if len({part.find("filter").text() for part in ends}) < 2:
        return (_read_sample(part) for part in read_lines(path))
    joined: dict[str, dict[str, Any]] = {}
    for part in read_lines(path):
        sample = _read_sample(part)
        joined.setdefault(sample["sample_id"], sample).update(sample)
    return iter(joined.values())


def _read_sample(part: Part) -> dict[str, Any]:
    identity = part.get("doc_id")
    if not identity:
        raise identity.refuse("is missing")
    chosen = part.get("filter").text()
    sample: dict[str, Any] = {"sample_id": identity.name()}
    for each in part.get("metrics").each():
        metric = each.text()
        value = part.get(metric)
        # A metric of the whole, such as a corpus's BLEU, has a list where a number would be.
        if value.is_number() or isinstance(value.value, bool):
            sample[metric_name(metric, chosen)] = float(value.value)
    sample["target"] = part.get("target").plain()
    sample["doc_hash"] = part.get("doc_hash").text()
    return sample


def read_samples(path: Path) -> list[Record]:
    """One record of a samples file alone: its metrics are the means over the samples."""
    totals: dict[str, list[float]] = {}
    count = 0
    for sample in iterate_samples(path):
        count += 1
        for name, value in sample.items():
            if isinstance(value, float) and name != "sample_id":
                totals.setdefault(name, []).append(value)
    document = Part(path.name, None)
    metrics: dict[str, Metric] = {}
    for name, values in totals.items():
        add_metric(metrics, name, document.part(name, _mean(values)), n=len(values))
    task = path.stem.removeprefix("samples_").rpartition("_")[0]
    record = make_record(
        document,
        metrics,
        {"format": NAME, "file": path.name, "task": task, "dataset": {"task": task}},
        tool=Tool(name="lm-eval", version=""),
        samples=Samples(lambda: iterate_samples(path)),
        lacks=[
            f"The file has no results of the whole: each metric is the mean of {count} samples.",
            "The source does not say which model was evaluated.",
        ],
    )
    return [record]


def _mean(values: list[float]) -> float:
    try:
        return math.fsum(values) / len(values)
    except (ValueError, OverflowError):
        # Infinities of both signs, or a sum beyond a double.
        return math.nan
