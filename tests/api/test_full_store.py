"""A store without room left says so, loses nothing, and goes on once there is room again."""

import os
import resource
import struct
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api.raw import JSON, Raw, form_of
from assethub.core.hub import open_hub
from assethub.core.people import keys, users
from assethub.settings import Settings
from hubs import start_hub

MIB = 1024 * 1024


@dataclass
class Tight:
    """A hub, and the means to take away its room and to give it back."""

    user: Raw
    filler: Path | None
    pid: int

    def fill(self) -> None:
        if self.filler is None:
            limit(self.pid, MIB)
            return
        with suppress(OSError), self.filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(MIB))
        with suppress(OSError), self.filler.open("ab", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

    def clear(self) -> None:
        if self.filler is None:
            limit(self.pid, resource.RLIM_INFINITY)
        else:
            self.filler.unlink()


def limit(pid: int, size: int) -> None:
    """Lets a process write no file of more bytes."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def mount(path: Path) -> bool:
    """Makes a directory a file system of 16 MiB; false where we may not."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(path)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[Tight]:
    """A hub whose blobs are on a small file system, or else may get no larger."""
    store = tmp_path / "store"
    mounted = mount(store)
    yield from serve(tmp_path, Settings(data=tmp_path / "data", store_url=str(store)), mounted)


@pytest.fixture
def tight_database(tmp_path: Path) -> Iterator[Tight]:
    """A hub that has all it keeps on a small file system."""
    store = tmp_path / "store"
    if not mount(store):
        pytest.skip("only who may mount a file system can fill one")
    yield from serve(tmp_path, Settings(data=store / "data"), True)


def serve(tmp_path: Path, settings: Settings, mounted: bool) -> Iterator[Tight]:
    store = tmp_path / "store"
    try:
        process, url = start_hub(settings, tmp_path / "log")
        with process:
            inside = open_hub(settings)
            key = keys.add_key(inside, users.add_user(inside, "user"), "test")
            inside.close()
            filler = store / "filler" if mounted else None
            yield Tight(Raw(url, key), filler, process.pid)
            process.terminate()
    finally:
        if mounted:
            subprocess.run(["umount", str(store)], check=True)


def check_full(answer: Any) -> None:
    assert answer.status == 507
    problem = answer.json()
    assert problem["code"] == "storage_full"
    assert "No space left" in problem["detail"] or "too large" in problem["detail"]


def test_every_kind_of_upload_is_refused_and_goes_on_later(tight: Tight) -> None:
    user = tight.user
    asset = user.asset("model", "m", "m")
    data = os.urandom(3 * MIB)
    user.commit(asset, {"kept": data[:MIB]})
    operation = user.start(asset)
    target = {"opID": operation, "path": "a"}
    form, type_ = form_of({"content": data})
    pack = struct.pack(">I", 15) + f'[["b",{3 * MIB}]]'.encode().ljust(15) + data
    told = {"size": str(3 * MIB), "sha256": sha256(data).hexdigest(), "partSize": str(MIB)}
    upload = user.ok("POST", "/multipart", **target, **told)["uploadId"]

    def put_form() -> Any:
        return user.call("PUT", "/objects", form, {"Content-Type": type_} | JSON, **target)

    def put_pack() -> Any:
        headers = {"Content-Type": "application/vnd.assethub.pack"} | JSON
        return user.call("PUT", f"/operations/{operation}/pack", pack, headers)

    def put_part(number: int) -> Any:
        part = data[(number - 1) * MIB : number * MIB]
        return user.call("PUT", f"/multipart/{upload}", part, JSON, partNum=str(number), **target)

    assert put_part(1).status == 200
    tight.fill()
    for answer in (put_form(), put_pack(), put_part(2), put_part(3)):
        check_full(answer)
    path = f"/assets/{asset}/refs/main/objects"
    assert user.call("GET", path, path="kept").data == data[:MIB]
    tight.clear()
    again = user.ok("POST", "/multipart", **target, **told)
    assert again == {"uploadId": upload, "parts": [1]}
    etags = ["", *(put_part(number).json()["etag"] for number in (2, 3))]
    parts = [{"etag": etag, "partNumber": number} for number, etag in enumerate(etags, 1)]
    user.ok("POST", f"/multipart/{upload}", {"parts": parts}, **target)
    assert put_pack().status == 200
    assert put_form().status == 200
    user.finish(operation)
    for name in ("a", "b"):
        assert user.call("GET", path, path=name).data == data


def test_a_full_database_refuses_changes_and_keeps_what_it_has(tight_database: Tight) -> None:
    user = tight_database.user
    asset = user.asset("model", "m", "m")
    user.commit(asset, {"kept": b"1"})
    operation = user.start(asset)
    user.put(operation, "a", b"2")
    tight_database.fill()
    statuses = []
    while 507 not in statuses:
        # What SQLite has set aside already may take a few changes more.
        answer = user.call("POST", "/update", None, JSON, asset=asset, branch="main")
        statuses.append(answer.status)
        assert answer.status in (200, 507)
        assert len(statuses) < 10_000
    assert answer.json()["code"] == "storage_full"
    path = f"/assets/{asset}/refs/main/objects"
    assert user.call("GET", path, path="kept").data == b"1"
    tight_database.clear()
    user.finish(operation)
    assert user.call("GET", path, path="a").data == b"2"
