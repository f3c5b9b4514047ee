"""`.eval_results/*.yaml` of the Hugging Face Hub: a list of scores on benchmarks.

By hub-docs, `eval_results.yaml`, as huggingface_hub's `eval_result_entries_to_yaml` writes them.
"""

from __future__ import annotations

from pathlib import Path

from .files import read_bytes
from .parts import Part
from .records import Metric, Record, Tool, add_metric, make_record
from .yamls import MAX_YAML, parse_yaml

NAME = "eval-results"


def read_scores(path: Path) -> list[Record]:
    """A record for each entry: one metric, named by its task, on one dataset."""
    document = parse_yaml(read_bytes(path, MAX_YAML), Part(path.name, None))
    records = [_read_entry(part) for part in document.each()]
    if not records:
        raise document.refuse("has no results", code="no_metrics")
    return records


def _read_entry(part: Part) -> Record:
    dataset = part.get("dataset")
    for key in ("id", "task_id"):
        if not dataset.get(key):
            raise dataset.get(key).refuse("is missing")
    task = dataset.get("task_id").text()
    metrics: dict[str, Metric] = {}
    add_metric(metrics, task, part.get("value").as_number())
    framework = part.get("evaluation_framework").text()
    return make_record(
        part,
        metrics,
        {
            "format": NAME,
            "file": part.file,
            "task": task,
            "dataset": dataset.plain(),
            "link": part.get("source").plain(),
            "verifyToken": part.get("verifyToken").text(),
        },
        tool=Tool(name=framework, version="") if framework else None,
        started=_date(part.get("date")),
        note=part.get("notes").text(),
        lacks=[
            f"The source does not name its metric: it is named {task}, as its task is.",
            "The source does not say which model was evaluated: that is where the file lies.",
        ],
    )


def _date(part: Part) -> str | None:
    """A date in quotes is text; without them YAML has made it a date."""
    return Part(part.file, part.plain(), part.place).moment()
