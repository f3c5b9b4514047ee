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

    from ._patience import Patience
    from ._transport import Answer, Transport

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
        self._transport: Transport | None = None
        self._process = 0
        self._is_closed = False
        self._has_connected = False

    @contextmanager
    def send(self, request: Request, patience: Patience | None) -> Iterator[Answer]:
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
                answer = self._send_once(request)
                if 200 <= answer.status < 300:
                    break
                failure = error_of(answer.status, answer.headers, answer.content, self._host)
                retry_after = answer.headers.get("Retry-After")
                passing = answer.status in RETRIED_STATUSES
            except ConnectionFailedError as error:
                # A server that was never there is more likely a wrong address.
                failure, passing = error, self._has_connected
            failure.may_be_done = tried > 0
            if attempts is None or not passing or not attempts.wait(retry_after):
                raise failure
            tried += 1
        try:
            yield answer
        finally:
            answer.close()

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Raise ConnectionFailedError where the reading of an answer fails."""
        from ._transport import TransportErrors

        try:
            yield
        except TransportErrors as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> ConnectionFailedError:
        """The error that says how the connection to this hub failed."""
        return ConnectionFailedError(
            f"Cannot reach the Asset Hub server at {self._host}: {_reason(error)}. Check that it "
            f"runs and that the address is right; to use another, log in with: {LOG_IN}"
        )

    def close(self) -> None:
        """End all connections; what is sent afterwards is refused."""
        with self._lock:
            self._is_closed = True
            if self._transport is not None:
                self._transport.close()

    def _send_once(self, request: Request) -> Answer:
        """Send a request; what is no stream, or no success, is read to its end."""
        transport = self._connections()
        from ._transport import NotConnectedError, TransportErrors

        headers = {
            "Authorization": f"Bearer {self._api_key}",
            "Accept": "application/json",
            "User-Agent": f"t9k-ah/{__version__}",
            **request.headers,
        }
        try:
            answer = transport.request(
                request.method,
                request.url,
                headers,
                request.body() if request.body else None,
                min(_CONNECT_SECONDS, request.seconds),
                request.seconds,
            )
            if not request.is_streamed or answer.status >= 300:
                answer.load()
        except TransportErrors as error:
            if isinstance(error, AssetHubError):
                raise
            self._has_connected |= not isinstance(error, NotConnectedError)
            raise self._lost(error) from error
        self._has_connected = True
        return answer

    def _connections(self) -> Transport:
        from ._transport import Transport  # lazy: HTTP takes more than the rest of the client

        with self._lock:
            if self._is_closed:
                raise InvalidInputError(
                    f"The client of {self._host} was closed: make another", code="client_closed"
                )
            # The connections of the process that this one was forked from are not ours.
            if self._transport is None or self._process != os.getpid():
                self._transport, self._process = Transport(self._host), os.getpid()
            return self._transport


def _reason(error: Exception) -> str:
    """What went wrong below HTTP, without the names of Python's objects."""
    from socket import gaierror

    from ._transport import NotConnectedError

    cause = error.__cause__ if isinstance(error, NotConnectedError) else error
    match cause:
        case gaierror() | UnicodeError():
            return "its name is not known"
        case TimeoutError() if cause is not error:
            return "it does not answer"
        case TimeoutError():
            return f"it gave no answer for {ANSWER_SECONDS:.0f} seconds"
        case OSError() if cause.strerror:
            return cause.strerror.lower()
    return "the connection broke off"
