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
    wanted = set(points)
    heads = _find_heads(connection, sorted({dataset for dataset, _ in wanted}))
    moved = {
        (dataset, commit): 0
        for dataset, commit in wanted
        if dataset in heads and heads[dataset][0] == commit
    }
    # Most are on the newest commit; how far back the others are has to be looked up.
    others = sorted(point for point in wanted - moved.keys() if point[0] in heads)
    for start in range(0, len(others), _AT_ONCE):
        batch = {"points": others[start : start + _AT_ONCE]}
        for dataset, commit, generation in connection.execute(_generations, batch).all():
            moved[dataset, commit] = max(1, heads[dataset][1] - generation)
    return moved


def _find_heads(connection: sa.Connection, datasets: list[str]) -> dict[str, tuple[str, int]]:
    heads: dict[str, tuple[str, int]] = {}
    for start in range(0, len(datasets), _AT_ONCE):
        batch = {"datasets": datasets[start : start + _AT_ONCE]}
        for dataset, commit, generation in connection.execute(_heads, batch).all():
            heads[dataset] = commit, generation
    return heads


_generations = sa.select(commits.c.asset_id, commits.c.id, commits.c.generation).where(
    sa.tuple_(commits.c.asset_id, commits.c.id).in_(sa.bindparam("points", expanding=True))
)
_heads = (
    sa.select(branches.c.asset_id, commits.c.id, commits.c.generation)
    .join(
        commits,
        sa.and_(commits.c.asset_id == branches.c.asset_id, commits.c.id == branches.c.commit_id),
    )
    .where(
        branches.c.name == DEFAULT_BRANCH,
        branches.c.asset_id.in_(sa.bindparam("datasets", expanding=True)),
    )
)
