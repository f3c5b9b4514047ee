"""The whole engine against a dict for each commit: random work, collections and restarts between.

What a branch, a tag or an old commit holds is always what the model says, byte for byte.
"""

# A refusal may be right or wrong here, so it is looked at where it is caught.
# ruff: noqa: PT017
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from assethub.core.repository.branches import create_branch, delete_branch, list_branches
from assethub.core.repository.commits import load_commit
from assethub.core.repository.finish import finish_operation
from assethub.core.repository.logs import list_commits
from assethub.core.repository.merging import (
    MergeConflict,
    merge_branch,
    reset_branch,
    revert_commit,
)
from assethub.core.repository.operations import drop_operation, stage_delete
from assethub.core.repository.tags import create_tag, list_tags
from assethub.errors import Conflict, InvalidInput
from assethub.settings import Settings
from benches import Bench, new_database
from trees import short_ranges

__all__ = ["short_ranges"]

Snapshot = dict[str, bytes]
PATHS = ["a", "b.json", "dir/a", "dir/deep/c", "dir-", "é"]
paths = st.sampled_from(PATHS)
contents = st.sampled_from([b"", b"one", b"two", b"three" * 40])
puts = st.dictionaries(paths, contents, max_size=4)
some_puts = st.dictionaries(paths, contents, min_size=2, max_size=5)
deletes = st.lists(st.sampled_from([*PATHS, "dir/", "dir/deep/"]), max_size=2, unique=True)
names = st.sampled_from(["main", "side", "other"])
picks = st.integers(0, 1000)
strategies = st.sampled_from([None, "ours", "theirs"])


class Engine(RuleBasedStateMachine):
    """One model of the hub; `bench` is set by the test."""

    bench: Bench

    def __init__(self) -> None:
        super().__init__()
        self.asset = self.bench.asset()
        first = self.head("main")
        self.snapshots: dict[str, Snapshot] = {first: {}}
        self.parents: dict[str, list[str]] = {first: []}
        self.branches = {"main": first}
        self.tags: dict[str, str] = {}
        self.held: tuple[str, str, str, Snapshot] | None = None

    @initialize(first=some_puts, second=some_puts, third=some_puts)
    def begin(self, first: Snapshot, second: Snapshot, third: Snapshot) -> None:
        """Three branches that have gone apart, so that each rule has something to work on."""
        self.change("main", first)
        for name in ("side", "other"):
            self.make_branch(name, self.branches["main"])
        self.change("side", second)
        self.change("other", third)

    @rule(number=picks, puts=puts, deletes=deletes, packed=st.booleans())
    def commit(self, number: int, puts: Snapshot, deletes: list[str], packed: bool) -> None:
        self.change(self.some_branch(number), puts, deletes, packed)

    @precondition(lambda self: self.held is None)
    @rule(number=picks, puts=some_puts, others=puts)
    def hold(self, number: int, puts: Snapshot, others: Snapshot) -> None:
        """Stages a change that is finished after others, if at all."""
        branch = self.some_branch(number)
        operation = self.bench.start(self.asset, branch)
        self.bench.put(operation, puts)
        self.held = operation, branch, self.branches[branch], puts
        self.change(branch, others)

    @precondition(lambda self: self.held is not None)
    @rule(overwrite=st.booleans())
    def finish_held(self, overwrite: bool) -> None:
        assert self.held is not None
        operation, branch, base, puts = self.held
        if branch not in self.branches:
            return
        before, now = self.snapshots[base], self.at(branch)
        theirs = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
        if not overwrite and any(path in theirs and now.get(path) != puts[path] for path in puts):
            with pytest.raises(Conflict, match="changed the same paths"):
                self.bench.finish(operation)
        else:
            self.finish(operation, branch, now | puts, overwrite=overwrite)
            self.held = None

    @precondition(lambda self: self.held is not None)
    @rule()
    def drop_held(self) -> None:
        assert self.held is not None
        drop_operation(self.bench.hub, self.bench.user, self.held[0])
        self.held = None

    @rule(name=names, pick=picks)
    def branch(self, name: str, pick: int) -> None:
        source = self.pick(pick)
        if name in self.branches:
            with pytest.raises(Conflict):
                create_branch(self.bench.hub, self.bench.user, self.asset, name, source)
        else:
            self.make_branch(name, source)

    @rule(name=names.filter(lambda name: name != "main"))
    def drop_branch(self, name: str) -> None:
        if name in self.branches and (self.held is None or self.held[1] != name):
            delete_branch(self.bench.hub, self.bench.user, self.asset, name)
            del self.branches[name]

    @precondition(lambda self: len(self.tags) < 3)
    @rule(pick=picks)
    def tag(self, pick: int) -> None:
        name = f"t{len(self.tags)}"
        self.tags[name] = self.pick(pick)
        create_tag(self.bench.hub, self.bench.user, self.asset, name, self.tags[name])

    @rule(numbers=st.tuples(picks, picks), mine=puts, theirs=puts, strategy=strategies)
    def merge(
        self,
        numbers: tuple[int, int],
        mine: Snapshot,
        theirs: Snapshot,
        strategy: Literal["ours", "theirs"] | None,
    ) -> None:
        """Merges a branch into another after both went on."""
        branch, other = map(self.some_branch, numbers)
        self.change(branch, mine)
        self.change(other, theirs)
        head, source = self.branches[branch], self.branches[other]
        hub, user = self.bench.hub, self.bench.user
        bases = self.bases(head, source)
        expected = [self.three_way(base, head, source, strategy) for base in bases]
        try:
            done = merge_branch(hub, user, self.asset, branch, source, strategy=strategy)
        except MergeConflict as error:
            assert any(conflicts for _, conflicts in expected)
            assert [each.path for each in error.conflicts] in [found for _, found in expected]
            return
        if done.result == "merged":
            assert head not in bases
            assert source not in bases
            self.keep(branch, done.commit_id, [head, source])
            assert self.at(branch) in [snapshot for snapshot, found in expected if not found]
        else:
            self.branches[branch] = source if done.result == "fast_forward" else head
            assert done.commit_id == self.branches[branch]
            assert (head if done.result == "fast_forward" else source) in bases

    @rule(number=picks, pick=picks)
    def reset(self, number: int, pick: int) -> None:
        branch = self.some_branch(number)
        self.branches[branch] = self.pick(pick)
        hub, user = self.bench.hub, self.bench.user
        reset_branch(hub, user, self.asset, branch, self.branches[branch])

    @rule(number=picks, pick=picks)
    def revert(self, number: int, pick: int) -> None:
        branch = self.some_branch(number)
        head, wrong = self.branches[branch], self.pick(pick)
        hub, user = self.bench.hub, self.bench.user
        if not self.parents[wrong]:
            with pytest.raises(InvalidInput, match="first of all"):
                revert_commit(hub, user, self.asset, branch, wrong)
            return
        expected, conflicts = self.three_way(wrong, head, self.parents[wrong][0], None)
        try:
            made = revert_commit(hub, user, self.asset, branch, wrong)
        except MergeConflict as error:
            assert [each.path for each in error.conflicts] == conflicts != []
        except InvalidInput as error:
            assert (error.code, expected) == ("no_changes", self.at(branch))
        else:
            self.keep(branch, made, [head])
            assert self.at(branch) == expected

    @rule(days=st.sampled_from([0.0, 1.1, 8.0]))
    def collect(self, days: float) -> None:
        if days > 7:
            self.held = None
        self.bench.pass_days(days)
        self.bench.collect()

    @rule()
    def restart(self) -> None:
        self.bench.restart()

    @rule(pick=picks)
    def read_again(self, pick: int) -> None:
        commit = self.pick(pick)
        assert self.bench.read(self.asset, commit) == self.snapshots[commit]

    def teardown(self) -> None:
        hub, user = self.bench.hub, self.bench.user
        listed = {each.name: each.commit_id for each in list_branches(hub, user, self.asset)}
        assert listed == self.branches
        assert {each.name: each.commit_id for each in list_tags(hub, user, self.asset)} == self.tags
        for commit, snapshot in self.snapshots.items():
            assert self.bench.read(self.asset, commit) == snapshot
        for branch, commit in self.branches.items():
            history = [each.id for each in list_commits(hub, user, self.asset, branch)]
            assert set(history) == self.ancestors(commit)
        self.bench.pass_days(2)
        self.bench.collect()
        assert self.bench.problems() == []
        self.bench.delete_asset(self.asset)

    def some_branch(self, number: int) -> str:
        return sorted(self.branches)[number % len(self.branches)]

    def make_branch(self, name: str, source: str) -> None:
        create_branch(self.bench.hub, self.bench.user, self.asset, name, source)
        self.branches[name] = source

    def change(
        self, branch: str, puts: Snapshot, deletes: Sequence[str] = (), packed: bool = True
    ) -> None:
        operation = self.bench.start(self.asset, branch)
        for path in deletes:
            stage_delete(self.bench.hub, self.bench.user, operation, path)
        if puts:
            (self.bench.pack if packed else self.bench.put)(operation, puts)
        left = {path: data for path, data in self.at(branch).items() if not covers(deletes, path)}
        self.finish(operation, branch, left | puts)

    def head(self, branch: str) -> str:
        return list_commits(self.bench.hub, self.bench.user, self.asset, branch, amount=1)[0].id

    def at(self, branch: str) -> Snapshot:
        return self.snapshots[self.branches[branch]]

    def pick(self, number: int) -> str:
        return list(self.snapshots)[number % len(self.snapshots)]

    def finish(self, operation: str, branch: str, wanted: Snapshot, **options: Any) -> None:
        hub, user = self.bench.hub, self.bench.user
        try:
            made = finish_operation(hub, user, operation, "a commit", **options)
        except InvalidInput as error:
            assert (error.code, wanted) == ("no_changes", self.at(branch))
            return
        self.keep(branch, made, [self.branches[branch]])
        assert self.at(branch) == wanted

    def keep(self, branch: str, commit: str, parents: list[str]) -> None:
        """Notes a new commit of a branch, with what it is read to hold."""
        assert self.head(branch) == commit
        with self.bench.hub.database.read() as connection:
            assert load_commit(connection, self.asset, commit).parents == parents
        self.snapshots.setdefault(commit, self.bench.read(self.asset, commit))
        self.parents[commit] = parents
        self.branches[branch] = commit

    def ancestors(self, commit: str) -> set[str]:
        found, waiting = set(), [commit]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += self.parents[each]
        return found

    def bases(self, one: str, other: str) -> list[str]:
        """The common ancestors that are no ancestor of another."""
        common = self.ancestors(one) & self.ancestors(other)
        return [
            commit
            for commit in common
            if not any(commit in self.ancestors(each) for each in common - {commit})
        ]

    def three_way(
        self, base: str, ours: str, theirs: str, strategy: str | None
    ) -> tuple[Snapshot, list[str]]:
        """What a merge makes, and the paths that need a decision."""
        before, mine, other = (self.snapshots[each] for each in (base, ours, theirs))
        merged, conflicts = dict(mine), []
        for path in sorted(before.keys() | other.keys(), key=str.encode):
            old, new, own = before.get(path), other.get(path), mine.get(path)
            if old == new or own == new:
                continue
            if own != old and strategy is None:
                conflicts.append(path)
            elif own == old or strategy == "theirs":
                merged.pop(path, None)
                if new is not None:
                    merged[path] = new
        return merged, conflicts


def covers(deletes: Sequence[str], path: str) -> bool:
    return any(path == each or (each.endswith("/") and path.startswith(each)) for each in deletes)


# A server in between costs time, and the rules are the same.
EXAMPLES = {"sqlite": 25, "postgresql": 12}


@pytest.fixture(params=list(EXAMPLES))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(new_database(request.getfixturevalue("postgres_url")))
        opened = Bench(Settings(data=tmp_path / "data", database_url=url))
        stack.callback(lambda: opened.hub.close())
        yield opened


@pytest.mark.usefixtures("short_ranges")
def test_branches_hold_what_was_put_into_them_whatever_happens_between(bench: Bench) -> None:
    kind = "postgresql" if bench.settings.database_url else "sqlite"
    engine = type("Engine", (Engine,), {"bench": bench})
    run_state_machine_as_test(
        engine,
        settings=settings(
            max_examples=EXAMPLES[kind],
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
