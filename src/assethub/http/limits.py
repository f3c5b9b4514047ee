"""Keeps request bodies within bounds, before anything reads them whole."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 16 * 1024 * 1024
LARGEST_PACK_HEAD = 16 * 1024 * 1024
LARGEST_PACK_CONTENT = 256 * 1024 * 1024
PACK_TYPE = "application/vnd.assethub.pack"
_PARTS = "/apis/v1/multipart/"
_LARGEST_PACK = 4 + LARGEST_PACK_HEAD + LARGEST_PACK_CONTENT


class BodyLimit:
    """Refuses a body of more than 16 MiB with 413; a pack may have more, a single upload any size.

    Both are streamed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        largest = _largest_body(scope) if scope["type"] == "http" else None
        if largest is None:
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        taken = int(declared) if declared.isdigit() else 0

        async def limited() -> Message:
            nonlocal taken
            # What was declared is counted before it comes, what was not as it comes.
            message = await receive() if taken <= largest else {}
            if not declared:
                taken += len(message.get("body", b""))
            if taken > largest:
                raise HTTPException(413, f"A request has at most {largest} bytes")
            return message

        await self._app(scope, limited, send)


def _largest_body(scope: Scope) -> int | None:
    """How many bytes a request may have; None for the uploads that count for themselves."""
    if scope["method"] != "PUT":
        return LARGEST_BODY
    content_type = Headers(scope=scope).get("content-type", "")
    if content_type == PACK_TYPE:
        return _LARGEST_PACK
    if content_type.startswith("multipart/form-data") or scope["path"].startswith(_PARTS):
        return None
    return LARGEST_BODY
