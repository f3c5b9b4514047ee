"""Branches, tags and commits, and where added files land."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from t9k import ah

from .conftest import RunAh


@pytest.fixture
def tree() -> Path:
    """A directory `saved` with two files, and files `x.pt` and `a/b/x.pt` beside it."""
    for name in ("saved/one", "saved/deep/two", "x.pt", "a/b/x.pt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)
    return Path("saved")


def _paths(snapshot: ah.Branch | ah.Tag | ah.Commit | ah.Dataset) -> list[str]:
    return [each["path"] for each in snapshot.list_object()]


LANDINGS: list[tuple[str, str | None, list[str]]] = [
    ("a/b/x.pt", None, ["x.pt"]),
    ("x.pt", "w/", ["w/x.pt"]),
    ("x.pt", "w/y.pt", ["w/y.pt"]),
    ("x.pt", "/w/y.pt", ["w/y.pt"]),
    ("x.pt", ".", ["x.pt"]),
    ("x.pt", "", ["x.pt"]),
    ("./saved", None, ["saved/deep/two", "saved/one"]),
    ("saved/", None, ["saved/deep/two", "saved/one"]),
    ("./saved", "w/", ["w/saved/deep/two", "w/saved/one"]),
    ("./saved", "w", ["w/deep/two", "w/one"]),
    ("./saved", "/w/v", ["w/v/deep/two", "w/v/one"]),
    ("./saved/.", None, ["deep/two", "one"]),
    ("./saved", ".", ["deep/two", "one"]),
    ("./saved/.", "w/", ["w/deep/two", "w/one"]),
]


def test_an_added_file_lands_as_documented_by_sdk_and_by_command(
    dataset: ah.Dataset, tree: Path, run_ah: RunAh
) -> None:
    for source, destination, paths in LANDINGS:
        before = _paths(dataset)
        dataset.create_commit("clear", delete=before)
        dataset.create_commit("add", add={source: destination})
        assert _paths(dataset) == paths, (source, destination)

        dataset.create_commit("clear", delete=paths)
        given = source if destination is None else f"{source}:{destination}"
        assert run_ah("commit", "vision/digits", "-a", given).code == 0
        assert _paths(dataset) == paths, given


def test_a_path_with_colons_is_found_before_it_is_split(dataset: ah.Dataset, run_ah: RunAh) -> None:
    Path("a:b").write_text("1")
    result = run_ah("commit", "vision/digits", "-a", "a:b", "-a", "a:b:w/c:d", "-d", "test.csv")
    assert result.code == 0, result.err
    assert _paths(dataset) == ["a:b", "w/c:d"]


def test_a_commit_prints_its_first_digits_and_no_change_is_no_error(
    dataset: ah.Dataset, tree: Path, run_ah: RunAh
) -> None:
    done = run_ah("commit", "vision/digits", "-m", "saved", "-a", "saved", "-d", "test.csv")
    commit = dataset.commit_id
    assert done == (
        0,
        f"{commit[:12]}\n",
        "AH INFO: Committing to branch main of Dataset digits\n"
        f"AH INFO: Created commit {commit[:12]} on branch main of Dataset digits\n",
    )
    again = run_ah("commit", "vision/digits", "-m", "again", "-a", "saved", "-d", "none/")
    assert (again.code, again.out) == (0, "")
    assert again.err.endswith(
        "AH INFO: No changes to branch main of Dataset digits: no commit is created\n"
    )
    assert dataset.create_commit("nothing") is None
    assert dataset.commit_id == commit


def test_deletions_happen_first_and_take_a_file_or_all_below(dataset: ah.Dataset) -> None:
    Path("f").write_text("1")
    dataset.create_commit("lay", add=[("f", "a/b"), ("f", "a/b/c"), ("f", "d")], delete="test.csv")
    dataset.create_commit("one", delete=["a/b"])
    assert _paths(dataset) == ["a/b/c", "d"]
    dataset.create_commit("below", delete=["a/", "d"], add={"f": "d"})
    assert _paths(dataset) == ["d"]


def test_the_log_of_a_branch_is_newest_first_down_to_the_first(
    dataset: ah.Dataset, tree: Path, run_ah: RunAh
) -> None:
    commit = dataset.create_commit("two\nlines", add="x.pt")
    assert commit is not None
    assert [each["message"] for each in dataset.list_commit()] == [
        "two\nlines",
        "test split",
        "Repository created",
    ]
    table = run_ah("ls", "commit", "vision/digits")
    assert table.out.splitlines()[0] == "COMMIT_ID     MESSAGE             CREATED"
    assert table.rows[1][:2] == [commit.id[:12], "two"]
    for reference in (":main", ":branch/main"):
        assert len(run_ah("ls", "commit", f"dataset/vision/digits{reference}").rows) == 4


def test_commits_are_found_by_place_and_by_prefix(model: ah.Model, tree: Path) -> None:
    branch = model.create_branch("v1")
    commit = branch.create_commit("x", add="x.pt")
    assert commit is not None
    assert (commit.type, commit.name, branch.id) == ("commit", commit.id, commit.id)
    assert branch.get_commit(0).id == commit.id
    first = branch.get_commit(-1)
    assert _paths(first) == []
    assert model.get_commit(id_=commit.id[:6]).id == commit.id
    assert branch.get_commit(id_=first.id).id == first.id
    for arguments, error in [
        ({"index": 9}, ah.NotFoundError),
        ({"index": "0"}, ah.WrongTypeError),
        ({"id_": "xyz"}, ah.InvalidInputError),
        ({"id_": "ffffffff"}, ah.NotFoundError),
        ({}, ah.InvalidInputError),
        ({"index": 0, "id_": commit.id}, ah.InvalidInputError),
    ]:
        with pytest.raises(error):
            branch.get_commit(**arguments)  # type: ignore[arg-type]


def test_branches_are_made_empty_listed_and_deleted(
    model: ah.Model, tree: Path, run_ah: RunAh
) -> None:
    model.get_branch("main").create_commit("x", add="saved")
    branch = model.create_branch("v1")
    assert (branch.name, branch.type, branch.asset, _paths(branch)) == ("v1", "branch", model, [])
    assert branch.id == model.get_commit(-1).id
    assert {each["id"]: each["size_bytes"] for each in model.list_branch()} == {"main": 23, "v1": 0}
    table = run_ah("ls", "branch", "vision/cnn")
    assert [row[0] for row in table.rows] == ["NAME", "main", "v1"]
    assert table.rows[1][1:3] == [model.get_branch("main").id[:12], "23B"]
    with pytest.raises(ah.AlreadyExistsError, match="branch already exists"):
        model.create_branch("v1")
    assert run_ah("delete", "branch", "vision/cnn:branch/v1") == (
        0,
        "",
        "AH INFO: Deleting branch v1 of Model cnn\n",
    )
    with pytest.raises(ah.NotFoundError):
        model.get_branch("v1")
    with pytest.raises(ah.ConflictError, match="cannot delete repository default branch"):
        model.get_branch("main").delete()


def test_tags_are_made_listed_and_deleted(model: ah.Model, tree: Path, run_ah: RunAh) -> None:
    branch = model.create_branch("v1")
    commit = branch.create_commit("x", add="x.pt")
    assert commit is not None
    assert run_ah("create", "tag", "vision/cnn:v1", "rel") == (
        0,
        "",
        "AH INFO: Creating tag rel of Model cnn\n",
    )
    branch.create_commit("y", add="saved")
    tag = model.get_tag("rel")
    assert (tag.name, tag.type, tag.id, _paths(tag)) == ("rel", "tag", commit.id, ["x.pt"])
    assert tag.create_tag("same").id == commit.create_tag("as well").id == commit.id
    assert [each["id"] for each in model.list_tag()] == ["as well", "rel", "same"]
    assert run_ah("ls", "tag", "vision/cnn").rows[2] == ["rel", commit.id[:12]]
    with pytest.raises(ah.AlreadyExistsError, match="tag already exists"):
        branch.create_tag("rel")
    for reference in ("vision/cnn:rel", "vision/cnn:tag/same", "vision/cnn:as well"):
        assert run_ah("delete", "tag", reference).code == 0
    assert run_ah("ls", "tag", "vision/cnn").out == "NAME  COMMIT_ID\n"


@pytest.mark.parametrize("name", ["数据 1", "a:b", "a@b", "-x", "v1.0+cu&x=y;z", "'\""])
def test_names_of_branches_and_tags_need_no_care_in_urls(model: ah.Model, name: str) -> None:
    branch = model.create_branch(name)
    Path("f").write_text("1")
    branch.create_commit("f", add="f")
    branch.create_tag(name)
    assert _paths(model.get_branch(name)) == _paths(model.get_tag(name)) == ["f"]
    assert len(branch.list_commit()) == 2
    model.get_tag(name).delete()
    branch.delete()
    assert ([each["id"] for each in model.list_branch()], model.list_tag()) == (["main"], [])


def test_objects_are_listed_with_sizes_to_the_right(dataset: ah.Dataset, run_ah: RunAh) -> None:
    Path("large").write_bytes(bytes(1234567))
    dataset.create_commit("large", add="large")
    lines = run_ah("ls", "object", "vision/digits").out.splitlines()
    assert lines[0].startswith("PATH         BYTES  CHECKSUM ")
    assert lines[1].startswith("large     1234567B  ")
    assert lines[2].startswith("test.csv        4B  ")
    assert "large     1.2MiB  " in run_ah("ls", "object", "vision/digits", "-h").out
    (entry, _) = json.loads(run_ah("ls", "object", "vision/digits", "-o", "json").out)
    assert (entry["path"], entry["size_bytes"]) == ("large", 1234567)


def test_what_cannot_be_added_is_named_and_changes_nothing(
    dataset: ah.Dataset, tree: Path, home: Path, run_ah: RunAh
) -> None:
    before = dataset.commit_id
    (home / "outside").write_text("secret")
    os.symlink(home / "outside", "saved/out")
    os.mkfifo("pipe")
    for given, said in [
        (["none"], "Cannot add none: no such file or directory"),
        (["none:w/"], "Cannot add none: no such file or directory"),
        (["saved"], "Cannot add saved/out: it is a link that leads out of"),
        (["pipe"], "Cannot add pipe: it is neither a file nor a directory"),
        (["x.pt:a/../b"], "must not have a segment that is empty, '.' or '..'"),
        (["x.pt", "a/b/x.pt"], "x.pt and a/b/x.pt would both become x.pt"),
    ]:
        options = [option for each in given for option in ("-a", each)]
        result = run_ah("commit", "vision/digits", *options)
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith("AH ERROR: ")
        assert said in result.err
    assert dataset.commit_id == before


def test_links_to_files_of_the_same_directory_are_followed(dataset: ah.Dataset, tree: Path) -> None:
    os.symlink("one", "saved/link")
    os.symlink("x.pt", "named")
    dataset.create_commit("links", add=["saved", "named"], delete="test.csv")
    assert _paths(dataset) == ["named", "saved/deep/two", "saved/link", "saved/one"]
    os.symlink(".", "saved/loop")
    with pytest.raises(ah.InvalidInputError, match="saved/loop: it is a link"):
        dataset.create_commit("loop", add="saved")


def test_arguments_of_a_commit_of_the_wrong_kind_are_refused(dataset: ah.Dataset) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"msg": None}, "message of a commit must be text"),
        ({"msg": "m", "add": 5}, "Local paths to add are needed"),
        ({"msg": "m", "add": [5]}, "must be text or a path"),
        ({"msg": "m", "add": {"test.csv": 5}}, "destination of test.csv must be text"),
        ({"msg": "m", "delete": [5]}, "path to delete must be text"),
    ]
    for arguments, said in wrong:
        with pytest.raises(ah.WrongTypeError, match=said):
            dataset.create_commit(**arguments)


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError("gone")])
def test_whatever_stops_a_commit_leaves_the_branch_as_it_was(
    dataset: ah.Dataset, tree: Path, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    before = dataset.list_commit()
    real_open = os.open

    def failing_open(path: Any, *args: Any, **kwargs: Any) -> Any:
        if str(path).endswith("saved/one"):
            raise fault
        return real_open(path, *args, **kwargs)

    monkeypatch.setattr("os.open", failing_open)
    with pytest.raises((KeyboardInterrupt, ah.InvalidInputError)):
        dataset.create_commit("half", add=["x.pt", "saved"])
    monkeypatch.undo()
    assert dataset.list_commit() == before
    assert _paths(dataset) == ["test.csv"]


def test_a_commit_goes_on_a_branch_only(model: ah.Model, tree: Path, run_ah: RunAh) -> None:
    model.create_tag("rel")
    for reference, said in [
        ("vision/cnn:tag/rel", "is a tag, and a branch is needed here"),
        ("vision/cnn@abcdef", "is a commit, and a branch is needed here"),
        ("vision/cnn:rel", "has no branch rel"),
    ]:
        result = run_ah("commit", reference, "-a", "x.pt")
        assert result.code == 1
        assert said in result.err


def test_a_branch_of_a_dataset_is_refused(dataset: ah.Dataset, run_ah: RunAh) -> None:
    result = run_ah("create", "branch", "dataset/vision/digits:v1")
    assert result.code == 1
    assert "a model is needed here" in result.err
