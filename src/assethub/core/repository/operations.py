"""Operations: changes to a branch, staged one by one, then finished as one commit or dropped."""

import mimetypes
import posixpath
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.assets import load_asset
from assethub.core.gates.keeping import check_committable
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level, cap, check_level
from assethub.core.repository.contents import Place, drop_unused, save_contents
from assethub.core.repository.protection import check_branch
from assethub.core.repository.targets import find_target
from assethub.core.values import check_path, new_id, now
from assethub.errors import NotFound
from assethub.store.blobs import Blob
from assethub.store.database import insert_missing, insert_or_replace
from assethub.store.tables import assets, operations, staged_deletes, staged_puts
from assethub.tree import Entry

_SECOND = 1_000_000
_LIFE = 7 * 24 * 3600 * _SECOND


class Operation(NamedTuple):
    """A change being prepared: to which branch, and which commit that had when it began.

    `revision` counts how often something was staged, so that a commit holds all or none of it.
    """

    id: str
    asset_id: str
    branch: str
    base_commit: str
    revision: int = 0


_own = sa.select(*(getattr(operations.c, field) for field in Operation._fields)).where(
    operations.c.id == sa.bindparam("id"),
    operations.c.user_id == sa.bindparam("user_id"),
    operations.c.expires > sa.bindparam("moment"),
)


def start_operation(hub: Hub, user: User, asset_id: str, branch: str) -> Operation:
    """Begins a change to a branch. It expires after a week."""

    def job(connection: sa.Connection) -> Operation:
        asset = load_asset(connection, user, asset_id, Level.EDIT)
        target = find_target(connection, asset_id, "branch", branch)
        check_branch(connection, user, asset_id, branch)
        check_committable(connection, user, asset, branch)
        connection.execute(operations.delete().where(operations.c.expires < now()))
        operation = Operation(new_id(), asset_id, branch, target.commit_id)
        times = {"user_id": user.id, "created": now(), "expires": now() + _LIFE}
        connection.execute(operations.insert(), operation._asdict() | times)
        return operation

    return hub.database.write(job)


def load_operation(connection: sa.Connection, user: User, id_: str) -> Operation:
    """The user's own open operation, where the user may still change the asset; else NotFound."""
    query = {"id": id_, "user_id": user.id, "moment": now()}
    row = connection.execute(_own, query).first()
    if row is None:
        raise operation_missing(id_)
    operation = Operation(*row)
    load_asset(connection, user, operation.asset_id, Level.EDIT)
    return operation


def operation_missing(id_: str) -> NotFound:
    """What is said of an operation that is not open, or not the asker's."""
    return NotFound(
        "operation not found",
        code="operation_not_found",
        detail=f"operation {id_} is not open: it was finished or dropped, or has expired",
    )


def check_put(hub: Hub, user: User, operation_id: str, path: str) -> None:
    """Raises what `stage_put` would, before any bytes are taken in."""
    check_path(path)
    check_open(hub, user, operation_id)


def check_open(hub: Hub, user: User, operation_id: str) -> None:
    """Raises NotFound or PermissionDenied where the user cannot stage anything any more."""
    with hub.database.read() as connection:
        load_operation(connection, user, operation_id)


def stage_put(hub: Hub, user: User, operation_id: str, path: str, blob: Blob) -> Entry:
    """Stages bytes that the store has taken in as the object at a path.

    Bytes that the hub has already are kept once: the new blob is deleted then.
    """
    entry = Entry(check_path(path), blob.size, blob.sha256, now() // _SECOND, guess_type(path))

    def job(connection: sa.Connection) -> None:
        load_operation(connection, user, operation_id)
        save_contents(connection, user, [Place(blob.sha256, blob.address, 0, blob.size)])
        stage_entries(connection, operation_id, [entry])

    try:
        hub.database.write(job)
    finally:
        drop_unused(hub, blob)
    return entry


def stage_entries(connection: sa.Connection, operation_id: str, entries: Sequence[Entry]) -> None:
    """Stages objects whose contents the hub has, in the place of what was staged there before."""
    _count_up(connection, operation_id)
    rows = [_staged_row(operation_id, entry) for entry in entries]
    insert_or_replace(connection, staged_puts, rows)


def _count_up(connection: sa.Connection, operation_id: str) -> None:
    """Notes that something is being staged; waits here for a finish that is under way."""
    counted = (
        operations.update()
        .where(operations.c.id == operation_id)
        .values(revision=operations.c.revision + 1)
    )
    if not connection.execute(counted).rowcount:
        raise operation_missing(operation_id)


def stage_delete(hub: Hub, user: User, operation_id: str, path: str) -> None:
    """Stages the deletion of a path, or of all below it where it ends in `/`."""
    check_path(path.removesuffix("/"))

    def job(connection: sa.Connection) -> None:
        load_operation(connection, user, operation_id)
        _count_up(connection, operation_id)
        connection.execute(_unstage(operation_id, path))
        row = {"operation_id": operation_id, "path": path}
        insert_missing(connection, staged_deletes, [row])

    hub.database.write(job)


def drop_operation(hub: Hub, user: User, operation_id: str) -> None:
    """Gives an operation up. One that is gone already is no error."""
    query = sa.select(assets.c.folder_id, assets.c.id).join(
        operations, operations.c.asset_id == assets.c.id
    )
    query = query.where(operations.c.id == operation_id, operations.c.user_id == user.id)

    def job(connection: sa.Connection) -> None:
        row = connection.execute(query).first()
        # Who has lost the asset may still give up; only the key may be too little for it.
        held = Level.NONE if row is None else cap(user, Level.OWNER, row.folder_id, row.id)
        if held:
            check_level(held, Level.EDIT, "operation not found")
            connection.execute(operations.delete().where(operations.c.id == operation_id))

    hub.database.write(job)


def guess_type(path: str) -> str:
    """The content type that a path's ending stands for."""
    stem, ending = posixpath.splitext(path)
    # `.tar.gz` and the like are two endings.
    return _type_of(posixpath.splitext(stem)[1] + ending)


@lru_cache(maxsize=1024)
def _type_of(endings: str) -> str:
    return mimetypes.guess_type("x" + endings, strict=False)[0] or "application/octet-stream"


def _unstage(operation_id: str, path: str) -> sa.Delete:
    own = staged_puts.delete().where(staged_puts.c.operation_id == operation_id)
    if not path.endswith("/"):
        return own.where(staged_puts.c.path == path)
    # '0' follows '/', so this range holds just the paths below the directory.
    return own.where(staged_puts.c.path >= path, staged_puts.c.path < path[:-1] + "0")


def _staged_row(operation_id: str, entry: Entry) -> dict[str, object]:
    return {
        "operation_id": operation_id,
        "path": entry.path,
        "size": entry.size,
        "sha256": entry.checksum,
        "mtime": entry.mtime,
        "content_type": entry.content_type,
    }
