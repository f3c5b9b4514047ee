"""Uploads: large files that come in parts, in any order, and can be taken up again."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.repository.contents import Place, drop_unused, save_contents
from assethub.core.repository.operations import check_put, guess_type, load_operation, stage_entries
from assethub.core.values import check_path, new_id, now
from assethub.errors import InvalidInput, NotFound
from assethub.store.blobs import BlobNotFound, make_address
from assethub.store.parts import Part, WrongChecksum
from assethub.store.tables import upload_parts, uploads
from assethub.tree import Entry

MOST_PARTS = 10_001
_SECOND = 1_000_000
_LIFE = 7 * 24 * 3600 * _SECOND
_MOST_DROPPED = 100


class Announcement(NamedTuple):
    """What a client knows at the start: size in bytes, SHA-256, bytes of each part but the last."""

    size: int
    sha256: str
    part_size: int


class Upload(NamedTuple):
    """A large file on its way; `address` is where its blob will lie.

    Size and SHA-256 are None where they were not announced. Then the first part's length is the
    size of parts, None until it is there.
    """

    id: str
    address: str
    size: int | None
    sha256: str | None
    part_size: int | None

    @property
    def last(self) -> int | None:
        """The number of the last part, where that is known from the start."""
        if self.size is None or self.part_size is None:
            return None
        return -(-self.size // self.part_size)


_columns = [getattr(uploads.c, field) for field in Upload._fields]
_part_columns = [getattr(upload_parts.c, field) for field in Part._fields]


def start_upload(
    hub: Hub, user: User, operation_id: str, path: str, announced: Announcement | None
) -> tuple[str, list[int]]:
    """Begins an upload, or takes up the user's own of the same announcement.

    Returns its id and the numbers of the parts that are there. It expires after a week.
    """
    check_put(hub, user, operation_id, path)
    if announced is not None and announced.size > announced.part_size * MOST_PARTS:
        raise InvalidInput(
            f"a file has at most {MOST_PARTS} parts: choose a larger partSize", code="invalid_part"
        )
    _drop_expired(hub)

    def job(connection: sa.Connection) -> str:
        load_operation(connection, user, operation_id)
        known = _find_announced(connection, user, announced) if announced else None
        if known is not None:
            return known
        told = announced._asdict() if announced else {}
        row = {"id": new_id(), "user_id": user.id, "key_id": _key_of(user)} | told
        row["address"] = make_address()
        connection.execute(uploads.insert(), row | {"expires": now() + _LIFE})
        return str(row["id"])

    id_ = hub.database.write(job)
    with hub.database.read() as connection:
        there = load_parts(connection, id_)
    hub.blobs.parts.hash_ahead(id_, there)
    return id_, [part.number for part in there]


def load_upload(connection: sa.Connection, user: User, id_: str) -> Upload:
    """The user's own unfinished upload; else NotFound."""
    query = sa.select(*_columns).where(uploads.c.id == id_, *_own(user), uploads.c.expires > now())
    row = connection.execute(query).first()
    if row is None:
        raise _upload_missing(id_)
    return Upload(*row)


def load_parts(connection: sa.Connection, upload_id: str) -> list[Part]:
    """The parts of an upload that are there, in order."""
    query = sa.select(*_part_columns).where(upload_parts.c.upload_id == upload_id)
    return [Part(*row) for row in connection.execute(query.order_by(upload_parts.c.number))]


def finish_upload(
    hub: Hub,
    user: User,
    operation_id: str,
    path: str,
    upload_id: str,
    listed: Sequence[tuple[int, str]],
) -> Entry:
    """Joins the parts, listed by number and etag, and stages them as the object at a path.

    Raises InvalidInput that names the first part that is missing or differs, and WrongChecksum
    where the whole is not what was announced: then the upload is dropped.
    """
    check_path(path)
    with hub.turns.join(upload_id):
        with hub.database.read() as connection:
            load_operation(connection, user, operation_id)
            upload = load_upload(connection, user, upload_id)
            parts = _match(upload, load_parts(connection, upload_id), listed)
        try:
            blob = hub.blobs.parts.join(upload_id, upload.address, parts, upload.sha256)
        except WrongChecksum:
            _drop(hub, upload_id)
            raise
        except BlobNotFound as error:
            _drop(hub, upload_id)
            raise _upload_missing(upload_id) from error
        entry = Entry(path, blob.size, blob.sha256, now() // _SECOND, guess_type(path))

        def job(connection: sa.Connection) -> None:
            load_operation(connection, user, operation_id)
            load_upload(connection, user, upload_id)
            save_contents(connection, user, [Place(blob.sha256, blob.address, 0, blob.size)])
            stage_entries(connection, operation_id, [entry])
            connection.execute(uploads.delete().where(uploads.c.id == upload_id))

        # If this fails the blob stays: the parts are found there when it is tried again.
        hub.database.write(job)
        drop_unused(hub, blob)
        hub.blobs.parts.drop(upload_id)
    return entry


def drop_orphans(hub: Hub) -> int:
    """Deletes the parts of uploads that are no more; returns of how many."""
    # Its row is there before an upload's first part.
    there = hub.blobs.parts.list_uploads()
    with hub.database.read() as connection:
        known = set(connection.execute(sa.select(uploads.c.id)).scalars())
    for id_ in there - known:
        hub.blobs.parts.drop(id_)
    return len(there - known)


def _match(
    upload: Upload, parts: Sequence[Part], listed: Sequence[tuple[int, str]]
) -> Sequence[Part]:
    """The parts that are listed, which must be all and as they are here."""
    there = {part.number: part for part in parts}
    etags = dict(listed)
    last = upload.last if upload.last is not None else max(etags, default=1)
    if len(etags) != len(listed) or len(etags) > last or last > MOST_PARTS:
        raise InvalidInput(
            f"the parts must be listed once each, from 1 to {last}", code="invalid_part"
        )
    for number in range(1, last + 1):
        if number not in there or number not in etags:
            raise InvalidInput(f"part {number} is missing", code="part_missing")
        # Who takes an announced upload up again does not know the etags of what is there.
        if etags[number] != there[number].etag and (etags[number] or upload.sha256 is None):
            raise InvalidInput(
                f"part {number} is not the one that was listed: its etag differs",
                code="part_differs",
            )
        if number < last and there[number].size != upload.part_size:
            raise InvalidInput(
                f"part {number} has {there[number].size} bytes, and only the last may have fewer "
                f"than {upload.part_size}",
                code="part_differs",
            )
    return parts[:last]


def _find_announced(connection: sa.Connection, user: User, announced: Announcement) -> str | None:
    query = sa.select(uploads.c.id).where(
        *_own(user),
        uploads.c.sha256 == announced.sha256,
        uploads.c.size == announced.size,
        uploads.c.part_size == announced.part_size,
        uploads.c.expires > now(),
    )
    return connection.execute(query.order_by(uploads.c.expires.desc()).limit(1)).scalar()


def _own(user: User) -> "tuple[sa.ColumnElement[bool], ...]":
    """That an upload is the user's own; a key for one folder or asset takes up none but its own."""
    key_id = _key_of(user)
    return uploads.c.user_id == user.id, uploads.c.key_id.is_not_distinct_from(key_id)


def _key_of(user: User) -> str | None:
    return None if user.key is None or user.key.whole_account else user.key.id


def _drop_expired(hub: Hub) -> None:
    expired = sa.select(uploads.c.id).where(uploads.c.expires <= now()).limit(_MOST_DROPPED)
    with hub.database.read() as connection:
        ids = list(connection.execute(expired).scalars())
    for id_ in ids:
        _drop(hub, id_)


def _drop(hub: Hub, upload_id: str) -> None:
    hub.blobs.parts.drop(upload_id)
    gone = uploads.delete().where(uploads.c.id == upload_id)
    hub.database.write(lambda connection: connection.execute(gone).rowcount)


def _upload_missing(id_: str) -> NotFound:
    return NotFound(
        "upload not found",
        code="upload_not_found",
        detail=f"upload {id_} is not there: it was finished, has expired, or its bytes are lost; "
        "start it again",
    )
