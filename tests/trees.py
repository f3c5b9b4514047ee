"""What the tests of trees share: a store of nodes, short ranges, and strategies for entries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

import pytest
from hypothesis import strategies as st

from assethub.tree import Entry, node_references, scan, write_tree

Model = dict[str, Entry]


class Nodes:
    """Nodes kept in memory, with a record of what was loaded and put."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.loaded: list[str] = []
        self.put_names: list[str] = []
        self.largest_batch = 0

    def load(self, names: Sequence[str]) -> Mapping[str, bytes]:
        self.loaded.extend(names)
        self.largest_batch = max(self.largest_batch, len(names))
        return {name: self.kept[name] for name in names}

    def put(self, name: str, node: bytes) -> None:
        assert sha256(node).hexdigest() == name
        self.put_names.append(name)
        self.kept[name] = node

    def forget_record(self) -> None:
        self.loaded.clear()
        self.put_names.clear()

    def write(self, entries: Iterable[Entry]) -> str:
        return write_tree(sorted(entries), self.put)

    def read(self, root: str) -> list[Entry]:
        return list(scan(self.load, root))

    def count_ranges(self, root: str) -> int:
        return len(node_references(self.kept[root]))


@pytest.fixture(scope="module")
def short_ranges() -> Iterator[None]:
    """Ends a range after one path in four, so that small sets have many ranges."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assethub.tree.build.BOUNDARY", b"\x40")
        yield


def make_entry(path: str, content: int = 0, mtime: int = 0) -> Entry:
    checksum = sha256(bytes([content])).hexdigest()
    return Entry(path, 10 * content, checksum, mtime, f"text/{content % 2}")


def make_entries(count: int) -> list[Entry]:
    """Sorted entries, 100 to a folder."""
    return [make_entry(f"data/{i // 100:04d}/{i:07d}.jpg", i % 3, i) for i in range(count)]


names = st.sampled_from(["a", "b", "ab", "a-", "a0", "é", "\uffff", "😀", "\U0010ffff"])
any_names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=4)
paths = st.lists(names | any_names, min_size=1, max_size=3).map("/".join) | st.builds(
    "{}/{}{}".format, st.sampled_from(["a", "a-", "b"]), names, st.integers(0, 9)
)
entries = st.builds(make_entry, paths, st.integers(0, 3), st.integers(-5, 5))


def models(max_size: int = 40) -> st.SearchStrategy[Model]:
    """Sets of entries, as a dict by path."""
    many = st.lists(entries, max_size=max_size, unique_by=lambda entry: entry.path)
    return many.map(lambda listed: {entry.path: entry for entry in listed})


edits = st.lists(st.tuples(st.integers(0, 200), st.none() | entries), max_size=12)


def edit(model: Model, drawn: list[tuple[int, Entry | None]]) -> Model:
    """The model with some of its entries deleted, some replaced, and others added."""
    edited = dict(model)
    for number, entry in drawn:
        path = sorted(model)[number % len(model)] if model else "a"
        if entry is None:
            edited.pop(path, None)
        elif number % 2:
            edited[path] = entry._replace(path=path)
        else:
            edited[entry.path] = entry
    return edited


def same(a: Entry | None, b: Entry | None) -> bool:
    """Whether two entries are equal but for their time."""
    return (a and a._replace(mtime=0)) == (b and b._replace(mtime=0))
