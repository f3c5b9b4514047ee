"""Takes in bodies that are too large for memory."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from assethub.errors import InvalidInput
from assethub.store.blobs import CHUNK_BYTES


async def take_body(request: Request, take: Callable[[bytes], None]) -> None:
    """Hands a body on as it comes, in pieces of about 1 MiB, in a thread.

    Raises InvalidInput where the client goes away.
    """
    chunks: list[bytes] = []
    waiting = 0
    try:
        async for chunk in request.stream():
            chunks.append(chunk)
            waiting += len(chunk)
            if waiting >= CHUNK_BYTES:
                await run_in_threadpool(take, b"".join(chunks))
                chunks.clear()
                waiting = 0
    except ClientDisconnect as error:
        raise InvalidInput("the upload was cut off", code="upload_cut_off") from error
    if waiting:
        await run_in_threadpool(take, b"".join(chunks))
