"""Files of the hub, read piece by piece as a preview needs them."""

import io
from collections import OrderedDict

from assethub.core.repository.objects import Content
from assethub.store.blobs import BlobStore

_BLOCK_BYTES = 64 * 1024
_BLOCKS_HELD = 16
# What one preview may ask of the store.
MOST_BYTES = 32 * 1024 * 1024


class Unreadable(Exception):
    """A file shows nothing. `code` says why.

    `broken`: it is not what its name says. `too_large`: a preview would take too much memory or
    reading. `too_slow`: it took too long.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class StoredFile(io.RawIOBase):
    """The bytes of an object as a file to read from, in blocks of 64 KiB.

    Raises Unreadable `too_large` once more than `MOST_BYTES` were read of it.
    """

    def __init__(self, blobs: BlobStore, content: Content) -> None:
        super().__init__()
        self._blobs = blobs
        self._place = content.place
        self.size = content.entry.size
        self._at = 0
        self._fetched = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(self.size - self._at, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        found = self._fetch(self._at, wanted) if wanted >= _BLOCK_BYTES else self._gather(wanted)
        self._at += len(found)
        return found

    def take(self, size: int) -> bytes:
        """Just so many bytes; raises Unreadable `broken` where the file ends before."""
        if size > MOST_BYTES:
            raise Unreadable("too_large" if size <= self.size - self._at else "broken")
        found = self.read(size)
        if len(found) < size:
            raise Unreadable("broken")
        return found

    def _gather(self, wanted: int) -> bytes:
        pieces, at, end = [], self._at, self._at + wanted
        while at < end:
            number, start = divmod(at, _BLOCK_BYTES)
            piece = self._block(number)[start : start + end - at]
            pieces.append(piece)
            at += len(piece)
        return b"".join(pieces)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            start = number * _BLOCK_BYTES
            self._blocks[number] = self._fetch(start, min(_BLOCK_BYTES, self.size - start))
            if len(self._blocks) > _BLOCKS_HELD:
                self._blocks.popitem(last=False)
        return self._blocks[number]

    def _fetch(self, offset: int, length: int) -> bytes:
        self._fetched += length
        if self._fetched > MOST_BYTES:
            raise Unreadable("too_large")
        if not length:
            return b""
        place = self._place
        data = b"".join(self._blobs.read(place.address, place.offset + offset, length))
        if len(data) != length:
            raise Unreadable("broken")
        return data
