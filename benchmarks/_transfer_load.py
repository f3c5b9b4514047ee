"""Sends and fetches large bodies over plain sockets on loopback."""

import hashlib
import json
import os
import socket
from typing import Any

MIB = 1024 * 1024


class Content:
    """Bytes to send: the same random MiB again and again."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.block = os.urandom(MIB)
        digest = hashlib.sha256()
        for _ in range(size // MIB):
            digest.update(self.block)
        self.sha256 = digest.hexdigest()


class Line:
    """A keep-alive connection to loopback."""

    def __init__(self, port: int, key: str = "") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._key = key

    def exchange(self, method: str, path: str, body: Any = None) -> Any:
        """Sends JSON; the JSON of the answer."""
        data = b"" if body is None else json.dumps(body).encode()
        self._send_head(method, path, len(data), "application/json")
        self._socket.sendall(data)
        return json.loads(self._read_answer() or b"null")

    def send(self, path: str, content: Content, size: int) -> Any:
        """Sends so many bytes of a content; the JSON of the answer."""
        self._send_head("PUT", path, size, "application/octet-stream")
        for _ in range(size // MIB):
            self._socket.sendall(content.block)
        return json.loads(self._read_answer())

    def fetch(self, path: str, size: int) -> None:
        """Reads an answer of so many bytes, and throws them away."""
        self._send_head("GET", path, 0, "")
        head, buffer = self._read_head()
        rest = size - len(buffer)
        space = bytearray(MIB)
        while rest:
            count = self._socket.recv_into(space, min(rest, MIB))
            if not count:
                raise SystemExit(f"{path} ended {rest} bytes too early: {head!r}")
            rest -= count

    def close(self) -> None:
        self._socket.close()

    def _send_head(self, method: str, path: str, size: int, type_: str) -> None:
        lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {size}"]
        lines += [f"content-type: {type_}"] if type_ else []
        lines += [f"authorization: Bearer {self._key}"] if self._key else []
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def _read_head(self) -> tuple[bytes, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            more = self._socket.recv(65536)
            if not more:
                raise SystemExit("closed before an answer")
            received += more
        head, _, rest = received.partition(b"\r\n\r\n")
        if b" 200 " not in head[:16]:
            raise SystemExit(f"unexpected answer: {received[:500]!r}")
        return head, rest

    def _read_answer(self) -> bytes:
        head, body = self._read_head()
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(fields[b"content-length"]):
            body += self._socket.recv(65536)
        return body
