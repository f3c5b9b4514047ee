"""A gateway before a hub that fails now and then, as proxies and networks do."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

_NOT_PASSED_ON = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "date",
    "server",
}


class Fault(NamedTuple):
    """What happens to a request: an answer of that status, or a cut where it is None.

    `when` is before the hub has seen it, or after the hub has done it.
    """

    when: Literal["before", "after"]
    status: int | None


class Seen(NamedTuple):
    """A request that came: its key is that of its Idempotency-Key header."""

    method: str
    path: str
    key: str | None
    range: str | None
    replayed: bool


class Gateway(ThreadingHTTPServer):
    """Passes requests on to the hub at a URL.

    `faults` befall the next requests that change something, or with `method` those of it, once
    `after` of these have passed; `seen` are all requests.
    """

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = urlsplit(url).netloc
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.faults: list[Fault] = []
        self.method: str | None = None
        self.after = 0
        self.seen: list[Seen] = []

    def next_fault(self, method: str) -> Fault | None:
        wanted = method == self.method if self.method else method != "GET"
        if not wanted or not self.faults:
            return None
        if self.after:
            self.after -= 1
            return None
        return self.faults.pop(0)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gateway

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.next_fault(self.command)
        replayed = False
        status, headers, content = 0, [], b""
        if fault is None or fault.when == "after":
            hub = http.client.HTTPConnection(self.server.hub, timeout=30)
            hub.request(self.command, self.path, body, dict(self.headers))
            answer = hub.getresponse()
            status, headers, content = answer.status, answer.getheaders(), answer.read()
            replayed = answer.headers.get("Idempotency-Replayed") == "true"
            hub.close()
        self.server.seen.append(
            Seen(
                self.command,
                self.path,
                self.headers.get("Idempotency-Key"),
                self.headers.get("Range"),
                replayed,
            )
        )
        if fault is not None and fault.status is None:
            self.close_connection = True
            return
        if fault is not None and fault.status is not None:
            status, headers, content = fault.status, [], b"<html>bad gateway</html>"
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def run_gateway(url: str) -> Iterator[Gateway]:
    gateway = Gateway(url)
    thread = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield gateway
    finally:
        gateway.shutdown()
        thread.join()
        gateway.server_close()
