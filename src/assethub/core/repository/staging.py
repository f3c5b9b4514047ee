"""Staging many files of an operation at once: those whose contents the hub has, and packs."""

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.repository.contents import (
    Place,
    drop_unused,
    find_known,
    find_places,
    save_contents,
)
from assethub.core.repository.operations import guess_type, load_operation, stage_entries
from assethub.core.values import check_path, now
from assethub.errors import InvalidInput
from assethub.store.blobs import Blob
from assethub.tree import Entry

MOST_ENTRIES = 10_000
_SECOND = 1_000_000


class File(NamedTuple):
    """A file to be staged: size in bytes, SHA-256 as 64 lower-case hex digits."""

    path: str
    size: int
    sha256: str


def check_paths(paths: Iterable[str]) -> None:
    """Raises InvalidInput for a bad path, and for one that comes twice."""
    seen: set[str] = set()
    for path in paths:
        if check_path(path) in seen:
            raise InvalidInput(f"path {path!r} comes twice in one request", code="duplicate_path")
        seen.add(path)


def stage_known(hub: Hub, user: User, operation_id: str, files: Sequence[File]) -> list[int]:
    """Stages those files whose bytes the hub has and the user may refer to.

    Returns the positions of the others, whose bytes are to be sent. One whose size differs from
    that of the bytes is among them.
    """
    check_paths(file.path for file in files)

    def job(connection: sa.Connection) -> list[int]:
        load_operation(connection, user, operation_id)
        known = find_known(connection, user, (file.sha256 for file in files))
        places = find_places(connection, known)
        sizes = {sha256: place.length for sha256, place in places.items()}
        there = [sizes.get(file.sha256) == file.size for file in files]
        stage_entries(connection, operation_id, _entries(compress(files, there)))
        return [position for position, is_there in enumerate(there) if not is_there]

    return hub.database.write(job)


def stage_pack(hub: Hub, user: User, operation_id: str, blob: Blob, files: Sequence[File]) -> None:
    """Stages files whose bytes lie one after another in a blob that the store has taken in.

    Bytes that the hub has already are kept where they are; if it had them all, the blob is deleted.
    """
    places, offset = [], 0
    for file in files:
        places.append(Place(file.sha256, blob.address, offset, file.size))
        offset += file.size
    places.sort()
    entries = _entries(files)

    def job(connection: sa.Connection) -> None:
        load_operation(connection, user, operation_id)
        save_contents(connection, user, places)
        stage_entries(connection, operation_id, entries)

    try:
        hub.database.write(job)
    finally:
        drop_unused(hub, blob)


def _entries(files: Iterable[File]) -> list[Entry]:
    mtime = now() // _SECOND
    return [
        Entry(file.path, file.size, file.sha256, mtime, guess_type(file.path)) for file in files
    ]
