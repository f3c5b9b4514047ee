"""Sends what a client of the released generation sends, as bytes on a connection of its own."""

import json
import re
from email.message import Message
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from api.raw import Raw
from hubs import RunningHub

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6})?Z")
COMMIT = re.compile(r"[0-9a-f]{64}")
# The HTTP library of that generation adds these, and no Accept that would name a type.
HEADERS = {"Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}


class Answer(NamedTuple):
    """An answer as it came: the bytes of its body, and its headers by name in any case."""

    status: int
    headers: Message
    data: bytes

    def json(self) -> Any:
        return json.loads(self.data)


class Released(Raw):
    """One user's requests: the key in the query, no Accept, a new connection for each."""

    def call(  # type: ignore[override]
        self,
        method: str,
        path: str,
        /,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> Answer:
        if self.key is not None:
            query = {"apikey": self.key} | query
        sent = HEADERS | (headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        base = "" if path.startswith("/oauth2") else "/apis/v1"
        address = urlsplit(self.url)
        connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
        try:
            # Values are written as forms write them: a space is `+`, a slash `%2F`.
            connection.request(method, f"{base}{path}?{urlencode(query)}", body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def upload(self, operation: str, path: str, data: bytes, part_size: int) -> Any:
        """Sends a large file in parts, one after another; the object as the answer shows it."""
        query = {"opID": operation, "path": path}
        upload = self.ok("POST", "/multipart", **query)["uploadId"]
        parts = []
        for number, start in enumerate(range(0, len(data), part_size), 1):
            part = data[start : start + part_size]
            answer = self.ok("PUT", f"/multipart/{upload}", part, **query, partNum=str(number))
            parts.append({"etag": answer["etag"], "partNumber": number})
        return self.ok("POST", f"/multipart/{upload}", {"parts": parts}, **query)


class Owner(Released):
    """A user who knows their own name."""

    def __init__(self, hub: RunningHub) -> None:
        user = hub.new_user()
        super().__init__(hub.url, user.key)
        self.name = user.name
