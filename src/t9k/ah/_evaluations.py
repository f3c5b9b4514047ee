"""Evaluations: metrics of one model commit on one dataset commit."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ._display import Listing, Shown, state_of
from ._errors import DeletedError, InvalidInputError, NotFoundError
from ._history import walk_pages
from ._lookup import find_reference
from ._messages import inform
from ._patience import SHORT_PATIENCE
from ._references import check_id, parse_reference
from ._values import check_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike
    from pathlib import Path

    from ._assets import Asset
    from ._connection import Connection
    from ._records import EvaluationEntry


class Evaluation(Shown, dict[str, Any]):
    """Metrics of one model commit on one dataset commit: a dict with the fields of a listing.

    Attributes: `id`, `metrics`, `invalid`, `alive`. A copy of it, a pickled one too, is a plain
    dict. What the hub knows of each metric is under the key `metrics`.
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
    def invalid(self) -> bool:
        """Whether it was marked invalid, by what was known of it last."""
        return self["invalid"] is not None

    @property
    def alive(self) -> bool:
        """False once it was deleted from here."""
        return not self._deleted

    def samples(self, query: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
        """The samples that it was recorded with, as dicts of their columns.

        `query` chooses among them, as in `accuracy = 0`, by columns of numbers and by `id`;
        `limit` is the most to return. Raises NotFoundError where it has none.
        """
        asked = {} if query is None else {"query": query}
        rows = list(walk_pages(self._open(), self._route("/samples"), asked, limit))
        # JSON has no NaN and no infinities, so that they come as text.
        columns = (self["samples"] or {}).get("columns", ())
        numbers = [column["name"] for column in columns if column["kind"] == "number"]
        for row in rows:
            row.update({key: float(row[key]) for key in numbers if isinstance(row.get(key), str)})
        return rows

    def download_samples(self, path: str | PathLike[str]) -> Path:
        """Write all samples to a Parquet file at that path, and return it.

        Raises NotFoundError where it has none.
        """
        from ._samples import download_samples

        return download_samples(self._open(), self._route("/samples"), path)

    def invalidate(self, reason: str) -> None:
        """Mark it invalid: it stays listed, shown as such with the reason, and is never ranked.

        Raises InvalidInputError without a reason.
        """
        self._mark("POST", {"reason": check_text(reason, "The reason")})
        inform(f"Marking evaluation {self.id} as invalid")

    def revalidate(self) -> None:
        """Take back that it was marked invalid."""
        self._mark("DELETE", None)
        inform(f"Marking evaluation {self.id} as valid again")

    def delete(self, reason: str | None = None) -> None:
        """Delete it; the hub keeps who did so, when, and the reason.

        Raises DeletedError where this object was deleted before.
        """
        delete_evaluation(self._open(), self.id, reason)
        self._deleted = True

    def _open(self) -> Connection:
        if self._deleted:
            raise DeletedError(f"The evaluation {self.id} was deleted")
        return self._connection

    def _route(self, ending: str = "") -> str:
        return f"/evaluations/{self.id}{ending}"

    def _mark(self, method: str, body: dict[str, str] | None) -> None:
        connection, route = self._open(), self._route("/invalid")
        # To mark twice is to mark.
        entry = connection.request(method, route, json=body, patience=SHORT_PATIENCE)
        self.update(entry)

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)

    def _facts(self) -> list[tuple[str, str]]:
        named = [(key, self[key]) for key in ("id", "modelRef", "modelCommit")]
        named += [(key, self[key]) for key in ("datasetRef", "datasetCommit", "startTime")]
        named += [("state", state)] if (state := state_of(self)) else []
        return [*named, *((name, repr(value)) for name, value in self.metrics.items())]


def get_evaluation(connection: Connection, id_: str) -> Evaluation:
    """The evaluation with that id; raises NotFoundError."""
    with _known(id_) as route:
        return Evaluation(connection, connection.request("GET", route))


@contextmanager
def _known(id_: str) -> Iterator[str]:
    """Gives the route of an evaluation, and has the error that there is none say which."""
    try:
        yield f"/evaluations/{check_id(id_, 'an evaluation')}"
    except NotFoundError as error:
        raise NotFoundError(
            f"There is no evaluation with ID {id_} that you may view",
            code=error.code,
            status=error.status,
        ) from error


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


def search_evaluation(
    connection: Connection,
    asked: Mapping[str, str | bool | None],
    limit: int | None = None,
) -> list[EvaluationEntry]:
    """The evaluations that one may view, of those that are asked for, all pages of them.

    `asked` has what `GET /evaluations` takes; None asks for nothing.
    """
    query = {
        key: str(value).lower() if isinstance(value, bool) else value
        for key, value in asked.items()
        if value is not None
    }
    # Without a query those of a model would come as they always did, all at once.
    found = walk_pages(connection, "/evaluations", {"query": "", **query}, limit)
    return Listing(found, "evaluation")


def delete_evaluation(connection: Connection, id_: str, reason: str | None = None) -> None:
    """Delete the evaluation with that id; raises NotFoundError."""
    query = {} if reason is None else {"reason": check_text(reason, "The reason")}
    with _known(id_) as route:
        connection.delete(route, query=query)
    inform(f"Deleting evaluation with ID {id_}")


def check_model(asset: Asset) -> None:
    """Raise InvalidInputError for a dataset: evaluations are of models."""
    if asset.type != "model":
        raise InvalidInputError(
            f"Evaluations are of models, and {asset.path} is a dataset", code="not_a_model"
        )


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
