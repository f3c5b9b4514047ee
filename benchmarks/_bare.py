"""A bare handler on the hub's own server: what one durable insert a request costs there at least.

`python -m benchmarks._bare DATABASE` prints the port it serves on.
"""

import json
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assethub.server import run

TABLE = """CREATE TABLE evaluations (id INTEGER PRIMARY KEY, model TEXT, dataset TEXT,
metrics TEXT, created INTEGER)"""
INSERT = "INSERT INTO evaluations (model, dataset, metrics, created) VALUES (?, ?, ?, ?)"


def main() -> None:
    connection = sqlite3.connect(sys.argv[1], isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(TABLE)

    async def insert(request: Request) -> Response:
        # On the loop's own thread: handing it to another and waiting costs more than it frees.
        body = json.loads(await request.body())
        metrics = json.dumps(body["metrics"])
        row = (body["model"], body["dataset"], metrics, time.time_ns())
        made = connection.execute(INSERT, row).lastrowid
        return _json({"id": made})

    run(
        Starlette(
            lifespan=_lifespan,
            routes=[
                Route("/insert", insert, methods=["POST"]),
                Route("/hello", _hello),
                Route("/bytes/{count:int}", _send_bytes),
            ],
        ),
        "127.0.0.1",
        0,
        lambda _, port: print(port, flush=True),
    )


async def _hello(_: Request) -> Response:
    return _json({"status": "ok"})


async def _send_bytes(request: Request) -> Response:
    return Response(b" " * request.path_params["count"], media_type="application/json")


def _json(value: object) -> Response:
    return Response(json.dumps(value), media_type="application/json")


@asynccontextmanager
async def _lifespan(_: object) -> AsyncIterator[None]:
    yield


if __name__ == "__main__":
    main()
