"""The few evaluations that one condition of a search leaves over, where one does."""

import json
from collections.abc import Iterator
from typing import Any, cast

import sqlalchemy as sa

from assethub.core.evaluations.visibility import viewable_folders
from assethub.core.people.users import User
from assethub.core.searches.conditions import Condition, Context, bound_time
from assethub.core.searches.limits import conjuncts, read_limits
from assethub.core.searches.terms import Search
from assethub.queries import Ago, Compare, In, Name, Query, Span
from assethub.store.tables import assets, evaluations, metrics

# Where a condition leaves more than these, a page is soon full of what it leaves.
_MOST = 40_000
# Nearly all that there is may be seen, so that counting it all is mostly in vain.
_MOST_SEEN = 10_000
_VERY_FEW = 1000
_e = evaluations.c
Statement = sa.Select[Any]


def find_candidates(
    connection: sa.Connection, user: User, search: Search, context: Context
) -> set[int] | None:
    """The evaluations outside of which nothing can be found; None where many are left.

    Counts how many single conditions leave, and reads which where they are few, or fewer than are
    left already.
    """
    found: set[int] | None = None
    asker = {"asker": user.id}
    for statement, most in _probes(search, context):
        most = most if found is None else min(most, len(found))
        some = statement.limit(most + 1)
        counted = sa.select(sa.func.count()).select_from(some.subquery())
        if connection.execute(counted, asker).scalar_one() > most:
            continue
        seqs = connection.execute(_as_json(connection, statement), asker).scalar_one()
        # As one text: fetched row by row they would take twice as long.
        numbers = json.loads(seqs or "[]")
        found = set(numbers) if found is None else found.intersection(numbers)
        if len(found) <= _VERY_FEW:
            break
    return found


def _as_json(connection: sa.Connection, statement: Statement) -> Statement:
    (seq,) = statement.subquery().c
    if connection.dialect.name == "sqlite":
        return sa.select(sa.func.json_group_array(seq))
    return sa.select(sa.cast(sa.func.json_agg(seq), sa.Text))


def _probes(search: Search, context: Context) -> Iterator[tuple[Statement, int]]:
    """What finds those that a condition leaves, and how many are worth reading."""
    for condition in _conditions(search, context):
        yield condition, _MOST
    yield (
        sa.select(_e.seq)
        .join_from(assets, evaluations, _e.model_id == assets.c.id)
        .where(assets.c.folder_id.in_(viewable_folders)),
        _MOST_SEEN,
    )


def _conditions(search: Search, context: Context) -> Iterator[Statement]:
    every = list(conjuncts(search.query))
    for each in every:
        yield from _by_id(each)
    if search.model_id is not None:
        yield _where(_e.model_id == search.model_id, _e.model_commit, search.model_commit)
    if search.dataset_id is not None:
        yield _where(_e.dataset_id == search.dataset_id, _e.dataset_commit, search.dataset_commit)
    walked = search.sort[0].field if search.sort else None
    for name, limits in read_limits(search.query).items():
        if walked is None or walked.name is not Name.METRIC or walked.path[0] != name:
            yield _by_metric(name, limits)
    for each in every:
        if isinstance(each, Compare) and each.field.name is Name.CREATED and each.operator != "!=":
            made = bound_time(each.operator, cast("Span | Ago", each.value), context)
            yield sa.select(_e.seq).where(made)


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
