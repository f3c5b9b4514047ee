"""Contents: bytes by their SHA-256, stored once, and who may refer to them.

Knowing a hash grants nothing. A user may refer to what assets that they may view hold, and to what
they have sent themselves.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level, held_level
from assethub.core.values import now
from assethub.errors import NotFound
from assethub.store.blobs import Blob
from assethub.store.database import insert_missing, insert_or_replace
from assethub.store.guards import keep_collector_out
from assethub.store.tables import (
    asset_contents,
    assets,
    contents,
    folders,
    sent_contents,
    staged_puts,
)

_SECOND = 1_000_000
LIFE = 7 * 24 * 3600 * _SECOND
_AT_ONCE = 500


class Place(NamedTuple):
    """Where a content lies: `length` bytes at `offset` of the blob at `address`."""

    sha256: str
    address: str
    offset: int
    length: int


def save_contents(connection: sa.Connection, user: User, places: Sequence[Place]) -> None:
    """Keeps where contents lie that a user has sent; one that the hub has stays where it is."""
    keep_collector_out(connection)
    moment = now()
    rows = [{**place._asdict(), "created": moment} for place in places]
    insert_missing(connection, contents, rows)
    sent = [
        {"sha256": place.sha256, "user_id": user.id, "expires": moment + LIFE} for place in places
    ]
    insert_or_replace(connection, sent_contents, sent)


def keep_contents(connection: sa.Connection, asset_id: str, operation_id: str) -> None:
    """Notes that the commits of an asset hold what an operation has staged."""
    staged = sa.select(staged_puts.c.sha256, sa.literal(asset_id)).distinct()
    staged = staged.where(staged_puts.c.operation_id == operation_id)
    known = sa.select(asset_contents.c.sha256).where(asset_contents.c.asset_id == asset_id)
    connection.execute(
        asset_contents.insert().from_select(
            ["sha256", "asset_id"], staged.where(staged_puts.c.sha256.not_in(known))
        )
    )


def find_known(connection: sa.Connection, user: User, hashes: Iterable[str]) -> set[str]:
    """Those of the contents that the hub has and that the user may refer to.

    Where they are then referred to, that is done in the same transaction.
    """
    keep_collector_out(connection)
    wanted = sorted(set(hashes))
    found: set[str] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        query = {"hashes": wanted[start : start + _AT_ONCE], "asker": user.id, "moment": now()}
        if user.key is None or user.key.whole_account:
            found.update(connection.execute(_sent, query).scalars())
        found.update(connection.execute(_viewable_with(user), query).scalars())
    return found


_hashes: sa.BindParameter[Any] = sa.bindparam("hashes", expanding=True)
_sent = sa.select(sent_contents.c.sha256).where(
    sent_contents.c.sha256.in_(_hashes),
    sent_contents.c.user_id == sa.bindparam("asker"),
    sent_contents.c.expires > sa.bindparam("moment"),
)
_viewable = (
    sa.select(asset_contents.c.sha256)
    .join(assets, assets.c.id == asset_contents.c.asset_id)
    .join(folders, folders.c.id == assets.c.folder_id)
    .where(asset_contents.c.sha256.in_(_hashes), held_level() >= int(Level.VIEW))
)


def _viewable_with(user: User) -> "sa.Select[str]":
    """What a key of one folder or asset opens there; else what the user may view anywhere."""
    if user.key is None or user.key.whole_account:
        return _viewable
    if user.key.asset_id is not None:
        return _viewable.where(assets.c.id == user.key.asset_id)
    return _viewable.where(folders.c.id == user.key.folder_id)


def content_missing(sha256: str) -> NotFound:
    """What is said of a content that an asset holds, and the hub has lost."""
    return NotFound(f"content {sha256} not found", code="content_missing")


def find_places(connection: sa.Connection, hashes: Iterable[str]) -> dict[str, Place]:
    """Where those of the contents lie that the hub has, by their SHA-256."""
    wanted = sorted(set(hashes))
    found: dict[str, Place] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = connection.execute(_places, {"hashes": wanted[start : start + _AT_ONCE]})
        found.update((row.sha256, Place(*row)) for row in rows)
    return found


_places = sa.select(*(getattr(contents.c, field) for field in Place._fields)).where(
    contents.c.sha256.in_(_hashes)
)


def drop_unused(hub: Hub, blob: Blob) -> None:
    """Deletes a blob of one content just sent, where the hub had these bytes already."""
    with hub.database.read() as connection:
        used = connection.execute(
            sa.select(contents.c.sha256).where(contents.c.address == blob.address).limit(1)
        ).first()
    if used is None:
        hub.blobs.delete(blob.address)
