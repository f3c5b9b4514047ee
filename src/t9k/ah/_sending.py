"""The one function that sends: authentication, repetition and the errors of the network."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ._answers import error_of
from ._errors import AssetHubError, ConnectionFailedError, InvalidInputError
from ._patience import RETRIED_STATUSES
from ._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import urllib3

    from ._patience import Patience

LOG_IN = "ah login -H URL -k KEY"
ANSWER_SECONDS = 300.0
_CONNECT_SECONDS = 10.0


class Request(NamedTuple):
    """A request to send; `body` gives what is streamed, anew for each attempt."""

    method: str
    url: str
    body: Callable[[], Iterable[bytes]] | None = None
    headers: Mapping[str, str] = {}
    seconds: float = ANSWER_SECONDS
    is_streamed: bool = False


class Sender:
    """The connections to one hub. Safe to share between threads, and kept over a fork."""

    def __init__(self, host: str, api_key: str) -> None:
        self._host = host
        self._api_key = api_key
        self._lock = threading.Lock()
        self._pool: urllib3.PoolManager | None = None
        self._process = 0
        self._is_closed = False
        self._has_connected = False

    @contextmanager
    def send(
        self, request: Request, patience: Patience | None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send one request; every request of the client passes here.

        Gives an answer of status 2xx and raises for any other, and where there is none. It is
        sent again, for so long as `patience` has it, where the connection or a server in between
        failed.
        """
        attempts = patience.start() if patience else None
        tried = 0
        while True:
            retry_after = None
            try:
                response = self._send_once(request)
                if 200 <= response.status < 300:
                    break
                content = response.data
                failure = error_of(response.status, response.headers, content, self._host)
                retry_after = response.headers.get("Retry-After")
                passing = response.status in RETRIED_STATUSES
            except ConnectionFailedError as error:
                # A server that was never there is more likely a wrong address.
                failure, passing = error, self._has_connected
            failure.may_be_done = tried > 0
            if attempts is None or not passing or not attempts.wait(retry_after):
                raise failure
            tried += 1
        try:
            yield response
        finally:
            # A whole body has given its connection back by now; this ends one that broke off.
            response.close()

    def lost(self, error: Exception) -> ConnectionFailedError:
        """The error that says how the connection to this hub failed."""
        return ConnectionFailedError(
            f"Cannot reach the Asset Hub server at {self._host}: {_reason(error)}. Check that it "
            f"runs and that the address is right; to use another, log in with: {LOG_IN}"
        )

    def close(self) -> None:
        """End all connections; what is sent afterwards is refused."""
        with self._lock:
            self._is_closed = True
            if self._pool is not None:
                self._pool.clear()

    def _send_once(self, request: Request) -> urllib3.BaseHTTPResponse:
        import urllib3
        from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

        headers = {
            "Authorization": f"Bearer {self._api_key}",
            "Accept": "application/json",
            "User-Agent": f"t9k-ah/{__version__}",
            **request.headers,
        }
        connect_seconds = min(_CONNECT_SECONDS, request.seconds)
        try:
            response = self._connections().request(
                request.method,
                request.url,
                body=request.body() if request.body else None,
                headers=headers,
                preload_content=not request.is_streamed,
                timeout=urllib3.Timeout(connect=connect_seconds, read=request.seconds),
                retries=False,
                redirect=False,
            )
            self._has_connected = True
            if response.status >= 300:
                response.data  # noqa: B018  (read here, where a break is still such an error)
        except (HTTPError, OSError) as error:
            if isinstance(error, AssetHubError):
                raise
            if not isinstance(error, (ConnectTimeoutError, NewConnectionError)):
                self._has_connected = True
            raise self.lost(error) from error
        return response

    def _connections(self) -> urllib3.PoolManager:
        import urllib3  # lazy: it takes twice the time of the rest of the client

        with self._lock:
            if self._is_closed:
                raise InvalidInputError(
                    f"The client of {self._host} was closed: make another", code="client_closed"
                )
            # The connections of the process that this one was forked from are not ours.
            if self._pool is None or self._process != os.getpid():
                self._pool, self._process = urllib3.PoolManager(maxsize=16), os.getpid()
            return self._pool


def _reason(error: Exception) -> str:
    """What went wrong below HTTP, without the names of Python's objects."""
    from urllib3 import exceptions

    match error:
        case exceptions.NameResolutionError():
            return "its name is not known"
        case exceptions.ConnectTimeoutError() if not isinstance(
            error, exceptions.NewConnectionError
        ):
            return "it does not answer"
        case exceptions.ReadTimeoutError():
            return f"it gave no answer for {ANSWER_SECONDS:.0f} seconds"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        inner = [arg for arg in cause.args if isinstance(arg, BaseException)]
        cause = cause.__cause__ or cause.__context__ or (inner[0] if inner else None)
    return "the connection broke off"
