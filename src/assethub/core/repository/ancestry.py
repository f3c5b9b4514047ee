"""Which commit comes from which: histories in order, and where two of them meet.

A commit's generation is above those of all its ancestors. So whoever goes through an asset's
commits by falling generation has met all descendants of a commit when coming to it.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from assethub.core.repository.commits import Commit
from assethub.store.tables import commits

_AT_ONCE = 500
_OURS, _THEIRS = 1, 2
_BOTH = _OURS | _THEIRS
_descending = (
    sa.select(commits.c.id, commits.c.parents)
    .where(
        commits.c.asset_id == sa.bindparam("asset_id"),
        commits.c.generation <= sa.bindparam("generation"),
    )
    .order_by(commits.c.generation.desc(), commits.c.time.desc(), commits.c.id)
    .execution_options(yield_per=_AT_ONCE)
)


def walk_history(connection: sa.Connection, start: Commit) -> Iterator[str]:
    """The ids of the commit and all its ancestors, each after those that have it as a parent."""
    wanted = {start.id}
    query = {"asset_id": start.asset_id, "generation": start.generation}
    with connection.execute(_descending, query) as rows:
        for id_, parents in rows:
            if id_ in wanted:
                wanted.discard(id_)
                wanted.update(parents)
                yield id_
                if not wanted:
                    return


def find_merge_base(connection: sa.Connection, ours: Commit, theirs: Commit) -> str | None:
    """The best common ancestor of two commits of an asset, which may be one of them; or None.

    No other common ancestor comes from it. Where histories cross there are several such: the one
    of the highest generation is taken, of these the newest, and of these the least id.
    """
    reached = {ours.id: _OURS}
    reached[theirs.id] = reached.get(theirs.id, 0) | _THEIRS
    query = {
        "asset_id": ours.asset_id,
        "generation": max(ours.generation, theirs.generation),
    }
    with connection.execute(_descending, query) as rows:
        for id_, parents in rows:
            sides = reached.pop(id_, 0)
            if sides == _BOTH:
                return str(id_)
            if sides:
                for parent in parents:
                    reached[parent] = reached.get(parent, 0) | sides
    return None


def walk_history_from(
    connection: sa.Connection,
    asset_id: str,
    wanted: set[str],
    after: Commit | None,
    digits: int,
) -> Iterator[str]:
    """The ids of the wanted commits, named by their first digits, and of all their ancestors.

    In the order of `walk_history`; with `after` only those that come behind that commit.
    """
    query = sa.select(commits.c.id, commits.c.parents).where(commits.c.asset_id == asset_id)
    if after is not None:
        earlier = sa.or_(
            commits.c.time < after.time,
            sa.and_(commits.c.time == after.time, commits.c.id > after.id),
        )
        query = query.where(
            commits.c.generation <= after.generation,
            sa.or_(commits.c.generation < after.generation, earlier),
        )
    ordered = query.order_by(commits.c.generation.desc(), commits.c.time.desc(), commits.c.id)
    with connection.execute(ordered.execution_options(yield_per=_AT_ONCE)) as rows:
        for id_, parents in rows:
            if id_[:digits] in wanted:
                wanted.discard(id_[:digits])
                wanted.update(parent[:digits] for parent in parents)
                yield id_
                if not wanted:
                    return
