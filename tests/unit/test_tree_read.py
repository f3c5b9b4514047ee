"""Reading trees: entries, pages, folders."""

from itertools import islice

import hypothesis.strategies as st
import pytest
from hypothesis import given

from assethub.tree import CommonPrefix, Entry, get_entries, list_level, scan
from trees import Model, Nodes, make_entries, make_entry, models, paths
from trees import short_ranges as short_ranges

pytestmark = pytest.mark.usefixtures("short_ranges")

# Texts near the paths of a tree: paths, their beginnings, folders, what lies between.
nearby = paths | paths.map(lambda path: path[:2]) | paths.map(lambda path: path + "/")
marks = st.just("") | nearby


@given(models(), marks, marks)
def test_a_scan_gives_what_starts_with_the_prefix_and_comes_after(
    model: Model, prefix: str, after: str
) -> None:
    nodes = Nodes()
    root = nodes.write(model.values())
    expected = [model[path] for path in sorted(model) if path.startswith(prefix) and path > after]
    assert list(scan(nodes.load, root, prefix=prefix, after=after)) == expected


@given(models(), st.lists(paths, max_size=20))
def test_entries_are_found_by_path_and_what_is_absent_is_left_out(
    model: Model, wanted: list[str]
) -> None:
    nodes = Nodes()
    root = nodes.write(model.values())
    asked = [*wanted, *list(model)[::2], *wanted]
    expected = {path: model[path] for path in asked if path in model}
    assert get_entries(nodes.load, root, asked) == expected


def level_of(model: Model, prefix: str, delimiter: str) -> list[Entry | CommonPrefix]:
    items: dict[str, Entry | CommonPrefix] = {}
    for path, entry in model.items():
        if path.startswith(prefix):
            name, mark, _ = path[len(prefix) :].partition(delimiter)
            folder = CommonPrefix(prefix + name + mark)
            items[folder.path if mark else path] = folder if mark else entry
    return [items[path] for path in sorted(items)]


@given(models(), marks, marks, st.sampled_from(["/", "-", "b/", "\U0010ffff"]))
def test_a_level_lists_entries_and_folders_after_a_mark(
    model: Model, prefix: str, after: str, delimiter: str
) -> None:
    nodes = Nodes()
    root = nodes.write(model.values())
    expected = [item for item in level_of(model, prefix, delimiter) if item.path > after]
    listed = list_level(nodes.load, root, prefix=prefix, delimiter=delimiter, after=after)
    assert list(listed) == expected


@given(models(), marks, st.integers(1, 4))
def test_a_level_read_in_pages_is_the_whole_level(model: Model, prefix: str, amount: int) -> None:
    nodes = Nodes()
    root = nodes.write(model.values())
    listed: list[Entry | CommonPrefix] = []
    page = [CommonPrefix("")]
    while page and len(listed) <= len(model):
        items = list_level(nodes.load, root, prefix=prefix, after=page[-1].path)
        page = list(islice(items, amount))
        listed += page
    assert listed == level_of(model, prefix, "/")


def test_a_level_needs_a_delimiter() -> None:
    with pytest.raises(ValueError, match="delimiter"):
        list(list_level(Nodes().load, "", delimiter=""))


def test_folders_are_skipped_and_not_read_through() -> None:
    nodes = Nodes()
    root = nodes.write([*make_entries(1000), make_entry("top"), make_entry("zoo/lion")])
    nodes.forget_record()
    listed = list(list_level(nodes.load, root))
    assert listed == [CommonPrefix("data/"), make_entry("top"), CommonPrefix("zoo/")]
    assert nodes.count_ranges(root) > 200
    assert len(nodes.loaded) <= 4


def test_a_folder_over_many_ranges_is_listed_once_wherever_it_begins() -> None:
    nodes = Nodes()
    for ahead in range(12):
        before = [make_entry(f"a{number:02}") for number in range(ahead)]
        root = nodes.write([*before, *make_entries(50), make_entry("e")])
        listed = list(list_level(nodes.load, root))
        assert listed == [*before, CommonPrefix("data/"), make_entry("e")]


def test_a_folder_that_begins_with_a_range_is_listed_from_the_root_alone() -> None:
    nodes = Nodes()
    root = nodes.write(make_entries(1000))
    nodes.forget_record()
    assert list(list_level(nodes.load, root)) == [CommonPrefix("data/")]
    assert nodes.loaded == [root]


def test_a_long_scan_holds_few_ranges_at_a_time() -> None:
    nodes = Nodes()
    root = nodes.write(make_entries(1000))
    assert len(nodes.read(root)) == 1000
    assert 1 < nodes.largest_batch <= 16 < nodes.count_ranges(root)


def test_a_page_from_the_middle_reads_only_the_ranges_it_needs() -> None:
    nodes = Nodes()
    entries = make_entries(1000)
    root = nodes.write(entries)
    nodes.forget_record()
    page = list(islice(scan(nodes.load, root, after=entries[499].path), 4))
    assert page == entries[500:504]
    assert len(nodes.loaded) <= 1 + 2 + 4 + 8


def test_a_root_that_is_not_kept_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        list(scan(Nodes().load, "ab" * 32))
