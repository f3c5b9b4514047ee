"""What the blobs and the parts in an object store share: one writer, and what its errors mean."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import obstore
import obstore.store
from obstore.exceptions import BaseError

from assethub.store.blobs import CHUNK_BYTES, StoreError, StoreFull

# A request ends by itself after 30 s. So a read is made of small ones that do not wait for whoever
# takes the chunks.
READ_BYTES = 8 * CHUNK_BYTES
# What S3 itself, MinIO, Ceph and others say when there is no room.
_FULL = re.compile(r"QuotaExceeded|StorageFull|InsufficientStorage|InsufficientCapacity|\b507\b")


class ObjectFile:
    """An object being written in pieces: there once it is closed.

    It holds up to `in_flight` + 1 pieces in memory, and S3 takes at most 10,000 of them.
    """

    def __init__(
        self,
        store: obstore.store.ObjectStore,
        url: str,
        key: str,
        *,
        piece_bytes: int,
        in_flight: int,
    ) -> None:
        self._doing = f"write to the store {url}"
        with translated(self._doing):
            self._file = obstore.open_writer(
                store, key, buffer_size=piece_bytes, max_concurrency=in_flight
            )

    def write(self, chunk: bytes | memoryview) -> None:
        with translated(self._doing):
            self._file.write(chunk)

    def close(self) -> None:
        with translated(self._doing):
            self._file.close()

    def drop(self) -> None:
        # Leaving its `with` by an exception is how a writer of obstore is told to drop the parts.
        try:
            self._file.__exit__(StoreError, StoreError("dropped"), None)
        except (BaseError, OSError, ValueError):
            return


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turns what obstore refuses into a StoreError that says what could not be done."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        kind = StoreFull if _FULL.search(str(error)) else StoreError
        raise kind(f"cannot {doing}: {_tell(error)}") from error


def _tell(error: Exception) -> str:
    """The first line of what obstore says, without the query of a URL, which can hold a key."""
    return re.sub(r"\?\S+", "", str(error).partition("\n")[0])
