"""The rows of a table as a file of JSON lines, compressed: first the head, then a row a line."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from assethub.errors import HubError
from assethub.store.blobs import BlobNotFound, BlobStore
from assethub.store.rows import Head, Rows

_BUFFER_BYTES = 256 * 1024
# Of zlib: a quick compression, and the header of gzip.
_LEVEL, _GZIP = 1, 31
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class BackupDamaged(HubError):
    """A backup is not what was written, or not all of it is there."""

    code = "backup_damaged"


class Dump(NamedTuple):
    """All rows of a table, in the blob at `address`; size and SHA-256 are those of the blob."""

    table: str
    rows: int
    address: str
    size: int
    sha256: str


def write_dump(blobs: BlobStore, table: Rows) -> Dump:
    """Writes a table, row by row."""
    number = 0
    press = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    with blobs.create() as writer:
        waiting = [_encode(table.head)]
        length = 0
        for row in table.rows:
            number += 1
            line = _encode(row)
            waiting.append(line)
            length += len(line)
            if length >= _BUFFER_BYTES:
                writer.write(press.compress(_join(waiting)))
                waiting, length = [], 0
        writer.write(press.compress(_join(waiting)) + press.flush())
        blob = writer.commit()
    return Dump(table.head.table, number, blob.address, blob.size, blob.sha256)


def _join(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def read_dump(blobs: BlobStore, dump: Dump) -> Rows:
    """The rows again; raises BackupDamaged at the last of them where they are not as written."""
    source = _open(blobs, dump)
    lines = _lines(dump, source)
    head = next(lines, None)
    if head is None or head[0] != dump.table:
        raise _damaged(dump, "is that of another table")
    head = Head(head[0], tuple((column, kind) for column, kind in head[1]))
    return Rows(head, _rows(dump, source, lines))


def check_dump(blobs: BlobStore, dump: Dump) -> None:
    """Raises BackupDamaged where the file is not as it was written."""
    _open(blobs, dump).finish()


class _Source(io.RawIOBase):
    """A blob as a file, hashed on the way."""

    def __init__(self, dump: Dump, chunks: Iterator[bytes]) -> None:
        self._dump, self._chunks = dump, chunks
        self._rest = memoryview(b"")
        self._hash, self._size = sha256(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._hash.update(taken)
        self._size += len(taken)
        self._rest = self._rest[len(taken) :]
        return len(taken)

    def finish(self) -> None:
        """Reads to the end; raises BackupDamaged where that was not what had been written."""
        while self.read(_BUFFER_BYTES):
            pass
        if self._size != self._dump.size:
            raise _damaged(self._dump, f"has {self._size} bytes, not {self._dump.size}")
        if self._hash.hexdigest() != self._dump.sha256:
            raise _damaged(self._dump, "is not what was written to it")


def _open(blobs: BlobStore, dump: Dump) -> _Source:
    try:
        return _Source(dump, blobs.read(dump.address))
    except BlobNotFound as error:
        raise _damaged(dump, "is missing") from error


def _lines(dump: Dump, source: _Source) -> Iterator[Any]:
    try:
        with gzip.GzipFile(fileobj=io.BufferedReader(source, _BUFFER_BYTES)) as file:
            for line in file:
                yield json.loads(line)
    except (EOFError, OSError, zlib.error, ValueError) as error:
        raise _damaged(dump, "is not what was written to it") from error


def _rows(dump: Dump, source: _Source, lines: Iterator[Any]) -> Iterator[Sequence[Any]]:
    number = 0
    for row in lines:
        number += 1
        yield row
    source.finish()
    if number != dump.rows:
        raise _damaged(dump, f"has {number} rows, not {dump.rows}")


def _damaged(dump: Dump, what: str) -> BackupDamaged:
    return BackupDamaged(
        f"the backup is damaged: its file of the table {dump.table}, blobs/{dump.address}, {what}"
    )
