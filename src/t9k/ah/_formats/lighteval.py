"""lighteval: `results_*.json`, and the Parquet files of details that it keeps beside.

As lighteval 0.13 writes them (`logging/evaluation_tracker.py`): `results/MODEL/results_TIME.json`
and `details/MODEL/TIME/details_TASK_TIME.parquet`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from .columns import iterate_rows
from .files import Samples, read_json
from .parts import Part
from .records import Metric, Record, Tool, add_metric, make_record

NAME = "lighteval"
_TASK_PARAMS = ("num_fewshots", "generation_size", "stop_sequence", "evaluation_splits")


def read_results(path: Path) -> list[Record]:
    """A record for each task, but not for the averages over all of them."""
    document = read_json(path)
    results = document.get("results")
    if not results:
        raise document.refuse("has no results")
    records = [
        _task_record(document, path, task, part)
        for task, part in results.items()
        if task != "all" and part.object()
    ]
    if not records:
        raise document.refuse("has no metric", code="no_metrics")
    return records


def _task_record(document: Part, path: Path, task: str, part: Part) -> Record:
    general = document.get("config_general")
    config = document.find("config_tasks", task)
    model = general.find("model_config")
    directions = _directions(config)
    metrics: dict[str, Metric] = {}
    values = part.object()
    for name, value in part.items():
        if name.endswith("_stderr") and name.removesuffix("_stderr") in values:
            continue
        error = f"{name}_stderr"
        add_metric(
            metrics,
            name,
            value,
            stderr=part.part(error, values.get(error)),
            higher_is_better=directions.get(name),
        )
    revision = general.get("lighteval_sha").text()
    return make_record(
        part,
        metrics,
        _source(general, config, path, task),
        params=_params(general, config, model),
        tool=Tool(name="lighteval", version=""),
        revision="" if revision == "?" else revision,
        seed=model.find("seed").whole() if model else None,
        duration=_duration(general),
        samples=_find_details(path, task),
    )


def _duration(general: Part) -> float | None:
    # The misspelling is lighteval's.
    for key in ("total_evaluation_time_secondes", "total_evaluation_time_seconds"):
        if general.get(key):
            return general.get(key).seconds()
    return None


def _directions(config: Part) -> dict[str, bool | None]:
    found: dict[str, bool | None] = {}
    if not config:
        return found
    for metric in config.get("metrics").each():
        name, better = metric.get("metric_name"), metric.get("higher_is_better")
        # Metrics of several values have a list of names, and a direction for each.
        if isinstance(name.value, str):
            flags = (
                better.object() if isinstance(better.value, dict) else {name.value: better.value}
            )
            found |= {key: better.part(key, flag).flag() for key, flag in flags.items()}
        elif isinstance(better.value, dict):
            found |= {key: flag.flag() for key, flag in better.items()}
    return found


def _source(general: Part, config: Part, path: Path, task: str) -> dict[str, Any]:
    dataset: dict[str, Any] = {"task": task}
    if config:
        keys = {"path": "hf_repo", "name": "hf_subset", "revision": "hf_revision"}
        told = {key: config.get(name).plain() for key, name in keys.items()}
        dataset |= {key: value for key, value in told.items() if value is not None}
    return {
        "format": NAME,
        "file": path.name,
        "task": task,
        "model": {"name": general.get("model_name").text()},
        "dataset": dataset,
        "written": path.stem.removeprefix("results_"),
    }


def _params(general: Part, config: Part, model: Part) -> dict[str, Any]:
    params: dict[str, Any] = {"max_samples": general.get("max_samples").plain()}
    if model and isinstance(model.value, dict):
        given = model.get("generation_parameters").plain()
        if isinstance(given, dict):
            given = {key: value for key, value in given.items() if value is not None}
        params |= {"generation": given, "system_prompt": model.get("system_prompt").plain()}
    if config:
        params |= {key: config.get(key).plain() for key in _TASK_PARAMS}
    return {key: value for key, value in params.items() if value not in (None, {}, [])}


def _find_details(path: Path, task: str) -> Samples | None:
    """Where save_details was set; the folder of the results is as deep as the model's name."""
    time = path.stem.removeprefix("results_")
    parents = path.absolute().parents
    for at, parent in enumerate(parents[:5]):
        if parent.name == "results":
            model = path.absolute().parent.relative_to(parent)
            beside = parents[at + 1] / "details" / model / time / f"details_{task}_{time}.parquet"
            if beside.is_file():
                return Samples(partial(_iterate_details, beside))
    return None


def _iterate_details(path: Path) -> Iterator[dict[str, Any]]:
    for part in iterate_rows(path, ["doc.id", "metric"]):
        identity = part.find("doc", "id")
        if not identity:
            raise identity.refuse("is missing")
        sample: dict[str, Any] = {"sample_id": identity.name()}
        for name, value in part.get("metric").items():
            if value.is_number() or isinstance(value.value, bool):
                sample[name] = float(value.value)
        yield sample
