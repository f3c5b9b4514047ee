"""Tries a hub by its doors, and counts: nothing fails it, or tells of its inside."""

import json
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import urllib3

from api.raw import Raw
from assethub.store.tables import metadata
from hubs import RunningHub
from leaks import LEAKS
from tries import corpus

# What an answer never holds: the inside of the program, or a file of the machine.
_INSIDE = (b"Traceback", b'File "/', b"sqlalchemy", b"psycopg", b"root:x:0", b"site-packages")
# Uses of keys are noted, refusals and answers are kept; none of these is what users have.
_NOTES = {"audit", "answers", "attempts", "audit_heads", "refusals"}


@dataclass
class Tries:
    """Tries so far, and those that went wrong."""

    hub: RunningHub
    user: Raw = field(init=False)
    number: int = 0
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.user = Raw(self.hub.url, self.hub.new_user().key)
        # What is tried in the place of passwords and tokens is no secret.
        texts = [value for value in corpus.VALUES if isinstance(value, str)]
        LEAKS.names.update(text.strip() for text in [*texts, *corpus.PATHS])
        mark = uuid.uuid4().hex[:8]
        self.asset = self.user.asset("model", f"tried-{mark}", "m")
        self.user.commit(self.asset, {"w.bin": b"weights"})
        self.dataset = self.user.asset("dataset", f"tried-{mark}", "d")
        self.operation = self.user.start(self.asset)
        name = self.user.ok("GET", "/oauth2/userinfo")["preferred_username"]
        self.sides = {
            "model": f"{name}/model/tried-{mark}/m",
            "dataset": f"{name}/dataset/tried-{mark}/d",
        }

    def call(
        self, what: str, method: str, at: str, /, body: Any = None, type_: str = "", **query: str
    ) -> int:
        """Counts a try by urllib3; returns the status."""
        headers = {"Accept": "application/json"}
        if isinstance(body, bytes):
            headers["Content-Type"] = type_ or "application/json"
        answer = self.user.call(method, at, body, headers, **query)
        self.judge(what, answer)
        return answer.status

    def judge(self, what: str, answer: urllib3.BaseHTTPResponse) -> None:
        self.number += 1
        shown = f"{what[:80]!r}: {answer.status} {answer.data[:120]!r}"
        if answer.status >= 500 and answer.status != 507:
            self.wrong.append(shown)
        elif any(word in answer.data for word in _INSIDE):
            self.wrong.append(f"tells of the inside: {shown}")
        elif answer.status >= 400 and not json.loads(answer.data)["code"]:
            self.wrong.append(f"has no code: {shown}")

    def send(self, what: str, request: bytes) -> bytes:
        """Counts a try of bytes as they are; returns the answer, which may be none at all."""
        address = urlsplit(self.hub.url)
        answer = b""
        with socket.create_connection((address.hostname, address.port), 20) as connection:
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                while chunk := connection.recv(65536):
                    answer += chunk
            except ConnectionError:
                pass
        self.number += 1
        # The server's own 500, without the hub's headers, is said to those who have gone already.
        failed = answer.startswith(b"HTTP/1.1 5") and b"\r\nx-request-id:" in answer.lower()
        if failed or any(word in answer for word in _INSIDE):
            self.wrong.append(f"{what[:80]!r}: {answer[:200]!r}")
        return answer

    def state(self) -> dict[str, int]:
        """How many rows each table of what users have holds."""
        with self.hub.inside.database.read() as connection:
            return {
                table.name: connection.execute(
                    sa.select(sa.func.count()).select_from(table)
                ).scalar_one()
                for table in metadata.sorted_tables
                if table.name not in _NOTES
            }

    def objects(self) -> Iterator[str]:
        return (each["path"] for each in self.user.objects(self.asset))
