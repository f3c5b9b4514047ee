"""Finishing an operation: its staged changes become one commit of the branch, wholly or not at all.

The new tree is worked out beside other writers; then one transaction keeps its nodes and the commit
and moves the branch, if it is still where the tree was worked out from. Else the change is worked
out anew on the branch's new commit, this time inside the transaction.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.audit import audited, find_branch, record
from assethub.core.gates.keeping import Passage
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.repository.commits import Commit, load_commit
from assethub.core.repository.contents import keep_contents
from assethub.core.repository.moves import carry_out, check_metadata, commit_tree
from assethub.core.repository.operations import Operation, load_operation, operation_missing
from assethub.core.repository.targets import find_target
from assethub.core.repository.workspace import NewTree, Workspace
from assethub.core.values import check_text, shown_paths
from assethub.errors import Conflict, InvalidInput
from assethub.store.tables import operations, staged_deletes, staged_puts
from assethub.tree import Entry, apply_changes, diff, same_content


class _Plan(NamedTuple):
    """A tree ready to be committed: for which operation, on which head."""

    operation: Operation
    head: Commit
    tree: NewTree

    @property
    def branch(self) -> str:
        return self.operation.branch


@audited("commit.create", operation="operation_id")
def finish_operation(
    hub: Hub,
    user: User,
    operation_id: str,
    message: str,
    *,
    metadata: Mapping[str, str] | None = None,
    overwrite: bool = False,
    override: str | None = None,
) -> str:
    """Makes the commit; returns its id.

    Raises InvalidInput `commit: no changes` where nothing would change (the operation stays open),
    and Conflict naming the paths where the branch has changed them since the operation began,
    unless told to overwrite them. `override` is an owner's reason to pass the branch's gate.
    """
    check_text("message", message)
    noted = check_metadata(metadata or {})
    passage = Passage(override)

    def make(connection: sa.Connection, plan: _Plan) -> str | None:
        if not _as_planned(connection, plan.operation):
            return None
        made = commit_tree(
            connection,
            user,
            plan.branch,
            [plan.head],
            plan.tree,
            message,
            noted,
            passage,
        )
        if made is not None:
            keep_contents(connection, plan.operation.asset_id, plan.operation.id)
            done = operations.delete().where(operations.c.id == plan.operation.id)
            connection.execute(done)
            about = find_branch(connection, plan.operation.asset_id, plan.branch)
            record(connection, user, "commit.create", about, commit=made, parent=plan.head.id)
        return made

    return carry_out(
        hub,
        passage,
        lambda connection: _plan(connection, user, operation_id, overwrite),
        make,
    )


def _as_planned(connection: sa.Connection, operation: Operation) -> bool:
    """Whether nothing was staged since; raises NotFound where the operation is not open any more.

    Until the transaction ends nothing more can be staged.
    """
    query = sa.select(operations.c.revision).where(operations.c.id == operation.id)
    revision = connection.execute(query.with_for_update()).scalar()
    if revision is None:
        # Dropped meanwhile, or expired, it no longer keeps what it had staged.
        raise operation_missing(operation.id)
    return bool(revision == operation.revision)


def _plan(connection: sa.Connection, user: User, operation_id: str, overwrite: bool) -> _Plan:
    operation = load_operation(connection, user, operation_id)
    target = find_target(connection, operation.asset_id, "branch", operation.branch)
    head = load_commit(connection, operation.asset_id, target.commit_id)
    workspace = Workspace(connection)
    deletes = _staged_deletes(connection, operation)
    if head.id != operation.base_commit and not overwrite:
        _check_conflicts(connection, workspace, operation, head, deletes)
    tree = apply_changes(
        workspace.load,
        workspace.put,
        head.tree,
        _changes(connection, operation, deletes),
        [path for path in deletes if path.endswith("/")],
    )
    if tree == head.tree:
        raise InvalidInput("commit: no changes", code="no_changes")
    return _Plan(operation, head, workspace.take(tree))


def _staged_deletes(connection: sa.Connection, operation: Operation) -> list[str]:
    query = sa.select(staged_deletes.c.path).where(staged_deletes.c.operation_id == operation.id)
    return list(connection.execute(query.order_by(staged_deletes.c.path)).scalars())


def _staged_entries(connection: sa.Connection, operation: Operation) -> Iterator[Entry]:
    row = staged_puts.c
    query = sa.select(row.path, row.size, row.sha256, row.mtime, row.content_type)
    query = query.where(row.operation_id == operation.id).order_by(row.path)
    rows = connection.execute(query, execution_options={"yield_per": 1000})
    return (Entry(*found) for found in rows)


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
    connection: sa.Connection,
    workspace: Workspace,
    operation: Operation,
    head: Commit,
    deletes: list[str],
) -> None:
    """Raises Conflict where the branch changed what the operation changes, since it began."""
    base = load_commit(connection, operation.asset_id, operation.base_commit)
    theirs = {change.path: change.new for change in diff(workspace.load, base.tree, head.tree)}
    prefixes = tuple(path for path in deletes if path.endswith("/"))
    clashes = {path for path in deletes if theirs.get(path) is not None}
    clashes |= {path for path, new in theirs.items() if new and path.startswith(prefixes)}
    for entry in _staged_entries(connection, operation):
        if entry.path in theirs:
            same = same_content(theirs[entry.path], entry)
            (clashes.discard if same else clashes.add)(entry.path)
    if clashes:
        raise Conflict(
            f"branch {operation.branch} has changed the same paths since this change began: "
            f"{shown_paths(sorted(clashes))}; look at them and commit again",
            code="paths_changed",
        )
