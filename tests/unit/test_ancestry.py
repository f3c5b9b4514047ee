"""Histories in order, and where two of them meet, in commits of any shape."""

from collections.abc import Iterator

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from hypothesis import given

from assethub.core.repository.ancestry import find_merge_base, walk_history
from assethub.core.repository.commits import Commit, make_commit, save_commit
from assethub.store.tables import commits
from assethub.tree import EMPTY

# For each commit, which of the earlier ones are its parents, and how its clock stood.
shapes = st.lists(
    st.tuples(st.lists(st.integers(0, 30), min_size=1, max_size=2), st.integers(0, 2)),
    max_size=12,
)


@pytest.fixture(scope="module")
def engine() -> Iterator[sa.Engine]:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    commits.create(engine)
    yield engine
    engine.dispose()


def _make(connection: sa.Connection, shape: list[tuple[list[int], int]]) -> list[Commit]:
    """Commits of that shape: the first without parents, each later one from some before it."""
    connection.execute(commits.delete())
    made: list[Commit] = []
    for number, (drawn, second) in enumerate([([], 0), *shape]):
        parents = [made[at] for at in dict.fromkeys(at % number for at in drawn)]
        moment = second * 1_000_000
        made.append(
            make_commit("a", EMPTY, parents, f"{number}", "u", moment, {}, objects=0, size=0)
        )
        save_commit(connection, made[-1])
    return made


def _ancestors(made: list[Commit]) -> dict[str, set[str]]:
    """Of each commit itself and all that it comes from."""
    found: dict[str, set[str]] = {}
    for commit in made:
        found[commit.id] = {commit.id}.union(*(found[parent] for parent in commit.parents))
    return found


@given(shapes)
def test_a_history_is_whole_and_has_no_commit_before_one_that_comes_from_it(
    engine: sa.Engine, shape: list[tuple[list[int], int]]
) -> None:
    with engine.connect() as connection:
        made = _make(connection, shape)
        history = list(walk_history(connection, made[-1]))
    ancestors = _ancestors(made)
    assert set(history) == ancestors[made[-1].id]
    assert len(history) == len(set(history))
    for place, later in enumerate(history):
        assert not ancestors[later] & set(history[:place])


@given(shapes, st.integers(0, 30), st.integers(0, 30))
def test_a_merge_base_is_a_common_ancestor_that_no_other_comes_from(
    engine: sa.Engine, shape: list[tuple[list[int], int]], one: int, two: int
) -> None:
    with engine.connect() as connection:
        made = _make(connection, shape)
        ours, theirs = made[one % len(made)], made[two % len(made)]
        base = find_merge_base(connection, ours, theirs)
        assert find_merge_base(connection, theirs, ours) == base
    ancestors = _ancestors(made)
    common = ancestors[ours.id] & ancestors[theirs.id]
    assert base in common
    assert not any(base in ancestors[other] for other in common - {base})


def test_of_crossing_histories_the_newest_base_is_taken(engine: sa.Engine) -> None:
    """Both of two commits are merged into each other; then each side goes on."""
    crossed = [([0], 1), ([0], 2), ([1, 2], 3), ([2, 1], 3)]
    with engine.connect() as connection:
        made = _make(connection, crossed)
        assert find_merge_base(connection, made[3], made[4]) == made[2].id


def test_commits_without_a_common_ancestor_have_no_base(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        [first] = _make(connection, [])
        other = make_commit("a", EMPTY, [], "other", "u", 0, {}, objects=0, size=0)
        save_commit(connection, other)
        assert find_merge_base(connection, first, other) is None
