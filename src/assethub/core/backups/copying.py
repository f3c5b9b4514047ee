"""Copies blobs from store to store under their addresses, each content checked on the way."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from threading import Event
from typing import Any, NamedTuple

from assethub.core.repository.contents import Place
from assethub.errors import HubError
from assethub.store.blobs import BlobNotFound, BlobStore, DiskFailed
from assethub.store.rows import Rows
from assethub.store.scratch import Sizes

_THREADS = 4
_MOST_WAITING = 2 * _THREADS
# Called with how many bytes in use went by.
Progress = Callable[[int], None]


class Filled(NamedTuple):
    """A blob, and the contents that lie in it, in order."""

    address: str
    places: list[Place]

    @property
    def used(self) -> int:
        """How many bytes are in use."""
        return sum(place.length for place in self.places)


class BlobDamaged(HubError):
    """A blob is missing, cannot be read, or holds other bytes than it should."""

    code = "blob_damaged"

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"blob {address} {reason}")
        self.address = address


OnDamage = Callable[[BlobDamaged], None]


@dataclass
class Copied:
    """What was copied: `blobs` and `size` in bytes. `damaged` is what is wrong, by address."""

    blobs: int = 0
    size: int = 0
    damaged: dict[str, str] = field(default_factory=dict)


def group_contents(contents: Rows) -> Iterator[Filled]:
    """The blobs in which contents lie, from the table's rows in the order of addresses."""
    at = [contents.head.names.index(name) for name in Place._fields]
    places = (Place(*(row[index] for index in at)) for row in contents.rows)
    for address, inside in groupby(places, key=lambda place: place.address):
        yield Filled(address, list(inside))


def copy_blobs(
    source: BlobStore,
    target: BlobStore,
    wanted: Iterable[Filled],
    there: Sizes,
    *,
    on_damage: OnDamage,
    progress: Progress,
) -> Copied:
    """Copies the blobs that are not `there` already, several at once.

    Of one that is damaged `on_damage` is told first: it is copied as it is, unless that raises.
    When this raises, others may be in the target.
    """
    result, stopped = Copied(), Event()
    pending: deque[tuple[Filled, Future[int]]] = deque()

    def copy(blob: Filled) -> int:
        return _copy(source, target, blob, stopped, on_damage)

    def settle() -> None:
        blob, future = pending.popleft()
        try:
            result.size += future.result()
            result.blobs += 1
        except _Noted as noted:
            result.size += noted.size
            result.blobs += noted.copied
            result.damaged[blob.address] = noted.reason
        progress(blob.used)

    with ThreadPoolExecutor(_THREADS, thread_name_prefix="copy") as threads:
        try:
            for blob in wanted:
                if _is_there(there, blob):
                    progress(blob.used)
                    continue
                pending.append((blob, threads.submit(copy, blob)))
                if len(pending) >= _MOST_WAITING:
                    settle()
            while pending:
                settle()
        except BaseException:
            stopped.set()
            for _, future in pending:
                future.cancel()
            raise
    return result


class _Noted(Exception):
    """A blob was damaged, and may be; it was copied as it is, or could not be read."""

    def __init__(self, reason: str, size: int, *, copied: bool) -> None:
        super().__init__(reason)
        self.reason, self.size, self.copied = reason, size, copied


class _Unreadable(Exception):
    """The source has a blob no more, or not all of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Stopped(Exception):
    """Another blob failed, or the user broke off."""


def _is_there(there: Sizes, blob: Filled) -> bool:
    size = there.get(blob.address)
    return size is not None and all(p.offset + p.length <= size for p in blob.places)


def _copy(
    source: BlobStore,
    target: BlobStore,
    blob: Filled,
    stopped: Event,
    on_damage: OnDamage,
) -> int:
    """The number of bytes copied; raises _Noted where the blob is damaged, and may be."""
    check = _Check(blob.places)
    try:
        with target.create(blob.address) as writer:
            for chunk in _read(source, blob.address):
                if stopped.is_set():
                    raise _Stopped
                check.feed(chunk)
                writer.write(chunk)
            reason = check.end()
            if reason is not None:
                on_damage(BlobDamaged(blob.address, reason))
            size = writer.commit().size
    except _Unreadable as error:
        damaged = BlobDamaged(blob.address, error.reason)
        on_damage(damaged)
        raise _Noted(damaged.text, 0, copied=False) from error
    if reason is not None:
        raise _Noted(f"blob {blob.address} {reason}", size, copied=True)
    return size


def _read(source: BlobStore, address: str) -> Iterator[bytes]:
    # What the target's disk fails to do is another matter.
    try:
        yield from source.read(address)
    except BlobNotFound as error:
        raise _Unreadable("is missing") from error
    except DiskFailed as error:
        raise _Unreadable(f"cannot be read ({error.text})") from error


class _Check:
    """Compares contents with their SHA-256 while the blob goes by."""

    def __init__(self, places: list[Place]) -> None:
        self._waiting = deque(place for place in places if place.length)
        self._open: list[tuple[Place, Any]] = []
        self._at = 0
        self._reason: str | None = None

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the blob."""
        view, start = memoryview(chunk), self._at
        self._at += len(chunk)
        while self._waiting and self._waiting[0].offset < self._at:
            self._open.append((self._waiting.popleft(), sha256()))
        still = []
        for place, digest in self._open:
            end = place.offset + place.length
            digest.update(view[max(place.offset - start, 0) : end - start])
            if end > self._at:
                still.append((place, digest))
            elif digest.hexdigest() != place.sha256:
                self._reason = f"holds other bytes at {place.offset} than were written"
        self._open = still

    def end(self) -> str | None:
        """What was wrong; None where each content was what it should be."""
        if self._open or self._waiting:
            return f"ends at byte {self._at}"
        return self._reason
