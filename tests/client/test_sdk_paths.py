"""Paths such as `model/llm/chat:branch/v1`: made, found and listed."""

from __future__ import annotations

from typing import Any

import pytest

from t9k import ah

# What is tested here is the same for whatever the hub stores its data in.
pytestmark = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)


@pytest.fixture
def chat(logged_in: Any) -> ah.Model:
    ah.create("model/llm")
    made = ah.create("model/llm/chat")
    assert isinstance(made, ah.Model)
    return made


def test_each_kind_of_thing_is_made_by_its_path(logged_in: Any) -> None:
    folder = ah.create("model/llm", labels=["a"], description="talks")
    assert isinstance(folder, ah.Folder)
    assert (folder.path, folder.labels, folder.description) == (
        f"{logged_in.name}/model/llm",
        ["a"],
        "talks",
    )
    model = ah.create("model/llm/chat", ["b"], "answers")
    assert isinstance(model, ah.Model)
    assert (model.labels, model.description) == (["b"], "answers")
    main = model.get_branch("main")
    with main.edit("hello") as edit:
        edit.write("hello.txt", "hello")
    empty, full = ah.create("model/llm/chat:v1"), ah.create("llm/chat:branch/v2", source="main")
    assert isinstance(empty, ah.Branch)
    assert (empty.name, empty.list_object()) == ("v1", [])
    assert isinstance(full, ah.Branch)
    assert full.id == main.id
    newest, older = ah.create("model/llm/chat:tag/t1"), ah.create("llm/chat:tag/t2", source=empty)
    assert isinstance(newest, ah.Tag)
    assert isinstance(older, ah.Tag)
    assert (newest.id, older.id) == (main.id, empty.id)
    assert isinstance(ah.create(f"{logged_in.name}/dataset/text"), ah.Folder)
    assert isinstance(ah.create(f"{logged_in.name}/dataset/text/c4"), ah.Dataset)
    assert isinstance(ah.create("text/c4:tag/raw"), ah.Tag)


def test_what_is_there_is_an_error_or_returned_as_it_is(chat: ah.Model) -> None:
    ah.create("llm/chat:v1")
    ah.create("llm/chat:tag/t")
    for path in ("model/llm", "model/llm/chat", "llm/chat:v1", "llm/chat:tag/t"):
        with pytest.raises(ah.AlreadyExistsError):
            ah.create(path)
        found, made = ah.get(path), ah.create(path, exist_ok=True)
        assert (type(made), made.id, made.path) == (type(found), found.id, found.path)


def test_each_kind_of_thing_is_found_by_its_path(chat: ah.Model, user: Any) -> None:
    branch, tag = chat.create_branch("v1"), chat.create_tag("t")
    for path, class_, id_ in (
        ("model/llm", ah.Folder, chat.folder.id),
        (f"{user.name}/model/llm", ah.Folder, chat.folder.id),
        (chat.folder.id, ah.Folder, chat.folder.id),
        ("llm/chat", ah.Model, chat.id),
        ("model/llm/chat", ah.Model, chat.id),
        (chat.path, ah.Model, chat.id),
        (chat.id.upper(), ah.Model, chat.id),
        ("model/llm/chat:v1", ah.Branch, branch.id),
        (branch.path, ah.Branch, branch.id),
        ("llm/chat:t", ah.Tag, tag.id),
        (tag.path, ah.Tag, tag.id),
        (f"llm/chat@{tag.id[:8]}", ah.Commit, tag.id),
        (f"{chat.id}:{tag.id[:6]}", ah.Commit, tag.id),
    ):
        found = ah.get(path)
        assert (type(found), found.id) == (class_, id_), path


def test_a_path_lists_what_is_in_it(chat: ah.Model) -> None:
    with chat.get_branch("main").edit("one") as edit:
        edit.write("a/b.txt", "b")
    ah.create("dataset/text")
    ah.create("dataset/text/c4")
    assert ah.list("model") == ah.list_folder("model")
    assert [entry["folder"]["name"] for entry in ah.list("dataset", scope="own")] == ["text"]
    assert ah.list("dataset", "shared") == []
    assert ah.list("model/llm") == chat.folder.list_asset()
    assert ah.list("model/llm/chat") == chat.list_branch()
    assert [entry["id"] for entry in ah.list("text/c4")] == ["main"]
    assert [entry["path"] for entry in ah.list("llm/chat:main")] == ["a/b.txt"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("llm", "names no folder, asset or reference"),
        ("", "names no folder, asset or reference"),
        ("model", "names no folder, asset or reference"),
        ("model/", "names no folder"),
        ("a/b/c/d/e", "give FOLDER/NAME"),
        ("llm/chat:", "ends where a branch, tag or commit is expected"),
        ("llm/chat@xyz", "is no commit"),
        ("model/llm:v1", "must not be empty or hold"),
    ],
)
def test_what_is_no_path_is_told_so(logged_in: Any, path: str, says: str) -> None:
    for call in (ah.get, ah.create):
        with pytest.raises(ah.InvalidInputError, match=says):
            call(path)
    with pytest.raises(ah.InvalidInputError):
        ah.list(path if path != "model" else "models")


def test_what_is_not_there_is_told_so(chat: ah.Model) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    for path in ("model/none", "llm/none", "llm/chat:tag/none", "llm/chat@00000000", missing):
        with pytest.raises(ah.NotFoundError):
            ah.get(path)
    with pytest.raises(ah.NotFoundError):
        ah.create("model/none/chat")
    with pytest.raises(ah.NotFoundError):
        ah.create("llm/none:v1")


@pytest.mark.parametrize(
    ("path", "options", "says"),
    [
        ("model/llm/chat@4d6988c3", {}, "made by committing"),
        ("llm/other", {}, "give TYPE/FOLDER/NAME"),
        ("00000000-0000-4000-8000-000000000000", {}, "names nothing new"),
        ("somebody/model/new", {}, "cannot make a folder of somebody"),
        ("model/new", {"source": "main"}, "a source is for branches and tags"),
        ("model/llm/new", {"source": "main"}, "a source is for branches and tags"),
        ("llm/chat:v1", {"labels": []}, "no labels or description"),
        ("llm/chat:tag/t", {"description": ""}, "no labels or description"),
        ("model/new", {"labels": "a"}, "labels must be a list"),
    ],
)
def test_what_cannot_be_made_is_told_so(
    chat: ah.Model, path: str, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(ah.InvalidInputError, match=says):
        ah.create(path, **options)


def test_a_dataset_has_no_branch_but_main(logged_in: Any) -> None:
    ah.create("dataset/text")
    ah.create("dataset/text/c4")
    with pytest.raises(ah.InvalidInputError, match="no branch but main"):
        ah.create("dataset/text/c4:v1")


def test_a_scope_is_for_folders(chat: ah.Model) -> None:
    with pytest.raises(ah.InvalidInputError, match="scope"):
        ah.list("model/llm", scope="own")
    with pytest.raises(ah.InvalidInputError, match="scope"):
        ah.list("model", scope="mine")


@pytest.mark.parametrize("path", [None, 7, b"model/llm", ["model/llm"]])
def test_a_path_is_text(logged_in: Any, path: Any) -> None:
    for call in (ah.get, ah.create):
        with pytest.raises(ah.WrongTypeError, match="must be text"):
            call(path)
