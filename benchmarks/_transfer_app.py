"""A bare app on the hub's own server: what a transfer reaches there at most.

`python -m benchmarks._transfer_app DIRECTORY` prints the port it serves on.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from assethub.server import run

CHUNK_BYTES = 1024 * 1024
DIRECTORY = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()


async def receive(request: Request) -> Response:
    """Hashes a body and writes it to a file in threads, about a MiB at a time.

    With `?durable=1` it is on the disk at the end, as in the hub; else it may be in memory only.
    """
    digest = sha256()
    path = DIRECTORY / request.path_params["name"]
    with path.open("wb", buffering=0) as file:

        def keep(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        waiting: list[bytes] = []
        size = 0
        async for chunk in request.stream():
            waiting.append(chunk)
            size += len(chunk)
            if size >= CHUNK_BYTES:
                await asyncio.to_thread(keep, b"".join(waiting))
                waiting.clear()
                size = 0
        await asyncio.to_thread(keep, b"".join(waiting))
        if request.query_params.get("durable"):
            await asyncio.to_thread(os.fsync, file.fileno())
    return JSONResponse({"sha256": digest.hexdigest()})


class SentFile(Response):
    """A file that the server sends by its descriptor."""

    def __init__(self, path: Path) -> None:
        super().__init__(headers={"Content-Length": str(os.path.getsize(path))})
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        await send({"type": "http.response.pathsend", "path": str(self._path)})


async def send_file(request: Request) -> Response:
    return SentFile(DIRECTORY / request.path_params["name"])


@asynccontextmanager
async def _lifespan(_: object) -> AsyncIterator[None]:
    yield


if __name__ == "__main__":
    run(
        Starlette(
            lifespan=_lifespan,
            routes=[
                Route("/{name}", receive, methods=["PUT"]),
                Route("/{name}", send_file),
            ],
        ),
        "127.0.0.1",
        0,
        lambda _, port: print(port, flush=True),
    )
