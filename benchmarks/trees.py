"""What history costs in a million objects against a thousand: `python -m benchmarks.trees`.

Takes about a minute and 400 MB in a temporary directory, in which it opens a hub on SQLite and
works on it in this process through `assethub.core`, as the server's routes do. The snapshots are
written directly, since it is not their first commit that is measured. The two sizes take turns;
each figure is the median of the rounds, in brackets the least and the most, and the last column
shows the goal for the larger.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from benchmarks._tables import divide, print_table, show

from assethub.core import assets, folders
from assethub.core.gates.keeping import Passage
from assethub.core.hub import Hub, open_hub
from assethub.core.people import users
from assethub.core.people.users import User
from assethub.core.repository import branches, diffs, logs, objects, operations
from assethub.core.repository.commits import load_commit
from assethub.core.repository.finish import finish_operation
from assethub.core.repository.merging import merge_branch
from assethub.core.repository.moves import commit_tree
from assethub.core.repository.targets import find_target
from assethub.core.repository.workspace import Workspace
from assethub.settings import Settings
from assethub.store.tables import nodes
from assethub.tree import Entry, write_tree

SMALL, LARGE = 1_000, 1_000_000
ROUNDS = 25
COMMITS, CHANGES = 100, 10
GOAL = "50 ms, ratio 1.5"
MTIME = 1_700_000_000


class Bench(NamedTuple):
    """A model with `total` objects on its branch main."""

    hub: Hub
    user: User
    asset_id: str
    total: int

    def path(self, number: int) -> str:
        return path_of(number % self.total)

    def stage(self, numbers: range, text: str, branch: str = "main") -> str:
        """An operation that changes these objects."""
        operation = operations.start_operation(self.hub, self.user, self.asset_id, branch).id
        for number in numbers:
            with self.hub.blobs.create() as writer:
                writer.write(f"{text} {number}".encode())
                blob = writer.commit()
            operations.stage_put(self.hub, self.user, operation, self.path(number), blob)
        return operation

    def commit(self, numbers: range, text: str, branch: str = "main") -> str:
        operation = self.stage(numbers, text, branch)
        return finish_operation(self.hub, self.user, operation, text)

    def scattered(self, start: int, amount: int = CHANGES) -> range:
        """Numbers of objects far from each other."""
        step = self.total // amount
        return range(start % step, start % step + amount * step, step)


class Row(NamedTuple):
    """A measure in milliseconds of each round, in the small and in the large."""

    name: str
    small: list[float]
    large: list[float]
    goal: str


def path_of(number: int) -> str:
    return f"train/{number // 1000:04}/image-{number % 1000:04}.jpg"


def entries_of(count: int) -> Iterator[Entry]:
    for number in range(count):
        path = path_of(number)
        digest = sha256(path.encode()).hexdigest()
        yield Entry(path, 4096 + number % 997, digest, MTIME + number // 50, "image/jpeg")


def make_bench(hub: Hub, user: User, folder: str, count: int) -> Bench:
    """A model whose main holds `count` objects, kept without their contents."""
    asset_id = assets.create_asset(hub, user, folder, f"objects-{count}", [])
    with hub.database.read() as connection:
        target = find_target(connection, asset_id, "branch", "main")
        head = load_commit(connection, asset_id, target.commit_id)
        workspace = Workspace(connection)
        tree = workspace.take(write_tree(entries_of(count), workspace.put))
    hub.database.write(
        lambda connection: commit_tree(
            connection, user, "main", [head], tree, "all objects", {}, Passage()
        )
    )
    return Bench(hub, user, asset_id, count)


def measure(name: str, goal: str, act: Callable[[Bench, int], float], *pair: Bench) -> Row:
    """What `act` takes in each round, on the two in turn."""
    small: list[float] = []
    large: list[float] = []
    for number in range(ROUNDS):
        for taken, bench in zip((small, large), pair, strict=True):
            taken.append(act(bench, number) * 1000)
    return Row(name, small, large, goal)


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def change_one(bench: Bench, number: int) -> float:
    return timed(lambda: bench.commit(range(number * 41, number * 41 + 1), f"change {number}"))


def commit_one(bench: Bench, number: int) -> float:
    operation = bench.stage(range(number * 37, number * 37 + 1), f"one {number}")
    return timed(lambda: finish_operation(bench.hub, bench.user, operation, "one"))


def commit_ten(bench: Bench, number: int) -> float:
    operation = bench.stage(bench.scattered(number), f"ten {number}")
    return timed(lambda: finish_operation(bench.hub, bench.user, operation, "ten"))


def diff_ten(bench: Bench, number: int) -> float:
    before = branch_head(bench)
    after = bench.commit(bench.scattered(number + ROUNDS), f"diff {number}")

    def compare() -> None:
        found = diffs.stream_diff(bench.hub, bench.user, bench.asset_id, before, after)
        if sum(1 for _ in found) != CHANGES:
            raise AssertionError("the commits differ otherwise than was written")

    return timed(compare)


def merge_ten(bench: Bench, number: int) -> float:
    """Both sides have changed ten objects, others than each other."""
    branch = f"merge-{number}"
    branches.create_branch(bench.hub, bench.user, bench.asset_id, branch, "main")
    bench.commit(bench.scattered(2 * number), f"ours {number}")
    bench.commit(bench.scattered(2 * number + 1), f"theirs {number}", branch)
    return timed(lambda: merge_branch(bench.hub, bench.user, bench.asset_id, "main", branch))


def list_page(bench: Bench, number: int) -> float:
    """A thousand objects from the middle on, or all that follow there."""
    after = bench.path(bench.total // 2 + number)
    return timed(
        lambda: objects.page_objects(bench.hub, bench.user, bench.asset_id, "main", after=after)
    )


def branch_head(bench: Bench) -> str:
    [commit] = logs.list_commits(bench.hub, bench.user, bench.asset_id, "main", amount=1)
    return commit.id


def database_bytes(hub: Hub) -> tuple[int, int]:
    """The bytes of all tree nodes as they are kept, and of the database's file."""
    with hub.database.read() as connection:
        total = connection.execute(sa.select(sa.func.sum(sa.func.length(nodes.c.data)))).scalar()
        pages = connection.execute(sa.text("PRAGMA page_count")).scalar()
        size = connection.execute(sa.text("PRAGMA page_size")).scalar()
    return int(total or 0), int(pages or 0) * int(size or 0)


def print_rows(rows: list[Row]) -> None:
    head = ["ms", f"{SMALL:,} objects", f"{LARGE:,} objects", "ratio", "goal"]
    cells = [
        [
            row.name,
            *(show(each, ".1f") for each in (row.small, row.large)),
            show(divide(row.large, row.small), ".2f"),
            row.goal,
        ]
        for row in rows
    ]
    print_table(head, cells)


def show_bytes(bench: Bench) -> None:
    before = database_bytes(bench.hub)
    for number in range(COMMITS):
        bench.commit(bench.scattered(1000 + number * 7), f"bytes {number}")
    after = database_bytes(bench.hub)
    trees, file = (now - then for now, then in zip(after, before, strict=True))
    print(f"\n{COMMITS} commits of {CHANGES} scattered changes each in {bench.total:,} objects:")
    print(f"  nodes of trees   {trees / COMMITS / 1000:>8.0f} kB a commit")
    print(f"  database file    {file / COMMITS / 1000:>8.0f} kB a commit")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        hub = open_hub(Settings(data=Path(directory)))
        try:
            user = users.add_user(hub, "bench")
            folder = folders.create_folder(hub, user, "model", "bench", [])
            pair = [make_bench(hub, user, folder, count) for count in (SMALL, LARGE)]
            print_rows(
                [
                    measure("change 1 object: start, put, finish", GOAL, change_one, *pair),
                    measure("the finish alone", GOAL, commit_one, *pair),
                    measure("the finish alone, 10 scattered changes", "", commit_ten, *pair),
                    measure("diff where 10 differ", "20 ms", diff_ten, *pair),
                    measure("merge of 10 and 10 changes", "", merge_ten, *pair),
                    measure("page of 1,000 from the middle", "20 ms", list_page, *pair),
                ]
            )
            show_bytes(pair[1])
        finally:
            hub.close()


if __name__ == "__main__":
    main()
