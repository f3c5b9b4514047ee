"""`assethub check` finds whatever is damaged, and `--repair` moves it aside."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import obstore
import obstore.store
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from assethub.cli import cli
from assethub.core.people import sessions
from assethub.core.repository import tags
from assethub.errors import HubError
from assethub.settings import Settings
from assethub.store.tables import asset_contents, commits, contents, nodes
from benches import Bench, fresh

WAYS = pytest.mark.parametrize("packed", [False, True], ids=["alone", "packed"])


def rewrite(bench: Bench, address: str, change: Callable[[bytes], bytes]) -> None:
    """Changes a blob behind the hub's back."""
    data = change(b"".join(bench.hub.blobs.read(address)))
    path = bench.hub.blobs.local_path(address)
    if path is not None:
        path.write_bytes(data)
        return
    store = obstore.store.from_url(bench.settings.store_url)
    obstore.put(store, address, data)


def flip(offset: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]

    return change


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def test_nothing_is_wrong_with_a_hub_after_all_that_it_can_do(bench: Bench) -> None:
    asset, doomed = bench.asset(), bench.asset("dataset")
    files = fresh("a", "b", "dir/c", "dir/d", "dir/e") | {"empty": b""}
    first = bench.commit(asset, files, packed=True)
    tags.create_tag(bench.hub, bench.user, asset, "t", first)
    bench.commit(asset, fresh("a", "big", size=3_000_000), delete=["dir/"])
    bench.commit(doomed, fresh("x", *map(str, range(20))), packed=True)
    bench.pack(bench.start(asset), fresh("left"))
    sessions.make_signin_token(bench.hub, bench.user)
    bench.delete_asset(doomed)
    for days in (0, 8, 2):
        bench.pass_days(days)
        bench.collect()
        assert bench.problems() == bench.problems(quick=True) == bench.problems(repair=True) == []
    assert bench.read(asset, first) == files
    bench.restart()
    assert bench.problems() == []


@WAYS
def test_a_flipped_byte_is_found_with_the_files_it_spoils(bench: Bench, packed: bool) -> None:
    asset, files = bench.asset(), fresh("a", "dir/b", "c")
    commit = bench.commit(asset, files, packed=packed)
    address, offset = bench.place(files["dir/b"])
    rewrite(bench, address, flip(offset + 7))
    lost = digest(files["dir/b"])
    blob, file = bench.problems()
    assert blob == f"blob {address}: holds other bytes at {offset}; content {lost} is lost"
    assert file.startswith(f"{bench.user.name}/model/")
    assert file.endswith(f"@{commit[:12]}: dir/b: content {lost} is lost")
    assert bench.problems(quick=True) == []


@WAYS
def test_a_blob_cut_short_is_found_without_reading_it(bench: Bench, packed: bool) -> None:
    asset, files = bench.asset(), fresh("a", "b")
    bench.commit(asset, files, packed=packed)
    address, offset = bench.place(files["b"])
    rewrite(bench, address, lambda data: data[: offset + 10])
    for quick in (False, True):
        blob, file = bench.problems(quick=quick)
        assert blob.startswith(f"blob {address}: ends at byte {offset + 10}; content ")
        assert ": b: content " in file


def test_a_missing_blob_is_found_with_all_that_lay_in_it(bench: Bench) -> None:
    asset, files = bench.asset(), fresh("a", "b")
    bench.commit(asset, files, packed=True)
    address, _ = bench.place(files["a"])
    bench.hub.blobs.delete(address)
    for quick in (False, True):
        found = bench.problems(quick=quick)
        assert [line.split(";")[0] for line in found[:2]] == [f"blob {address}: is missing"] * 2
        assert [line.split(": ")[1] for line in found[2:]] == ["a", "b"]


def test_samples_whose_content_is_gone_are_found(bench: Bench) -> None:
    evaluation, content = bench.sampled()
    address, _ = bench.place(content)
    start = f"evaluation {evaluation}: the content {digest(content)} of its samples"
    rewrite(bench, address, flip(5))
    assert bench.problems()[-1] == f"{start} is lost"
    gone = contents.delete().where(contents.c.sha256 == digest(content))
    bench.hub.database.write(lambda connection: connection.execute(gone).rowcount)
    assert bench.problems() == bench.problems(quick=True) == [f"{start} is missing"]


def test_a_commit_whose_parent_is_gone_is_found(bench: Bench) -> None:
    asset = bench.asset()
    parent = bench.commit(asset, fresh("a"))
    child = bench.commit(asset, fresh("b"))
    gone = commits.delete().where(commits.c.id == parent)
    bench.hub.database.write(lambda connection: connection.execute(gone).rowcount)
    (line,) = bench.problems()
    assert line.endswith(f"@{child[:12]}: its parent {parent} is missing")


@pytest.mark.parametrize("kind", ["root", "range"])
@pytest.mark.parametrize("harm", ["spoilt", "missing"])
def test_a_damaged_node_is_found_and_moved_aside(bench: Bench, kind: str, harm: str) -> None:
    asset = bench.asset()
    commit = bench.commit(asset, fresh("a"))
    name = harm_node(bench, asset, kind, harm)
    reason = "is missing" if harm == "missing" else "holds other bytes than were written to it"
    (line,) = bench.problems()
    assert line.endswith(f"@{commit[:12]}: node {name} {reason}")
    repaired = bench.problems(repair=True)
    assert repaired[0] == line
    assert repaired[1:] == (
        [] if harm == "missing" else [f"node {name}: moved to the table quarantine"]
    )
    assert bench.count("quarantine") == len(repaired) - 1


def harm_node(bench: Bench, asset: str, kind: str, harm: str) -> str:
    def job(connection: sa.Connection) -> str:
        query = sa.text("SELECT tree FROM commits WHERE asset_id = :asset AND generation = 1")
        root = connection.execute(query, {"asset": asset}).scalar_one()
        every = connection.execute(sa.select(nodes.c.hash)).scalars()
        name = root if kind == "root" else next(each for each in every if each != root)
        meant = nodes.c.hash == name
        if harm == "missing":
            connection.execute(nodes.delete().where(meant))
        else:
            data = connection.execute(sa.select(nodes.c.data).where(meant)).scalar_one()
            connection.execute(nodes.update().where(meant).values(data=data[:-5] + b"spoil"))
        return str(name)

    return bench.hub.database.write(job)


@WAYS
def test_repair_moves_the_blob_aside_and_the_same_bytes_heal_the_hub(
    bench: Bench, packed: bool
) -> None:
    asset, files = bench.asset(), fresh("a", "b", "c")
    bench.commit(asset, files, packed=packed)
    address, offset = bench.place(files["b"])
    rewrite(bench, address, flip(offset))
    lines = bench.problems(repair=True)
    assert f"blob {address}: moved to " in lines[1]
    aside = lines[1].split("moved to ")[1]
    assert aside.endswith(f"quarantine/{address.replace('/', '')}")
    if "://" not in aside:
        assert len(Path(aside).read_bytes()) == (180 if packed else 60)
    assert address not in bench.blobs()
    (line,) = bench.problems()
    assert line.endswith(f": b: content {digest(files['b'])} is missing")
    with pytest.raises(HubError, match="not found"):
        bench.read(asset)
    operation = bench.start(asset)
    assert bench.name(operation, files) == [1]
    bench.put(operation, {"b": files["b"]})
    assert bench.read(asset) == files
    assert bench.problems() == []
    assert bench.count("quarantine") == 1


@pytest.mark.parametrize("quick", [False, True])
def test_a_file_that_the_disk_cannot_read_is_one_of_the_findings(
    tmp_path: Path, quick: bool
) -> None:
    bench = Bench(Settings(data=tmp_path / "data"))
    try:
        asset, files = bench.asset(), fresh("a", "b", "c")
        bench.commit(asset, files)
        broken, _ = bench.place(files["b"])
        path = bench.hub.blobs.local_path(broken)
        assert path is not None
        path.unlink()
        # No memory lies at its beginning, so the system refuses to read there as a bad disk does.
        path.symlink_to("/proc/self/mem")
        missing, _ = bench.place(files["c"])
        bench.hub.blobs.delete(missing)
        found = bench.problems(quick=quick)
        why = "ends at byte 0" if quick else "cannot be read at 0 ("
        assert any(line.startswith(f"blob {broken}: {why}") for line in found)
        assert any(line.startswith(f"blob {missing}: is missing") for line in found)
        assert len(found) == 4
        bench.problems(repair=True)
        bench.commit(asset, {"b": files["b"], "c": files["c"], "new": b"n"})
        assert bench.problems() == []
        assert bench.read(asset) == files | {"new": b"n"}
    finally:
        bench.hub.close()


@pytest.mark.parametrize(
    "change",
    [
        {"message": "another"},
        {"committer": "somebody"},
        {"time": 1},
        {"metadata": {"a": "b"}},
        {"parents": []},
    ],
)
def test_a_commit_that_says_other_things_than_its_id_is_found(
    bench: Bench, change: dict[str, object]
) -> None:
    asset = bench.asset()
    commit = bench.commit(asset, fresh("a"))
    bench.commit(asset, fresh("b"))
    altered = commits.update().where(commits.c.id == commit).values(change)
    bench.hub.database.write(lambda connection: connection.execute(altered).rowcount)
    (line,) = bench.problems()
    assert line.endswith(f"@{commit[:12]}: the commit says other things than were written to it")


def test_contents_that_collection_would_take_from_an_asset_are_found_and_noted(
    bench: Bench,
) -> None:
    asset, files = bench.asset(), fresh("a")
    bench.commit(asset, files)
    bench.hub.database.write(lambda c: c.execute(asset_contents.delete()).rowcount)
    (line,) = bench.problems()
    assert line.endswith(f"content {digest(files['a'])} is not noted as kept for it")
    assert len(bench.problems(repair=True)) == 2
    assert bench.problems() == []
    bench.pass_days(30)
    bench.collect()
    assert bench.read(asset) == files


def test_a_content_that_the_hub_does_not_know_is_missing(bench: Bench) -> None:
    asset, files = bench.asset(), fresh("a")
    bench.commit(asset, files)
    bench.hub.database.write(lambda c: c.execute(contents.delete()).rowcount)
    (line,) = bench.problems()
    assert line.endswith(f": a: content {digest(files['a'])} is missing")


def run(bench: Bench, *arguments: str) -> tuple[int, str]:
    place = {
        "--data": str(bench.settings.data),
        "--database-url": bench.settings.database_url,
        "--store-url": bench.settings.store_url,
    }
    options = [text for pair in place.items() if pair[1] for text in pair]
    result = CliRunner().invoke(cli, [*arguments, *options], catch_exceptions=False)
    return result.exit_code, result.stdout


def test_the_commands_tell_and_exit_by_what_they_find(bench: Bench) -> None:
    asset, files = bench.asset(), fresh("a")
    bench.commit(asset, files)
    assert run(bench, "check") == (0, "All commits are whole.\n")
    bench.delete_asset(asset)
    bench.pass_days(8)
    code, told = run(bench, "gc")
    assert code == 0
    assert "Would remove 1 (60 B) of contents" in told
    assert told.endswith("Nothing was changed: give --apply to do it.\n")
    code, done = run(bench, "gc", "--apply", "--grace", "0s")
    assert (code, "Deleted 1 (60 B) of unused blobs." in done) == (0, True)
    asset = bench.asset()
    bench.commit(asset, files)
    bench.hub.blobs.delete(bench.place(files["a"])[0])
    code, told = run(bench, "check", "--quick")
    assert (code, len(told.splitlines())) == (1, 2)


@pytest.mark.parametrize("grace", ["1", "-1d", "1w", "1.5h", ""])
def test_a_grace_period_without_a_unit_is_wrong_usage(grace: str) -> None:
    result = CliRunner().invoke(cli, ["gc", f"--grace={grace}"])
    assert result.exit_code == 2
    assert "is no number with a unit, such as 30m, 12h or 7d" in result.output
