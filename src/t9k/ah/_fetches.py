"""Contents on their way from the hub, each written aside and verified."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import partial
from io import FileIO
from typing import TYPE_CHECKING, Any

from ._errors import DownloadError
from ._hashing import HashingThread
from ._packs import read_exactly, read_head

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._connection import Connection
    from ._downloads import Wanted
    from ._progress import Progress
    from ._workers import Workers

SMALL_BYTES = 256 << 10
# A file of at least so many bytes that was begun is left for the next run to go on with.
_RESUMED_BYTES = 8 << 20


class Fetch:
    """Fetches objects of one commit, and hands each over as a temporary file beside its place."""

    def __init__(
        self,
        connection: Connection,
        route: str,
        workers: Workers,
        progress: Progress,
        places: dict[str, str],
        hand_over: Callable[[Wanted, str], None],
    ) -> None:
        self._connection = connection
        self._route = route
        self._workers = workers
        self._progress = progress
        self._places = places
        self._hand_over = hand_over

    def fetch_pack(self, batch: Sequence[Wanted]) -> None:
        """Fetch many small objects in one request."""
        paths = [wanted.path for wanted in batch]
        items, content = self._workers.patience.insist(partial(self._receive_pack, paths))
        if [item[0] for item in items] != paths:
            raise DownloadError("The server's answer holds other objects", code="invalid_pack")
        at = 0
        for wanted, (_, size, _) in zip(batch, items, strict=True):
            self._workers.check()
            self._write_small(wanted, content[at : at + size])
            at += size
        self._progress.advance(at, len(batch))

    def _receive_pack(self, paths: list[str]) -> tuple[list[list[Any]], memoryview]:
        """The head of a pack of these objects, and their bytes."""
        patience = self._workers.patience
        with self._connection.stream(
            "POST", f"{self._route}/pack", json={"paths": paths}, patience=patience
        ) as answer:
            items = read_head(answer.read)
            size = sum(item[1] for item in items)
            return items, memoryview(read_exactly(answer.read, size))

    def _write_small(self, wanted: Wanted, content: memoryview) -> None:
        from hashlib import sha256

        if sha256(content).hexdigest() != wanted.sha256:
            raise _damaged(wanted)
        temporary = temporary_name(self._places[wanted.path])
        try:
            with open(temporary, "xb", buffering=0) as file:
                _write_all(file, content)
            self._hand_over(wanted, temporary)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    def fetch_file(self, wanted: Wanted) -> None:
        """Fetch one object, going on where an earlier run or a broken connection has ended."""
        partial = _open_partial(self._places[wanted.path], wanted)
        try:
            with partial:
                digest = self._fill(partial, wanted)
            if digest != wanted.sha256:
                os.unlink(partial.name)
                raise _damaged(wanted)
            self._hand_over(wanted, partial.name)
        except BaseException:
            with contextlib.suppress(OSError):
                if os.path.getsize(partial.name) < _RESUMED_BYTES:
                    os.unlink(partial.name)
            raise
        self._progress.advance(0, 1)

    def _fill(self, file: FileIO, wanted: Wanted) -> str:
        """Bring a file to its whole length; returns its SHA-256."""
        with HashingThread() as hashing:
            while count := file.readinto(hashing.buffer):
                self._workers.check()
                hashing.update(count)
            self._progress.advance(file.tell())
            if file.tell() < wanted.size:
                receive = partial(self._receive, file, wanted, hashing)
                self._workers.patience.insist(receive, file.tell)
            return hashing.hexdigest()

    def _receive(self, file: FileIO, wanted: Wanted, hashing: HashingThread) -> None:
        start = file.tell()
        with self._connection.stream(
            "GET",
            self._route,
            query={"path": wanted.path},
            headers={"Range": f"bytes={start}-"} if start else {},
            patience=self._workers.patience,
        ) as answer:
            if start and answer.status != 206:
                raise DownloadError(
                    f"The server sends the object {wanted.path} from its beginning only, which a "
                    "proxy before it may cause",
                    code="no_ranges",
                )
            while count := answer.read_into(hashing.buffer[: wanted.size - file.tell()]):
                self._workers.check()
                chunk = hashing.buffer[:count]
                hashing.update(count)
                _write_all(file, chunk)
                self._progress.advance(count)
        if file.tell() < wanted.size:
            raise DownloadError(f"The object {wanted.path} arrived cut short")


def temporary_name(place: str) -> str:
    """A name beside a place that nothing has."""
    import secrets

    directory, _ = os.path.split(place)
    return os.path.join(directory, f".ah-{secrets.token_hex(8)}.part")


def _open_partial(place: str, wanted: Wanted) -> FileIO:
    """The file of what came of an object so far, for this process alone; it may be empty.

    Its name says the content and the place, so that a later run finds it.
    """
    from hashlib import sha256

    directory, name = os.path.split(place)
    mark = sha256(os.fsencode(name)).hexdigest()[:8]
    path = os.path.join(directory, f".ah-{wanted.sha256[:32]}-{mark}.part")
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    file = FileIO(path, "r+b", opener=lambda name, _: os.open(name, flags, 0o666))
    if not _lock(file):
        # Another process is at it.
        file.close()
        return FileIO(temporary_name(place), "x+b")
    if os.fstat(file.fileno()).st_size > wanted.size:
        file.truncate(0)
    return file


def _lock(file: FileIO) -> bool:
    """Take a file for this process until it is closed; False where that is too late."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file.fileno()), os.stat(file.name))
    except OSError:
        return False


def _write_all(file: FileIO, view: memoryview) -> None:
    while view:
        view = view[file.write(view) :]


def _damaged(wanted: Wanted) -> DownloadError:
    return DownloadError(
        f"The object {wanted.path} arrived damaged: its SHA-256 is not that of the listing. "
        "Download it again",
        code="checksum_mismatch",
    )
