"""Moving a branch: from the commit it was seen at to another, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import sqlalchemy as sa

from assethub.core.gates.keeping import Move, Passage, keep_gate
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.repository.commits import Commit, make_commit, save_commit
from assethub.core.repository.protection import check_movable
from assethub.core.repository.workspace import NewTree
from assethub.core.values import check_text, now
from assethub.errors import InvalidInput
from assethub.store.guards import keep_collector_out
from assethub.store.nodes import save_nodes
from assethub.store.tables import assets, branches

_MOST_METADATA = 100


class Plan(Protocol):
    """What a branch is to become, worked out from the commit `head` that it was seen at."""

    @property
    def branch(self) -> str: ...

    @property
    def head(self) -> Commit: ...


P = TypeVar("P", bound=Plan)
R = TypeVar("R")


def carry_out(
    hub: Hub,
    passage: Passage,
    plan: Callable[[sa.Connection], P],
    make: Callable[[sa.Connection, P], R | None],
) -> R:
    """What `make` returns for what `plan` works out, in one transaction.

    The plan is made beside other writers. Where `make` returns None, since the branch has left
    the plan's head meanwhile, both run anew in a transaction that lets nobody else move the branch.
    What a gate has to compare for the passage is compared between two attempts.
    """
    with hub.database.read() as connection:
        first = plan(connection)
    done = passage.repeat(
        hub, lambda: hub.database.write(lambda connection: make(connection, first))
    )

    def again(connection: sa.Connection) -> R | None:
        lock = sa.select(branches.c.name).where(
            branches.c.asset_id == first.head.asset_id, branches.c.name == first.branch
        )
        connection.execute(lock.with_for_update())
        return make(connection, plan(connection))

    while done is None:
        done = passage.repeat(hub, lambda: hub.database.write(again))
    return done


def move_branch(
    connection: sa.Connection,
    user: User,
    branch: str,
    head: Commit,
    target: str,
    passage: Passage,
    *,
    made: bool = False,
) -> bool:
    """Points a branch at another commit; False, and nothing done, where it has left `head`.

    `made` says that the commit is made in this transaction. Raises PermissionDenied where the
    branch is protected from the user, and GateFailed where its gate does not let the commit pass.
    """
    moment = now()
    moved = connection.execute(
        branches.update()
        .where(
            branches.c.asset_id == head.asset_id,
            branches.c.name == branch,
            branches.c.commit_id == head.id,
        )
        .values(commit_id=target, modified=moment)
        .returning(branches.c.protection, branches.c.gate)
    ).first()
    if moved is None:
        return False
    check_movable(connection, user, branch, moved.protection)
    if moved.gate is not None and target != head.id:
        move = Move(head.asset_id, branch, head.id, target, made)
        keep_gate(connection, user, move, moved.gate, passage)
    touched = assets.update().where(assets.c.id == head.asset_id).values(modified=moment)
    connection.execute(touched)
    return True


def commit_tree(
    connection: sa.Connection,
    user: User,
    branch: str,
    parents: Sequence[Commit],
    tree: NewTree,
    message: str,
    metadata: Mapping[str, str],
    passage: Passage,
) -> str | None:
    """Makes a tree the next commit of a branch, whose head is the first parent.

    Returns the commit's id; None, and nothing done, where the branch has left that head.
    """
    commit = make_commit(
        parents[0].asset_id,
        tree.root,
        list(parents),
        message,
        user.name,
        now(),
        metadata,
        objects=tree.summary.count,
        size=tree.summary.size,
    )
    keep_collector_out(connection)
    # That the commit is there is checked when the transaction ends, not at once.
    if not move_branch(connection, user, branch, parents[0], commit.id, passage, made=True):
        return None
    save_commit(connection, commit)
    save_nodes(connection, tree.nodes)
    return commit.id


def check_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """A commit's metadata: at most 100 texts by name."""
    if len(metadata) > _MOST_METADATA:
        raise InvalidInput(f"a commit has at most {_MOST_METADATA} metadata", code="invalid_text")
    for key, value in metadata.items():
        check_text("name of a commit's metadata", key, longest=255)
        check_text(f"metadata {key!r}", value)
    return dict(metadata)
