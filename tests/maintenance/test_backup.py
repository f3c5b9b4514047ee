"""A backup is all that a hub holds, whatever databases and stores are at its two ends."""

import json
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import permutations
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from api.raw import Raw
from assethub.core.backups.making import make_backup
from assethub.core.hub import Hub, open_hub
from assethub.core.maintenance.checking import check_hub
from assethub.settings import Settings
from assethub.store.rows import read_tables
from assethub.store.tables import sent_contents
from benches import Bench, fresh
from hubs import RunningHub, run_hub
from listings import Filled, fill_hub, read_listings
from places import PAIRS, Places, Watched, run_assethub


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    with ExitStack() as stack:
        yield Places(request, stack, tmp_path / "places")


def other(kind: str) -> str:
    return PAIRS[1 - PAIRS.index(kind)]


@pytest.mark.parametrize("kind", PAIRS)
def test_a_hub_of_a_backup_of_the_other_kind_tells_all_that_the_first_did(
    places: Places, kind: str
) -> None:
    settings, depot = places.settings(kind), places.depot("s3")
    with run_hub(settings, places.log()) as hub:
        filled = fill_hub(hub)
        told = read_listings(hub.url, filled.owner, filled.guest)
        assert run_assethub(settings, "backup", depot).startswith("Backup 2")
    restored = places.settings(other(kind))
    run_assethub(restored, "restore", depot)
    with run_hub(restored, places.log()) as hub:
        assert read_listings(hub.url, filled.owner, filled.guest) == told
        go_on(hub, filled)
    assert run_assethub(restored, "check") == "All commits are whole.\n"
    assert "are as they were written" in run_assethub(restored, "audit", "--verify")


def go_on(hub: RunningHub, filled: Filled) -> None:
    """Finishes what was open in the first hub, and begins anew."""
    raw, reader = Raw(hub.url, filled.owner), Raw(hub.url, filled.reader)
    commit = raw.finish(filled.operation)
    assert reader.objects(filled.model)[0]["path"] == "half.bin"
    shown = raw.ok("GET", "/evaluations", query="")["results"]
    model = raw.ok("GET", f"/assets/{filled.model}")
    folder = raw.ok("GET", f"/folders/{model['folder']}")["folder"]
    path = f"{folder['owner']}/model/{folder['name']}/{model['name']}@{commit}"
    body = {"model": path, "dataset": shown[0]["datasetRef"], "metrics": {"accuracy": 1}}
    made = raw.ok("POST", "/evaluations", body)
    after = raw.ok("GET", "/evaluations", query="")["results"]
    assert [row["id"] for row in after] == [made["id"], *(row["id"] for row in shown)]


@contextmanager
def opened(settings: Settings) -> Iterator[Hub]:
    hub = open_hub(settings)
    try:
        yield hub
    finally:
        hub.close()


def read_rows(hub: Hub) -> dict[str, list[Any]]:
    """All rows of a hub, whatever its database; chains of the audit log that begin are none."""
    with hub.database.read() as connection:
        found = {
            table.head.table: sorted((list(row) for row in table.rows), key=repr)
            for table in read_tables(connection)
        }
    found["audit_chains"] = [row for row in found["audit_chains"] if row[1]]
    return found


def fill_bench(bench: Bench) -> str:
    """Commits in packs and alone, samples, and what is only begun; returns the asset."""
    asset = bench.asset()
    files = fresh("a", "b", "dir/c") | {"empty": b"", "large": b"x" * 3_000_000}
    bench.commit(asset, files, packed=True)
    bench.commit(asset, fresh("a", "d"), delete=["dir/"])
    bench.sampled()
    bench.put(bench.start(asset), fresh("open"))
    return asset


@pytest.mark.parametrize("kind", PAIRS)
def test_every_row_and_byte_is_restored(bench: Bench, places: Places, kind: str) -> None:
    asset, depot = fill_bench(bench), places.depot("files")
    run_assethub(bench.settings, "backup", depot)
    restored = places.settings(kind)
    run_assethub(restored, "restore", depot)
    with opened(restored) as hub:
        assert read_rows(hub) == read_rows(bench.hub)
        assert list(check_hub(hub, quick=False, repair=False)) == []
        expected = bench.read(asset)
        bench.hub.close()
        bench.hub = hub
        assert bench.read(asset) == expected


@pytest.mark.parametrize(("bench", "kind"), list(permutations(PAIRS)), indirect=["bench"])
def test_a_database_moves_and_the_bytes_stay(bench: Bench, places: Places, kind: str) -> None:
    asset = fill_bench(bench)
    rows, files = read_rows(bench.hub), bench.read(asset)
    bench.hub.close()
    target = places.settings(kind)
    to = target.database_url or str(target.data)
    said = json.loads(run_assethub(bench.settings, "migrate", "--to", to, "-o", "json"))
    given = dict(zip(said["serve"][2::2], said["serve"][3::2], strict=True))
    moved = Settings(
        data=Path(given.get("--data", bench.settings.data)),
        database_url=given.get("--database-url", ""),
        store_url=given.get("--store-url", ""),
    )
    bench.settings = moved
    bench.restart()
    assert read_rows(bench.hub) == rows
    assert bench.read(asset) == files
    bench.commit(asset, fresh("new"))
    assert bench.problems() == []


def test_a_database_does_not_move_while_a_hub_has_it_open(places: Places) -> None:
    settings, target = places.settings(PAIRS[1]), places.settings(PAIRS[0])
    with opened(settings) as hub:
        read_rows(hub)
        refusal = run_assethub(
            settings, "migrate", "--to", str(target.data), refused="already_served"
        )
    assert "so stop them first" in refusal
    assert not target.data.exists()


def test_the_next_backup_copies_only_what_is_new_and_each_is_kept(
    bench: Bench, places: Places
) -> None:
    asset, depot = fill_bench(bench), places.depot("s3")
    first = json.loads(run_assethub(bench.settings, "backup", depot, "-o", "json"))
    assert first["copiedBlobs"] == first["blobs"] > 3
    before = read_rows(bench.hub)
    bench.commit(asset, fresh("new", "newer"))
    second = json.loads(run_assethub(bench.settings, "backup", depot, "-o", "json"))
    assert second["copiedBlobs"] == 2
    assert second["blobs"] == first["blobs"] + 2
    for name, rows in ((first["backup"], before), (second["backup"], read_rows(bench.hub))):
        restored = places.settings(PAIRS[0])
        run_assethub(restored, "restore", depot, "--backup", name)
        with opened(restored) as hub:
            assert read_rows(hub) == rows


def test_a_backup_is_of_one_moment_while_others_commit_and_delete(
    bench: Bench, places: Places
) -> None:
    asset, doomed, depot = bench.asset(), bench.asset("dataset"), places.depot("files")
    bench.commit(doomed, fresh("a", "b"), packed=True)
    stopped = Event()

    def write() -> None:
        while not stopped.is_set():
            bench.commit(asset, fresh("a"), packed=True)

    def collect_all(what: str) -> None:
        if what == "Bytes":
            # After the rows were read, before the bytes are.
            bench.delete_asset(doomed)
            bench.hub.database.write(lambda c: c.execute(sent_contents.delete()).rowcount)
            assert [bench.collect(0).held for _ in range(2)] == [True, True]

    writer = Thread(target=write)
    writer.start()
    try:
        made = make_backup(bench.settings, depot, Watched(collect_all))
    finally:
        stopped.set()
        writer.join()
    assert made.copied.damaged == {}
    restored = places.settings(PAIRS[0])
    run_assethub(restored, "restore", depot)
    with opened(restored) as hub:
        assert list(check_hub(hub, quick=False, repair=False)) == []
        assert {asset, doomed} <= {row[0] for row in read_rows(hub)["assets"]}
    assert bench.collect(0).held is False


def test_repair_waits_for_a_backup(bench: Bench, places: Places) -> None:
    fill_bench(bench)

    def repair(what: str) -> None:
        if what == "Bytes":
            run_assethub(bench.settings, "check", "--repair", refused="blobs_held")

    make_backup(bench.settings, places.depot("files"), Watched(repair))
    assert run_assethub(bench.settings, "check", "--repair") == "All commits are whole.\n"


@pytest.mark.parametrize("bench", PAIRS[:1], indirect=True)
def test_others_on_the_machine_cannot_read_a_backup(bench: Bench, places: Places) -> None:
    fill_bench(bench)
    depot = Path(places.depot("files"))
    run_assethub(bench.settings, "backup", str(depot))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [depot, *depot.rglob("*")]}
    assert modes == {0o600, 0o700}
    restored = places.settings(PAIRS[0])
    run_assethub(restored, "restore", str(depot))
    assert stat.S_IMODE(restored.data.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("bench", "harm"), list(zip(PAIRS, ("lost", "spoilt"), strict=True)), indirect=["bench"]
)
def test_of_a_damaged_hub_all_that_is_left_is_backed_up(
    bench: Bench, places: Places, harm: str
) -> None:
    asset, depot, files = bench.asset(), places.depot("files"), fresh("a", "b", "c")
    bench.commit(asset, files)
    address, _ = bench.place(files["b"])
    bench.hub.blobs.delete(address)
    if harm == "spoilt":
        with bench.hub.blobs.create(address) as writer:
            writer.write(b"something else")
            writer.commit()
    for _ in range(2):
        told = run_assethub(bench.settings, "backup", depot, "-o", "json", code=1)
        said = json.loads(told.splitlines()[0])
        assert [line.split()[1] for line in said["damaged"]] == [address]
    restored = places.settings(PAIRS[0])
    assert address in run_assethub(restored, "restore", depot, code=1)
    with opened(restored) as hub:
        assert list(check_hub(hub, quick=False, repair=False)) == bench.problems() != []
    with bench.hub.blobs.create(address) as writer:
        writer.write(files["b"])
        writer.commit()
    said = json.loads(run_assethub(bench.settings, "backup", depot, "-o", "json"))
    assert (said["damaged"], said["copiedBlobs"]) == ([], 1)
    healed = places.settings(PAIRS[0])
    run_assethub(healed, "restore", depot)
    assert run_assethub(healed, "check") == "All commits are whole.\n"
