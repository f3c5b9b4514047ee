"""The surface that scripts of the released SDK rely on, and the later one's spelling of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from t9k import ah

SIGNATURES: dict[Callable[..., Any], str] = {
    ah.login: "host api_key",
    ah.logout: "*forget_host",
    ah.create_folder: "type_ name labels=None exist_ok=False description=None",
    ah.get_folder: "owner=None type_=None name=None id_=None",
    ah.list_folder: "type_='all' scope='all'",
    ah.get_asset: "id_",
    ah.delete_evaluation: "evaluation_id reason=None",
    ah.Folder.create_asset: "name labels=None exist_ok=False description=None",
    ah.Folder.get_asset: "name",
    ah.Folder.list_asset: "",
    ah.Folder.update: "name=None labels=None description=None",
    ah.Folder.delete: "",
    ah.Model.update: "name=None labels=None description=None",
    ah.Model.create_branch: "name source=None",
    ah.Model.get_branch: "name",
    ah.Model.list_branch: "",
    ah.Model.get_commit: "index=None id_=None",
    ah.Dataset.create_commit: "msg add=None delete=None metadata=None force=False",
    ah.Dataset.download: "paths=None save_dir='.' cache=False",
    ah.Dataset.get_tag: "name",
    ah.Branch.create_commit: "msg delete=None add=None metadata=None force=False *override",
    ah.Branch.get_commit: "index=None id_=None",
    ah.Branch.create_tag: "name",
    ah.Branch.list_object: "prefix='' limit=None",
    ah.Branch.download: "paths=None save_dir='.' cache=False",
    ah.Branch.create_evaluation: (
        "metrics dataset *params *tool *revision *seed *hardware *duration *note *labels *samples"
    ),
    ah.Branch.list_evaluation: "sort=None limit=None",
    ah.Tag.create_tag: "name",
    ah.Commit.create_tag: "name",
    ah.Tag.delete: "",
}


@pytest.mark.parametrize(
    ("called", "order"),
    SIGNATURES.items(),
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_arguments_have_the_released_names_order_and_defaults(
    called: Callable[..., Any], order: str
) -> None:
    found = []
    for name, parameter in inspect.signature(called).parameters.items():
        default = parameter.default
        if name == "self":
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            found.append(f"*{name}")
        elif called is ah.login or default is inspect.Parameter.empty:
            found.append(name)
        else:
            found.append(f"{name}={default!r}")
    assert " ".join(found) == order


def test_folders_as_released_scripts_use_them(logged_in: Any) -> None:
    folder = ah.create_folder("model", "llm", ["a"], True)
    assert (folder.owner, folder.type, folder.name) == (logged_in.name, "model", "llm")
    assert (folder.labels, len(folder.id)) == (["a"], 36)
    assert ah.create_folder("model", "llm", ["b"], True).labels == ["a"]
    assert ah.get_folder(None, "model", "llm").id == folder.id
    assert ah.get_folder(logged_in.name, "model", "llm").id == folder.id
    assert ah.get_folder(id_=folder.id).id == folder.id
    (entry,) = ah.list_folder("model", "own")
    assert type(entry) is dict
    assert {"id", "type", "name", "owner", "labels"} <= entry["folder"].keys()
    folder.update("chat", ["b"])
    assert (folder.name, folder.labels) == ("chat", ["b"])
    model = folder.create_asset("gpt", ["c"], False)
    assert folder.get_asset("gpt").id == ah.get_asset(model.id).id == model.id
    assert [each["asset"]["name"] for each in folder.list_asset()] == ["gpt"]
    assert (model.folder, model.type, model.name, model.labels) == (folder, "model", "gpt", ["c"])
    folder.delete()
    assert ah.list_folder("all", "own") == []


def test_models_and_branches_as_released_scripts_use_them(model: ah.Model) -> None:
    Path("saved").mkdir()
    Path("saved/x.pt").write_text("weights")
    Path("x.pt").write_text("more")
    branch = model.create_branch("v1")
    assert (branch.asset, branch.type, branch.name) == (model, "branch", "v1")
    assert branch.list_object() == []
    made = branch.create_commit("add", None, ["./saved", "x.pt"])
    assert made is not None
    assert branch.id == made.id == made.name == model.get_branch("v1").id
    assert branch.create_commit("nothing", ["not/there"]) is None
    branch.create_commit(msg="gone", delete=["x.pt"], add={"x.pt": "w/"})
    assert [entry["path"] for entry in branch.list_object()] == ["saved/x.pt", "w/x.pt"]
    assert [entry["message"] for entry in branch.list_commit()][-1] == "Repository created"
    assert branch.get_commit(-1).list_object() == []
    assert branch.get_commit(1).id == branch.get_commit(id_=made.id[:8]).id == made.id
    assert branch.get_commit(0).id == branch.id
    tag = branch.create_tag("t1")
    assert (tag.asset, tag.type, tag.name, tag.id) == (model, "tag", "t1", branch.id)
    assert model.get_tag("t1").create_tag("t2").id == made.create_tag("t3").asset.get_tag("t1").id
    assert [entry["id"] for entry in model.list_tag()] == ["t1", "t2", "t3"]
    assert made.download(["x.pt"], "down") == [Path("down/x.pt")]
    assert [entry["id"] for entry in model.list_branch()] == ["main", "v1"]
    tag.delete()
    branch.delete()
    assert [entry["id"] for entry in model.list_branch()] == ["main"]
    assert model.get_commit(0).id == model.get_commit(-1).id


def test_datasets_as_released_scripts_use_them(dataset: ah.Dataset) -> None:
    Path("b.csv").write_text("1,2\n")
    made = dataset.create_commit("replace", ["b.csv"], ["test.csv"])
    assert made is not None
    assert dataset.commit_id == made.id == dataset.get_commit(0).id
    assert [entry["path"] for entry in dataset.list_object()] == ["b.csv"]
    assert len(dataset.list_commit()) == 3
    assert dataset.download("b.csv", "down") == [Path("down/b.csv")]
    assert dataset.create_tag("v1").id == dataset.get_tag("v1").id == made.id
    assert dataset.list_tag() == [{"id": "v1", "commit_id": made.id}]
    dataset.update("numbers", [])
    assert dataset.folder.get_asset("numbers").id == dataset.id


def test_both_spellings_name_the_same(model: ah.Model, dataset: ah.Dataset, user: Any) -> None:
    branch, tag = model.create_branch("v1"), dataset.create_tag("t")
    owner = user.name
    for thing, kind, path in (
        (model.folder, "model", f"{owner}/model/vision"),
        (model, "model", f"{owner}/model/vision/cnn"),
        (dataset, "dataset", f"{owner}/dataset/vision/digits"),
        (branch, "branch", f"{owner}/model/vision/cnn:branch/v1"),
        (tag, "tag", f"{owner}/dataset/vision/digits:tag/t"),
        (tag.asset.get_commit(0), "commit", f"{owner}/dataset/vision/digits:{tag.id}"),
    ):
        assert (thing.kind, thing.type, thing.path, thing.alive) == (kind, kind, path, True)
    assert (branch.commit_id, tag.commit_id) == (branch.id, tag.id)
    assert ah.get(branch.path).id == branch.id  # type: ignore[union-attr]


def test_descriptions_are_kept_and_stay_where_nothing_is_said_of_them(logged_in: Any) -> None:
    folder = ah.create_folder("model", "vision", description="of **pictures**")
    model = folder.create_asset("cnn", description="small")
    assert (folder.description, model.description) == ("of **pictures**", "small")
    folder.update(labels=["a"])
    model.update(description="tiny")
    assert ah.get_folder(id_=folder.id).description == folder.description == "of **pictures**"
    found = folder.get_asset("cnn")
    assert (found.description, found.labels) == ("tiny", [])
    model.update(description="")
    assert folder.get_asset("cnn").description == ""
    assert folder.list_asset()[0]["asset"]["description"] == ""


@pytest.mark.parametrize("description", [7, ["a"], b"a"])
def test_a_description_that_is_no_text_is_refused(model: ah.Model, description: Any) -> None:
    with pytest.raises(ah.WrongTypeError, match="description"):
        model.update(description=description)


def test_an_object_that_was_deleted_is_not_alive_and_refuses_calls(model: ah.Model) -> None:
    folder, branch = model.folder, model.create_branch("v1")
    copy = model.get_branch("v1")
    branch.delete()
    assert (branch.alive, copy.alive) == (False, True)
    with pytest.raises(ah.DeletedError):
        branch.list_object()
    with pytest.raises(ah.DeletedError):
        branch.open("a.txt")
    with pytest.raises(ah.DeletedError), branch.edit("more"):
        pass
    folder.delete()
    assert [folder.alive, model.alive, copy.alive] == [False] * 3
    for call in (model.list_tag, model.delete, copy.list_commit, folder.list_asset):
        with pytest.raises(ah.DeletedError):
            call()


def test_a_branch_starts_empty_or_where_it_is_told_to(model: ah.Model) -> None:
    main = model.get_branch("main")
    with main.edit("one") as edit:
        edit.write("a.txt", "a")
    assert model.create_branch("empty").list_object() == []
    tag = main.create_tag("t")
    for name, source in (
        ("b1", main),
        ("b2", tag),
        ("b3", edit.commit),
        ("b4", "main"),
        ("b5", "tag/t"),
        ("b6", main.id[:8]),
    ):
        assert model.create_branch(name, source).id == main.id
    with pytest.raises(ah.NotFoundError):
        model.create_branch("b7", "tag/none")
    other = model.folder.create_asset("other")
    with pytest.raises(ah.InvalidInputError, match="another asset"):
        model.create_branch("b8", other.get_branch("main"))


def test_an_evaluation_is_a_dict_with_more(model: ah.Model, dataset: ah.Dataset) -> None:
    made = model.create_evaluation({"loss": 1.47, "accuracy": float("nan")}, dataset)
    assert made == model.list_evaluation()[0]
    assert made["results"] == {"metric": '{"loss": 1.47, "accuracy": NaN}'}
    assert list(made.metrics) == ["loss", "accuracy"]
    assert made.metrics["loss"] == 1.47
    found = ah.get_evaluation(made.id)
    assert (found == made, found.alive) == (True, True)
    assert [entry["id"] for entry in ah.list_evaluation("vision/cnn:main")] == [made.id]
    assert ah.list_evaluation("model/vision/cnn", "-loss", 1) == [made]
    found.delete()
    assert not found.alive
    with pytest.raises(ah.DeletedError):
        found.delete()
    with pytest.raises(ah.NotFoundError):
        made.delete()
    with pytest.raises(ah.InvalidInputError, match="a model is needed"):
        ah.list_evaluation("dataset/vision/digits")


def test_the_user_is_told(logged_in: Any) -> None:
    assert ah.whoami() == logged_in.name
