"""Those who write to a hub that is killed, and what they know it has to hold."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import urllib3

Files = dict[str, str]
_PATIENCE = 60.0
_FORM = "c0ffee"


class Loss(Exception):
    """The hub has lost something, or holds a part of what it should hold whole."""


class Dataset(NamedTuple):
    id: str
    path: str


class Service:
    """One user's requests to a hub, none of which is tried again."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self._pool = urllib3.PoolManager(retries=False, timeout=_PATIENCE, maxsize=8)
        self.wait()

    def wait(self) -> None:
        """Returns once the hub answers."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                if self._pool.request("GET", f"{self.url}/readyz").status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                time.sleep(0.01)
        raise Loss("the hub does not start again")

    def call(self, method: str, path: str, /, body: Any = None, **query: str) -> Any:
        """The JSON that the hub answers; HTTPError where it is killed before it does."""
        url = f"{self.url}/apis/v1{path}?{urlencode(query)}"
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}
        if isinstance(body, bytes):
            headers["Content-Type"] = f"multipart/form-data; boundary={_FORM}"
        elif body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        answer = self._pool.request(method, url, body=body, headers=headers)
        if answer.status >= 300:
            raise Loss(f"{method} {path} answers {answer.status}: {answer.data.decode()}")
        return answer.json() if answer.data else None

    def make_dataset(self, name: str) -> Dataset:
        folder = self.call("POST", "/folders", {"type": "dataset", "name": name, "labels": []})
        body = {"folder": folder["id"], "name": "data", "labels": []}
        return Dataset(self.call("POST", "/assets", body)["id"], f"dataset/{name}/data")

    def put(self, operation: str, path: str, data: bytes) -> None:
        head = f'--{_FORM}\r\nContent-Disposition: form-data; name="content"\r\n\r\n'
        form = head.encode() + data + f"\r\n--{_FORM}--\r\n".encode()
        self.call("PUT", "/objects", form, opID=operation, path=path)


class Writer:
    """Commits to a dataset of its own, again and again, until the hub is killed."""

    def __init__(self, hub: Service, name: str) -> None:
        self._hub = hub
        self._name = name
        self._dataset = hub.make_dataset(name).id
        self._kept: Files = {}
        self._doing: Files | None = None
        self._commits: dict[str, Files] = {}
        self._begun = 0
        self.acknowledged = 0

    def write(self) -> None:
        """Returns when the hub does not answer any more."""
        try:
            while True:
                self._commit()
        except urllib3.exceptions.HTTPError:
            return

    def check(self) -> None:
        """Raises Loss unless all that was acknowledged is there, and the rest whole or not at all.

        What was being committed when the hub was killed may be there: its answer was lost.
        """
        for commit, files in self._commits.items():
            check_snapshot(self._hub, self._dataset, commit, files)
        self._commits.clear()
        found = read_snapshot(self._hub, self._dataset, "main")
        if found not in (self._kept, self._doing):
            raise Loss(f"{self._name}: its branch is neither at the last commit nor at the next")
        self._kept, self._doing = found, None

    def _commit(self) -> None:
        name = self._hub.call("POST", "/update", asset=self._dataset, branch="main")["op_id"]
        number = self._begun
        self._begun += 1
        files = {f"{number % 5}/{part}": f"{self._name} {number} {part}" * 50 for part in range(3)}
        for path, text in files.items():
            self._hub.put(name, path, text.encode())
        hashes = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}
        self._doing = self._kept | hashes
        commit = self._hub.call("POST", f"/update/{name}", {"message": f"{number}"})["commit"]
        self._kept, self._doing = self._doing, None
        self._commits[commit] = self._kept
        self.acknowledged += 1


def read_snapshot(hub: Service, asset: str, ref: str) -> Files:
    """The SHA-256 of every file, by path."""
    listed = hub.call("GET", f"/assets/{asset}/refs/{ref}/objects/ls")["results"]
    return {each["path"]: each["checksum"] for each in listed}


def check_snapshot(hub: Service, asset: str, ref: str, files: Files) -> None:
    found = read_snapshot(hub, asset, ref)
    if found != files:
        wrong = sorted(path for path, _ in found.items() ^ files.items())
        raise Loss(f"{asset} at {ref} differs in {len(wrong)} lines: {', '.join(wrong[:5])}")


def hash_directory(directory: Path) -> Files:
    return {
        str(file.relative_to(directory)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in directory.rglob("*")
        if file.is_file()
    }
