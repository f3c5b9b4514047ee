"""An S3 server that fails: a proxy before a sound one."""

import http.client
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Fault = Literal["error", "late error", "slow", "cut", "short"]
_SECONDS = 0.1
_ERROR = b"<Error><Code>InternalError</Code><Message>We broke it</Message></Error>"
_HOPS = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class FailingStore(ThreadingHTTPServer):
    """Passes requests on to the S3 server at a URL; more than half of them meet the `fault`.

    error       an answer of status 500, and nothing done
    late error  an answer of status 500, after the request was done
    slow        an answer that begins late
    cut         a connection that breaks in the middle: of the body that comes, or of the answer
    short       half of an object, told as if it were the whole
    """

    daemon_threads = True

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = urlsplit(url).netloc
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.fault: Fault | None = None
        self.met = 0
        self._luck = random.Random(7)

    def next_fault(self) -> Fault | None:
        """What befalls the next request."""
        if self.fault is None or self._luck.random() < 0.4:
            return None
        self.met += 1
        return self.fault


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FailingStore

    def _pass_on(self) -> None:
        fault = self.server.next_fault()
        length = int(self.headers.get("Content-Length", 0))
        if fault == "cut" and length:
            self.rfile.read(length // 2)
            self.close_connection = True
            return
        body = self.rfile.read(length)
        if fault == "slow":
            time.sleep(_SECONDS)
        if fault == "error":
            self._answer(500, [], _ERROR)
            return
        store = http.client.HTTPConnection(self.server.store, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        store.request(self.command, self.path, body, headers)
        answer = store.getresponse()
        status, found, content = answer.status, answer.getheaders(), answer.read()
        store.close()
        if fault == "late error":
            status, found, content = 500, [], _ERROR
        self._answer(status, found, content, fault)

    def _answer(
        self,
        status: int,
        headers: list[tuple[str, str]],
        content: bytes,
        fault: Fault | None = None,
    ) -> None:
        size = len(content)
        if self.command == "HEAD":
            size = int(dict(headers).get("Content-Length", 0))
        elif self.command == "GET" and fault in ("cut", "short"):
            content = content[: size // 2]
            size = len(content) if fault == "short" else size
            self.close_connection = True
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOPS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def run_failing_store(url: str) -> Iterator[FailingStore]:
    with FailingStore(url) as store:
        thread = threading.Thread(target=store.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield store
        finally:
            store.shutdown()
            thread.join()
