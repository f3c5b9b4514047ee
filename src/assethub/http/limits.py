"""Keeps request bodies within bounds, before anything reads them whole."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 16 * 1024 * 1024


class BodyLimit:
    """Refuses a body of more than 16 MiB with 413, but for uploads, which are streamed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_upload(scope):
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        taken = int(declared) if declared.isdigit() else 0

        async def limited() -> Message:
            nonlocal taken
            # What was declared is counted before it comes, what was not as it comes.
            message = await receive() if taken <= LARGEST_BODY else {}
            if not declared:
                taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                raise HTTPException(413, f"A request has at most {LARGEST_BODY} bytes")
            return message

        await self._app(scope, limited, send)


def _is_upload(scope: Scope) -> bool:
    content_type = Headers(scope=scope).get("content-type", "")
    return bool(scope["method"] == "PUT") and content_type.startswith("multipart/form-data")
