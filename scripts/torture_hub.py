"""A hub that is being tortured, as one user sees it, and what it may not do."""

import hashlib
import json
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import urllib3

Files = dict[str, str]
_PATIENCE = 60.0
_FORM = "c0ffee"


class Loss(Exception):
    """The hub has lost something, or holds a part of what it should hold whole."""


class Broken(Exception):
    """A request came to no end that tells whether the hub has done it."""


class Asset(NamedTuple):
    """An asset's id, and its path as `ah` and evaluations take it."""

    id: str
    path: str


class Service:
    """One user's requests to a hub, none of which is tried again.

    Answers of a status in `broken` tell no more than a connection that breaks.
    """

    def __init__(self, url: str, key: str, broken: Collection[int] = ()) -> None:
        self.url = url
        self.key = key
        self._broken = broken
        self._pool = urllib3.PoolManager(retries=False, timeout=_PATIENCE, maxsize=256)
        self.wait()

    def wait(self) -> None:
        """Returns once the hub answers."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                if self._pool.request("GET", f"{self.url}/readyz").status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(0.01)
        raise Loss("the hub does not start again")

    def call(
        self, method: str, path: str, /, body: Any = None, once: str = "", **query: str
    ) -> Any:
        """The JSON that the hub answers; raises Broken, and Loss where it refuses.

        `once` is the request's Idempotency-Key.
        """
        headers = {"Accept": "application/json"}
        if once:
            headers["Idempotency-Key"] = once
        if isinstance(body, bytes):
            headers["Content-Type"] = f"multipart/form-data; boundary={_FORM}"
        elif body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        answer = self._send(method, path, body, headers, query)
        return answer.json() if answer.data else None

    def read(self, asset: str, ref: str, path: str) -> bytes:
        """What an object holds; raises Broken where it does not come whole."""
        return self._send(
            "GET", f"/assets/{asset}/refs/{ref}/objects", None, {}, {"path": path}
        ).data

    def make_asset(self, type_: str, name: str) -> Asset:
        """A new asset in a new folder."""
        folder = self.call("POST", "/folders", {"type": type_, "name": name, "labels": []})
        body = {"folder": folder["id"], "name": "data", "labels": []}
        return Asset(self.call("POST", "/assets", body)["id"], f"{type_}/{name}/data")

    def start(self, asset: str, branch: str = "main") -> str:
        return str(self.call("POST", "/update", asset=asset, branch=branch)["op_id"])

    def put(self, operation: str, path: str, data: bytes) -> None:
        head = f'--{_FORM}\r\nContent-Disposition: form-data; name="content"\r\n\r\n'
        form = head.encode() + data + f"\r\n--{_FORM}--\r\n".encode()
        self.call("PUT", "/objects", form, opID=operation, path=path)

    def finish(self, operation: str, message: str) -> str:
        return str(self.call("POST", f"/update/{operation}", {"message": message})["commit"])

    def list_files(self, asset: str, ref: str) -> Files:
        """The SHA-256 of every file of a snapshot, by path."""
        listed = self.call("GET", f"/assets/{asset}/refs/{ref}/objects/ls")["results"]
        return {each["path"]: each["checksum"] for each in listed}

    def check_files(self, asset: str, ref: str, files: Files) -> None:
        """Raises Loss where a snapshot does not hold just these files."""
        found = self.list_files(asset, ref)
        if found != files:
            wrong = sorted(path for path, _ in found.items() ^ files.items())
            raise Loss(f"{asset} at {ref} differs in {len(wrong)} lines: {', '.join(wrong[:5])}")

    def check_bytes(self, asset: str, ref: str, path: str, sha256: str) -> None:
        """Raises Loss where an object has other bytes than these."""
        if hashlib.sha256(self.read(asset, ref, path)).hexdigest() != sha256:
            raise Loss(f"{asset} at {ref}: {path} holds other bytes than were put there")

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        query: dict[str, str],
    ) -> urllib3.BaseHTTPResponse:
        url = f"{self.url}/apis/v1{path}?{urlencode(query)}"
        headers |= {"Authorization": f"Bearer {self.key}"}
        try:
            answer = self._pool.request(method, url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise Broken(f"{method} {path}: {error}") from error
        if answer.status in self._broken:
            raise Broken(f"{method} {path} answers {answer.status}")
        if answer.status >= 300:
            raise Loss(f"{method} {path} answers {answer.status}: {answer.data.decode()}")
        return answer


def hash_directory(directory: Path) -> Files:
    """The SHA-256 of every file below a directory, by path."""
    return {
        str(file.relative_to(directory)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in directory.rglob("*")
        if file.is_file()
    }
