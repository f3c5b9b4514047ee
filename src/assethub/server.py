"""Runs an ASGI app on granian inside this process, until SIGTERM or Ctrl-C."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import NoReturn

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.applications import Starlette

from assethub.errors import HubError
from assethub.tls import Tls

# SIGTERM has to end the hub within 10 seconds; what is left is for closing the database.
DRAIN_SECONDS = 8.0
# The head of a request, and the pause before the next one on a connection, last so long at most.
_HEAD_MILLISECONDS = 30_000


class AddressTaken(HubError):
    """The address to listen on is in use, not ours, or not allowed."""

    code = "address_taken"


def claim_address(host: str, port: int) -> socket.socket:
    """A socket that holds host:port (0: any free port) without listening.

    granian listens with SO_REUSEPORT, so a second hub on a port that is in use would start too and
    get half of the requests. The first bind, without that option, finds that out; the second keeps
    the port for us.
    """
    try:
        # granian takes numeric addresses only.
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            address = probe.getsockname()
        claim = socket.socket(family)
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        claim.bind(address)
    except OSError as error:
        raise AddressTaken(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return claim


def run(
    app: Starlette,
    host: str,
    port: int,
    announce: Callable[[str, int], None],
    tls: Tls | None = None,
) -> NoReturn:
    """Serves app until SIGTERM or Ctrl-C, then ends this process: code 0, or 1 on a failure.

    announce gets the numeric address and the port once connections are accepted. An Event
    `app.state.stopping` is set before the drain, for streams that have no end of their own.
    """
    with claim_address(host, port) as claim:
        host, port = claim.getsockname()[:2]
        served = asyncio.run(_serve(app, host, port, announce, tls))
    # granian's threads may still want the interpreter: they must not meet one being taken down.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if served else 1)


async def _serve(
    app: Starlette,
    host: str,
    port: int,
    announce: Callable[[str, int], None],
    tls: Tls | None,
) -> bool:
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,  # the lifespan is held below: it ends even if a drain does not
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_MILLISECONDS),
        websockets=False,
        backlog=1024,
        log_level=LogLevels.error,
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},  # to the hub's own log
        ssl_cert=tls.cert if tls else None,
        ssl_key=tls.key if tls else None,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    async with app.router.lifespan_context(app):
        # What start-up made stays for good. Left in, it holds up answers of many objects by 50 ms.
        gc.freeze()
        gc.enable()
        serving = asyncio.create_task(server.serve())
        stopping = asyncio.create_task(stop.wait())
        accepting = asyncio.create_task(_accepting(host, port))
        await asyncio.wait({serving, stopping, accepting}, return_when=asyncio.FIRST_COMPLETED)
        if accepting.done():
            announce(host, port)
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            return False
        stopped: asyncio.Event | None = getattr(app.state, "stopping", None)
        if stopped is not None:
            stopped.set()
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait({serving}, timeout=DRAIN_SECONDS)
    return True


async def _accepting(host: str, port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.005)
        else:
            writer.close()
            return
