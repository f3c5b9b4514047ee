"""Keeps requests within bounds, before anything reads them whole: their size and their time."""

import asyncio
import re
from contextlib import suppress
from time import monotonic

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assethub.errors import HubError

LARGEST_BODY = 16 * 1024 * 1024
LARGEST_PACK_HEAD = 16 * 1024 * 1024
LARGEST_PACK_CONTENT = 256 * 1024 * 1024
PACK_TYPE = "application/vnd.assethub.pack"
_LARGEST_PACK = 4 + LARGEST_PACK_HEAD + LARGEST_PACK_CONTENT
_PARTS = "/apis/v1/multipart/"
_SAMPLES = re.compile(r"/apis/v1/evaluations/(?:[^/]*/)?samples")
LARGEST_HEAD = 64 * 1024
# A body may rest for so long, and must come at so many bytes a second on the whole.
LONGEST_REST_SECONDS = 60.0
_SLOWEST_BYTES = 1000
# Under which the scope of a request holds how many bytes of its body were taken in.
RECEIVED = "assethub.received"


def check_head(scope: Scope) -> None:
    """Raises HeadTooLarge where the headers and the query have more than 64 KiB."""
    size = len(scope["query_string"]) + len(scope["raw_path"])
    for name, value in scope["headers"]:
        size += len(name) + len(value)
    if size > LARGEST_HEAD:
        raise HeadTooLarge(f"the head of a request has at most {LARGEST_HEAD} bytes")


class HeadTooLarge(HubError):
    """The request line and the headers have more bytes than the hub takes."""

    status = 431
    code = "head_too_large"


class BodyLimit:
    """Refuses a body of more than 16 MiB with 413; a pack may have more, other uploads any size.
    One that comes too slowly is refused with 408.

    Who is refused before the body is whole gets the answer after it: a client that is still sending
    when the connection closes would not see it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else None
        if headers is None or not _has_body(headers):
            await self._app(scope, receive, send)
            return
        body = _Body(scope, headers, receive)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.drain()
                if body.stuck:
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        try:
            await self._app(scope, body.receive, answer)
        finally:
            scope[RECEIVED] = body.taken


class _Body:
    """The body of one request, counted as it comes; what was declared is counted before."""

    def __init__(self, scope: Scope, headers: Headers, receive: Receive) -> None:
        declared = headers.get("content-length", "")
        self._declared = int(declared) if declared.isdigit() else None
        self._expects = "expect" in headers
        self._largest = _largest_body(scope, headers)
        self._receive = receive
        self._ended = False
        self._waited = 0.0
        self.taken = 0
        self.stuck = False

    async def receive(self) -> Message:
        self._check(self._declared or 0)
        message = await self._take()
        self._check(self.taken)
        return message

    async def drain(self) -> None:
        """Throws away the rest of the body, unless that is long or the client waits for a word."""
        if self.stuck or (self._expects and not self.taken):
            return
        most = _LARGEST_PACK if self._largest is None else self._largest
        if (self._declared or 0) <= most:
            while not self._ended and not self.stuck and self.taken <= most:
                with suppress(HTTPException):
                    await self._take()

    async def _take(self) -> Message:
        began = monotonic()
        left = LONGEST_REST_SECONDS + self.taken / _SLOWEST_BYTES - self._waited
        try:
            async with asyncio.timeout(min(left, LONGEST_REST_SECONDS)):
                message = await self._receive()
        except TimeoutError as error:
            self.stuck = True
            raise HTTPException(408, "The body of the request comes too slowly") from error
        self._waited += monotonic() - began
        self.taken += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        return message

    def _check(self, size: int) -> None:
        if self._largest is not None and size > self._largest:
            raise HTTPException(413, f"A request has at most {self._largest} bytes")


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _largest_body(scope: Scope, headers: Headers) -> int | None:
    """How many bytes a request may have; None for the uploads that count for themselves."""
    if scope["method"] in ("POST", "PUT") and _SAMPLES.fullmatch(scope["path"]):
        return None
    if scope["method"] != "PUT":
        return LARGEST_BODY
    content_type = headers.get("content-type", "")
    if content_type == PACK_TYPE:
        return _LARGEST_PACK
    if content_type.startswith("multipart/form-data") or scope["path"].startswith(_PARTS):
        return None
    return LARGEST_BODY
