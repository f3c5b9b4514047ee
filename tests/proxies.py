"""A connection between a client and a hub that counts, and can be cut or held."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 64 * 1024


class Proxy:
    """Passes bytes on between clients and the server at a URL.

    `up` and `down` count them. `cut(up=N)` breaks the connection over which the N-th byte from now
    goes, once; `hold(up=N)` passes none on from there, until `drop`; likewise with `down`.
    `held` is set while bytes wait.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self._server = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.up = self.down = self.cuts = self._drops = 0
        self.held = threading.Event()
        self._cut = {"up": -1, "down": -1}
        self._hold = {"up": -1, "down": -1}
        self._changed = threading.Condition()
        self._sockets: set[socket.socket] = set()
        self._closed = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self, *, up: int = -1, down: int = -1) -> None:
        with self._changed:
            self._cut = self._from_now(up, down)

    def hold(self, *, up: int = -1, down: int = -1) -> None:
        with self._changed:
            self._hold = self._from_now(up, down)

    def drop(self) -> None:
        """End the connections over which bytes are held; others pass."""
        with self._changed:
            self._hold = {"up": -1, "down": -1}
            self._drops += 1
            self._changed.notify_all()
        self.held.clear()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            for each in [self._listener, *self._sockets]:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        self._listener.close()

    def _from_now(self, up: int, down: int) -> dict[str, int]:
        return {
            "up": self.up + up if up >= 0 else -1,
            "down": self.down + down if down >= 0 else -1,
        }

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            with self._changed:
                self._sockets |= {client, server}
                for way, pair in (("up", (client, server)), ("down", (server, client))):
                    thread = threading.Thread(target=self._relay, args=(way, *pair))
                    self._threads.append(thread)
                    thread.start()

    def _relay(self, way: str, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
                if not self._pass(way, len(chunk)):
                    break
                target.sendall(chunk)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with self._changed:
            first = source in self._sockets
            self._sockets -= {source, target}
        if not first:
            source.close()
            target.close()

    def _pass(self, way: str, size: int) -> bool:
        """Count bytes; False where they are not to be passed on."""
        with self._changed:
            total = getattr(self, way) + size
            setattr(self, way, total)
            if 0 <= self._cut[way] <= total:
                self._cut[way] = -1
                self.cuts += 1
                return False
            drops = self._drops
            while 0 <= self._hold[way] <= total and not self._closed:
                self.held.set()
                self._changed.wait()
            return not self._closed and drops == self._drops


@contextmanager
def run_proxy(url: str) -> Iterator[Proxy]:
    proxy = Proxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
