"""Every Eval Ever: one JSON file an evaluation, with the samples of it in a JSON Lines file.

By its schema of version 0.3, `eval.schema.json` in the package every-eval-ever.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .._errors import InvalidInputError
from .entries import metrics_of, tool_of
from .files import Samples, read_json, read_lines
from .parts import Part
from .records import Metric, Record, Tool, add_metric, make_record

NAME = "every-eval-ever"
SCHEMA = "0.3.0"


def read_evaluation(path: Path) -> list[Record]:
    """A record for each dataset that the results are about."""
    document = read_json(path)
    by_dataset: dict[str, list[Part]] = {}
    for result in document.get("evaluation_results").each():
        dataset = result.get("source_data").get("dataset_name").text()
        by_dataset.setdefault(dataset, []).append(result)
    if not by_dataset:
        raise document.refuse("has no metric", code="no_metrics")
    beside = path.with_name(f"{path.stem}_samples.jsonl")
    return [
        _read_group(document, path, results, beside if beside.is_file() else None)
        for results in by_dataset.values()
    ]


def _read_group(document: Part, path: Path, results: list[Part], beside: Path | None) -> Record:
    metrics: dict[str, Metric] = {}
    names: dict[str, str] = {}
    displayed = [_name(result) for result in results]
    for result, shown in zip(results, displayed, strict=True):
        name = _add_result(metrics, result, shown, is_one=displayed.count(shown) == 1)
        names[result.get("evaluation_result_id").text() or name] = name
    library, model = document.get("eval_library"), document.get("model_info")
    version = library.get("version").name()
    metadata = document.get("source_metadata")
    return make_record(
        document,
        metrics,
        {
            "format": NAME,
            "file": path.name,
            "task": results[0].get("evaluation_name").text(),
            "evaluation": document.get("evaluation_id").text(),
            "model": _model(model),
            "dataset": results[0].get("source_data").plain(),
            "origin": metadata.plain(),
        },
        params=_generation(results),
        tool=Tool(name=library.get("name").text(), version="" if version == "unknown" else version),
        started=document.get("evaluation_timestamp").moment(),
        samples=Samples(lambda: _iterate(beside, names)) if beside else None,
    )


def _name(result: Part) -> str:
    config = result.get("metric_config")
    shown = config.get("metric_name").text() or config.get("metric_id").text()
    return shown or result.get("evaluation_name").text()


def _add_result(metrics: dict[str, Metric], result: Part, name: str, *, is_one: bool) -> str:
    """The metric by its name, with that of its evaluation where there are several of it."""
    config, details = result.get("metric_config"), result.get("score_details")
    if not is_one:
        dataset = result.get("source_data").get("dataset_name").text()
        name = f"{name}/{result.get('evaluation_name').text().removeprefix(f'{dataset}/')}"
    lower = config.get("lower_is_better").flag()
    uncertainty = details.get("uncertainty")
    add_metric(
        metrics,
        name,
        details.get("score"),
        stderr=uncertainty.find("standard_error", "value") if uncertainty else None,
        n=uncertainty.get("num_samples").count() if uncertainty else None,
        higher_is_better=None if lower is None else not lower,
    )
    return name


def _model(model: Part) -> dict[str, Any]:
    told = {key: model.get(key).plain() for key in ("name", "id", "developer")}
    return {key: value for key, value in told.items() if value is not None}


def _generation(results: list[Part]) -> dict[str, Any]:
    config = results[0].get("generation_config")
    params = config.plain() if config else {}
    return params if isinstance(params, dict) else {}


def _iterate(path: Path, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The samples of the results in `names`, those of one sample joined."""
    joined: dict[str, dict[str, Any]] = {}
    for part in read_lines(path):
        key = part.get("evaluation_result_id").text() or part.get("evaluation_name").text()
        if key not in names:
            continue
        identity = part.get("sample_id")
        if not identity:
            raise identity.refuse("is missing")
        sample = joined.setdefault(identity.name(), {"sample_id": identity.name()})
        sample[names[key]] = part.find("evaluation", "score").number()
    yield from joined.values()


def write_evaluation(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The documents of these evaluations, one each.

    The format takes no NaN and no infinity: such a metric is named in `source_metadata` instead.
    Raises InvalidInputError for an evaluation without another."""
    now = datetime.now(UTC).timestamp()
    return [_write(entry, f"{now:.6f}") for entry in entries]


def _write(entry: Mapping[str, Any], now: str) -> dict[str, Any]:
    model, _, _ = entry["modelRef"].partition(":")
    dataset, _, _ = entry["datasetRef"].partition(":")
    tool, version = tool_of(entry)
    return {
        "schema_version": SCHEMA,
        "evaluation_id": f"{dataset}/{model}/{now}",
        "evaluation_timestamp": str(_seconds(entry["startTime"])),
        "retrieved_timestamp": now,
        "source_metadata": {
            "source_name": "Asset Hub",
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
            "additional_details": _details(entry),
        },
        "eval_library": {"name": tool or "unknown", "version": version or "unknown"},
        "model_info": {
            "name": model,
            "id": model,
            "developer": model.partition("/")[0],
            "additional_details": {
                "deployment_type": "unknown",
                "model_availability": "unknown",
                "commit": entry["modelCommit"],
                "reference": entry["modelRef"],
            },
        },
        "evaluation_results": _results(entry, dataset),
    }


def _details(entry: Mapping[str, Any]) -> dict[str, str]:
    values = {name: metric["value"] for name, metric in metrics_of(entry).items()}
    left_out = [name for name, value in values.items() if not math.isfinite(value)]
    if len(left_out) == len(values):
        raise InvalidInputError(
            f"Evaluation {entry['id']} has no finite metric, and this format takes no other",
            code="no_metrics",
        )
    details = {"evaluation": str(entry["id"])}
    if left_out:
        details["metrics_left_out_as_not_finite"] = ", ".join(left_out)
    return details


def _results(entry: Mapping[str, Any], dataset: str) -> list[dict[str, Any]]:
    source = {
        "dataset_name": dataset,
        "source_type": "other",
        "additional_details": {
            "commit": entry["datasetCommit"],
            "reference": entry["datasetRef"],
        },
    }
    return [
        {
            "evaluation_result_id": name,
            "evaluation_name": dataset,
            "source_data": source,
            "metric_config": _metric_config(name, metric),
            "score_details": _score(metric),
        }
        for name, metric in metrics_of(entry).items()
        if math.isfinite(metric["value"])
    ]


def _metric_config(name: str, metric: Mapping[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {
        "metric_name": name,
        "lower_is_better": metric.get("higher_is_better") is False,
    }
    more = {"slice": metric["slice"]} if metric.get("slice") else {}
    if metric.get("higher_is_better") is None:
        more["direction"] = "not known"
    return config | ({"additional_details": more} if more else {})


def _score(metric: Mapping[str, Any]) -> dict[str, Any]:
    uncertainty: dict[str, Any] = {}
    stderr = metric.get("stderr")
    if stderr is not None and math.isfinite(stderr):
        uncertainty["standard_error"] = {"value": stderr}
    if metric.get("n") is not None:
        uncertainty["num_samples"] = metric["n"]
    return {"score": metric["value"]} | ({"uncertainty": uncertainty} if uncertainty else {})


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
