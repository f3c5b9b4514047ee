"""The app that benchmarks.http_servers runs on each server, and the two ways to run granian.

`python http_app.py embedded|embedded-uvloop PORT` serves it as `assethub serve` does.
"""

import asyncio
import importlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

CHUNK_BYTES = 1024 * 1024
FILE = os.environ.get("BENCH_FILE", "")


async def hello(_: Request) -> Response:
    return JSONResponse({"hello": "world"})


async def hello_in_two_parts(_: Request) -> Response:
    """Two small writes to the socket: what a delayed acknowledgement holds up."""
    return StreamingResponse(iter((b"hello", b"world")), headers={"content-length": "10"})


async def send_file(_: Request) -> Response:
    return FileResponse(FILE)


async def stream_file(_: Request) -> Response:
    """The same bytes through Python, as a range or a packed file has to be sent."""
    return StreamingResponse(_read_file(), headers={"content-length": str(os.path.getsize(FILE))})


async def receive_file(request: Request) -> Response:
    """Hashes and writes in threads, about a MiB at a time."""
    digest = sha256()
    with tempfile.TemporaryFile(dir=os.path.dirname(FILE)) as file:

        def keep(chunks: list[bytes]) -> None:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)

        waiting: list[bytes] = []
        async for chunk in request.stream():
            waiting.append(chunk)
            if sum(map(len, waiting)) >= CHUNK_BYTES:
                await asyncio.to_thread(keep, waiting)
                waiting = []
        await asyncio.to_thread(keep, waiting)
    return JSONResponse({"sha256": digest.hexdigest()})


async def trickle(_: Request) -> Response:
    """A response that takes two seconds, to be under way when the server is told to stop."""
    return StreamingResponse(_wait_between(20, 0.1))


def _read_file() -> Iterator[bytes]:
    with open(FILE, "rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


async def _wait_between(times: int, seconds: float) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield b"."
        await asyncio.sleep(seconds)


@asynccontextmanager
async def _lifespan(_: object) -> AsyncIterator[None]:
    yield


fast = FastAPI(openapi_url=None)


@fast.get("/fast")
async def fast_hello() -> dict[str, str]:
    return {"hello": "world"}


class Both(Starlette):
    """Starlette, and beside it FastAPI: a mount would add its own cost."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/fast":
            await fast(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


app = Both(
    lifespan=_lifespan,
    routes=[
        Route("/hello", hello),
        Route("/parts", hello_in_two_parts),
        Route("/file", send_file),
        Route("/stream", stream_file),
        Route("/upload", receive_file, methods=["PUT"]),
        Route("/trickle", trickle),
    ],
)


def _announce(host: str, port: int) -> None:
    print(host, port, flush=True)


if __name__ == "__main__":
    from assethub.server import run

    if sys.argv[1] == "embedded-uvloop":
        asyncio.set_event_loop_policy(importlib.import_module("uvloop").EventLoopPolicy())
    run(app, "127.0.0.1", int(sys.argv[2]), _announce)
