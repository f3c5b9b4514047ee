"""The SHA-256 of bytes that arrive, worked out beside their arrival."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_BUFFERS, _BUFFER_BYTES = 6, 1 << 20


class HashingThread:
    """A SHA-256 worked out in a thread of its own, a few buffers behind at most.

    The buffers are used again and again: memory that is new each time costs the system as much as
    receiving into it.
    """

    def __init__(self) -> None:
        from hashlib import sha256

        self._digest = sha256()
        self._filled: SimpleQueue[tuple[memoryview, int]] = SimpleQueue()
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        for _ in range(_BUFFERS):
            self._free.put(memoryview(bytearray(_BUFFER_BYTES)))
        self._buffer: memoryview | None = None
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

    @property
    def buffer(self) -> memoryview:
        """Room for what comes next; waits where the thread is far behind."""
        if self._buffer is None:
            self._buffer = self._free.get()
        return self._buffer

    def update(self, count: int) -> None:
        """Hash so many bytes of the buffer, which may still be read until the next is taken."""
        self._filled.put((self.buffer, count))
        self._buffer = None

    def hexdigest(self) -> str:
        """The SHA-256 of all; nothing more can be hashed afterwards."""
        self._end()
        return self._digest.hexdigest()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._filled.put((memoryview(b""), 0))
            self._thread.join()

    def _run(self) -> None:
        while True:
            buffer, count = self._filled.get()
            if not count:
                return
            self._digest.update(buffer[:count])
            self._free.put(buffer)
