"""What goes wrong with a backup is said, and never leaves half of one, or half a hub."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from assethub.core.backups.making import make_backup
from assethub.core.backups.restoring import restore_backup
from assethub.core.hub import open_hub
from assethub.core.maintenance.checking import check_hub
from assethub.settings import Settings
from assethub.store.blobs import open_store
from assethub.store.shelves import open_shelf
from benches import Bench, fresh
from hubs import hub_environment
from places import PAIRS, Places, Watched, run_assethub

LOCAL = pytest.mark.parametrize("bench", PAIRS[:1], indirect=True)
WEEK = 7 * 24 * 3600
# Kills itself when the part of the work begins that is the last argument.
KILLED = """
import os, sys
from assethub.core.backups.making import make_backup
from assethub.core.backups.restoring import restore_backup
from assethub.settings import Settings

class Killing:
    def begin(self, what, total, unit):
        self.doomed = what == sys.argv[3]
    def advance(self, amount):
        if self.doomed:
            os.kill(os.getpid(), 9)

if sys.argv[1] == "backup":
    make_backup(Settings(), sys.argv[2], Killing())
else:
    restore_backup(Settings(), sys.argv[2], None, Killing())
"""


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    with ExitStack() as stack:
        yield Places(request, stack, tmp_path / "places")


@pytest.fixture
def depot(bench: Bench, places: Places) -> str:
    """A backup of a hub with a few commits."""
    asset = bench.asset()
    bench.commit(asset, fresh("a", "b", "c"), packed=True)
    bench.commit(asset, fresh("d") | {"large": b"x" * 3_000_000})
    depot = places.depot("files")
    run_assethub(bench.settings, "backup", depot)
    return depot


def manifest_of(depot: str) -> dict[str, Any]:
    (path,) = Path(depot, "backups").iterdir()
    return dict(json.loads(path.read_text()))


def file_of(depot: str, what: str) -> Path:
    """The file of a table's rows, the largest blob of the hub, or the manifest."""
    if what == "manifest":
        return next(Path(depot, "backups").iterdir())
    dumps = {each["table"]: each["address"] for each in manifest_of(depot)["dumps"]}
    if what == "blob":
        return max(Path(depot, "blobs").rglob("*"), key=lambda path: path.stat().st_size)
    return Path(depot, "blobs", dumps[what])


def is_empty(settings: Settings) -> bool:
    """Whether there is no database and no blob."""
    store = open_store(settings.resolved_store_url)
    if next(store.list(), None) is not None:
        return False
    if open_shelf(settings.resolved_store_url).list():
        return False
    if not settings.database_url:
        return not settings.data.exists()
    engine = sa.create_engine(settings.resolved_database_url)
    tables = sa.inspect(engine).get_table_names()
    engine.dispose()
    return not tables


def flip(data: bytes) -> bytes:
    at = len(data) * 2 // 3
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def restored_is_whole(settings: Settings) -> None:
    hub = open_hub(settings)
    assert list(check_hub(hub, quick=False, repair=False)) == []
    hub.close()


@LOCAL
@pytest.mark.parametrize("kind", PAIRS)
def test_a_backup_of_which_something_is_not_as_it_was_is_refused_and_nothing_is_left(
    bench: Bench, places: Places, depot: str, kind: str
) -> None:
    settings = places.settings(kind)
    harms: dict[str, Callable[[bytes], bytes]] = {
        "altered": flip,
        "truncated": lambda data: data[: len(data) // 2],
        "longer": lambda data: data + b"more",
    }
    for what in ("manifest", "commits", "contents", "blob"):
        path = file_of(depot, what)
        data = path.read_bytes()
        for name, harm in harms.items():
            if (what, name) == ("blob", "longer"):
                continue
            path.write_bytes(harm(data))
            said = run_assethub(settings, "restore", depot, refused="backup_damaged")
            assert "is damaged: " in said
            assert is_empty(settings), (what, name)
        path.unlink()
        code = "no_backup" if what == "manifest" else "backup_damaged"
        run_assethub(settings, "restore", depot, refused=code)
        assert is_empty(settings), what
        path.write_bytes(data)
    run_assethub(settings, "restore", depot)
    restored_is_whole(settings)
    assert bench.problems() == []


@LOCAL
def test_nothing_is_restored_over_what_is_there(bench: Bench, places: Places, depot: str) -> None:
    for settings in (bench.settings, places.settings(PAIRS[1])):
        if settings is not bench.settings:
            open_hub(settings).close()
        said = run_assethub(settings, "restore", depot, refused="not_empty")
        assert "nothing is ever overwritten" in said
    elsewhere = places.settings(PAIRS[0])
    store = elsewhere.model_copy(update={"store_url": bench.settings.resolved_store_url})
    run_assethub(store, "restore", depot, refused="not_empty")
    assert not elsewhere.data.exists()
    assert bench.problems() == []


@LOCAL
def test_who_breaks_a_restore_off_leaves_nothing(bench: Bench, places: Places, depot: str) -> None:
    for kind in PAIRS:
        settings = places.settings(kind)
        for part in ("Reading", "Bytes", "Database"):

            def interrupt(what: str, part: str = part) -> None:
                if what == part:
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                restore_backup(settings, depot, None, Watched(interrupt))
            assert is_empty(settings), part


@LOCAL
@pytest.mark.parametrize("kind", PAIRS)
def test_a_restore_that_is_killed_goes_on_where_it_was(
    bench: Bench, places: Places, depot: str, kind: str
) -> None:
    settings = places.settings(kind)
    kill("restore", settings, depot, "Bytes")
    kill("restore", settings, depot, "Database")
    said = json.loads(run_assethub(settings, "restore", depot, "-o", "json"))
    assert (said["copiedBlobs"], said["blobs"]) == (0, 3)
    restored_is_whole(settings)
    if kind == PAIRS[0]:
        assert {path.name for path in settings.data.glob("hub.db*")} <= {
            *("hub.db", "hub.db-wal", "hub.db-shm")
        }


def test_a_backup_that_is_killed_is_none_and_the_next_goes_on(bench: Bench, places: Places) -> None:
    asset, depot = bench.asset(), places.depot("files")
    bench.commit(asset, fresh(*map(str, range(12))))
    kill("backup", bench.settings, depot, "Bytes")
    run_assethub(places.settings(PAIRS[0]), "restore", depot, refused="no_backup")
    said = json.loads(run_assethub(bench.settings, "backup", depot, "-o", "json"))
    assert said["copiedBlobs"] < said["blobs"] == 12
    assert bench.collect().held is False
    settings = places.settings(PAIRS[0])
    run_assethub(settings, "restore", depot)
    restored_is_whole(settings)


def kill(verb: str, settings: Settings, depot: str, part: str) -> None:
    command = [sys.executable, "-c", KILLED, verb, depot, part]
    done = subprocess.run(command, env=hub_environment(settings), capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@LOCAL
def test_who_breaks_a_backup_off_leaves_none(bench: Bench, places: Places) -> None:
    bench.commit(bench.asset(), fresh("a"))
    depot = places.depot("files")

    def interrupt(what: str) -> None:
        if what == "Bytes":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_backup(bench.settings, depot, Watched(interrupt))
    run_assethub(places.settings(PAIRS[0]), "restore", depot, refused="no_backup")
    assert bench.collect().held is False


@LOCAL
def test_a_full_disk_ends_a_backup_and_a_restore_with_a_sentence(
    bench: Bench, places: Places, depot: str
) -> None:
    settings = places.settings(PAIRS[0])
    new = places.depot("files")
    for words, where in ((("backup", new), bench.settings), (("restore", depot), settings)):
        command = [Path(sys.executable).with_name("assethub"), *words]
        done = subprocess.run(
            command,
            env=hub_environment(where),
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=limit_files,
        )
        assert done.returncode == 1
        assert done.stderr.startswith("assethub: error: cannot write to the store directory ")
        assert done.stderr.count("\n") == 1
    assert not Path(new, "backups").exists()
    assert is_empty(settings)


def limit_files() -> None:
    """No file may have more than a megabyte, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))


@LOCAL
def test_where_there_is_no_hub_or_no_place_is_said(bench: Bench, places: Places) -> None:
    nowhere = places.settings(PAIRS[0])
    run_assethub(nowhere, "backup", places.depot("files"), refused="no_hub")
    run_assethub(nowhere, "migrate", "--to", str(bench.settings.data), refused="no_hub")
    run_assethub(places.settings(PAIRS[1]), "backup", places.depot("files"), refused="no_hub")
    assert not nowhere.data.exists()
    data = str(bench.settings.data)
    run_assethub(bench.settings, "backup", data, refused="same_place")
    run_assethub(bench.settings, "backup", "ftp://there", refused="store_unavailable")
    run_assethub(bench.settings, "migrate", "--to", "mysql://there", refused="invalid_database")
    file = places.log()
    file.write_text("")
    run_assethub(bench.settings, "backup", str(file / "below"), refused="store_unavailable")


@LOCAL
def test_backups_that_are_dropped_take_their_bytes_with_them_a_week_later(
    bench: Bench, places: Places, depot: str
) -> None:
    gone = bench.asset()
    bench.commit(gone, fresh("only", "in", "one"))
    run_assethub(bench.settings, "backup", depot)
    bench.delete_asset(gone)
    bench.pass_days(9)
    bench.collect(0)
    said = json.loads(run_assethub(bench.settings, "backup", depot, "--keep", "2", "-o", "json"))
    assert (len(said["dropped"]), said["deletedBlobs"]) == (1, 0)
    said = json.loads(run_assethub(bench.settings, "backup", depot, "--keep", "1", "-o", "json"))
    assert (len(said["dropped"]), said["deletedBlobs"]) == (2, 0)
    before = time.time() - WEEK - 60
    for path in [*Path(depot, "dropped").iterdir(), *Path(depot, "blobs").rglob("*/*")]:
        os.utime(path, (before, before))
    said = json.loads(run_assethub(bench.settings, "backup", depot, "--keep", "2", "-o", "json"))
    dumps = len(said["rows"])
    assert (said["dropped"], said["deletedBlobs"], said["copiedBlobs"]) == ([], 3 * dumps + 3, 0)
    for name in os.listdir(Path(depot, "backups")):
        settings = places.settings(PAIRS[0])
        run_assethub(settings, "restore", depot, "--backup", name.removesuffix(".json"))
        restored_is_whole(settings)
