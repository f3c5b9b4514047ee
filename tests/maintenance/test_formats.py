"""Data directories that older programs made still open, whole."""

import base64
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.raw import Raw
from assethub.core.maintenance.checking import check_hub
from assethub.core.maintenance.collection import collect
from assethub.settings import Settings
from assethub.store.schema import read_version
from benches import new_database
from hubs import RunningHub, run_hub
from places import run_assethub

FORMATS = sorted(Path(__file__).parents[1].glob("data/format-*"))
BACKUPS = sorted(Path(__file__).parents[1].glob("data/backup-*"))


class Old:
    """A copy of an old data directory, served by today's program."""

    def __init__(self, hub: RunningHub, expected: dict[str, Any]) -> None:
        self.hub = hub
        self.expected = expected
        self.ann = Raw(hub.url, expected["key"])
        self.snapshots = {
            commit: {path: base64.b64decode(text) for path, text in files.items()}
            for commit, files in expected["snapshots"].items()
        }

    def read(self, asset: str, ref: str) -> dict[str, bytes]:
        """All files of a snapshot, by the released client's routes."""
        found = {}
        for listed in self.ann.objects(asset, ref):
            route = f"/assets/{asset}/refs/{ref}/objects"
            answer = self.ann.call("GET", route, path=listed["path"])
            assert answer.status == 200
            found[listed["path"]] = answer.data
        return found

    def problems(self) -> list[str]:
        return list(check_hub(self.hub.inside, quick=False, repair=False))


def unpack(kept: Path, target: Path) -> dict[str, Any]:
    """Unpacks what was kept; returns what it held."""
    for archive in kept.glob("*.tar.gz"):
        with tarfile.open(archive) as packed:
            packed.extractall(target, filter="data")
    return dict(json.loads((kept / "expected.json").read_text()))


@pytest.fixture(params=FORMATS, ids=lambda path: path.name)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    expected = unpack(request.param, tmp_path)
    with run_hub(Settings(data=tmp_path / "data"), tmp_path / "log") as hub:
        yield Old(hub, expected)


def test_all_that_an_old_hub_held_is_read(old: Old) -> None:
    check_all(old)


@pytest.mark.parametrize("kept", [*FORMATS, *BACKUPS], ids=lambda path: path.name)
def test_a_backup_of_an_old_hub_is_restored_and_brought_up_to_date(
    kept: Path, tmp_path: Path, postgres_url: str
) -> None:
    expected = unpack(kept, tmp_path)
    depot = tmp_path / "depot"
    if not depot.exists():
        source = Settings(data=tmp_path / "data", database_url="", store_url="")
        run_assethub(source, "backup", str(depot))
        # A backup changes nothing in the hub.
        assert read_version(source.resolved_database_url) == kept.name.removeprefix("format-")
    with new_database(postgres_url) as url:
        settings = Settings(data=tmp_path / "new", database_url=url, store_url="")
        run_assethub(settings, "restore", str(depot))
        with run_hub(settings, tmp_path / "log") as hub:
            check_all(Old(hub, expected))


def check_all(old: Old) -> None:
    """Compares what the hub tells with what was in it."""
    model, dataset = old.expected["model"], old.expected["dataset"]
    for route, rows in old.expected["references"].items():
        listed = old.ann.ok("GET", f"/assets/{route}")["results"]
        assert {row["id"]: row["commit_id"] for row in listed} == rows
    branches = old.expected["references"][f"{model}/branches"]
    assert old.read(model, "v2") == old.snapshots[branches["v2"]]
    assert old.read(model, "best") == old.snapshots[old.expected["first"][1]]
    assert old.read(dataset, "v1") == old.snapshots[old.expected["first"][0]]
    main = old.expected["references"][f"{dataset}/branches"]["main"]
    assert old.read(dataset, "main") == old.snapshots[main]
    for asset, commit in old.expected.get("others", []):
        assert old.read(asset, commit) == old.snapshots[commit]
    evaluation = old.expected["evaluation"]
    found = old.ann.ok("GET", f"/evaluations/{evaluation['id']}")
    assert {name: found[name] for name in evaluation} == evaluation
    assert old.ann.ok("GET", "/evaluations", query="accuracy exists")["results"] == [found]
    assert old.problems() == []


def test_commits_go_on_top_of_an_old_hub_and_nothing_is_collected_from_it(old: Old) -> None:
    model, dataset = old.expected["model"], old.expected["dataset"]
    before = old.read(dataset, "main")
    made = old.ann.commit(dataset, {"new.txt": b"new", "again.png": b"same"})
    assert old.read(dataset, "main") == before | {"new.txt": b"new", "again.png": b"same"}
    commits = old.ann.ok("GET", f"/assets/{dataset}/branches/main/commits")["results"]
    assert [row["id"] for row in commits[:2]] == [
        made,
        old.expected["references"][f"{dataset}/branches"]["main"],
    ]
    old.ann.commit(model, {"weights.bin": b"third"}, "v2")
    # What the old hub left open has expired by now.
    gone = sa.text("DELETE FROM operations WHERE base_commit <> ''")
    old.hub.inside.database.write(lambda connection: connection.execute(gone).rowcount)
    for _ in range(2):
        collect(old.hub.inside, 0, apply=True)
    first_data, first_model = old.expected["first"]
    assert old.read(dataset, first_data) == old.snapshots[first_data]
    assert old.read(model, first_model) == old.snapshots[first_model]
    assert old.problems() == []
