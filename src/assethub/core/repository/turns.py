"""Who writes which part of an upload: one request at a time, none while the parts are joined.

Between the requests of one process turns decide, and between processes the locks of the database.
A request that rests gives way to another of its process; one in another process ends it by its own
limits.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from assethub.errors import Unavailable
from assethub.store.locks import Locks, NoLocks

# A request from which nothing came for so long gives way to another for the same part.
_PATIENCE_SECONDS = 10.0


class Turn:
    """The right to write one part, until it ends or another request takes it over."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lost = False
        self._seen = time.monotonic()

    @contextmanager
    def step(self) -> Iterator[None]:
        """For the time of a `with` nobody takes the turn; raises Unavailable if one has."""
        with self._lock:
            if self._lost:
                raise _busy("another request sends this part now")
            self._seen = time.monotonic()
            yield
            self._seen = time.monotonic()

    def take_over(self, patience: float) -> bool:
        """Ends the turn once its step is done, if it has rested for `patience` seconds."""
        if not self._lock.acquire(timeout=0.0 if patience else -1):
            return False
        try:
            self._lost = time.monotonic() - self._seen >= patience
            return self._lost
        finally:
            self._lock.release()


class Turns:
    """The turns that this process has given out; `locks` keep other processes out."""

    def __init__(self, locks: Locks | None = None) -> None:
        self._locks = locks or NoLocks()
        self._lock = Lock()
        self._writing: dict[str, dict[int, Turn]] = {}
        self._joining: set[str] = set()

    @contextmanager
    def write(self, upload: str, number: int) -> Iterator[Turn]:
        """The turn to write a part. Raises Unavailable where another request is at it."""
        with (
            self._hold(_name(upload), "the upload is being finished", shared=True),
            self._hold(f"{_name(upload)}/{number}", "another request sends this part"),
            self._write(upload, number) as turn,
        ):
            yield turn

    @contextmanager
    def join(self, upload: str) -> Iterator[None]:
        """For the time of a `with` no part is written, and nobody else joins them."""
        with self._join(upload), self._hold(_name(upload), "another request is at this upload"):
            yield

    @contextmanager
    def _hold(self, name: str, reason: str, *, shared: bool = False) -> Iterator[None]:
        with self._locks.hold(name, shared=shared) as held:
            if not held:
                raise _busy(reason)
            yield

    @contextmanager
    def _write(self, upload: str, number: int) -> Iterator[Turn]:
        turn = Turn()
        with self._lock:
            if upload in self._joining:
                raise _busy("the upload is being finished")
            turns = self._writing.setdefault(upload, {})
            other = turns.get(number)
            if other is not None and not other.take_over(_PATIENCE_SECONDS):
                raise _busy("another request sends this part")
            turns[number] = turn
        try:
            yield turn
        finally:
            with self._lock:
                if turns.get(number) is turn:
                    del turns[number]
                if not turns and self._writing.get(upload) is turns:
                    del self._writing[upload]

    @contextmanager
    def _join(self, upload: str) -> Iterator[None]:
        with self._lock:
            if upload in self._joining:
                raise _busy("another request finishes this upload")
            self._joining.add(upload)
            turns = list(self._writing.get(upload, {}).values())
        try:
            for turn in turns:
                turn.take_over(0.0)
            yield
        finally:
            with self._lock:
                self._joining.discard(upload)


def _name(upload: str) -> str:
    return f"upload/{upload}"


def _busy(reason: str) -> Unavailable:
    return Unavailable(f"{reason}; try again in a while", code="upload_busy")
