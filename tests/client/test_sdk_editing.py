"""A change to a branch made step by step, with `edit()`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from t9k import ah


def _contents(branch: Any) -> dict[str, str]:
    return {entry["path"]: branch.read_text(entry["path"]) for entry in branch.list_object()}


def test_puts_writes_and_deletes_become_one_commit(model: ah.Model) -> None:
    branch = model.create_branch("v1")
    Path("tree/sub").mkdir(parents=True)
    Path("tree/sub/x.txt").write_text("x")
    Path("y.txt").write_text("y")
    with branch.edit("first", {"run": "7"}) as edit:
        assert edit.commit is None
        edit.put("tree")
        edit.put(Path("y.txt"), "w/")
        edit.put("y.txt", "z.txt")
        edit.write("notes.txt", "数据")
        edit.write("raw.bin", b"\0\1")
        edit.write("empty", b"")
        edit.delete("not/there")
    assert edit.commit is not None
    assert branch.id == edit.commit.id
    assert branch.list_commit()[0]["message"] == "first"
    assert branch.list_commit()[0]["metadata"] == {"run": "7"}
    assert len(branch.list_commit()) == 2
    assert _contents(branch) == {
        "empty": "",
        "notes.txt": "数据",
        "raw.bin": "\0\1",
        "tree/sub/x.txt": "x",
        "w/y.txt": "y",
        "z.txt": "y",
    }


def test_changes_take_effect_in_the_order_they_are_written(dataset: ah.Dataset) -> None:
    Path("one.txt").write_text("one")
    with dataset.edit("order") as edit:
        edit.write("a/gone.txt", "x")
        edit.put("one.txt", "a/gone too.txt")
        edit.delete("a/")
        edit.delete("test.csv")
        edit.write("a/kept.txt", "first")
        edit.write("a/kept.txt", "last")
        edit.write("a/other.txt", "other")
        edit.write("test.csv", "back")
        edit.write("one.txt", "written")
        edit.put("one.txt")
    assert _contents(dataset) == {
        "a/kept.txt": "last",
        "a/other.txt": "other",
        "one.txt": "one",
        "test.csv": "back",
    }


def test_a_local_file_need_not_stay_once_it_was_put(dataset: ah.Dataset) -> None:
    with dataset.edit("moved on") as edit:
        Path("a.bin").write_bytes(b"a" * 300_000)
        edit.put("a.bin")
        Path("a.bin").write_bytes(b"b")
        edit.put("a.bin", "b.bin")
        Path("a.bin").unlink()
    assert dataset.read_bytes("a.bin") == b"a" * 300_000
    assert dataset.read_bytes("b.bin") == b"b"


def test_what_is_written_beyond_what_memory_should_hold_arrives(model: ah.Model) -> None:
    branch = model.get_branch("main")
    large = bytes(range(256)) * 4096 * 9
    with branch.edit("much") as edit:
        for at in range(1100):
            edit.write(f"small/{at:04}", str(at))
        edit.write("large", large)
        edit.write("small/0000", "again")
    assert len(branch.list_object("small/")) == 1100
    assert branch.read_text("small/0000") == "again"
    assert branch.read_text("small/1099") == "1099"
    assert branch.read_bytes("large") == large


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_drops_all_of_it(dataset: ah.Dataset, error: BaseException) -> None:
    before = dataset.commit_id
    with pytest.raises(type(error)), dataset.edit("dropped") as edit:  # noqa: PT012
        edit.write("a.txt", "a")
        edit.delete("test.csv")
        raise error
    assert edit.commit is None
    assert dataset.commit_id == before
    assert _contents(dataset) == {"test.csv": "0,1\n"}


def test_no_change_is_no_commit(dataset: ah.Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    before = dataset.commit_id
    with dataset.edit("nothing") as first:
        pass
    with dataset.edit("the same") as second:
        second.write("test.csv", "0,1\n")
        second.delete("not/there")
    assert (first.commit, second.commit, dataset.commit_id) == (None, None, before)
    assert "AH INFO: No changes to branch main of Dataset digits" in capsys.readouterr().err


def test_another_commit_to_the_same_path_since_the_beginning_is_a_conflict(
    dataset: ah.Dataset,
) -> None:
    def change(other: str, **options: Any) -> None:
        with dataset.edit("mine", **options) as edit:
            edit.write("test.csv", "mine")
            with dataset.edit("theirs") as theirs:
                theirs.write(other, "theirs")

    change("other.csv")
    assert _contents(dataset) == {"other.csv": "theirs", "test.csv": "mine"}
    with pytest.raises(ah.ConflictError):
        change("test.csv")
    assert _contents(dataset)["test.csv"] == "theirs"
    change("test.csv", force=True)
    assert _contents(dataset)["test.csv"] == "mine"


def test_what_cannot_be_added_is_told_where_it_is_written(dataset: ah.Dataset) -> None:
    before = dataset.commit_id
    with pytest.raises(ah.InvalidInputError, match=r"none\.txt"), dataset.edit("x") as edit:
        edit.put("none.txt")
    for path in ("", "/a", "a/", ".", "../a", "a//b", 7):
        with pytest.raises(ah.InvalidInputError), dataset.edit("x") as edit:
            edit.write(path, "x")  # type: ignore[arg-type]
    with pytest.raises(ah.WrongTypeError, match="bytes or text"), dataset.edit("x") as edit:
        edit.write("a.txt", 7)  # type: ignore[arg-type]
    with pytest.raises(ah.WrongTypeError), dataset.edit("x") as edit:
        edit.delete(["a"])  # type: ignore[arg-type]
    with pytest.raises(ah.WrongTypeError, match="message"):
        dataset.edit(7)  # type: ignore[arg-type]
    assert dataset.commit_id == before


def test_an_edit_takes_changes_within_its_block_only(dataset: ah.Dataset) -> None:
    edit = dataset.edit("once")
    for use in (lambda: edit.write("a", "a"), lambda: edit.put("a"), lambda: edit.delete("a")):
        with pytest.raises(ah.InvalidInputError) as caught:
            use()
        assert caught.value.code == "edit_ended"
    with edit:
        edit.write("a", "a")
    with pytest.raises(ah.InvalidInputError):
        edit.write("b", "b")
    with pytest.raises(ah.InvalidInputError), edit:
        pass


def test_nothing_is_left_in_the_directory_of_temporary_files(
    dataset: ah.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with dataset.edit("one") as edit:
        edit.write("a", "a")
        assert list(temporary.iterdir())
    with pytest.raises(RuntimeError), dataset.edit("two") as edit:  # noqa: PT012
        edit.write("a", "b")
        raise RuntimeError
    assert list(temporary.iterdir()) == []
    shutil.rmtree(temporary)
