"""HTTP/1.1 over connections that are kept: what a client of one server needs of it.

The standard library's HTTP loads in a third of the time that urllib3 takes, and can receive a body
into memory that is there already.
"""

from __future__ import annotations

import errno
import select
import sys
import threading
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping
    from http.client import HTTPResponse

# What requests and the reading of answers may raise.
TransportErrors = (HTTPException, OSError)
_MOST_KEPT = 16
# A path may be encoded already.
_SAFE = "/%:@!$&'()*+,;=~"


class NotConnectedError(OSError):
    """No connection could be made; the cause says why."""


class Answer:
    """An answer whose head has come; its body is loaded as `content`, or read piece by piece."""

    def __init__(self, response: HTTPResponse, end: Callable[[bool], None]) -> None:
        """`end` is called once, with whether the connection can be used again."""
        self._response = response
        self._end = end
        self._is_closed = False
        self.status = response.status
        self.headers = response.headers
        self.content = b""

    def load(self) -> None:
        """Read the whole body; the connection is free then."""
        try:
            self.content = self._response.read()
        finally:
            self.close()

    def read(self, amount: int) -> bytes:
        """Up to so many bytes of the body, none at its end."""
        content = self._response.read(amount)
        self._check(len(content), amount)
        return content

    def read_into(self, buffer: memoryview) -> int:
        """Fill a buffer with what comes next of the body; returns how many bytes that were."""
        count = self._response.readinto(buffer)
        self._check(count, len(buffer))
        return count

    def close(self) -> None:
        """End the answer, and its connection too where not all of it was read."""
        if not self._is_closed:
            self._is_closed = True
            self._end(self._response.isclosed() and not self._response.will_close)

    def _check(self, count: int, wanted: int) -> None:
        if not count and wanted and self._response.length:
            raise IncompleteRead(b"", self._response.length)


class Transport:
    """The connections to the server of a URL. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._lock = threading.Lock()
        self._kept: list[HTTPConnection] = []
        self._is_closed = False
        self._tls: ssl.SSLContext | None = None

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Iterable[bytes] | None,
        connect_seconds: float,
        seconds: float,
    ) -> Answer:
        """Send one request to the server, once, and wait for the head of its answer.

        Raises NotConnectedError, and one of `TransportErrors` where it was connected. What `body`
        raises passes.
        """
        connection = self._connect(connect_seconds)
        try:
            connection.sock.settimeout(seconds)
            parts = urlsplit(url)
            target = quote(parts.path, safe=_SAFE) + (f"?{parts.query}" if parts.query else "")
            try:
                connection.request(method, target, body, dict(headers))
            except OSError as error:
                # A server that does not want the rest of a body may have said so already.
                if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                    raise
            response = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        return Answer(response, lambda is_reusable: self._give_back(connection, is_reusable))

    def close(self) -> None:
        """End the connections: those that are at work, with their answers."""
        with self._lock:
            self._is_closed = True
            kept, self._kept = self._kept, []
        for connection in kept:
            connection.close()

    def __del__(self) -> None:
        self.close()

    def _connect(self, seconds: float) -> HTTPConnection:
        while True:
            with self._lock:
                connection = self._kept.pop() if self._kept else None
            if connection is None:
                break
            if not _is_dropped(connection):
                return connection
            connection.close()
        connection = self._make(seconds)
        try:
            connection.connect()
        except (OSError, UnicodeError) as error:
            connection.close()
            raise NotConnectedError("not connected") from error
        return connection

    def _make(self, seconds: float) -> HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return HTTPConnection(host, port or 80, timeout=seconds)
        with self._lock:
            if self._tls is None:
                from ssl import create_default_context

                self._tls = create_default_context()
                self._tls.set_alpn_protocols(["http/1.1"])
        return HTTPSConnection(host, port or 443, timeout=seconds, context=self._tls)

    def _give_back(self, connection: HTTPConnection, is_reusable: bool) -> None:
        with self._lock:
            if is_reusable and not self._is_closed and len(self._kept) < _MOST_KEPT:
                self._kept.append(connection)
                return
        connection.close()


def _is_dropped(connection: HTTPConnection) -> bool:
    """Whether there is something to read, which between answers can only be the end."""
    if sys.platform == "win32":
        return bool(select.select([connection.sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
