"""Comparing and merging trees."""

from itertools import islice

import hypothesis.strategies as st
import pytest
from hypothesis import given

from assethub.tree import EMPTY, Change, Conflict, Difference, Entry, apply_changes, diff, merge
from trees import Model, Nodes, edit, edits, make_entries, make_entry, models, paths, same
from trees import short_ranges as short_ranges

pytestmark = pytest.mark.usefixtures("short_ranges")

marks = st.just("") | paths | paths.map(lambda path: path[:1])


def diff_models(a: Model, b: Model) -> list[Difference]:
    pairs = [Difference(path, a.get(path), b.get(path)) for path in sorted(a.keys() | b.keys())]
    return [pair for pair in pairs if not same(pair.old, pair.new)]


@given(models(), edits, marks, marks)
def test_a_diff_gives_the_paths_whose_content_differs(
    model: Model, drawn: list[tuple[int, Entry | None]], prefix: str, after: str
) -> None:
    nodes = Nodes()
    edited = edit(model, drawn)
    a, b = nodes.write(model.values()), nodes.write(edited.values())
    expected = diff_models(model, edited)
    assert list(diff(nodes.load, a, b)) == expected
    kept = [pair for pair in expected if pair.path.startswith(prefix) and pair.path > after]
    assert list(diff(nodes.load, a, b, prefix=prefix, after=after)) == kept


@given(models(), models())
def test_a_diff_of_unrelated_trees_gives_both(a: Model, b: Model) -> None:
    nodes = Nodes()
    roots = nodes.write(a.values()), nodes.write(b.values())
    assert list(diff(nodes.load, *roots)) == diff_models(a, b)


@pytest.mark.parametrize("step", [1, 7, 200])
def test_a_diff_of_long_ranges_finds_every_kind_of_change(
    monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr("assethub.tree.build.BOUNDARY", b"\x01")
    nodes = Nodes()
    model = {entry.path: entry for entry in make_entries(1500)}
    edited = dict(model)
    for number, path in enumerate(list(model)[::step]):
        if number % 4 == 0:
            del edited[path]
        elif number % 4 == 1:
            edited[path + "x"] = make_entry(path + "x")
        elif number % 4 == 2:
            edited[path] = model[path]._replace(content_type="image/png")
        else:
            edited[path] = model[path]._replace(checksum="ab" * 32, mtime=7)
    a, b = nodes.write(model.values()), nodes.write(edited.values())
    assert list(diff(nodes.load, a, b)) == diff_models(model, edited)


def test_a_change_of_times_alone_is_no_difference() -> None:
    nodes = Nodes()
    a = nodes.write(make_entries(100))
    b = nodes.write(entry._replace(mtime=5) for entry in make_entries(100))
    assert a != b
    assert list(diff(nodes.load, a, b)) == []


def test_a_change_of_the_type_of_every_entry_is_a_difference_of_each() -> None:
    nodes = Nodes()
    before = [entry._replace(content_type="a/a") for entry in make_entries(100)]
    after = [entry._replace(content_type="b/b") for entry in before]
    pairs = diff(nodes.load, nodes.write(before), nodes.write(after))
    assert [(pair.old, pair.new) for pair in pairs] == list(zip(before, after, strict=True))


def test_a_diff_reads_only_the_ranges_that_differ() -> None:
    nodes = Nodes()
    model = {entry.path: entry for entry in make_entries(1000)}
    a = nodes.write(model.values())
    changed = make_entry(list(model)[500], 3)
    b = nodes.write({**model, changed.path: changed}.values())
    nodes.forget_record()
    assert [pair.path for pair in diff(nodes.load, a, b)] == [changed.path]
    assert len(nodes.loaded) == 4
    nodes.forget_record()
    assert list(diff(nodes.load, a, a)) == []
    assert nodes.loaded == []


def test_the_first_differences_come_before_the_rest_is_read() -> None:
    nodes = Nodes()
    root = nodes.write(make_entries(1000))
    nodes.forget_record()
    assert len(list(islice(diff(nodes.load, EMPTY, root), 5))) == 5
    assert len(nodes.loaded) < 30 < nodes.count_ranges(root)


def merge_models(base: Model, ours: Model, theirs: Model) -> list[Change | Conflict]:
    results: list[Change | Conflict] = []
    for path in sorted(base.keys() | theirs.keys()):
        before, mine, other = base.get(path), ours.get(path), theirs.get(path)
        if same(before, other) or same(mine, other):
            continue
        if same(before, mine):
            results.append(Change(path, other))
        else:
            results.append(Conflict(path, before, mine, other))
    return results


@given(models(), edits, edits)
def test_a_merge_gives_the_changes_of_theirs_and_the_conflicts(
    base: Model, mine: list[tuple[int, Entry | None]], other: list[tuple[int, Entry | None]]
) -> None:
    nodes = Nodes()
    ours, theirs = edit(base, mine), edit(base, other)
    roots = [nodes.write(model.values()) for model in (base, ours, theirs)]
    assert list(merge(nodes.load, *roots)) == merge_models(base, ours, theirs)


@given(models(), edits, edits)
def test_the_changes_of_a_merge_apply_onto_ours_as_they_stream(
    base: Model, mine: list[tuple[int, Entry | None]], other: list[tuple[int, Entry | None]]
) -> None:
    nodes = Nodes()
    ours, theirs = edit(base, mine), edit(base, other)
    roots = [nodes.write(model.values()) for model in (base, ours, theirs)]
    changes = (result for result in merge(nodes.load, *roots) if isinstance(result, Change))
    merged = apply_changes(nodes.load, nodes.put, roots[1], changes)
    expected = dict(ours)
    for result in merge_models(base, ours, theirs):
        if isinstance(result, Change):
            expected.pop(result.path, None)
            if result.entry:
                expected[result.path] = result.entry
    assert nodes.read(merged) == [expected[path] for path in sorted(expected)]


def test_every_way_to_conflict_is_told() -> None:
    nodes = Nodes()
    base = [make_entry(path) for path in ("both", "ours-gone", "theirs-gone", "twice-gone")]
    ours = [make_entry("both", 1), make_entry("theirs-gone", 1), make_entry("added", 1)]
    theirs = [make_entry("both", 2), make_entry("ours-gone", 2), make_entry("added", 2)]
    roots = [nodes.write(entries) for entries in (base, ours, theirs)]
    assert list(merge(nodes.load, *roots)) == [
        Conflict("added", None, make_entry("added", 1), make_entry("added", 2)),
        Conflict("both", make_entry("both"), make_entry("both", 1), make_entry("both", 2)),
        Conflict("ours-gone", make_entry("ours-gone"), None, make_entry("ours-gone", 2)),
        Conflict("theirs-gone", make_entry("theirs-gone"), make_entry("theirs-gone", 1), None),
    ]
