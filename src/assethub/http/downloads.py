"""Sends an object's bytes: streamed, by range, or not at all where the client has them."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from assethub.core.repository.objects import Content
from assethub.errors import HubError
from assethub.store.blobs import BlobStore

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class _RangeNotSatisfiable(HubError):
    status = 416
    code = "range_not_satisfiable"


def send_content(request: Request, blobs: BlobStore, content: Content) -> Response:
    """The answer to a GET of an object: 200, 206 for one range, or 304 for a matching ETag.

    The ETag is the SHA-256 of the content. The bytes are never offered as a page to show.
    """
    entry = content.entry
    etag = f'"{entry.checksum}"'
    headers = {
        "ETag": etag,
        "Content-Type": entry.content_type,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename*=UTF-8''{_file_name(entry.path)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-cache",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    wanted = _wanted_range(request, etag, entry.size)
    if wanted is None:
        first, length, status = 0, entry.size, 200
    else:
        first, length, status = wanted[0], wanted[1] - wanted[0], 206
        headers["Content-Range"] = f"bytes {first}-{wanted[1] - 1}/{entry.size}"
    headers["Content-Length"] = str(length)
    path = blobs.local_path(content.place.address)
    if status == 200 and path is not None and path.stat().st_size == length:
        return _WholeFile(path, headers)
    body: Iterator[bytes] = blobs.read(content.place.address, content.place.offset + first, length)
    return StreamingResponse(body, status, headers)


class _WholeFile(Response):
    """A plain file, handed to the server by its path where that can send it by descriptor."""

    def __init__(self, path: Path, headers: dict[str, str]) -> None:
        super().__init__(headers=headers)
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "http.response.pathsend" not in scope.get("extensions", {}):
            body = StreamingResponse(_read_file(self._path), headers=dict(self.headers))
            await body(scope, receive, send)
            return
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        await send({"type": "http.response.pathsend", "path": str(self._path)})


def _read_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _wanted_range(request: Request, etag: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last that a Range header asks for; None for all.

    A header of another form, or for another version by If-Range, is passed over, as RFC 9110 says.
    """
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or request.headers.get("if-range", etag) != etag:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if first:
        start, end = int(first), min(int(last), size - 1) + 1 if last else size
        if last and int(last) < int(first):
            return None
    else:
        start, end = max(size - int(last), 0), size
    if start >= size or start >= end:
        raise _RangeNotSatisfiable(f"the object has {size} bytes; that range is not among them")
    return start, end


def _file_name(path: str) -> str:
    return quote(path.rsplit("/", 1)[-1], safe="")
