"""Hashes an upload's file in order while its parts arrive in any order."""

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from hashlib import sha256
from pathlib import Path
from threading import Condition

from assethub.store.blobs import CHUNK_BYTES
from assethub.store.parts import Part


class Follower:
    """The SHA-256 of the parts of a file, as far as they are there from the first one on.

    What was hashed is known by its etag: a part that was written anew since is noticed at the end,
    and all is hashed again.
    """

    def __init__(self, path: Path, threads: Executor) -> None:
        self.path = path
        self._threads = threads
        self._state = Condition()
        self._waiting: dict[int, Part] = {}
        self._running = False
        self._restart()

    def add(self, parts: Sequence[Part]) -> None:
        """Notes parts that are in the file, and goes on in the background as far as they reach."""
        with self._state:
            self._waiting.update((part.number, part) for part in parts)
            if self._running or len(self._hashed) + 1 not in self._waiting:
                return
            self._running = True
        self._threads.submit(self._run)

    def finish(self, parts: Sequence[Part]) -> str:
        """The SHA-256 of the whole file, which is made of these parts in order.

        Raises OSError where it cannot be read, EOFError where it is too short.
        """
        with self._state:
            self._waiting.clear()
            self._state.wait_for(lambda: not self._running)
            self._running = True
        try:
            if [part.etag for part in parts[: len(self._hashed)]] != self._hashed:
                self._restart()
            for part in parts[len(self._hashed) :]:
                self._hash_part(part)
            return self._digest.hexdigest()
        except BaseException:
            self._restart()
            raise
        finally:
            with self._state:
                self._running = False
                self._state.notify_all()

    def _restart(self) -> None:
        self._digest = sha256()
        self._hashed: list[str] = []
        self._position = 0

    def _run(self) -> None:
        while True:
            with self._state:
                part = self._waiting.pop(len(self._hashed) + 1, None)
                if part is None:
                    self._running = False
                    self._state.notify_all()
                    return
            try:
                self._hash_part(part)
            except (OSError, EOFError):
                # Whoever finishes begins anew, and meets it again if it lasts.
                self._restart()
                self._waiting.clear()

    def _hash_part(self, part: Part) -> None:
        end = self._position + part.size
        buffer = memoryview(bytearray(CHUNK_BYTES))
        with self.path.open("rb", buffering=0) as file:
            while self._position < end:
                wanted = buffer[: min(CHUNK_BYTES, end - self._position)]
                count = os.preadv(file.fileno(), [wanted], self._position)
                if not count:
                    raise EOFError(f"{self.path} is too short")
                self._digest.update(wanted[:count])
                self._position += count
        self._hashed.append(part.etag)
