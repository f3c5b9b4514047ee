"""Packs that are mostly dead: what still lives in them is copied into new ones."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.maintenance.usage import places_in
from assethub.core.repository.contents import Place
from assethub.store.blobs import BlobNotFound, BlobStore, BlobWriter, DiskFailed
from assethub.store.tables import contents

_PACK_BYTES = 64 * 1024 * 1024
_MOST_ENTRIES = 10_000


class _Move(NamedTuple):
    """A content that was copied, and where it lies now."""

    place: Place
    address: str
    offset: int


def repack(hub: Hub, addresses: Sequence[str]) -> None:
    """Copies the contents that lie in these blobs, each verified, and lets the hub find the copies.

    The blobs stay for those who read them. So does in them what is damaged or moved by another.
    """
    places = (place for address in addresses for place in places_in(hub, address))
    while moves := _copy_some(hub.blobs, places):
        hub.database.write(lambda connection: _move(connection, moves))


def _copy_some(blobs: BlobStore, places: Iterator[Place]) -> list[_Move]:
    """One new pack, and what was copied into it; nothing where no more places are left."""
    copied: list[tuple[Place, int]] = []
    offset = 0
    with blobs.create() as writer:
        for place in places:
            written, whole = _copy(blobs, place, writer)
            if whole:
                copied.append((place, offset))
            offset += written
            if offset >= _PACK_BYTES or len(copied) >= _MOST_ENTRIES:
                break
        if not copied:
            return []
        blob = writer.commit()
    return [_Move(place, blob.address, start) for place, start in copied]


def _copy(blobs: BlobStore, place: Place, writer: BlobWriter) -> tuple[int, bool]:
    """The number of bytes written, and whether they are the content."""
    digest, written = sha256(), 0
    try:
        for chunk in blobs.read(place.address, place.offset, place.length):
            writer.write(chunk)
            digest.update(chunk)
            written += len(chunk)
    except (BlobNotFound, DiskFailed):
        return written, False
    return written, digest.hexdigest() == place.sha256


def _move(connection: sa.Connection, moves: Sequence[_Move]) -> None:
    old = contents.c
    statement = contents.update().where(
        old.sha256 == sa.bindparam("hash"),
        old.address == sa.bindparam("old_address"),
        old.offset == sa.bindparam("old_offset"),
    )
    connection.execute(
        statement.values(address=sa.bindparam("new_address"), offset=sa.bindparam("new_offset")),
        [
            {
                "hash": move.place.sha256,
                "old_address": move.place.address,
                "old_offset": move.place.offset,
                "new_address": move.address,
                "new_offset": move.offset,
            }
            for move in moves
        ],
    )
