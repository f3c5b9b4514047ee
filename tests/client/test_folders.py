"""Folders, models and datasets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from t9k import ah

from .conftest import RunAh


def test_a_folder_that_was_made_is_found_by_name_by_id_and_in_listings(logged_in: Any) -> None:
    made = ah.create_folder("model", "vision", labels=["b", "a"])
    found = ah.get_folder(None, "model", "vision")
    by_owner = ah.get_folder(logged_in.name, "model", "vision")
    for folder in (made, found, by_owner, ah.get_folder(id_=made.id)):
        assert (folder.id, folder.owner, folder.type, folder.name, folder.labels) == (
            made.id,
            logged_in.name,
            "model",
            "vision",
            ["b", "a"],
        )
    ah.create_folder("dataset", "vision")
    assert [each["folder"]["type"] for each in ah.list_folder(scope="own")] == ["dataset", "model"]
    (entry,) = ah.list_folder("model", "own")
    assert (entry["folder"]["id"], entry["assets"]) == (made.id, 0)


def test_what_exists_is_refused_or_taken_as_it_is(
    logged_in: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ah.create_folder("model", "vision", labels=["kept"])
    asset = folder.create_asset("cnn", labels=["kept too"])
    with pytest.raises(ah.AlreadyExistsError, match="model/vision already exists"):
        ah.create_folder("model", "vision")
    with pytest.raises(FileExistsError, match="asset cnn already exists"):
        folder.create_asset("cnn")
    capsys.readouterr()
    again = ah.create_folder("model", "vision", labels=["other"], exist_ok=True)
    assert (again.id, again.labels) == (folder.id, ["kept"])
    assert again.create_asset("cnn", exist_ok=True).id == asset.id
    assert capsys.readouterr().err == (
        "AH INFO: Model Folder vision already exists\n"
        "AH INFO: Model cnn in Folder vision already exists\n"
    )


def test_an_asset_is_found_by_name_and_by_id(logged_in: Any) -> None:
    for type_, class_ in (("model", ah.Model), ("dataset", ah.Dataset)):
        folder = ah.create_folder(type_, "vision")
        made = folder.create_asset("x", labels=["l"])
        assert type(made) is class_
        for found in (folder.get_asset("x"), ah.get_asset(made.id)):
            assert type(found) is class_
            assert (found.id, found.name, found.labels, found.type) == (made.id, "x", ["l"], type_)
            assert found.folder.id == folder.id
        assert [each["asset"]["name"] for each in folder.list_asset()] == ["x"]


def test_update_changes_what_is_given_and_leaves_the_rest(model: ah.Model) -> None:
    elsewhere = ah.get_asset(model.id)
    elsewhere.update(labels=["new"])
    model.update(name="cnn2")
    assert (model.name, model.labels) == ("cnn2", ["new"])
    folder = model.folder
    folder.update("seeing", ["l"])
    assert (folder.name, folder.labels) == ("seeing", ["l"])
    assert ah.get_folder(None, "model", "seeing").get_asset("cnn2").id == model.id
    assert model.get_branch("main").list_object() == []
    folder.create_asset("other")
    with pytest.raises(ah.AlreadyExistsError):
        model.update(name="other")
    assert model.name == "cnn2"


def test_after_delete_an_object_and_all_it_led_to_refuse_calls(model: ah.Model) -> None:
    branch = model.get_branch("main")
    tag = branch.create_tag("t")
    tag.delete()
    with pytest.raises(ah.DeletedError, match="tag t of Model cnn was deleted"):
        tag.list_object()
    model.delete()
    for call in (model.list_branch, model.delete, branch.list_object, branch.list_commit):
        with pytest.raises(ah.DeletedError, match="Model cnn was deleted"):
            call()
    folder = model.folder
    assert folder.list_asset() == []
    folder.delete()
    with pytest.raises(ah.DeletedError, match="Model Folder vision was deleted"):
        folder.create_asset("x")
    with pytest.raises(ah.NotFoundError, match="There is no folder"):
        ah.get_folder(None, "model", "vision")


@pytest.mark.parametrize(
    "name", ["", "a/b", "..", "a..b", "a:b", "a@b", "\x07bell", "line\nbreak", " space", "é" * 128]
)
def test_names_that_cannot_be_are_refused_and_change_nothing(logged_in: Any, name: str) -> None:
    with pytest.raises(ah.InvalidInputError) as refused:
        ah.create_folder("model", name)
    assert refused.value.code == "invalid_name"
    assert ah.list_folder(scope="own") == []


def test_arguments_of_the_wrong_kind_are_refused(logged_in: Any) -> None:
    folder = ah.create_folder("model", "vision")
    wrong: list[tuple[Callable[[], object], str]] = [
        (lambda: ah.create_folder("models", "x"), "model or dataset, not 'models'"),
        (lambda: ah.list_folder("models"), "model or dataset, not 'models'"),
        (lambda: ah.list_folder(scope="mine"), "own, shared, public or all, not 'mine'"),
        (lambda: ah.get_folder(None, "model"), "by its type_ and name, or by its id_"),
        (lambda: ah.get_folder(None, "model", "a/b"), "'a/b' cannot be the name of a folder"),
        (lambda: ah.get_folder(id_="vision"), "'vision' is no ID"),
        (lambda: ah.get_asset("../folders"), "'../folders' is no ID"),
        (lambda: folder.get_asset("a:b"), "'a:b' cannot be the name of a model"),
        (lambda: folder.create_asset("x", labels="abc"), "labels must be a list of texts"),
        (lambda: folder.update(labels=[1]), "labels must be a list of texts"),  # type: ignore[list-item]
    ]
    for call, said in wrong:
        with pytest.raises(ah.InvalidInputError) as refused:
            call()
        assert said in str(refused.value)
    assert folder.list_asset() == []


def test_what_one_may_not_view_does_not_exist(hub: Any, model: ah.Model) -> None:
    owner, folder_id, id_ = model.folder.owner, model.folder.id, model.id
    ah.login(hub.url, hub.new_user().key)
    for call in (
        lambda: ah.get_folder(owner, "model", "vision"),
        lambda: ah.get_folder(id_=folder_id),
        lambda: ah.get_asset(id_),
    ):
        with pytest.raises(ah.NotFoundError):
            call()


def test_commands_create_list_and_delete_folders_and_assets(logged_in: Any, run_ah: RunAh) -> None:
    created = [
        (["folder", "dataset/vision", "-l", "x", "-l", "y"], "Dataset Folder vision"),
        (["folder", f"{logged_in.name}/model/vision"], "Model Folder vision"),
        (["dataset", "vision/digits", "-l", "z"], "Dataset digits in Folder vision"),
        (["model", f"{logged_in.name}/model/vision/cnn"], "Model cnn in Folder vision"),
        (["model", "model/vision/mlp"], "Model mlp in Folder vision"),
    ]
    for command, what in created:
        assert run_ah("create", *command) == (0, "", f"AH INFO: Creating {what}\n")

    listed = run_ah("ls", "folder", "-s", "own")
    assert [row[:4] for row in listed.rows] == [
        ["TYPE", "NAME", "ASSETS", "OWNER"],
        ["dataset", "vision", "1", logged_in.name],
        ["model", "vision", "2", logged_in.name],
    ]
    header = "TYPE NAME ASSETS OWNER CREATED ID LABELS MODIFIED"
    detailed = run_ah("ls", "folder", "-t", "dataset", "-s", "own", "-d")
    assert detailed.rows[0] == header.split()
    assert detailed.rows[1][7:9] == ["x,", "y"]
    assert [row[:2] for row in run_ah("ls", "model", "vision").rows] == [
        ["NAME", "BRANCHES"],
        ["cnn", "1"],
        ["mlp", "1"],
    ]
    (digits,) = json.loads(run_ah("ls", "dataset", "vision", "-o", "json").out)
    assert digits["asset"]["labels"] == ["z"]

    for kind, name, what in [
        ("model", "vision/mlp", "Model mlp in Folder vision"),
        ("dataset", digits["asset"]["id"], "Dataset digits in Folder vision"),
        ("folder", "model/vision", "Model Folder vision"),
    ]:
        assert run_ah("delete", kind, name) == (0, "", f"AH INFO: Deleting {what}\n")
    assert len(run_ah("ls", "folder", "-s", "own").rows) == 2


def test_commands_refuse_what_exists_what_is_anothers_and_the_wrong_type(
    model: ah.Model, run_ah: RunAh
) -> None:
    for command, said in [
        (["create", "folder", "model/vision"], "model/vision already exists"),
        (["create", "model", "vision/cnn"], "asset cnn already exists"),
        (["create", "model", "none/cnn"], "There is no folder"),
        (["create", "model", "dataset/vision/cnn"], "dataset/vision/cnn is a dataset, and a model"),
        (["create", "folder", "somebody/model/x"], "cannot make a folder of somebody"),
        (["delete", "dataset", model.id], "a dataset is needed here"),
        (["ls", "branch", "dataset/vision/cnn"], "a model is needed here"),
    ]:
        result = run_ah(*command)
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith("AH ERROR: ")
        assert said in result.err
