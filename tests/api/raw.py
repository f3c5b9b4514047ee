"""Talks to a hub as a client of the released generation does: key in the query, no Accept."""

import json
from typing import Any
from urllib.parse import quote_plus

import urllib3

JSON = {"Accept": "application/json"}


class Raw:
    """One user's raw requests to a hub. Redirects are not followed, nothing is retried."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url
        self.key = key
        self._pool = urllib3.PoolManager(retries=False)

    def call(
        self,
        method: str,
        path: str,
        /,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> urllib3.BaseHTTPResponse:
        if self.key is not None:
            query = {"apikey": self.key} | query
        pairs = "&".join(f"{name}={quote_plus(value)}" for name, value in query.items())
        base = self.url if path.startswith("/oauth2") else self.url + "/apis/v1"
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        return self._pool.request(
            method, f"{base}{path}?{pairs}", body=body, headers=sent, redirect=False
        )

    def ok(self, method: str, path: str, /, body: Any = None, **query: str) -> Any:
        """The JSON answer of a request that succeeds; None where the answer is empty."""
        answer = self.call(method, path, body, **query)
        assert 200 <= answer.status < 300, (answer.status, answer.data)
        return answer.json() if answer.data else None

    def refused(self, method: str, path: str, /, body: Any = None, **query: str) -> tuple[int, str]:
        """The status and the exact text of a request that is refused."""
        answer = self.call(method, path, body, **query)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8", answer.data
        return answer.status, answer.data.decode()

    def put(self, operation: str, path: str, data: bytes) -> Any:
        """Stages a file as a form part with a file name and no type, as `requests` sends it."""
        form, content_type = form_of({"content": data})
        answer = self.call(
            "PUT", "/objects", form, {"Content-Type": content_type}, opID=operation, path=path
        )
        assert answer.status == 200, answer.data
        return answer.json()

    def folder(self, type_: str, name: str) -> str:
        return str(self.ok("POST", "/folders", {"type": type_, "name": name, "labels": []})["id"])

    def asset(self, type_: str, folder: str, name: str) -> str:
        """A new asset in a new folder."""
        body = {"name": name, "folder": self.folder(type_, folder), "labels": []}
        return str(self.ok("POST", "/assets", body)["id"])

    def start(self, asset: str, branch: str = "main") -> str:
        return str(self.ok("POST", "/update", asset=asset, branch=branch)["op_id"])

    def finish(self, operation: str, message: str = "") -> str:
        return str(self.ok("POST", f"/update/{operation}", {"message": message})["commit"])

    def commit(self, asset: str, files: dict[str, bytes], branch: str = "main") -> str:
        operation = self.start(asset, branch)
        for path, data in files.items():
            self.put(operation, path, data)
        return self.finish(operation, "a commit")

    def objects(self, asset: str, ref: str = "main") -> list[dict[str, Any]]:
        return list(self.ok("GET", f"/assets/{asset}/refs/{ref}/objects/ls")["results"])


def form_of(parts: dict[str, bytes]) -> tuple[bytes, str]:
    """A multipart/form-data body with a part of each name, and its content type."""
    boundary = "8d4c1f0a9b7e4f6c"
    body = b""
    for name, data in parts.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="文件.bin"'
        body += f"--{boundary}\r\n{head}\r\n\r\n".encode() + data + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
