"""Many files as one ZIP, put together while it is sent."""

import io
import re
import time
import zipfile
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from assethub.console.places import find_point
from assethub.console.visits import Visit
from assethub.core.repository import objects
from assethub.core.repository.objects import Content
from assethub.errors import NotFound, TooLarge
from assethub.store.blobs import BlobStore
from assethub.tree import Entry

MOST_FILES = 100_000
MOST_BYTES = 1 << 40
_CHUNK_BYTES = 1 << 20
# From here on a file's sizes need the form of ZIP that has room for them.
_LONG = 1 << 31
# The first second that a ZIP can name.
_FIRST = 315_532_800
# Programs of Windows take these for a way out of the folder.
_UNSAFE = re.compile(r"[\\:]")


def send_archive(visit: Visit) -> Response:
    """A ZIP of all files below a path at a reference.

    Raises NotFound where there are none, and TooLarge above 100,000 files or 1 TiB.
    """
    point = find_point(visit)
    path = visit.query.get("path", "").strip("/")
    prefix = f"{path}/" if path else ""
    of = (visit.hub, visit.user, point.asset.id, point.commit, prefix)
    found = objects.measure_objects(*of, MOST_FILES)
    if not found.count:
        raise NotFound("no files are there", code="object_not_found")
    if found.count > MOST_FILES or found.size > MOST_BYTES:
        raise TooLarge(f"a ZIP has at most {MOST_FILES} files", code="archive_too_large")
    name = "-".join(part for part in (point.asset.name, point.name, path) if part) + ".zip"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    strip = len(prefix) - len(path.rpartition("/")[2]) - 1 if path else 0
    body = write_zip(visit.hub.blobs, objects.stream_contents(*of), strip)
    return StreamingResponse(body, headers=headers, media_type="application/zip")


def write_zip(blobs: BlobStore, contents: Iterable[Content], strip: int = 0) -> Iterator[bytes]:
    """The bytes of a ZIP of the contents, stored as they are, without the first `strip`
    characters of their paths.
    """
    target = _Target()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for entry, place in contents:
            info = _describe(archive, entry, strip)
            with archive.open(info, "w", force_zip64=entry.size >= _LONG) as member:
                for chunk in blobs.read(place.address, place.offset, place.length):
                    member.write(chunk)
                    if target.waiting >= _CHUNK_BYTES:
                        yield target.take()
            if target.waiting >= _CHUNK_BYTES:
                yield target.take()
    yield target.take()


def _describe(archive: zipfile.ZipFile, entry: Entry, strip: int) -> zipfile.ZipInfo:
    name = _UNSAFE.sub("_", entry.path[strip:])
    while name in archive.NameToInfo:
        name += "_"
    info = zipfile.ZipInfo(name, time.gmtime(max(entry.mtime, _FIRST))[:6])
    info.file_size = entry.size
    info.external_attr = 0o644 << 16
    return info


class _Target(io.RawIOBase):
    """Where a ZIP is written to, and taken from while it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[bytes] = []
        self.waiting = 0

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._chunks.append(bytes(data))
        self.waiting += len(data)
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        self.waiting = 0
        return taken
