"""A full disk is said in one sentence, loses nothing, and is over once there is room."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from api.raw import JSON, Raw, form_of
from assethub.core.maintenance.checking import check_hub
from assethub.settings import Settings
from hubs import RunningHub, run_hub

MIB = 1024 * 1024
# Of the disk; the rest is filled, but for what is said.
DISK, LEFT = 24 * MIB, 256 * 1024


class Disk(NamedTuple):
    path: Path

    def fill(self) -> None:
        """Leaves LEFT bytes of room."""
        with (self.path / "filler").open("wb") as file:
            room = free(self.path) - LEFT
            file.write(bytes(room))

    def clear(self) -> None:
        (self.path / "filler").unlink()


def free(path: Path) -> int:
    lines = subprocess.check_output(["df", "-B1", "--output=avail", str(path)], text=True)
    return int(lines.splitlines()[1])


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A small disk. Where this machine lets nobody mount one the test is skipped, and says so."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(path)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine mounts no small disk: {done.stderr.strip()}")
    yield Disk(path)
    subprocess.run(["umount", str(path)], check=True)


@pytest.fixture(params=["store", "database", "both"])
def full_hub(request: pytest.FixtureRequest, disk: Disk, tmp_path: Path) -> Iterator[RunningHub]:
    """A hub that has its bytes, its database, or both on the small disk."""
    places = {
        "store": Settings(data=tmp_path / "data", store_url=str(disk.path / "blobs")),
        "database": Settings(data=disk.path / "data", store_url=str(tmp_path / "blobs")),
        "both": Settings(data=disk.path / "data"),
    }
    with run_hub(places[request.param], tmp_path / "log") as hub:
        yield hub


def put(user: Raw, operation: str, path: str, data: bytes) -> tuple[int, dict[str, str]]:
    form, content_type = form_of({"content": data})
    headers = {"Content-Type": content_type} | JSON
    answer = user.call("PUT", "/objects", form, headers, opID=operation, path=path)
    return answer.status, dict(answer.json())


def test_a_full_disk_loses_nothing_and_is_over_once_there_is_room(
    full_hub: RunningHub, disk: Disk
) -> None:
    user = Raw(full_hub.url, full_hub.new_user().key)
    asset = user.asset("dataset", "d", "d")
    user.commit(asset, {"kept": b"kept" * 1000})
    before = user.objects(asset)
    operation = user.start(asset)
    disk.fill()
    refused = None
    for number in range(400):
        # Different each time, so that both the bytes and the database grow.
        status, answer = put(user, operation, f"p{number}/{'x' * 900}", b"%9d" % number * 2000)
        if status != 200:
            refused = status, answer
            break
    assert refused is not None, "the disk was never full"
    assert refused[0] == 507, refused
    assert refused[1]["code"] == "storage_full"
    assert "room left" in refused[1]["detail"] or "No space left" in refused[1]["detail"]
    assert user.objects(asset) == before
    assert user.call("GET", f"/assets/{asset}/refs/main/objects", path="kept").data == (
        b"kept" * 1000
    )
    disk.clear()
    assert put(user, operation, "after", b"after")[0] == 200
    user.finish(operation)
    assert {"after", "kept", f"p0/{'x' * 900}"} <= {each["path"] for each in user.objects(asset)}
    assert list(check_hub(full_hub.inside, quick=False, repair=False)) == []


def test_a_hub_stopped_on_a_full_disk_starts_again_and_has_everything(
    disk: Disk, tmp_path: Path
) -> None:
    settings = Settings(data=disk.path / "data")
    with run_hub(settings, tmp_path / "log") as hub:
        user = Raw(hub.url, hub.new_user().key)
        asset = user.asset("dataset", "d", "d")
        commit = user.commit(asset, {"kept": b"kept" * 1000})
        operation = user.start(asset)
        disk.fill()
        answers = [put(user, operation, f"more{n}", b"%9d" % n * 9000)[0] for n in range(6)]
        assert answers[-1] == 507
    disk.clear()
    with run_hub(settings, tmp_path / "log") as hub:
        again = Raw(hub.url, user.key)
        assert [each["path"] for each in again.objects(asset, commit)] == ["kept"]
        again.commit(asset, {"more": b"more"})
        assert list(check_hub(hub.inside, quick=False, repair=False)) == []
