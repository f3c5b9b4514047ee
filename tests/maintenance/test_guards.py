"""A collection that comes in the middle of a transaction waits for what that refers to.

On SQLite write transactions follow one another, so this can only happen on PostgreSQL.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from assethub.core.gates.keeping import Passage
from assethub.core.repository.commits import load_commit
from assethub.core.repository.contents import Place, find_known, save_contents
from assethub.core.repository.moves import commit_tree
from assethub.core.repository.operations import stage_entries
from assethub.core.repository.targets import find_target
from assethub.core.repository.workspace import NewTree
from assethub.store.tables import commits, nodes, sent_contents
from assethub.tree import Entry, Summary
from benches import Bench, fresh, list_files

pytestmark = pytest.mark.parametrize("bench", ["postgresql+s3"], indirect=True)
_waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
Collect = Callable[[], None]


@pytest.fixture
def start_collection(bench: Bench) -> Iterator[Collect]:
    """Starts a collection elsewhere; returns once that has ended, or waits for somebody."""
    futures: list[Future[object]] = []
    with ThreadPoolExecutor(1) as pool:

        def start() -> None:
            futures.append(pool.submit(bench.collect))
            while not futures[0].done() and not count_waiting(bench):
                pass

        yield start
        futures[0].result()


def count_waiting(bench: Bench) -> int:
    with bench.hub.database.read() as connection:
        return int(connection.execute(_waiting).scalar_one())


def test_a_content_named_while_its_last_asset_goes_is_kept(
    bench: Bench, start_collection: Collect
) -> None:
    source, target, files = bench.asset(), bench.asset(), fresh("a")
    bench.commit(source, files)
    bench.pass_days(8)
    operation = bench.start(target)
    (file,) = list_files(files)

    def name(connection: sa.Connection) -> None:
        assert find_known(connection, bench.user, [file.sha256]) == {file.sha256}
        bench.delete_asset(source)
        start_collection()
        entry = Entry(file.path, file.size, file.sha256, 0, "text/plain")
        stage_entries(connection, operation, [entry])

    bench.hub.database.write(name)
    bench.finish(operation)
    assert bench.read(target) == files


def test_bytes_sent_anew_while_they_are_to_be_forgotten_are_kept(
    bench: Bench, start_collection: Collect
) -> None:
    doomed, asset, files = bench.asset(), bench.asset(), fresh("a")
    bench.commit(doomed, files)
    bench.delete_asset(doomed)
    bench.hub.database.write(lambda connection: connection.execute(sent_contents.delete()).rowcount)
    (file,) = list_files(files)
    address, _ = bench.place(files["a"])

    def send(connection: sa.Connection) -> None:
        save_contents(connection, bench.user, [Place(file.sha256, address, 0, file.size)])
        start_collection()

    bench.hub.database.write(send)
    operation = bench.start(asset)
    assert bench.name(operation, files) == []
    bench.finish(operation)
    assert bench.read(asset) == files


def test_nodes_saved_anew_while_they_are_to_be_removed_are_kept(
    bench: Bench, start_collection: Collect
) -> None:
    doomed, asset, files = bench.asset(), bench.asset(), fresh("a")
    root = tree_of(bench, doomed, bench.commit(doomed, files))
    bench.name(bench.start(asset), files)
    with bench.hub.database.read() as connection:
        saved = {row.hash: bytes(row.data) for row in connection.execute(sa.select(nodes))}
        head = load_commit(connection, asset, find_target(connection, asset, "any", "main")[0])
    bench.delete_asset(doomed)

    def commit(connection: sa.Connection) -> str | None:
        tree = NewTree(root, Summary(1, 60), saved)
        made = commit_tree(connection, bench.user, "main", [head], tree, "", {}, Passage())
        start_collection()
        return made

    assert bench.hub.database.write(commit) is not None
    assert bench.read(asset) == files


def tree_of(bench: Bench, asset: str, commit: str) -> str:
    query = sa.select(commits.c.tree).where(commits.c.asset_id == asset, commits.c.id == commit)
    with bench.hub.database.read() as connection:
        return str(connection.execute(query).scalar_one())
