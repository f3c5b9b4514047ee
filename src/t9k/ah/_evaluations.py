"""Evaluations: metrics of one model commit on one dataset commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._errors import InvalidInputError, WrongTypeError
from ._messages import inform
from ._references import check_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import SupportsFloat

    from ._connection import Connection
    from ._records import EvaluationEntry


def create_evaluation(
    connection: Connection, model: str, dataset: str, metrics: Mapping[str, SupportsFloat]
) -> EvaluationEntry:
    """Record metrics of a model on a dataset, both given as full references."""
    body = {"model": model, "dataset": dataset, "metrics": check_metrics(metrics)}
    entry: EvaluationEntry = connection.request("POST", "/evaluations", json=body)
    name = entry["modelRef"].split(":")[0].rpartition("/")[2]
    inform(f"Creating evaluation of commit {entry['modelCommit'][:8]} of Model {name}")
    return entry


def list_evaluation(
    connection: Connection, model: str, sort: str | None = None, limit: int | None = None
) -> list[EvaluationEntry]:
    """The evaluations of a model, or of the commit a reference points at now, newest first.

    `sort` is a metric's name, lowest first, or `-` and its name, highest first; an evaluation
    without that metric, or where it is NaN, comes last. `limit` is the most to return.
    """
    query = {"model": model}
    if sort is not None:
        query["sort"] = sort
    if limit is not None:
        query["amount"] = str(limit)
    results: list[EvaluationEntry] = connection.request("GET", "/evaluations", query=query)[
        "results"
    ]
    return results


def delete_evaluation(connection: Connection, id_: str) -> None:
    """Delete the evaluation with that id."""
    connection.request("DELETE", f"/evaluations/{check_id(id_, 'an evaluation')}")
    inform(f"Deleting evaluation with ID {id_}")


def check_metrics(metrics: Mapping[str, SupportsFloat]) -> dict[str, int | float]:
    """The metrics as plain numbers, in the order given.

    Raises WrongTypeError for a value that is no real number, naming its metric, and
    InvalidInputError where there is no metric or one without a name.
    """
    from collections.abc import Mapping

    if not isinstance(metrics, Mapping):
        raise WrongTypeError(
            f"metrics must map names to numbers, not be a {type(metrics).__name__}"
        )
    if not metrics:
        raise InvalidInputError("An evaluation needs at least one metric", code="no_metrics")
    return {_check_name(name): _number(name, value) for name, value in metrics.items()}


def _check_name(name: object) -> str:
    if not isinstance(name, str):
        raise WrongTypeError(f"The name of a metric must be text, not {name!r}")
    if not name.strip():
        raise InvalidInputError("A metric needs a name", code="invalid_metric")
    return name


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
