"""Garbage collection keeps all that is referred to, and frees the rest after a while."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from assethub.core.maintenance.collection import Amount, Collection
from assethub.core.people import sessions
from assethub.core.repository import tags
from assethub.core.repository.branches import create_branch
from assethub.core.repository.operations import stage_put
from assethub.core.repository.parts import Asked, PartIntake
from assethub.core.repository.uploads import start_upload
from assethub.errors import NotFound
from assethub.store.tables import nodes
from benches import DAY, Bench, fresh


def collect_all(bench: Bench) -> Collection:
    """What is freed until nothing waits any more."""
    bench.collect()
    bench.pass_days(2)
    return bench.collect()


def test_an_asset_keeps_what_any_of_its_commits_holds(bench: Bench) -> None:
    asset = bench.asset()
    first, second = fresh("a", "b", "c"), fresh("a", "d")
    old = bench.commit(asset, first, packed=True)
    tags.create_tag(bench.hub, bench.user, asset, "kept", old)
    create_branch(bench.hub, bench.user, asset, "side", old)
    bench.commit(asset, second, delete=["b"])
    bench.pass_days(30)
    collect_all(bench)
    assert bench.read(asset, old) == first == bench.read(asset, "side")
    assert bench.read(asset) == {"c": first["c"], **second}
    assert bench.problems() == []


def test_bytes_of_a_deleted_asset_are_freed_after_the_grace_period(bench: Bench) -> None:
    doomed, other = bench.asset(), bench.asset()
    files, shared = fresh("a", "b"), fresh("shared")
    bench.commit(doomed, files | shared)
    bench.commit(other, shared)
    bench.delete_asset(doomed)
    bench.pass_days(8)
    first = bench.collect()
    assert (first.contents, first.nodes) == (Amount(2, 120), first.nodes)
    assert first.nodes is not None
    assert first.nodes.number == 2
    assert (first.blobs, first.waiting) == (Amount(), Amount(2, 120))
    bench.pass_days(0.9)
    assert bench.collect().blobs == Amount()
    bench.pass_days(0.2)
    assert bench.collect().blobs == Amount(2, 120)
    assert len(bench.blobs()) == 1
    assert bench.read(other) == shared
    assert bench.collect() == Collection()


def test_what_was_sent_can_be_named_for_a_week_and_is_freed_then(bench: Bench) -> None:
    asset, files = bench.asset(), fresh("a", "b")
    operation = bench.start(asset)
    bench.pack(operation, files)
    bench.pass_days(6.9)
    collect_all_now(bench)
    assert bench.name(bench.start(asset), files) == []
    bench.pass_days(0.2)
    freed = bench.collect()
    assert freed.contents == Amount()
    # The second operation keeps them for its own week.
    bench.pass_days(8)
    assert bench.collect().contents == Amount(2, 120)
    assert bench.name(bench.start(asset), files) == [0, 1]


def collect_all_now(bench: Bench) -> None:
    bench.collect(0)
    bench.collect(0)


def test_an_open_operation_keeps_what_it_has_staged_by_name(bench: Bench) -> None:
    source, target, files = bench.asset(), bench.asset(), fresh("a")
    bench.commit(source, files)
    bench.pass_days(8)
    operation = bench.start(target)
    assert bench.name(operation, files) == []
    bench.delete_asset(source)
    collect_all_now(bench)
    bench.finish(operation)
    assert bench.read(target) == files
    assert bench.problems() == []


def test_an_expired_operation_is_dropped_and_can_no_longer_be_finished(bench: Bench) -> None:
    asset, files = bench.asset(), fresh("a")
    operation = bench.start(asset)
    bench.put(operation, files)
    bench.pass_days(7.1)
    assert bench.collect().expired == 2
    assert bench.count("operations") == bench.count("staged_puts") == 0
    with pytest.raises(NotFound):
        bench.finish(operation)


def test_expired_sessions_and_links_are_removed_and_living_ones_stay(bench: Bench) -> None:
    token = sessions.make_signin_token(bench.hub, bench.user)
    bench.pass_days(2)
    secret = sessions.sign_in_with_token(
        bench.hub, sessions.make_signin_token(bench.hub, bench.user)
    )
    assert bench.collect().expired == 0, token
    found = sessions.find_session(bench.hub, secret)
    assert found is not None
    assert found[0].id == bench.user.id
    bench.pass_days(15)
    assert bench.collect().expired == 1
    assert bench.count("sessions") == bench.count("signin_links") == 0


def test_a_dry_run_tells_what_would_go_and_changes_nothing(bench: Bench) -> None:
    asset, files = bench.asset(), fresh("a", "b")
    bench.commit(asset, files)
    bench.delete_asset(asset)
    bench.pass_days(8)
    told = bench.collect(apply=False)
    assert told.expired == 2
    assert told.contents == told.waiting == Amount(2, 120)
    assert bench.count("contents") == 2
    assert bench.count("unused_blobs") == 0
    assert bench.collect(apply=False) == told
    bench.collect()
    bench.pass_days(1.1)
    assert bench.collect(apply=False).blobs == Amount(2, 120)
    assert len(bench.blobs()) == 2


def test_a_blob_that_is_used_again_is_kept_and_its_time_begins_anew(bench: Bench) -> None:
    asset, files = bench.asset(), fresh("a", "b")
    operation = bench.start(asset)
    with bench.hub.blobs.create() as writer:
        writer.write(files["a"])
        blob = writer.commit()
    assert bench.collect().waiting == Amount(1, 60)
    bench.pass_days(1.1)
    # The note of what lies in the blob comes only now, from a very slow request.
    stage_put(bench.hub, bench.user, operation, "a", blob)
    assert bench.collect() == Collection()
    assert bench.count("unused_blobs") == 0
    bench.finish(operation)
    assert bench.read(asset) == {"a": files["a"]}


def test_a_pack_that_is_mostly_dead_is_copied_and_freed_later(bench: Bench) -> None:
    kept, doomed = bench.asset(), bench.asset()
    files = fresh(*(f"f{number}" for number in range(10)))
    bench.commit(doomed, files, packed=True)
    alive = {path: files[path] for path in ("f0", "f4", "f9")}
    bench.commit(kept, alive)
    assert len(bench.blobs()) == 1
    old = bench.place(files["f4"])[0]
    bench.delete_asset(doomed)
    bench.pass_days(8)
    told = bench.collect(apply=False)
    assert told.packs == Amount(1, 7 * 60)
    freed = bench.collect()
    assert freed.packs == Amount(1, 7 * 60)
    address, offset = bench.place(files["f4"])
    assert (address != old, offset) == (True, 60)
    # A reader that has the old address still finds the bytes there.
    assert b"".join(bench.hub.blobs.read(old, 240, 60)) == files["f4"]
    assert bench.read(kept) == alive
    assert collect_all(bench).blobs == Amount(1, 600)
    assert bench.blobs() == {address}
    assert bench.read(kept) == alive
    assert bench.problems() == []


def test_a_pack_half_alive_stays_as_it_is(bench: Bench) -> None:
    kept, doomed = bench.asset(), bench.asset()
    files = fresh("a", "b", "c", "d")
    bench.commit(doomed, files, packed=True)
    bench.commit(kept, {"a": files["a"], "b": files["b"]})
    bench.delete_asset(doomed)
    bench.pass_days(8)
    assert bench.collect().packs == Amount()
    assert len(bench.blobs()) == 1


def test_no_node_is_removed_while_the_root_of_a_commit_is_damaged(bench: Bench) -> None:
    asset, doomed = bench.asset(), bench.asset()
    bench.commit(asset, fresh("a"))
    bench.commit(doomed, fresh("b"))
    bench.delete_asset(doomed)
    before = bench.count("nodes")
    spoil_root(bench, asset)
    assert bench.collect().nodes is None
    assert bench.count("nodes") == before


def spoil_root(bench: Bench, asset: str) -> None:
    root = sa.text("SELECT tree FROM commits WHERE asset_id = :asset AND generation = 1")
    bench.hub.database.write(
        lambda connection: (
            connection.execute(
                nodes.update()
                .where(nodes.c.hash == connection.execute(root, {"asset": asset}).scalar_one())
                .values(data=b"spoilt")
            ).rowcount
        )
    )


def test_two_collections_at_once_free_everything_once(bench: Bench) -> None:
    kept, doomed = bench.asset(), bench.asset()
    files = fresh(*(f"f{number}" for number in range(30)))
    bench.commit(doomed, files, packed=True)
    alive = {path: files[path] for path in ("f3", "f7")}
    bench.commit(kept, alive)
    bench.delete_asset(doomed)
    bench.pass_days(8)
    in_parallel(bench.collect, bench.collect)
    bench.pass_days(2)
    in_parallel(bench.collect, bench.collect)
    collect_all(bench)
    assert bench.read(kept) == alive
    assert len(bench.blobs()) == 1
    assert bench.count("unused_blobs") == 0
    assert bench.problems() == []


def in_parallel(*jobs: Callable[[], object]) -> None:
    with ThreadPoolExecutor(len(jobs)) as pool:
        for future in [pool.submit(job) for job in jobs]:
            future.result()


def test_writers_lose_nothing_while_collections_run(bench: Bench) -> None:
    """Same bytes are sent, deleted with their asset, and sent or named again, all the time."""
    files = fresh("a", "b", "c", "d")
    ended = threading.Event()

    def write(rounds: int) -> None:
        for number in range(rounds):
            asset = bench.asset()
            operation = bench.start(asset)
            missing = bench.name(operation, files)
            rest = [path for position, path in enumerate(files) if position in missing]
            (bench.pack if number % 2 else bench.put)(operation, {p: files[p] for p in rest})
            bench.finish(operation)
            assert bench.read(asset) == files
            bench.delete_asset(asset)
            forget_sent(bench)

    def keep_collecting() -> None:
        while not ended.is_set():
            bench.collect()

    with ThreadPoolExecutor(5) as pool:
        collectors = [pool.submit(keep_collecting) for _ in range(2)]
        writers = [pool.submit(write, 8) for _ in range(3)]
        try:
            for future in writers:
                future.result()
        finally:
            ended.set()
        for future in collectors:
            future.result()
    survivor = bench.asset()
    bench.commit(survivor, files)
    collect_all(bench)
    assert bench.read(survivor) == files
    assert bench.problems() == []


def forget_sent(bench: Bench) -> None:
    gone = sa.text("DELETE FROM sent_contents")
    bench.hub.database.write(lambda connection: connection.execute(gone).rowcount)


def test_a_grace_period_of_nothing_frees_at_once(bench: Bench) -> None:
    asset = bench.asset()
    bench.commit(asset, fresh("a"))
    bench.delete_asset(asset)
    bench.pass_days(8)
    assert bench.collect(0).blobs == Amount(1, 60)
    assert bench.blobs() == set()
    assert bench.collect(DAY) == Collection()


def test_parts_of_a_large_file_are_kept_for_a_week_and_go_then(bench: Bench) -> None:
    operation, part = bench.start(bench.asset()), b"x" * 5_000_000
    upload, _ = start_upload(bench.hub, bench.user, operation, "large", None)
    intake = PartIntake(bench.hub, bench.user, Asked(operation, "large", upload, 1))
    intake.open()
    intake.write(part)
    intake.commit()
    intake.close()
    bench.pass_days(6.9)
    assert bench.collect().uploads == 0
    assert bench.hub.blobs.parts.list_uploads() == {upload}
    bench.pass_days(0.2)
    assert bench.collect(apply=False).uploads == 1
    assert bench.collect().uploads == 1
    assert bench.hub.blobs.parts.list_uploads() == set()
    assert bench.count("uploads") == bench.count("upload_parts") == 0


def test_what_is_staged_while_an_operation_is_finished_is_in_the_commit_whole(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = bench.asset()
    operation = bench.start(asset)
    bench.put(operation, {"a": b"first", "b": b"same"})
    write = bench.hub.database.write

    def stage_first(job: Callable[[sa.Connection], object]) -> object:
        monkeypatch.undo()
        bench.put(operation, {"a": b"second"})
        return write(job)

    monkeypatch.setattr(bench.hub.database, "write", stage_first)
    bench.finish(operation)
    assert bench.read(asset) == {"a": b"second", "b": b"same"}
    assert bench.problems() == []
