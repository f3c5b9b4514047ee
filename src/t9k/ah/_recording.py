"""Recording evaluations: what callers give, as the hub wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._errors import InvalidInputError, WrongTypeError
from ._evaluations import Evaluation, name_of
from ._messages import inform
from ._values import check_json, check_labels, check_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ._connection import Connection
    from ._records import Metrics

_NEEDED = ("model", "dataset", "metrics")


def create_evaluation(
    connection: Connection,
    model: str,
    dataset: object,
    metrics: Metrics,
    evidence: Mapping[str, Any],
) -> Evaluation:
    """Record metrics of a model, given as full reference, on a dataset."""
    body = {"model": model, "metrics": check_metrics(metrics), **_check_evidence(evidence)}
    body["dataset"] = name_point(connection, dataset, "dataset")
    entry = connection.create("/evaluations", json=_with_samples(connection, body, evidence))
    name = entry["modelRef"].split(":")[0].rpartition("/")[2]
    inform(f"Creating evaluation of commit {entry['modelCommit'][:8]} of Model {name}")
    return Evaluation(connection, entry)


def create_evaluations(
    connection: Connection, evaluations: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Record many evaluations, all of them or none; returns their ids."""
    given = list(evaluations)
    bodies = [_read_item(place, item) for place, item in enumerate(given)]
    names: dict[tuple[str, str], str] = {}
    for item, body in zip(given, bodies, strict=True):
        for kind in ("model", "dataset"):
            point = item[kind]
            # Text is looked up once, however many evaluations it stands in.
            if not isinstance(point, str):
                body[kind] = name_point(connection, point, kind)
            else:
                if (kind, point) not in names:
                    names[kind, point] = name_of(connection, point, kind)
                body[kind] = names[kind, point]
    whole = [
        _with_samples(connection, body, item) for item, body in zip(given, bodies, strict=True)
    ]
    ids: list[str] = connection.create("/evaluations/batch", json={"evaluations": whole})["ids"]
    inform(f"Creating {len(ids)} evaluation{'' if len(ids) == 1 else 's'}")
    return ids


def _read_item(place: int, item: object) -> dict[str, Any]:
    """The metrics and the evidence of one of many; raises what names its place."""
    if not isinstance(item, Mapping):
        raise WrongTypeError(f"evaluations[{place}] must be a mapping, not {item!r:.60}")
    missing = next((key for key in _NEEDED if key not in item), None)
    if missing is not None:
        raise InvalidInputError(f"evaluations[{place}] has no {missing}", code="invalid_evaluation")
    try:
        evidence = {key: value for key, value in item.items() if key not in _NEEDED}
        return {"metrics": check_metrics(item["metrics"]), **_check_evidence(evidence)}
    except InvalidInputError as error:
        raise type(error)(f"evaluations[{place}]: {error}", code=error.code) from error


def check_metrics(metrics: Metrics) -> dict[str, Any]:
    """The metrics with plain numbers, in the order given; mappings of them stay such.

    Raises WrongTypeError for a value that is no real number, naming its metric, and
    InvalidInputError where there is no metric or one without a name.
    """
    if not isinstance(metrics, Mapping):
        raise WrongTypeError(
            f"metrics must map names to numbers, not be a {type(metrics).__name__}"
        )
    if not metrics:
        raise InvalidInputError("An evaluation needs at least one metric", code="no_metrics")
    return {_check_name(name): _check_metric(name, value) for name, value in metrics.items()}


def _check_name(name: object) -> str:
    if not isinstance(name, str):
        raise WrongTypeError(f"The name of a metric must be text, not {name!r}")
    if not name.strip():
        raise InvalidInputError("A metric needs a name", code="invalid_metric")
    return name


def _check_metric(name: str, value: Any) -> Any:
    """A number, a number with what is known of it, or a mapping of metrics."""
    # What most are, of thousands at once.
    if type(value) is float:
        return value
    if not isinstance(value, Mapping) or not value:
        return _number(name, value)
    if "value" not in value:
        return {_check_name(key): _check_metric(f"{name}/{key}", value[key]) for key in value}
    known = {key: check_json(each, f"{name}.{key}") for key, each in value.items()}
    known["value"] = _number(name, value["value"])
    return known


def _number(name: str, value: Any) -> int | float:
    """The value as Python's own number: arrays of one number and the scalars of numpy count."""
    refused = isinstance(value, (bool, str, bytes)) or not hasattr(type(value), "__float__")
    # Arrays convert as long as they hold one element, and the booleans of numpy and torch too.
    refused = refused or bool(getattr(value, "shape", ()))
    refused = refused or str(getattr(value, "dtype", "")).endswith("bool")
    if not refused:
        try:
            return value if type(value) is int and float(value) == value else float(value)
        except (TypeError, ValueError):
            refused = True
        except OverflowError as error:
            raise InvalidInputError(
                f"Metric {name!r} is too large for a double", code="invalid_metric"
            ) from error
    raise WrongTypeError(f"Metric {name!r} must be a number, not {value!r:.60}")


def _check_evidence(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """What an evaluation says beside its metrics, but for the samples; None says nothing."""
    if not evidence:
        return {}
    unknown = next((key for key in evidence if key not in _CHECKS and key != "samples"), None)
    if unknown is not None:
        known = ", ".join([*_NEEDED, *_CHECKS, "samples"])
        raise InvalidInputError(
            f"An evaluation has no {unknown!r:.60}: it has {known}", code="invalid_evaluation"
        )
    return {
        key: check(evidence[key], key)
        for key, check in _CHECKS.items()
        if evidence.get(key) is not None
    }


def _check_object(value: Any, what: str) -> Any:
    if not isinstance(value, Mapping):
        raise WrongTypeError(f"{what} must map names to values, not be {value!r:.60}")
    return check_json(value, what)


def _check_tool(value: Any, what: str) -> Any:
    return _check_object(value, what) if isinstance(value, Mapping) else check_text(value, what)


def _check_seed(value: Any, what: str) -> int:
    import operator

    try:
        return operator.index(value)
    except TypeError as error:
        raise WrongTypeError(f"{what} must be a whole number, not {value!r:.60}") from error


def _check_duration(value: Any, what: str) -> float:
    seconds = value.total_seconds() if hasattr(value, "total_seconds") else value
    if isinstance(seconds, bool) or not hasattr(type(seconds), "__float__"):
        raise WrongTypeError(f"{what} must be a number of seconds, not {value!r:.60}")
    return float(seconds)


def _check_started(value: Any, what: str) -> str:
    return check_text(value.isoformat() if hasattr(value, "isoformat") else value, what)


def _check_labels(value: Any, _what: str) -> list[str] | None:
    return check_labels(value)


_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "params": _check_object,
    "tool": _check_tool,
    "revision": check_text,
    "seed": _check_seed,
    "hardware": check_text,
    "duration": _check_duration,
    "started": _check_started,
    "note": check_text,
    "labels": _check_labels,
    "source": _check_object,
}


def _with_samples(
    connection: Connection, body: dict[str, Any], evidence: Mapping[str, Any]
) -> dict[str, Any]:
    """The body with the id of the samples, which are sent first."""
    samples = evidence.get("samples")
    if samples is None:
        return body
    from ._samples import send_samples

    return {**body, "samples": send_samples(connection, samples)}


def name_point(connection: Connection, point: Any, type_: str) -> str:
    """The full reference of what was given as a model or a dataset."""
    from ._assets import Asset
    from ._snapshots import Snapshot

    if isinstance(point, str):
        return name_of(connection, point, type_)
    asset = point.asset if isinstance(point, Snapshot) else point
    if not isinstance(asset, Asset):
        raise WrongTypeError(
            f"{type_} must be a {type_}, one of its branches, tags or commits, or a reference "
            f"such as 'FOLDER/NAME:tag/v1', not {point!r:.60}"
        )
    if asset.type != type_:
        raise InvalidInputError(f"{asset.path} is a {asset.type}, and a {type_} is needed here")
    return str(point.path)
