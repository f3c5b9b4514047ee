"""The few evaluations that one condition of a search leaves over, where one does."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

from assethub.core.evaluations.visibility import viewable_folders
from assethub.core.people.users import User
from assethub.core.searches.conditions import Condition, Context, bound_time
from assethub.core.searches.terms import Search
from assethub.queries import Ago, And, Compare, In, Name, Query, Span
from assethub.store.bulk import read_numbers
from assethub.store.tables import assets, evaluations, metrics

# Where a condition leaves more than these, a page is soon full of what it leaves.
_MOST = 20_000
_VERY_FEW = 500
_e = evaluations.c
Statement = sa.Select[Any]


@dataclass
class Candidates:
    """`seqs` are the evaluations outside of which nothing can be found, None where many are."""

    seqs: set[int] | None = None
    _bounds: dict[str, list[tuple[str, float]]] = field(default_factory=dict)

    def bounds(self, metric: str) -> list[tuple[str, float]]:
        """What the values of a metric have to be, as operators and numbers."""
        return self._bounds.get(metric, [])


def find_candidates(
    connection: sa.Connection, user: User, search: Search, context: Context
) -> Candidates:
    """Counts how many evaluations single conditions leave, and reads which where they are few."""
    conjuncts = list(_conjuncts(search.query))
    bounds = _bounds(conjuncts)
    found: set[int] | None = None
    for statement in _probes(search, conjuncts, bounds, context):
        some = statement.limit(_MOST + 1)
        counted = sa.select(sa.func.count()).select_from(some.subquery())
        if connection.execute(counted, {"asker": user.id}).scalar_one() > _MOST:
            continue
        seqs = read_numbers(connection, statement, {"asker": user.id})
        found = set(seqs) if found is None else found.intersection(seqs)
        if len(found) <= _VERY_FEW:
            break
    return Candidates(found, bounds)


def _conjuncts(query: Query | None) -> Iterator[Query]:
    """The conditions that all have to hold."""
    if isinstance(query, And):
        for each in query.operands:
            yield from _conjuncts(each)
    elif query is not None:
        yield query


def _bounds(conjuncts: Iterable[Query]) -> dict[str, list[tuple[str, float]]]:
    bounds: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for each in conjuncts:
        if isinstance(each, Compare) and each.field.name is Name.METRIC and each.operator != "!=":
            value = each.value
            if isinstance(value, int | float) and not math.isnan(value):
                bounds[each.field.path[0]].append((each.operator, float(value)))
    return bounds


def _probes(
    search: Search,
    conjuncts: list[Query],
    bounds: dict[str, list[tuple[str, float]]],
    context: Context,
) -> Iterator[Statement]:
    for each in conjuncts:
        yield from _by_id(each)
    if search.model_id is not None:
        yield _where(_e.model_id == search.model_id, _e.model_commit, search.model_commit)
    if search.dataset_id is not None:
        yield _where(_e.dataset_id == search.dataset_id, _e.dataset_commit, search.dataset_commit)
    walked = search.sort[0].field if search.sort else None
    for name, limits in bounds.items():
        if walked is None or walked.name is not Name.METRIC or walked.path[0] != name:
            yield _by_metric(name, limits)
    for each in conjuncts:
        if isinstance(each, Compare) and each.field.name is Name.CREATED and each.operator != "!=":
            made = bound_time(each.operator, cast("Span | Ago", each.value), context)
            yield sa.select(_e.seq).where(made)
    yield (
        sa.select(_e.seq)
        .join_from(assets, evaluations, _e.model_id == assets.c.id)
        .where(assets.c.folder_id.in_(viewable_folders))
    )


def _by_id(condition: Query) -> Iterator[Statement]:
    if isinstance(condition, Compare) and condition.operator == "=":
        condition = In(condition.field, (condition.value,))
    if isinstance(condition, In) and condition.field.name is Name.ID:
        yield sa.select(_e.seq).where(_e.id.in_(condition.values))


def _where(chosen: Condition, column: "sa.ColumnElement[Any]", commit: str | None) -> Statement:
    statement = sa.select(_e.seq).where(chosen)
    return statement if commit is None else statement.where(column == commit)


def _by_metric(name: str, limits: list[tuple[str, float]]) -> Statement:
    row = metrics.c
    statement = sa.select(row.evaluation_seq).where(row.name == name, row.value.is_not(None))
    for operator, value in limits:
        statement = statement.where(row.value.op(operator, is_comparison=True)(value))
    return statement
