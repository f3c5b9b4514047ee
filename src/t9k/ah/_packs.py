"""The framing in which many small files travel in one request, either way.

Four bytes, big-endian, say how long the head is; the head is a JSON list, an item for each file;
the files' bytes follow in its order, and nothing else.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ._errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PACK_TYPE = "application/vnd.assethub.pack"
_LENGTH = struct.Struct(">I")
_LONGEST_HEAD = 16 << 20


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


S = TypeVar("S", bound=_Sized)


def _size_of(file: _Sized) -> int:
    return file.size


def split_batches(
    files: Iterable[S],
    most_bytes: int,
    most_files: int,
    weight: Callable[[S], int] = _size_of,
) -> Iterator[list[S]]:
    """The files in order, in lists within both bounds; one that is too large is alone.

    `weight` is how many bytes of a file count.
    """
    batch: list[S] = []
    size = 0
    for file in files:
        weighs = weight(file)
        if batch and (size + weighs > most_bytes or len(batch) == most_files):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += weighs
    if batch:
        yield batch


def pack_head(items: list[tuple[str, int]]) -> bytes:
    """The length and the head of a pack of files with these paths and sizes."""
    from json import dumps

    head = dumps(items, ensure_ascii=False, separators=(",", ":")).encode()
    return _LENGTH.pack(len(head)) + head


def read_head(read: Callable[[int], bytes]) -> list[list[Any]]:
    """The items of a pack's head; `read` gives up to so many of the bytes that come next."""
    from json import loads

    (length,) = _LENGTH.unpack(read_exactly(read, _LENGTH.size))
    if length > _LONGEST_HEAD:
        raise DownloadError("The server's answer is no pack of files", code="invalid_pack")
    items: list[list[Any]] = loads(read_exactly(read, length))
    return items


def read_exactly(read: Callable[[int], bytes], size: int) -> bytes:
    """Just so many bytes; raises DownloadError where fewer come."""
    pieces = []
    while size:
        piece = read(size)
        if not piece:
            raise DownloadError("The server's answer ends too early", code="invalid_pack")
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
