"""What a search looks for, and the conditions that say so."""

from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.evaluations.visibility import sees_dataset, sees_model
from assethub.core.people.users import User
from assethub.core.searches.conditions import Context, compile_query
from assethub.errors import InvalidInput
from assethub.queries import Query, QueryError, SortKey, parse_query, parse_sort
from assethub.store.tables import branches, evaluations

_e = evaluations.c


class Search(NamedTuple):
    """What to look for. None and empty ask for nothing; `commit` goes with its `model_id`.

    `stale` and `invalid` are what evaluations have to be, or not to be.
    """

    query: Query | None = None
    sort: tuple[SortKey, ...] = ()
    model_id: str | None = None
    model_commit: str | None = None
    dataset_id: str | None = None
    dataset_commit: str | None = None
    stale: bool | None = None
    invalid: bool | None = None


def read_query(text: str) -> Query | None:
    """A search; None for an empty one. Raises InvalidInput that points at the place."""
    try:
        return parse_query(text) if text.strip() else None
    except QueryError as error:
        raise InvalidInput(str(error), code=error.code) from error


def read_sort(text: str) -> tuple[SortKey, ...]:
    """What to sort by; raises InvalidInput that points at the place."""
    try:
        return parse_sort(text) if text.strip() else ()
    except QueryError as error:
        raise InvalidInput(str(error), code="invalid_sort") from error


def visible(user: User, search: Search, context: Context) -> "list[sa.ColumnElement[bool]]":
    """The conditions of a search on rows of `evaluations`: those that the asker may see."""
    conditions = [_e.deleted.is_(None), sees_model(user)]
    for column, wanted in (
        (_e.model_id, search.model_id),
        (_e.model_commit, search.model_commit),
        (_e.dataset_id, search.dataset_id),
        (_e.dataset_commit, search.dataset_commit),
    ):
        if wanted is not None:
            conditions.append(column == wanted)
    if search.invalid is not None:
        conditions.append(_e.invalid.is_not(None) if search.invalid else _e.invalid.is_(None))
    if search.stale is not None:
        moved = sa.func.coalesce(_head != _e.dataset_commit, sa.false())
        stale = sa.and_(context.sees_dataset, moved)
        conditions.append(stale if search.stale else sa.not_(stale))
    if search.query is not None:
        conditions.append(compile_query(search.query, context))
    return conditions


_head = (
    sa.select(branches.c.commit_id)
    .where(branches.c.asset_id == _e.dataset_id, branches.c.name == "main")
    .correlate(evaluations)
    .scalar_subquery()
)


def make_context(connection: sa.Connection, user: User) -> Context:
    """What the asker's searches on this connection are compiled for."""
    return Context(connection.dialect.name, datetime.now(UTC), sees_dataset(user))


def prepare(connection: sa.Connection) -> None:
    """Makes a connection quick at reading scattered rows.

    PostgreSQL plans each statement for its own values; a plan for any is far too slow. SQLite reads
    the file as memory: a search meets thousands of pages once, and a call for each takes as long as
    all else.
    """
    connection.execute(_PREPARE[connection.dialect.name])


_PREPARE = {
    "postgresql": sa.text("SET LOCAL plan_cache_mode = force_custom_plan"),
    "sqlite": sa.text("PRAGMA mmap_size = 2147418112"),
}
