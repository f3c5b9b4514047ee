"""The bytes of nodes: stable, checked, and few to a change, with ranges as long as in use."""

from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

import hypothesis.strategies as st
import pytest
from hypothesis import given

import assethub.tree
from assethub.tree import (
    EMPTY,
    EMPTY_NODE,
    CorruptNode,
    apply_changes,
    diff,
    get_entries,
    node_references,
    range_checksums,
    scan,
)
from trees import Nodes, make_entries, make_entry


def test_the_encoding_is_the_one_that_earlier_versions_wrote() -> None:
    """A tree written today has the root it always had; a new encoding needs a new tag."""
    root = Nodes().write(make_entries(5000))
    assert EMPTY == "02dee2c7ecc873fbc4e162ee60326d4fb13564f9262e6c021f0abfe0b812247c"
    assert sha256(EMPTY_NODE).hexdigest() == EMPTY
    assert root == "0f7c7e01457265093ddff993e0e834180d1575ea1299897fb9cf6ee6ad19e9fe"


def sample() -> tuple[Nodes, str, str]:
    """Nodes with one tree, the name of its root and of its one range."""
    nodes = Nodes()
    root = nodes.write(make_entries(5))
    (name,) = node_references(nodes.kept[root])
    return nodes, root, name


@given(st.sampled_from(["root", "range"]), st.data())
def test_a_byte_changed_or_lost_is_a_corrupt_node(which: str, data: st.DataObject) -> None:
    nodes, root, name = sample()
    target = root if which == "root" else name
    node = bytearray(nodes.kept[target])
    position = data.draw(st.integers(0, len(node) - 1))
    if data.draw(st.booleans()):
        node[position] ^= data.draw(st.integers(1, 255))
    else:
        del node[position]
    nodes.kept[target] = bytes(node)
    with pytest.raises(CorruptNode):
        list(scan(nodes.load, root))


@given(
    st.sampled_from([b"", b"ahrange1", b"ahroot_1"]), st.binary(max_size=120), st.integers(0, 400)
)
def test_bytes_that_no_tree_wrote_give_a_corrupt_node_or_a_list(
    magic: bytes, tail: bytes, cut: int
) -> None:
    nodes, root, name = sample()
    for node in (magic + tail, nodes.kept[root][:cut] + tail, nodes.kept[name][:cut] + tail):
        for read in (node_references, range_checksums):
            with suppress(CorruptNode):
                assert all(len(text) == 64 for text in read(node))


@pytest.mark.parametrize("read", [node_references, range_checksums])
def test_bytes_of_something_else_are_a_corrupt_node(read: Callable[[bytes], object]) -> None:
    with pytest.raises(CorruptNode, match="begin with b'not a no'"):
        read(b"not a node at all")


def test_a_root_is_no_range_and_a_range_no_root() -> None:
    nodes, root, name = sample()
    assert node_references(nodes.kept[name]) == []
    with pytest.raises(CorruptNode, match="expected a range"):
        range_checksums(nodes.kept[root])
    with pytest.raises(CorruptNode, match="expected a root"):
        list(scan(nodes.load, name))


@pytest.fixture(scope="module")
def large() -> tuple[Nodes, str]:
    nodes = Nodes()
    root = nodes.write(make_entries(50_000))
    assert 25 < nodes.count_ranges(root) < 100
    return nodes, root


@pytest.mark.parametrize("number", [0, 123, 25_000, 49_999])
@pytest.mark.parametrize("kind", ["replace", "delete", "add"])
def test_one_change_in_50_000_entries_touches_at_most_three_ranges_and_the_root(
    large: tuple[Nodes, str], number: int, kind: str
) -> None:
    nodes, root = large
    path = make_entries(50_000)[number].path + ("~" if kind == "add" else "")
    nodes.forget_record()
    new = None if kind == "delete" else make_entry(path, 7)
    changed = apply_changes(nodes.load, nodes.put, root, [(path, new)])
    assert changed != root
    assert len(nodes.loaded) <= 4
    assert len(nodes.put_names) <= 4
    nodes.forget_record()
    assert [(pair.path, pair.new) for pair in diff(nodes.load, root, changed)] == [(path, new)]
    assert len(nodes.loaded) <= 8


def test_one_entry_in_50_000_is_found_in_one_range(large: tuple[Nodes, str]) -> None:
    nodes, root = large
    entry = make_entries(50_000)[31_234]
    nodes.forget_record()
    assert get_entries(nodes.load, root, [entry.path, "absent", "zzz"]) == {entry.path: entry}
    assert len(nodes.loaded) == 2


def test_every_export_is_there_and_sorted() -> None:
    assert all(hasattr(assethub.tree, name) for name in assethub.tree.__all__)
    shown = {name for name in vars(assethub.tree) if not name.startswith("_")}
    modules = {name for name in shown if type(getattr(assethub.tree, name)).__name__ == "module"}
    assert shown - modules <= set(assethub.tree.__all__)
