"""Comparing, merging, resetting and reverting, by the SDK and by the command."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from t9k import ah

from .conftest import RunAh


def _commit(branch: ah.Branch | ah.Dataset, **files: str) -> ah.Commit:
    for name, text in files.items():
        Path(name).write_text(text)
    made = branch.create_commit("change", add=list(files))
    assert made is not None
    return made


def _sizes(snapshot: ah.Branch | ah.Tag | ah.Commit | ah.Dataset) -> dict[str, int]:
    return {each["path"]: each["size_bytes"] for each in snapshot.list_object()}


@pytest.fixture
def main(model: ah.Model) -> ah.Branch:
    """The branch main of vision/cnn, with one commit of `a` and `b`, 1 byte each."""
    branch = model.get_branch("main")
    _commit(branch, a="1", b="1")
    return branch


@pytest.fixture
def side(model: ah.Model, main: ah.Branch) -> ah.Branch:
    """The branch `side`, parted from main: both have changed `a`, side alone `c` too."""
    branch = model.create_branch("side")
    branch.merge("main")
    _commit(branch, a="333", c="1")
    _commit(main, a="22")
    return branch


def test_an_empty_branch_is_made_without_asking_for_all_commits(main: ah.Branch) -> None:
    empty = main.asset.create_branch("v1")
    assert empty.list_object() == []
    assert empty.id == main.get_commit(-1).id


def test_a_diff_says_what_another_snapshot_has_otherwise(main: ah.Branch, side: ah.Branch) -> None:
    found = main.diff(side)
    assert [(each["path"], each["type"]) for each in found] == [("a", "changed"), ("c", "added")]
    old, new = found[0]["old"], found[0]["new"]
    assert old is not None
    assert new is not None
    assert (old["size_bytes"], new["size_bytes"]) == (2, 3)
    assert [each["type"] for each in side.diff(main)] == ["changed", "removed"]
    assert main.diff(side, prefix="c") == found[1:]
    tag = side.create_tag("t")
    for other in (tag, side.get_commit(0), "side", "branch/side", "tag/t", side.id[:8]):
        assert main.diff(other) == found, other
    assert tag.diff(main.get_commit(0)) == side.diff(main)


def test_a_dataset_is_compared_by_its_main(dataset: ah.Dataset) -> None:
    before = dataset.create_tag("before")
    _commit(dataset, more="1")
    assert [each["path"] for each in before.diff(dataset)] == ["more"]
    assert [each["type"] for each in dataset.diff(before)] == ["removed"]
    dataset.reset(before)
    _commit(dataset, other="1")
    dataset.merge(dataset.get_commit(1))
    assert dataset.revert("main").id == dataset.commit_id
    assert list(_sizes(dataset)) == ["test.csv"]


def test_a_merge_without_conflicts_brings_both_together(main: ah.Branch, side: ah.Branch) -> None:
    _commit(main, a="333")
    made = main.merge(side)
    assert made.id == main.id
    assert _sizes(main) == {"a": 3, "b": 1, "c": 1}
    assert main.list_commit()[0]["message"] == "Merge branch side into main"
    assert side.merge(main, message="not needed").id == made.id
    assert main.merge("side").id == made.id


def test_a_merge_with_conflicts_lists_them_until_a_strategy_decides(
    main: ah.Branch, side: ah.Branch
) -> None:
    before = main.id
    with pytest.raises(ah.ConflictError, match="both changed the same paths: a") as caught:
        main.merge(side)
    assert caught.value.code == "merge_conflict"
    [conflict] = pickle.loads(pickle.dumps(caught.value)).conflicts
    assert conflict["path"] == "a"
    assert [conflict[key]["size_bytes"] for key in ("base", "ours", "theirs")] == [1, 2, 3]
    assert main.get_commit(0).id == before
    main.merge(side, "take ours", "ours")
    assert _sizes(main) == {"a": 2, "b": 1, "c": 1}
    main.reset(before)
    main.merge(side, strategy="theirs")
    assert _sizes(main) == {"a": 3, "b": 1, "c": 1}


def test_reset_and_revert_return_the_commit_the_branch_points_at(main: ah.Branch) -> None:
    first, second = main.get_commit(0), _commit(main, a="22")
    _commit(main, c="1")
    reverted = main.revert(second, message="worse")
    assert _sizes(main) == {"a": 1, "b": 1, "c": 1}
    assert main.list_commit(limit=1)[0]["message"] == "worse"
    assert main.id == reverted.id
    assert main.reset(first).id == first.id == main.id
    assert _sizes(main) == {"a": 1, "b": 1}


def test_what_is_no_snapshot_of_the_asset_is_refused(main: ah.Branch, dataset: ah.Dataset) -> None:
    for other in (dataset, dataset.get_commit(0)):
        with pytest.raises(ah.InvalidInputError, match="is of another asset"):
            main.diff(other)
    with pytest.raises(ah.WrongTypeError, match="is needed, not 7"):
        main.reset(7)  # type: ignore[arg-type]
    with pytest.raises(ah.InvalidInputError, match="not an empty text"):
        main.merge("")
    with pytest.raises(ah.InvalidInputError, match="'ours' or 'theirs'"):
        main.merge("main", strategy="mine")  # type: ignore[arg-type]
    with pytest.raises(ah.NotFoundError):
        main.merge("none")
    with pytest.raises(ah.InvalidInputError, match="first of all"):
        main.revert(main.get_commit(-1))


def test_a_commit_keeps_its_metadata(main: ah.Branch) -> None:
    Path("x").write_text("1")
    main.create_commit("noted", add="x", metadata={"run": "7", "工具": "ah"})
    assert main.list_commit()[0]["metadata"] == {"run": "7", "工具": "ah"}
    for wrong in ({"run": 7}, {7: "run"}, ["run"], "run"):
        with pytest.raises(ah.WrongTypeError, match="texts by name"):
            main.create_commit("noted", add="x", metadata=wrong)  # type: ignore[arg-type]


def test_force_overwrites_what_another_commit_changed_meanwhile(
    main: ah.Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other commit comes after this one has begun, before it is finished."""
    client = main.asset._connection
    plain = client.request
    other = ah.get_asset(main.asset.id).get_branch("main")  # type: ignore[union-attr]
    text = iter("34567")

    def request(method: str, path: str, **more: Any) -> Any:
        if path.startswith("/update/"):
            monkeypatch.setattr(client, "request", plain)
            Path("theirs").write_text(next(text) * 9)
            other.create_commit("theirs", add={"theirs": "a"})
        return plain(method, path, **more)

    Path("a").write_text("22")
    monkeypatch.setattr(client, "request", request)
    with pytest.raises(ah.ConflictError, match="changed the same paths"):
        main.create_commit("ours", add="a")
    assert _sizes(main)["a"] == 9
    monkeypatch.setattr(client, "request", request)
    assert main.create_commit("ours", add="a", force=True) is not None
    assert _sizes(main)["a"] == 2
    assert [each["message"] for each in main.list_commit(limit=2)] == ["ours", "theirs"]


def test_listings_end_at_their_limit(main: ah.Branch, side: ah.Branch) -> None:
    assert side.list_commit(limit=2) == side.list_commit()[:2]
    assert side.list_commit(limit=0) == []
    assert side.list_object(limit=2) == side.list_object()[:2]
    assert side.list_object("c") == side.list_object()[2:]
    for wrong in (-1, "2", 1.5):
        with pytest.raises(ah.WrongTypeError, match="0 or more"):
            side.list_object(limit=wrong)  # type: ignore[arg-type]


def test_the_command_lists_up_to_a_limit_and_below_a_prefix(side: ah.Branch, run_ah: RunAh) -> None:
    rows = run_ah("ls", "commit", "vision/cnn:side", "--limit", "1").rows
    assert [row[0] for row in rows] == ["COMMIT_ID", side.id[:12]]
    rows = run_ah("ls", "object", "vision/cnn:side", "--limit", "2").rows
    assert [row[0] for row in rows] == ["PATH", "a", "b"]
    rows = run_ah("ls", "object", "vision/cnn:side", "--prefix", "c").rows
    assert [row[0] for row in rows] == ["PATH", "c"]
    assert run_ah("ls", "object", "vision/cnn", "--limit", "-1").code == 2


def test_the_command_prints_a_line_for_each_difference(
    main: ah.Branch, side: ah.Branch, run_ah: RunAh
) -> None:
    main.create_commit("delete", delete="b")
    result = run_ah("diff", "vision/cnn", "vision/cnn:side")
    assert (result.code, result.out) == (0, "~ a  2B -> 3B\n+ b  1B\n+ c  1B\n")
    result = run_ah("diff", "vision/cnn:side", "vision/cnn:main")
    assert result.out == "~ a  3B -> 2B\n- b\n- c\n"
    result = run_ah("diff", "vision/cnn", "vision/cnn:side", "-o", "json")
    assert json.loads(result.out) == main.diff(side)
    assert run_ah("diff", "vision/cnn", "vision/cnn").out == ""


def test_the_command_merges_resets_and_reverts(
    main: ah.Branch, side: ah.Branch, run_ah: RunAh
) -> None:
    result = run_ah("merge", "vision/cnn:side", "vision/cnn")
    assert (result.code, result.out) == (1, "! a\n")
    assert result.err.splitlines()[-1].startswith("AH ERROR: merging ")
    result = run_ah("merge", "vision/cnn:side", "vision/cnn", "--theirs", "-m", "both")
    merged = main.list_commit()[0]
    assert (result.code, result.out) == (0, merged["id"][:12] + "\n")
    assert merged["message"] == "both"
    assert _sizes(main) == {"a": 3, "b": 1, "c": 1}
    result = run_ah("merge", "vision/cnn:side", "vision/cnn")
    assert "AH INFO: Nothing to merge: branch main of Model cnn has all of it" in result.err

    result = run_ah("revert", "vision/cnn", merged["id"][:8], "-m", "worse")
    assert (result.code, result.out) == (0, main.list_commit()[0]["id"][:12] + "\n")
    assert _sizes(main) == {"a": 2, "b": 1}

    result = run_ah("reset", "vision/cnn", "branch/side")
    assert (result.code, result.out) == (0, side.id[:12] + "\n")
    assert main.get_commit(0).id == side.id


def test_the_command_commits_with_metadata_and_by_force(main: ah.Branch, run_ah: RunAh) -> None:
    Path("x").write_text("1")
    base = ["commit", "vision/cnn", "-a", "x"]
    for wrong in ("run", "=7"):
        assert run_ah(*base, "--metadata", wrong).code == 2
    assert run_ah(*base, "--metadata", "a=1", "--metadata", "a=2").code == 2
    result = run_ah(*base, "--force", "--metadata", "run=7", "--metadata", "b=c=d")
    assert result.code == 0
    assert main.list_commit()[0]["metadata"] == {"run": "7", "b": "c=d"}


def test_wrong_uses_of_the_command_change_nothing(
    side: ah.Branch, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    for args, code, said in (
        (["merge", "vision/cnn:side", "vision/cnn", "--ours", "--theirs"], 2, "exclude each other"),
        (["merge", "vision/digits", "vision/cnn"], 1, "is of another asset than"),
        (["diff", "vision/digits", "vision/cnn"], 1, "is of another asset than"),
        (["merge", "vision/cnn:side", "vision/cnn:none"], 1, "has no branch none"),
        (["reset", "vision/cnn", "none"], 1, "none"),
        (["revert", "vision/cnn", "ffffffff"], 1, "ffffffff"),
        (["reset", "vision/cnn@" + side.id, "side"], 1, "a branch is needed here"),
    ):
        result = run_ah(*args)
        assert (result.code, result.out) == (code, ""), args
        assert said in result.err, args
