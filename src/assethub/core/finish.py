"""Finishing an operation: its staged changes become one commit of the branch, wholly or not at all.

The new tree is computed beside other writers; then one transaction keeps its nodes and the commit
and moves the branch, if it is still where the tree was computed from. Else the change is computed
anew on the branch's new commit.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.commits import Commit, load_commit, make_commit, save_commit
from assethub.core.hub import Hub
from assethub.core.operations import Operation, load_operation
from assethub.core.targets import find_target
from assethub.core.users import User
from assethub.core.values import check_text, now
from assethub.errors import Conflict, InvalidInput
from assethub.store.nodes import compress_node, load_nodes, save_nodes
from assethub.store.tables import assets, branches, operations, staged_deletes, staged_puts
from assethub.tree import Entry, Summary, apply_changes, diff, summarize

_MOST_SHOWN = 10


class _Plan(NamedTuple):
    """A commit ready to be made: on which head, with which tree and which new nodes."""

    operation: Operation
    head: Commit
    tree: str
    summary: Summary
    nodes: dict[str, bytes]


def finish_operation(hub: Hub, user: User, operation_id: str, message: str) -> str:
    """Makes the commit; returns its id.

    Raises InvalidInput `commit: no changes` where nothing would change (the operation stays open),
    and Conflict naming the paths where the branch has changed them since the operation began.
    """
    check_text("message", message)
    while True:
        plan = _plan(hub, user, operation_id)
        commit = make_commit(
            plan.operation.asset_id,
            plan.tree,
            [plan.head],
            message,
            user.name,
            now(),
            {},
            objects=plan.summary.count,
            size=plan.summary.size,
        )
        if hub.database.write(lambda connection: _move(connection, plan, commit)):  # noqa: B023
            return commit.id


def _plan(hub: Hub, user: User, operation_id: str) -> _Plan:
    nodes: dict[str, bytes] = {}
    fresh: dict[str, bytes] = {}

    def put(key: str, data: bytes) -> None:
        nodes[key] = compress_node(data)
        fresh[key] = data

    with hub.database.read() as connection:
        operation = load_operation(connection, user, operation_id)
        target = find_target(connection, operation.asset_id, "branch", operation.branch)
        head = load_commit(connection, operation.asset_id, target.commit_id)

        def load(hashes: Iterable[str]) -> dict[str, bytes]:
            known = {key: fresh[key] for key in hashes if key in fresh}
            return known | dict(load_nodes(connection, [k for k in hashes if k not in known]))

        deletes = _staged_deletes(connection, operation)
        if head.id != operation.base_commit:
            _check_conflicts(connection, operation, head, deletes)
        tree = apply_changes(
            load,
            put,
            head.tree,
            _changes(connection, operation, deletes),
            [path for path in deletes if path.endswith("/")],
        )
        if tree == head.tree:
            raise InvalidInput("commit: no changes", code="no_changes")
        return _Plan(operation, head, tree, summarize(load, tree), nodes)


def _move(connection: sa.Connection, plan: _Plan, commit: Commit) -> bool:
    """Keeps the commit and points the branch at it; False where the branch has moved."""
    moved = connection.execute(
        branches.update()
        .where(
            branches.c.asset_id == commit.asset_id,
            branches.c.name == plan.operation.branch,
            branches.c.commit_id == plan.head.id,
        )
        .values(commit_id=commit.id, modified=now())
    )
    if not moved.rowcount:
        return False
    save_nodes(connection, plan.nodes)
    save_commit(connection, commit)
    connection.execute(assets.update().where(assets.c.id == commit.asset_id).values(modified=now()))
    connection.execute(operations.delete().where(operations.c.id == plan.operation.id))
    return True


def _staged_deletes(connection: sa.Connection, operation: Operation) -> list[str]:
    query = sa.select(staged_deletes.c.path).where(staged_deletes.c.operation_id == operation.id)
    return list(connection.execute(query.order_by(staged_deletes.c.path)).scalars())


def _staged_entries(connection: sa.Connection, operation: Operation) -> Iterator[Entry]:
    row = staged_puts.c
    query = sa.select(row.path, row.size, row.sha256, row.mtime, row.content_type)
    query = query.where(row.operation_id == operation.id).order_by(row.path)
    return (Entry(*found) for found in connection.execution_options(yield_per=1000).execute(query))


def _changes(
    connection: sa.Connection, operation: Operation, deletes: list[str]
) -> Iterator[tuple[str, Entry | None]]:
    """The single paths that change, in order; a put of a path wins over its deletion."""
    gone = iter([path for path in deletes if not path.endswith("/")])
    pending = next(gone, None)
    for entry in _staged_entries(connection, operation):
        while pending is not None and pending < entry.path:
            yield pending, None
            pending = next(gone, None)
        if pending == entry.path:
            pending = next(gone, None)
        yield entry.path, entry
    while pending is not None:
        yield pending, None
        pending = next(gone, None)


def _check_conflicts(
    connection: sa.Connection, operation: Operation, head: Commit, deletes: list[str]
) -> None:
    """Raises Conflict where the branch changed what the operation changes, since it began."""

    def load(hashes: Iterable[str]) -> dict[str, bytes]:
        return dict(load_nodes(connection, list(hashes)))

    base = load_commit(connection, operation.asset_id, operation.base_commit)
    theirs = {change.path: change.new for change in diff(load, base.tree, head.tree)}
    prefixes = tuple(path for path in deletes if path.endswith("/"))
    clashes = {path for path in deletes if theirs.get(path) is not None}
    clashes |= {path for path, new in theirs.items() if new and path.startswith(prefixes)}
    for entry in _staged_entries(connection, operation):
        if entry.path in theirs:
            other = theirs[entry.path]
            same = other is not None and other.checksum == entry.checksum
            (clashes.discard if same else clashes.add)(entry.path)
    if clashes:
        paths = sorted(clashes)
        shown = ", ".join(paths[:_MOST_SHOWN]) + (", …" if len(paths) > _MOST_SHOWN else "")
        raise Conflict(
            f"branch {operation.branch} has changed the same paths since this change began: "
            f"{shown}; look at them and commit again",
            code="paths_changed",
        )
