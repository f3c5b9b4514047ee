"""How far datasets have moved on since evaluations were made on them."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from assethub.core.assets import DEFAULT_BRANCH
from assethub.store.tables import branches, commits

# A dataset, and one of its commits.
Point = tuple[str, str]
_AT_ONCE = 500


def count_moves(connection: sa.Connection, points: Iterable[Point]) -> Mapping[Point, int]:
    """By how many commits each dataset's `main` is ahead of a commit; datasets gone are left out.

    Where `main` was set back, or has become another history, it has moved by at least one.
    """
    wanted = sorted(set(points))
    heads = _find_heads(connection, sorted({dataset for dataset, _ in wanted}))
    moved: dict[Point, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        batch = wanted[start : start + _AT_ONCE]
        at = sa.tuple_(commits.c.asset_id, commits.c.id).in_(batch)
        query = sa.select(commits.c.asset_id, commits.c.id, commits.c.generation).where(at)
        for dataset, commit, generation in connection.execute(query):
            head, height = heads[dataset]
            moved[dataset, commit] = 0 if head == commit else max(1, height - generation)
    return moved


def _find_heads(connection: sa.Connection, datasets: list[str]) -> dict[str, tuple[str, int]]:
    heads: dict[str, tuple[str, int]] = {}
    for start in range(0, len(datasets), _AT_ONCE):
        query = sa.select(branches.c.asset_id, commits.c.id, commits.c.generation).join(
            commits,
            sa.and_(
                commits.c.asset_id == branches.c.asset_id, commits.c.id == branches.c.commit_id
            ),
        )
        batch = datasets[start : start + _AT_ONCE]
        query = query.where(branches.c.name == DEFAULT_BRANCH, branches.c.asset_id.in_(batch))
        heads.update((row[0], (row[1], row[2])) for row in connection.execute(query))
    return heads
