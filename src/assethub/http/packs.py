"""Packs: many small files in one body.

A pack is the length of its head in four bytes (big-endian), the head in JSON, which lists the
files, and then the bytes of each file in that order.
"""

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from assethub.core.repository.contents import Place
from assethub.core.repository.objects import Content
from assethub.core.repository.staging import MOST_ENTRIES, File, check_paths
from assethub.errors import HubError, InvalidInput, TooLarge
from assethub.http.bodies import take_body
from assethub.http.limits import LARGEST_PACK_CONTENT, LARGEST_PACK_HEAD, PACK_TYPE
from assethub.store.blobs import CHUNK_BYTES, Blob, BlobStore, BlobWriter

_LENGTH = struct.Struct(">I")


class ReceivedPack(NamedTuple):
    """A pack in the store: a blob of the files' bytes, one after another."""

    blob: Blob
    files: list[File]


async def receive_pack(request: Request, blobs: BlobStore) -> ReceivedPack:
    """Writes the files of a pack to the store as they arrive, into one blob, durable.

    Raises InvalidInput where the body is no such pack; nothing is left behind then.
    """
    if request.headers.get("content-type", "") != PACK_TYPE:
        raise InvalidInput(f"the body must be of the type {PACK_TYPE}", code="invalid_pack")
    with blobs.create() as writer:
        pack = _Pack(writer)
        await take_body(request, pack.feed)

        def finish() -> ReceivedPack:
            pack.end()
            return ReceivedPack(writer.commit(), pack.files)

        return await run_in_threadpool(finish)


def send_pack(blobs: BlobStore, contents: Sequence[Content]) -> Response:
    """The answer that is a pack of objects; its head lists the path, size and SHA-256 of each.

    Raises TooLarge where they have more bytes than a pack may.
    """
    size = sum(content.entry.size for content in contents)
    if size > LARGEST_PACK_CONTENT:
        raise _too_large()
    listed = [(entry.path, entry.size, entry.checksum) for entry, _ in contents]
    head = json.dumps(listed, ensure_ascii=False, separators=(",", ":")).encode()
    head = _LENGTH.pack(len(head)) + head
    body = chain([head], _gather(_read(blobs, [place for _, place in contents])))
    length = str(len(head) + size)
    return StreamingResponse(body, headers={"Content-Length": length}, media_type=PACK_TYPE)


def _read(blobs: BlobStore, places: Iterable[Place]) -> Iterator[bytes]:
    """The bytes at some places, one after another; those that lie so are read together."""
    address, start, end = "", 0, 0
    for place in places:
        if (place.address, place.offset) != (address, end):
            if start < end:
                yield from blobs.read(address, start, end - start)
            address, start = place.address, place.offset
        end = place.offset + place.length
    if start < end:
        yield from blobs.read(address, start, end - start)


def _gather(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of at least 1 MiB, but for the last."""
    gathered: list[bytes] = []
    size = 0
    for chunk in chunks:
        gathered.append(chunk)
        size += len(chunk)
        if size >= CHUNK_BYTES:
            yield b"".join(gathered)
            gathered.clear()
            size = 0
    yield b"".join(gathered)


class _Pack:
    """Takes a pack apart as it comes."""

    def __init__(self, writer: BlobWriter) -> None:
        self.files: list[File] = []
        self._writer = writer
        self._head = b""
        self._entries: list[tuple[str, int]] | None = None
        self._hash = sha256()
        self._missing = 0

    def feed(self, data: bytes) -> None:
        rest = memoryview(data)
        if self._entries is None:
            rest = self._feed_head(data)
        if self._entries is not None and rest:
            self._writer.write(rest)
            self._feed_files(rest)

    def end(self) -> None:
        if self._entries is None or len(self.files) < len(self._entries):
            raise _invalid("it ends too early")

    def _feed_head(self, data: bytes) -> memoryview:
        """Adds to the head; what follows the head, where that is whole."""
        self._head += data
        if len(self._head) < _LENGTH.size:
            return memoryview(b"")
        end = _LENGTH.size + _LENGTH.unpack_from(self._head)[0]
        if end > _LENGTH.size + LARGEST_PACK_HEAD:
            raise _invalid(f"its head has at most {LARGEST_PACK_HEAD} bytes")
        if len(self._head) < end:
            return memoryview(b"")
        self._entries = _read_head(self._head[_LENGTH.size : end])
        rest, self._head = memoryview(self._head)[end:], b""
        self._begin_file()
        return rest

    def _begin_file(self) -> None:
        """Goes on to the next file that has bytes, past those that have none."""
        entries = self._entries or []
        while len(self.files) < len(entries):
            self._hash = sha256()
            self._missing = entries[len(self.files)][1]
            if self._missing:
                return
            self._end_file()

    def _end_file(self) -> None:
        path, size = (self._entries or [])[len(self.files)]
        self.files.append(File(path, size, self._hash.hexdigest()))

    def _feed_files(self, rest: memoryview) -> None:
        while rest:
            if not self._missing:
                raise _invalid("more bytes follow than its head says")
            piece = rest[: self._missing]
            self._hash.update(piece)
            self._missing -= len(piece)
            rest = rest[len(piece) :]
            if not self._missing:
                self._end_file()
                self._begin_file()


def _read_head(head: bytes) -> list[tuple[str, int]]:
    try:
        listed = json.loads(head)
    except (ValueError, RecursionError) as error:
        raise _invalid("its head is no JSON") from error
    if not isinstance(listed, list) or not all(_is_entry(entry) for entry in listed):
        raise _invalid("its head must be a list of [path, size]")
    if len(listed) > MOST_ENTRIES:
        raise _invalid(f"it has at most {MOST_ENTRIES} files")
    if sum(size for _, size in listed) > LARGEST_PACK_CONTENT:
        raise _too_large()
    check_paths(path for path, _ in listed)
    return [(path, size) for path, size in listed]


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 2
        and isinstance(entry[0], str)
        and type(entry[1]) is int
        and entry[1] >= 0
    )


def _invalid(problem: str) -> HubError:
    return InvalidInput(f"the pack cannot be read: {problem}", code="invalid_pack")


def _too_large() -> HubError:
    return TooLarge(f"the files of a pack have at most {LARGEST_PACK_CONTENT} bytes")
