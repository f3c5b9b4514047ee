"""Files read straight from the hub, by Range."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ._downloads import list_wanted
from ._errors import (
    ConnectionFailedError,
    DownloadError,
    InvalidInputError,
    NotFoundError,
    ReadOnlyError,
)
from ._patience import Patience

if TYPE_CHECKING:
    from ._connection import Connection
    from ._snapshots import Snapshot

# How much is fetched at least, and how far this grows while somebody reads on.
_LEAST_BYTES, _MOST_BYTES = 64 << 10, 8 << 20
_BUFFER_BYTES = io.DEFAULT_BUFFER_SIZE
_CHUNK_BYTES = 1 << 20


class ObjectFile(io.RawIOBase):
    """An object of one commit as a file of bytes that can be read and can seek.

    `name` is its path, `size` its length in bytes. What was fetched last is held, and what comes
    next is fetched ahead of one who reads on: twice as much each time.
    """

    def __init__(self, connection: Connection, route: str, path: str, size: int) -> None:
        """`route` is that of the commit's objects."""
        super().__init__()
        self.name = path
        self.mode = "rb"
        self.size = size
        self._connection = connection
        self._route = route
        self._position = 0
        self._held = bytearray()
        self._held_from = 0
        self._ahead = _LEAST_BYTES
        self._patience = Patience()

    def readable(self) -> bool:
        """True, as long as it is not closed."""
        self._check_open()
        return True

    def seekable(self) -> bool:
        """True, as long as it is not closed."""
        self._check_open()
        return True

    def tell(self) -> int:
        """Where the next byte is read, counted from the beginning."""
        self._check_open()
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, which may be behind the end; nothing is fetched."""
        self._check_open()
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}.get(whence)
        if base is None or base + offset < 0:
            raise ValueError(f"Cannot seek to {offset} with whence {whence}")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        """Read some of the bytes that come next, none at the end; returns how many."""
        self._check_open()
        target = memoryview(buffer).cast("B")[: max(0, self.size - self._position)]
        if not target:
            return 0
        if len(target) >= _MOST_BYTES:
            self._receive(target, self._position)
            self._held, self._held_from = bytearray(), self._position + len(target)
            self._position += len(target)
            return len(target)
        if not self._held_from <= self._position < self._held_to:
            self._fetch(len(target))
        start = self._position - self._held_from
        piece = self._held[start : start + len(target)]
        target[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def readall(self) -> bytes:
        """All that is left."""
        self._check_open()
        rest = bytearray(max(0, self.size - self._position))
        self._receive(memoryview(rest), self._position)
        self._position += len(rest)
        return bytes(rest)

    @property
    def _held_to(self) -> int:
        return self._held_from + len(self._held)

    def _fetch(self, amount: int) -> None:
        """Hold what begins at the position, so much at least."""
        reads_on = self._position == self._held_to > 0
        self._ahead = min(2 * self._ahead, _MOST_BYTES) if reads_on else _LEAST_BYTES
        # A buffer above this one asks for the rest of a read of whole blocks in a second call.
        length = min(max(amount + _BUFFER_BYTES, self._ahead), self.size - self._position)
        held = bytearray(length)
        self._receive(memoryview(held), self._position)
        self._held, self._held_from = held, self._position

    def _receive(self, target: memoryview, start: int) -> None:
        """Fill a stretch of memory with the bytes from there, going on where it breaks off."""
        got, attempts = 0, self._patience.start()
        while got < len(target):
            try:
                got += self._receive_some(target[got:], start + got)
                attempts = self._patience.start()
            except ConnectionFailedError:
                if not attempts.wait():
                    raise

    def _receive_some(self, target: memoryview, start: int) -> int:
        """Fill what can be filled by one request; returns how many bytes that were."""
        headers = {"Range": f"bytes={start}-{start + len(target) - 1}"}
        query = {"path": self.name}
        got = 0
        with self._connection.stream(
            "GET", self._route, query=query, headers=headers, patience=self._patience
        ) as answer:
            if answer.status != 206 and (start or len(target) < self.size):
                raise DownloadError(
                    f"The server sends the object {self.name} whole only, which a proxy before it "
                    "may cause",
                    code="no_ranges",
                )
            while got < len(target):
                try:
                    count = answer.read_into(target[got : got + _CHUNK_BYTES])
                except ConnectionFailedError:
                    if not got:
                        raise
                    break
                if not count:
                    raise DownloadError(f"The object {self.name} arrived cut short")
                got += count
        return got

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")


def open_object(
    snapshot: Snapshot,
    path: str,
    mode: str,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
) -> io.BufferedReader | io.TextIOWrapper:
    """An object opened to be read; see `Branch.open`."""
    if mode not in ("rb", "r", "rt"):
        raise ReadOnlyError(
            f"The mode must be 'rb' or 'r', not {mode!r}: what is committed does not change. "
            "Change a branch with its create_commit() or edit()"
        )
    if mode == "rb" and (encoding, errors, newline) != (None, None, None):
        raise InvalidInputError("encoding, errors and newline are for text, with the mode 'r'")
    raw: io.RawIOBase = _find(snapshot, path)[0]
    file: io.BufferedReader = io.BufferedReader(raw, _BUFFER_BYTES)
    if mode == "rb":
        return file
    return io.TextIOWrapper(file, encoding or "utf-8", errors, newline)


def read_object(snapshot: Snapshot, path: str) -> bytes:
    """All bytes of an object, checked; see `Branch.read_bytes`."""
    from hashlib import sha256

    file, checksum = _find(snapshot, path)
    content = file.readall()
    if sha256(content).hexdigest() != checksum:
        raise DownloadError(
            f"The object {path} arrived damaged: its SHA-256 is not that of the listing. "
            "Read it again",
            code="checksum_mismatch",
        )
    return content


def _find(snapshot: Snapshot, path: str) -> tuple[ObjectFile, str]:
    """An object of the commit that is pointed at now, and its SHA-256; raises NotFoundError."""
    commit = snapshot._current_commit()
    # In byte order the path itself comes before all that begin with it.
    found = list_wanted(snapshot._connection, snapshot.asset.id, commit, path, 1)
    if not found or found[0].path != path:
        raise NotFoundError(
            f"There is no object {path} in {snapshot.path}", code="object_not_found"
        )
    route = snapshot._objects_route(commit)
    file = ObjectFile(snapshot._connection, route, path, found[0].size)
    return file, found[0].sha256
