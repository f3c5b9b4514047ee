"""Evaluations: metrics of one model commit on one dataset commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._display import Listing, Shown
from ._errors import DeletedError, InvalidInputError, NotFoundError, WrongTypeError
from ._lookup import find_reference
from ._messages import inform
from ._references import check_id, parse_reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import SupportsFloat

    from ._assets import Asset
    from ._connection import Connection
    from ._records import EvaluationEntry


class Evaluation(Shown, dict[str, Any]):
    """Metrics of one model commit on one dataset commit: a dict with the fields of a listing.

    Attributes: `id`, `metrics`, `alive`. A copy of it, a pickled one too, is a plain dict.
    """

    def __init__(self, connection: Connection, entry: Mapping[str, Any]) -> None:
        super().__init__(entry)
        self._connection = connection
        self._deleted = False

    @property
    def id(self) -> str:
        """Its id, the same as under the key `id`."""
        return str(self["id"])

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics by name, in the order they were given."""
        from json import loads

        return dict(loads(self["results"]["metric"]))

    @property
    def alive(self) -> bool:
        """False once it was deleted from here."""
        return not self._deleted

    def delete(self) -> None:
        """Delete it; raises DeletedError where this object was deleted before."""
        if self._deleted:
            raise DeletedError(f"The evaluation {self.id} was deleted")
        delete_evaluation(self._connection, self.id)
        self._deleted = True

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)

    def _facts(self) -> list[tuple[str, str]]:
        named = [(key, self[key]) for key in ("id", "modelRef", "modelCommit")]
        named += [(key, self[key]) for key in ("datasetRef", "datasetCommit", "startTime")]
        return [*named, *((name, repr(value)) for name, value in self.metrics.items())]


def create_evaluation(
    connection: Connection, model: str, dataset: object, metrics: Mapping[str, SupportsFloat]
) -> Evaluation:
    """Record metrics of a model, given as full reference, on a dataset."""
    body = {
        "model": model,
        "dataset": _dataset_name(connection, dataset),
        "metrics": check_metrics(metrics),
    }
    entry = connection.create("/evaluations", json=body)
    name = entry["modelRef"].split(":")[0].rpartition("/")[2]
    inform(f"Creating evaluation of commit {entry['modelCommit'][:8]} of Model {name}")
    return Evaluation(connection, entry)


def get_evaluation(connection: Connection, id_: str) -> Evaluation:
    """The evaluation with that id; raises NotFoundError."""
    entry = connection.request("GET", f"/evaluations/{check_id(id_, 'an evaluation')}")
    return Evaluation(connection, entry)


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
    answer = connection.request("GET", "/evaluations", query=query)
    return Listing(answer["results"], "evaluation")


def delete_evaluation(connection: Connection, id_: str) -> None:
    """Delete the evaluation with that id; raises NotFoundError."""
    try:
        connection.delete(f"/evaluations/{check_id(id_, 'an evaluation')}")
    except NotFoundError as error:
        raise NotFoundError(
            f"There is no evaluation with ID {id_} that you may view",
            code=error.code,
            status=error.status,
        ) from error
    inform(f"Deleting evaluation with ID {id_}")


def check_model(asset: Asset) -> None:
    """Raise InvalidInputError for a dataset: evaluations are of models."""
    if asset.type != "model":
        raise InvalidInputError(
            f"Evaluations are of models, and {asset.path} is a dataset", code="not_a_model"
        )


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


def name_of(connection: Connection, text: str, type_: str) -> str:
    """The full reference of a text that names an asset of that type, or one of its commits."""
    path = parse_reference(text, type_)
    found = find_reference(connection, path)
    if found.folder["type"] != type_:
        raise InvalidInputError(
            f"{found.full_name} is a {found.folder['type']}, and a {type_} is needed here"
        )
    if path.value is None:
        return found.full_name
    ending = found.commit if found.kind == "commit" else f"{found.kind}/{found.name}"
    return f"{found.full_name}:{ending}"


def _dataset_name(connection: Connection, dataset: Any) -> str:
    """The full reference of what was given as a dataset."""
    from ._assets import Asset
    from ._snapshots import Snapshot

    if isinstance(dataset, str):
        return name_of(connection, dataset, "dataset")
    asset = dataset.asset if isinstance(dataset, Snapshot) else dataset
    if not isinstance(asset, Asset):
        raise WrongTypeError(
            "dataset must be a dataset, one of its branches, tags or commits, or a reference "
            f"such as 'FOLDER/NAME:tag/v1', not {dataset!r:.60}"
        )
    if asset.type != "dataset":
        raise InvalidInputError(f"{asset.path} is a model, and a dataset is needed here")
    return str(dataset.path)
