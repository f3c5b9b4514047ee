"""The SHA-256 of bytes that arrive, worked out beside their arrival."""

from __future__ import annotations

import threading
from queue import Queue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_MOST_WAITING = 8


class HashingThread:
    """A SHA-256 worked out in a thread of its own, a few chunks behind at most."""

    def __init__(self) -> None:
        from hashlib import sha256

        self._digest = sha256()
        self._queue: Queue[bytes | None] = Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="ah-hash", daemon=True)

    def __enter__(self) -> HashingThread:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def update(self, chunk: bytes) -> None:
        """Hash some more; waits where the thread is far behind."""
        self._queue.put(chunk)

    def hexdigest(self) -> str:
        """The SHA-256 of all; nothing more can be hashed afterwards."""
        self._end()
        return self._digest.hexdigest()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (chunk := self._queue.get()) is not None:
            self._digest.update(chunk)
