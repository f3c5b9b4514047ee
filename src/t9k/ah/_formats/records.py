"""What every reader makes of its files: one record for each evaluation they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

if TYPE_CHECKING:
    from .parts import Part


class Metric(TypedDict):
    """A metric's value, and what the source says of how it was measured."""

    value: float
    stderr: NotRequired[float]
    n: NotRequired[int]
    higher_is_better: NotRequired[bool]
    slice: NotRequired[str]


class Tool(TypedDict):
    """The program that evaluated; an empty version where the source has none."""

    name: str
    version: str


class Record(TypedDict):
    """One evaluation as its source tells it; None where the source says nothing.

    `metrics` is by name, in the source's order. `duration` is in seconds, `started` is RFC 3339 in
    UTC. `source` has the keys `format`, `file`, `model` and `dataset`, and more of what only this
    source has. `samples` can be gone through more than once; each is a dict with the key
    `sample_id`. `lacks` are sentences on what an evaluation should say and this source does not.
    """

    metrics: dict[str, Metric]
    params: dict[str, Any]
    tool: Tool | None
    revision: str | None
    seed: int | None
    hardware: str | None
    duration: float | None
    started: str | None
    note: str | None
    source: dict[str, Any]
    samples: Iterable[dict[str, Any]] | None
    lacks: list[str]


_LACKS = {
    "revision": "The source does not say which revision of the evaluating code was run.",
    "seed": "The source does not say which seed was used.",
    "hardware": "The source does not say on which hardware it ran.",
    "duration": "The source does not say how long it took.",
    "started": "The source does not say when it was made.",
    "samples": "The source has no results of single samples.",
}


def make_record(
    part: Part,
    metrics: Mapping[str, Metric],
    source: Mapping[str, Any],
    *,
    params: Mapping[str, Any] | None = None,
    tool: Tool | None = None,
    revision: str | None = None,
    seed: int | None = None,
    hardware: str | None = None,
    duration: float | None = None,
    started: str | None = None,
    note: str | None = None,
    samples: Iterable[dict[str, Any]] | None = None,
    lacks: Iterable[str] = (),
) -> Record:
    """A record, with a sentence for each thing that it lacks after those given.

    `part` is what of the file tells of it, for the refusal where there is no metric.
    """
    if not metrics:
        raise part.refuse("has no metric", code="no_metrics")
    record = Record(
        metrics=dict(metrics),
        params=dict(params or {}),
        tool=tool,
        revision=revision or None,
        seed=seed,
        hardware=hardware or None,
        duration=duration,
        started=started,
        note=note or None,
        source={key: value for key, value in source.items() if value not in (None, "", {}, [])},
        samples=samples,
        lacks=[],
    )
    record["lacks"] = [*lacks, *_lacks_of(record)]
    return record


def _lacks_of(record: Record) -> list[str]:
    found = []
    if record["tool"] is None:
        found.append("The source does not say which tool evaluated.")
    elif not record["tool"]["version"]:
        found.append("The source does not say which version of the tool evaluated.")
    found += [text for key, text in _LACKS.items() if record[key] is None]  # type: ignore[literal-required]
    metrics = record["metrics"].values()
    if not any("stderr" in metric for metric in metrics):
        found.append("The source has no standard errors.")
    if not any("n" in metric for metric in metrics):
        found.append("The source does not say how many samples were measured.")
    if not any("higher_is_better" in metric for metric in metrics):
        found.append("The source does not say whether higher is better.")
    return found


def benchmark_of(record: Record) -> str:
    """What the source calls the dataset or task that a record is about; empty where it does not."""
    dataset = record["source"].get("dataset")
    if isinstance(dataset, str):
        return dataset
    for key in ("task", "type", "id", "dataset_name", "name"):
        if isinstance(dataset, dict) and isinstance(dataset.get(key), str):
            return str(dataset[key])
    return str(record["source"].get("task") or "")


def add_metric(
    metrics: dict[str, Metric],
    name: str,
    value: Part,
    *,
    stderr: Part | None = None,
    n: int | None = None,
    higher_is_better: bool | None = None,
    slice: str | None = None,
) -> None:
    """Put a metric among the others; refuses a value that is no number, and a name given twice."""
    if not name.strip():
        raise value.refuse("is a metric without a name")
    if name in metrics:
        raise value.refuse(f"gives the metric {name!r} twice")
    metric = Metric(value=value.number())
    if stderr is not None and stderr.is_number():
        error = stderr.number()
        if error < 0:
            raise stderr.refuse(f"must be 0 or more, as a standard error is, not {error}")
        metric["stderr"] = error
    if n is not None:
        metric["n"] = n
    if higher_is_better is not None:
        metric["higher_is_better"] = higher_is_better
    if slice:
        metric["slice"] = slice
    metrics[name] = metric
