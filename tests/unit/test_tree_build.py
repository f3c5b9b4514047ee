"""Building trees and changing them."""

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from assethub.tree import (
    EMPTY,
    EMPTY_NODE,
    Entry,
    apply_changes,
    node_references,
    range_checksums,
    summarize,
    write_tree,
)
from trees import (
    Model,
    Nodes,
    edit,
    edits,
    make_entries,
    make_entry,
    models,
    paths,
    same,
)
from trees import short_ranges as short_ranges

pytestmark = pytest.mark.usefixtures("short_ranges")

changes = st.dictionaries(
    paths, st.none() | st.tuples(st.integers(0, 3), st.integers(-5, 5)), max_size=20
).map(lambda drawn: {path: put and make_entry(path, *put) for path, put in sorted(drawn.items())})
prefixes = st.lists(paths | paths.map(lambda path: path[:1]) | st.just(""), max_size=2)


def change_model(
    model: Model, changes: dict[str, Entry | None], delete_prefixes: list[str]
) -> Model:
    changed = {
        path: entry
        for path, entry in model.items()
        if not any(path.startswith(prefix) for prefix in delete_prefixes)
    }
    for path, entry in changes.items():
        if entry is None:
            changed.pop(path, None)
        else:
            before = model.get(path)
            changed[path] = before if before and same(before, entry) else entry
    return changed


@given(models())
def test_a_tree_holds_its_entries_in_the_order_of_their_utf8_bytes(model: Model) -> None:
    nodes = Nodes()
    root = nodes.write(model.values())
    assert nodes.read(root) == sorted(model.values(), key=lambda entry: entry.path.encode())
    total = sum(entry.size for entry in model.values())
    assert summarize(nodes.load, root) == (len(model), total)


@given(st.permutations(make_entries(30)), st.lists(st.integers(1, 29), max_size=5))
def test_the_same_entries_make_the_same_root_in_whatever_order_they_came(
    shuffled: list[Entry], cuts: list[int]
) -> None:
    nodes = Nodes()
    root = EMPTY
    bounds = sorted({0, *cuts, len(shuffled)})
    for start, stop in pairwise(bounds):
        batch = [(entry.path, entry) for entry in sorted(shuffled[start:stop])]
        root = apply_changes(nodes.load, nodes.put, root, batch)
    assert root == nodes.write(shuffled)
    assert nodes.count_ranges(root) > 3


@given(models(), st.lists(st.tuples(changes, prefixes), max_size=3))
def test_changes_give_the_tree_of_the_resulting_entries(
    model: Model, steps: list[tuple[dict[str, Entry | None], list[str]]]
) -> None:
    nodes = Nodes()
    root = nodes.write(model.values())
    for change, delete_prefixes in steps:
        model = change_model(model, change, delete_prefixes)
        root = apply_changes(nodes.load, nodes.put, root, change.items(), delete_prefixes)
        assert nodes.read(root) == [model[path] for path in sorted(model)]
        assert root == Nodes().write(model.values())


@given(models(), edits)
def test_the_changes_from_one_set_to_another_give_the_tree_of_the_other(
    model: Model, drawn: list[tuple[int, Entry | None]]
) -> None:
    nodes = Nodes()
    edited = edit(model, drawn)
    change = {path: edited.get(path) for path in sorted(model.keys() | edited.keys())}
    few = {path: entry for path, entry in change.items() if entry != model.get(path)}
    expected = nodes.write(change_model(model, change, []).values())
    for these in (few, change):
        root = nodes.write(model.values())
        assert apply_changes(nodes.load, nodes.put, root, these.items()) == expected


def test_deleting_any_one_entry_gives_the_tree_without_it() -> None:
    """Among them are those that end a range, and what follows them joins what came before."""
    nodes = Nodes()
    entries = make_entries(60)
    root = nodes.write(entries)
    assert nodes.count_ranges(root) > 8
    for gone in entries:
        left = apply_changes(nodes.load, nodes.put, root, [(gone.path, None)])
        assert left == nodes.write(entry for entry in entries if entry != gone)
        assert apply_changes(nodes.load, nodes.put, left, [(gone.path, gone)]) == root


@given(models(), changes, prefixes)
def test_only_new_nodes_are_put_each_once_and_none_is_missing(
    model: Model, change: dict[str, Entry | None], delete_prefixes: list[str]
) -> None:
    nodes = Nodes()
    root = nodes.write(model.values())
    old = {root, *node_references(nodes.kept[root])}
    nodes.forget_record()
    root = apply_changes(nodes.load, nodes.put, root, change.items(), delete_prefixes)
    reached = {root, *node_references(nodes.kept[root])}
    assert sorted(nodes.put_names) == sorted(reached - old)


@given(models(), st.integers(-5, 5))
def test_putting_what_is_there_already_changes_nothing_whatever_its_time(
    model: Model, mtime: int
) -> None:
    nodes = Nodes()
    root = nodes.write(model.values())
    nodes.forget_record()
    again = [(path, model[path]._replace(mtime=mtime)) for path in sorted(model)]
    assert apply_changes(nodes.load, nodes.put, root, again) == root
    assert apply_changes(nodes.load, nodes.put, root, again, ["", "a"]) == root
    assert nodes.put_names == []


def test_another_content_type_is_a_change() -> None:
    nodes = Nodes()
    entry = make_entry("a")
    root = nodes.write([entry])
    changed = entry._replace(content_type="image/png", mtime=9)
    root = apply_changes(nodes.load, nodes.put, root, [("a", changed)])
    assert nodes.read(root) == [changed]


def test_a_folder_is_deleted_without_reading_what_it_holds() -> None:
    nodes = Nodes()
    root = nodes.write([*make_entries(300), make_entry("z")])
    nodes.forget_record()
    emptied = apply_changes(nodes.load, nodes.put, root, [], ["data/"])
    assert nodes.read(emptied) == [make_entry("z")]
    assert len(nodes.loaded) <= 4


def test_the_range_checksums_of_a_tree_are_those_of_its_entries() -> None:
    nodes = Nodes()
    entries = make_entries(50)
    root = nodes.write(entries)
    listed = [
        checksum
        for name in node_references(nodes.kept[root])
        for checksum in range_checksums(nodes.kept[name])
    ]
    assert listed == [entry.checksum for entry in entries]


def test_the_empty_tree_is_known_without_a_node() -> None:
    nodes = Nodes()
    assert nodes.read(EMPTY) == []
    assert summarize(nodes.load, EMPTY) == (0, 0)
    root = apply_changes(nodes.load, nodes.put, EMPTY, [("a", make_entry("a"))])
    assert nodes.kept.pop(EMPTY, None) is None
    assert apply_changes(nodes.load, nodes.put, root, [("a", None)]) == EMPTY
    assert nodes.kept[EMPTY] == EMPTY_NODE
    assert apply_changes(Nodes().load, Nodes().put, EMPTY, [("a", None)], [""]) == EMPTY


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([make_entry("b"), make_entry("a")], "'a' comes after 'b'"),
        ([make_entry("a"), make_entry("a", 1)], "'a' comes after 'a'"),
        ([make_entry("")], "empty path"),
        ([make_entry("a\0b")], "NUL"),
        ([make_entry("a")._replace(content_type="a\0b")], "NUL"),
        ([make_entry("a\udc80")], "surrogates"),
        ([make_entry("ok"), make_entry("p")._replace(checksum="ab")], "'p'.*checksum"),
        ([make_entry("a")._replace(checksum="AB" * 32)], "checksum"),
        ([make_entry("a")._replace(checksum="zz" * 32)], "checksum"),
        ([make_entry("a")._replace(checksum="ab " * 21 + "a")], "checksum"),
        ([make_entry("a")._replace(size=-1)], "'a'.*64 bits"),
        ([make_entry("a")._replace(size=2**64)], "64 bits"),
        ([make_entry("a")._replace(mtime=2**63)], "64 bits"),
    ],
)
def test_entries_that_no_tree_can_hold_are_refused(entries: list[Entry], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        write_tree(entries, Nodes().put)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ([("b", None), ("a", None)], "'a' comes after 'b'"),
        ([("a", None), ("a", None)], "'a' comes after 'a'"),
        ([("a", make_entry("b"))], "the change of 'a' puts an entry of 'b'"),
        ([("data/x", make_entry("data/x")._replace(size=-1))], "'data/x'"),
    ],
)
def test_changes_that_are_out_of_order_or_at_odds_are_refused(
    change: list[tuple[str, Entry | None]], words: str
) -> None:
    nodes = Nodes()
    root = nodes.write(make_entries(30))
    with pytest.raises(ValueError, match=words):
        apply_changes(nodes.load, nodes.put, root, change)
