"""Taking in one part of an upload."""

from contextlib import ExitStack
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.repository.operations import load_operation
from assethub.core.repository.turns import Turn
from assethub.core.repository.uploads import MOST_PARTS, Upload, load_upload
from assethub.core.values import check_path
from assethub.errors import InvalidInput
from assethub.store.database import insert_or_replace
from assethub.store.parts import Part, PartWriter
from assethub.store.tables import upload_parts, uploads


class Asked(NamedTuple):
    """Which part of which upload a request brings, and for what."""

    operation_id: str
    path: str
    upload_id: str
    number: int


class PartIntake:
    """Takes in one part: `open` it, `write` its bytes, `commit`, and `close` in any case.

    A part that is there already of an announced upload is taken and thrown away: the whole is
    checked at the end. One request at a time writes a part. Its methods raise InvalidInput where
    the part is too long or too short, and Unavailable where another request has taken its turn.
    """

    def __init__(self, hub: Hub, user: User, asked: Asked) -> None:
        self._hub, self._user, self._asked = hub, user, asked
        check_path(asked.path)
        if not 1 <= asked.number <= MOST_PARTS:
            raise InvalidInput(f"parts are numbered from 1 to {MOST_PARTS}", code="invalid_part")
        self._taken = 0
        self._there: Part | None = None
        self._most: int | None = None
        self._least = 1
        self._held = ExitStack()
        self._turn: Turn | None = None
        self._writer: PartWriter | None = None

    def open(self) -> None:
        """Takes the turn to write the part; raises what `commit` would, as far as can be told."""
        number = self._asked.number
        self._turn = self._held.enter_context(self._hub.turns.write(self._asked.upload_id, number))
        with self._hub.database.read() as connection:
            upload = self._load(connection)
            self._there = _find_part(connection, upload.id, number)
        self._set_bounds(upload)
        if self._there is None or upload.sha256 is None:
            self._writer = self._open_writer(upload)

    def close(self) -> None:
        """Drops what was not committed, and ends the turn."""
        self._held.close()

    def check_length(self, length: int) -> None:
        """Raises InvalidInput where a part of so many bytes cannot be this one."""
        if length < self._least or (self._most is not None and length > self._most):
            most = "or more" if self._most is None else f"to {self._most}"
            wanted = f"{self._least}" if self._least == self._most else f"{self._least} {most}"
            raise InvalidInput(
                f"part {self._asked.number} has {wanted} bytes, not {length}", code="invalid_part"
            )

    def write(self, data: bytes) -> None:
        """Adds bytes."""
        self._taken += len(data)
        if self._most is not None and self._taken > self._most:
            self.check_length(self._taken)
        if self._writer is not None and self._turn is not None:
            with self._turn.step():
                self._writer.write(data)

    def commit(self) -> str:
        """Ends the part, which is durable now; returns its etag."""
        self.check_length(self._taken)
        if self._writer is not None and self._turn is not None:
            with self._turn.step():
                self._there = part = self._writer.commit()
                self._hub.database.write(lambda connection: self._record(connection, part))
            self._hub.blobs.parts.hash_ahead(self._asked.upload_id, [part])
        return self._there.etag if self._there else ""

    def _load(self, connection: sa.Connection) -> Upload:
        load_operation(connection, self._user, self._asked.operation_id)
        return load_upload(connection, self._user, self._asked.upload_id)

    def _set_bounds(self, upload: Upload) -> None:
        number = self._asked.number
        if upload.part_size is None:
            if number > 1:
                raise InvalidInput(
                    "the first part has to come first, since its length is that of the others",
                    code="invalid_part",
                )
            return
        self._most = upload.part_size
        if upload.size is None or upload.last is None:
            return
        if number > upload.last:
            raise InvalidInput(
                f"the file has {upload.last} parts, no part {number}", code="invalid_part"
            )
        if number == upload.last:
            self._most = upload.size - (number - 1) * upload.part_size
        self._least = self._most

    def _open_writer(self, upload: Upload) -> PartWriter:
        number = self._asked.number
        if self._there is not None:
            # From now on it is neither what it was nor what it will be.
            gone = upload_parts.delete().where(
                upload_parts.c.upload_id == upload.id, upload_parts.c.number == number
            )
            self._hub.database.write(lambda connection: connection.execute(gone).rowcount)
        offset = (number - 1) * (upload.part_size or 0)
        return self._held.enter_context(self._hub.blobs.parts.write(upload.id, number, offset))

    def _record(self, connection: sa.Connection, part: Part) -> None:
        upload = self._load(connection)
        if upload.part_size is None:
            known = uploads.update().where(uploads.c.id == upload.id)
            connection.execute(known.values(part_size=part.size))
        insert_or_replace(connection, upload_parts, [{"upload_id": upload.id, **part._asdict()}])


def _find_part(connection: sa.Connection, upload_id: str, number: int) -> Part | None:
    columns = [getattr(upload_parts.c, field) for field in Part._fields]
    query = sa.select(*columns).where(
        upload_parts.c.upload_id == upload_id, upload_parts.c.number == number
    )
    row = connection.execute(query).first()
    return None if row is None else Part(*row)
