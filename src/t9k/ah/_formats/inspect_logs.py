"""Logs of Inspect: `.eval`, a zip whose members are zstd or deflated, and the same log as JSON.

As inspect_ai writes them: `header.json` (an EvalLog without samples) and `samples/ID_epoch_N.json`
for each sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from .archives import Archive
from .files import Samples, parse_json, read_json
from .parts import Part
from .records import Metric, Record, Tool, add_metric, make_record

NAME = "inspect"
# The values that Inspect's own value_to_float takes for numbers.
_VALUES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}


def read_archive(path: Path) -> list[Record]:
    """The record of a `.eval` file."""
    with Archive(path) as archive:
        log = parse_json(archive.read("header.json"), archive.part("header.json"))
        has_samples = any(_is_sample(name) for name in archive.names)
    samples = Samples(lambda: _iterate_archive(path)) if has_samples else None
    return [_read_log(log, path, samples)]


def read_document(path: Path) -> list[Record]:
    """The record of a log that was written as JSON."""
    log = read_json(path)
    has_samples = any(True for _ in log.get("samples").each())
    samples = Samples(lambda: _iterate_document(path)) if has_samples else None
    return [_read_log(log, path, samples)]


def _is_sample(name: str) -> bool:
    return name.startswith("samples/") and name.endswith(".json")


def _iterate_archive(path: Path) -> Iterator[dict[str, Any]]:
    with Archive(path) as archive:
        for name in archive.names:
            if _is_sample(name):
                yield _read_sample(parse_json(archive.read(name), archive.part(name)))


def _iterate_document(path: Path) -> Iterator[dict[str, Any]]:
    for part in read_json(path).get("samples").each():
        yield _read_sample(part)


def _read_log(log: Part, path: Path, samples: Samples | None) -> Record:
    status = log.get("status").text_of(log.get("status").value)
    if status != "success":
        raise log.get("status").refuse(
            f"is {status!r:.60}: only a log of an evaluation that succeeded has results"
        )
    told = log.get("eval")
    metrics: dict[str, Metric] = {}
    for score in log.find("results", "scores").each():
        _add_score(metrics, score)
    config = log.find("eval", "model_generate_config")
    return make_record(
        log,
        metrics,
        _source(told, path),
        params=_params(told, config),
        tool=Tool(name="inspect-ai", version=told.find("packages", "inspect_ai").name()),
        revision=told.find("revision", "commit").text(),
        seed=config.get("seed").whole() if config else None,
        duration=_duration(log.get("stats")),
        started=log.find("stats", "started_at").moment() or told.get("created").moment(),
        note=", ".join(each.text() for each in told.get("tags").each()),
        samples=samples,
    )


def _add_score(metrics: dict[str, Metric], score: Part) -> None:
    """Metrics as `SCORER/METRIC`; the standard error goes with those it is of."""
    scorer = score.get("name").text()
    found = score.get("metrics")
    if not found:
        return
    error = found.find("stderr", "value")
    n = score.get("scored_samples").count()
    for name, metric in found.items():
        if name == "stderr":
            continue
        stderr = error if name in ("accuracy", "mean") else None
        label = f"{scorer}/{name}" if scorer else name
        reducer = score.get("reducer").text()
        if reducer and f"{label}" in metrics:
            label = f"{label}/{reducer}"
        add_metric(metrics, label, metric.get("value"), stderr=stderr, n=n)


def _source(told: Part, path: Path) -> dict[str, Any]:
    dataset = told.get("dataset")
    named = {key: dataset.get(key).plain() for key in ("name", "location", "samples") if dataset}
    return {
        "format": NAME,
        "file": path.name,
        "task": told.get("task").text(),
        "taskVersion": told.get("task_version").plain(),
        "evaluation": told.get("eval_id").text(),
        "model": {"name": told.get("model").text()},
        "dataset": {key: value for key, value in named.items() if value is not None},
    }


def _params(told: Part, config: Part) -> dict[str, Any]:
    params = {
        "task_args": told.get("task_args").plain(),
        "model_args": told.get("model_args").plain(),
        "generate": config.plain(),
        "epochs": told.find("config", "epochs").plain(),
        "limit": told.find("config", "limit").plain(),
    }
    return {key: value for key, value in params.items() if value not in (None, {}, [])}


def _duration(stats: Part) -> float | None:
    if not stats:
        return None
    ends = [stats.get(key).moment() for key in ("started_at", "completed_at")]
    if None in ends:
        return None
    started, completed = (datetime.fromisoformat(str(end)) for end in ends)
    return max(0.0, (completed - started).total_seconds())


def _read_sample(part: Part) -> dict[str, Any]:
    identity = part.get("id")
    if not identity:
        raise identity.refuse("is missing")
    epoch = part.get("epoch").count() or 1
    name = identity.name()
    sample: dict[str, Any] = {
        "sample_id": f"{name}:{epoch}" if epoch > 1 else name,
        "input": name,
        "epoch": epoch,
    }
    for scorer, score in part.get("scores").items():
        _add_value(sample, scorer, score.get("value"))
    return sample


def _add_value(sample: dict[str, Any], name: str, value: Part) -> None:
    if isinstance(value.value, dict):
        for key, each in value.items():
            _add_value(sample, f"{name}/{key}", each)
    elif isinstance(value.value, bool) or value.is_number():
        sample[name] = float(value.value)
    elif isinstance(value.value, str):
        sample[name] = _VALUES.get(value.value, value.text())
