"""Model cards of the Hugging Face Hub: the `model-index` in the front matter of a README.md.

By the specification in hub-docs, `modelcard.md`. Written back in the form that huggingface_hub's
`model_index_to_eval_results` reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .entries import last_name, metrics_of
from .files import read_bytes
from .parts import Part
from .records import Metric, Record, add_metric, make_record
from .yamls import MAX_YAML, parse_yaml

NAME = "model-index"
_FENCE = b"---"


def front_matter(data: bytes) -> bytes | None:
    """The YAML at the head of a card, None where there is none; lines may end as on Windows."""
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    if not lines or lines[0].strip() != _FENCE:
        return None
    for at, line in enumerate(lines[1:], 1):
        if line.rstrip() == _FENCE:
            return b"".join(lines[1:at])
    return None


def read_card(path: Path) -> list[Record]:
    """A record for each result of the model-index: a task on a dataset, with its metrics."""
    data = read_bytes(path, MAX_YAML)
    head = front_matter(data)
    document = parse_yaml(data if head is None else head, Part(path.name, None))
    index = document.find("model-index")
    if not index:
        raise document.refuse("has no model-index")
    records = [
        _read_result(document, model, result)
        for model in index.each()
        for result in model.get("results").each()
    ]
    if not records:
        raise index.refuse("has no results", code="no_metrics")
    return records


def _read_result(document: Part, model: Part, result: Part) -> Record:
    metrics: dict[str, Metric] = {}
    params: dict[str, Any] = {}
    for each in result.get("metrics").each():
        name = _metric_name(each, metrics)
        add_metric(metrics, name, each.get("value").as_number())
        told = {key: each.get(key).plain() for key in ("name", "config", "args")}
        told = {key: value for key, value in told.items() if value not in (None, {}, "")}
        if told and told != {"name": name}:
            params.setdefault("metrics", {})[name] = told
    dataset = result.get("dataset")
    named = {key: value.plain() for key, value in dataset.items()} if dataset else {}
    return make_record(
        result,
        metrics,
        {
            "format": NAME,
            "file": document.file,
            "task": result.find("task", "type").text(),
            "model": {"name": model.get("name").name()},
            "dataset": named,
            "link": result.get("source").plain(),
            "verified": any(each.get("verified").flag() for each in result.get("metrics").each()),
        },
        params=params,
        started=None,
    )


def _metric_name(metric: Part, taken: Mapping[str, Any]) -> str:
    """Its type, as which others know it; with its configuration or name where that comes again."""
    kind = metric.get("type").text() or metric.get("name").text()
    if not kind:
        raise metric.refuse("is a metric without a type")
    if kind not in taken:
        return kind
    for key in ("config", "name"):
        more = metric.get(key)
        if more and f"{kind}/{more.name()}" not in taken:
            return f"{kind}/{more.name()}"
    return kind


def write_card(entries: Iterable[Mapping[str, Any]]) -> str:
    """The `model-index` of these evaluations as YAML, to stand in the front matter of a card."""
    import yaml

    models: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        models.setdefault(last_name(entry["modelRef"]), []).append(_write_result(entry))
    index = [{"name": name, "results": results} for name, results in models.items()]
    text: str = yaml.safe_dump({"model-index": index}, sort_keys=False, allow_unicode=True)
    return text


def _write_result(entry: Mapping[str, Any]) -> dict[str, Any]:
    source = entry.get("source") or {}
    return {
        "task": {"type": str(source.get("task") or "other")},
        "dataset": {
            "name": last_name(entry["datasetRef"]),
            "type": entry["datasetRef"].partition(":")[0],
            "revision": entry["datasetCommit"],
        },
        "metrics": [
            {"type": name, "value": metric["value"], "name": name}
            for name, metric in metrics_of(entry).items()
        ],
        "source": {"name": f"Asset Hub evaluation {entry['id']}", "url": f"ah:{entry['id']}"},
    }
