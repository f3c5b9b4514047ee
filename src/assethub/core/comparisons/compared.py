"""Which evaluations a comparison means: by id, or the latest of a model's commit."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.evaluations.records import Evaluation, load_evaluation, load_found, parse_side
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.references import resolve
from assethub.errors import Conflict, NotFound
from assethub.store.tables import evaluations

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Of a model's commit; the newest of them.
_MOST = 10_000
# A dataset, and one of its commits.
Point = tuple[str, str]


class _Named(NamedTuple):
    """What one name may stand for: on each point its latest evaluation, the newest point first."""

    name: str
    latest: dict[Point, int]
    given: bool


def find_compared(
    hub: Hub, user: User, names: Sequence[str], *, across: bool
) -> tuple[list[Evaluation], tuple[str, ...]]:
    """The evaluations of the names, in their order, and what is to be said of all of them.

    Raises Conflict where they are not on the same commit of a dataset, unless `across`.
    """
    with hub.database.read() as connection:
        named = [_find(connection, user, name) for name in names]
        point = _common_point(named)
        if point is None and not across:
            raise _different(named)
        seqs = [each.latest[point or next(iter(each.latest))] for each in named]
        found = load_found(connection, user, seqs)
    return found, (*_marks(found), *_differences(found))


def _find(connection: sa.Connection, user: User, name: str) -> _Named:
    if _ID.fullmatch(name):
        evaluation = load_evaluation(connection, user, name, Level.VIEW)
        point = (evaluation.dataset.id, evaluation.dataset.commit)
        return _Named(name, {point: evaluation.seq}, given=True)
    asset, target = resolve(connection, user, parse_side(name, "model"))
    query = _latest.where(
        evaluations.c.model_id == asset.id, evaluations.c.model_commit == target.commit_id
    )
    latest: dict[Point, int] = {}
    for dataset, commit, seq in connection.execute(query):
        latest.setdefault((dataset, commit), seq)
    if not latest:
        raise NotFound(
            f"{name}, commit {target.commit_id[:12]}, has no evaluation that is valid",
            code="evaluation_missing",
        )
    return _Named(name, latest, given=False)


_latest: "sa.Select[Any]" = (
    sa.select(evaluations.c.dataset_id, evaluations.c.dataset_commit, evaluations.c.seq)
    .where(evaluations.c.deleted.is_(None), evaluations.c.invalid.is_(None))
    .order_by(evaluations.c.seq.desc())
    .limit(_MOST)
)


def _common_point(named: Sequence[_Named]) -> Point | None:
    """The point that all have: of several the one with the newest evaluation."""
    shared = set.intersection(*(set(each.latest) for each in named))
    if not shared:
        return None
    return max(shared, key=lambda point: max(each.latest[point] for each in named))


def _different(named: Sequence[_Named]) -> Conflict:
    places = "; ".join(
        f"{each.name} on commit {', '.join(commit[:12] for _, commit in list(each.latest)[:3])}"
        for each in named
    )
    return Conflict(
        f"these evaluations have no commit of a dataset in common ({places}): evaluate on the same "
        "one, or say that they are to be compared across",
        code="different_datasets",
    )


def _marks(found: Sequence[Evaluation]) -> list[str]:
    return [
        f"evaluation {each.id} is marked as invalid: {each.invalid.reason}"
        for each in found
        if each.invalid is not None
    ]


def _differences(found: Sequence[Evaluation]) -> list[str]:
    if len({(each.dataset.id, each.dataset.commit) for each in found}) == 1:
        return []
    places = ", ".join(f"{each.dataset.ref}@{each.dataset.commit[:12]}" for each in found)
    return [f"across different data, so that a difference may be that of the data: {places}"]
