"""Every way to name a folder, an asset and a commit, as people type them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from t9k import ah

from .conftest import RunAh


@pytest.fixture
def weights(model: ah.Model, dataset: ah.Dataset) -> ah.Branch:
    """Branch `v1` of vision/cnn with one file; tag `rel` is its commit."""
    branch = model.create_branch("v1")
    Path("weights").write_text("1")
    branch.create_commit("weights", add="weights")
    branch.create_tag("rel")
    return branch


def _paths(run_ah: RunAh, reference: str) -> list[str]:
    result = run_ah("ls", "object", reference)
    assert result.code == 0, result.err
    return [row[0] for row in result.rows[1:]]


def test_a_reference_finds_its_commit_in_every_form(weights: ah.Branch, run_ah: RunAh) -> None:
    owner, commit = weights.asset.folder.owner, weights.id
    commits = [mark + digits for mark in ":@" for digits in (commit, commit[:8])]
    for ending in (":v1", ":branch/v1", ":rel", ":tag/rel", *commits):
        assert _paths(run_ah, f"vision/cnn{ending}") == ["weights"], ending
    for asset in ("model/vision/cnn", f"{owner}/model/vision/cnn", weights.asset.id):
        assert _paths(run_ah, f"{asset}:v1") == ["weights"], asset
        assert _paths(run_ah, f"{asset}@{commit[:4]}") == ["weights"], asset


def test_without_an_ending_a_reference_is_main(weights: ah.Branch, run_ah: RunAh) -> None:
    assert _paths(run_ah, "vision/cnn") == []
    assert _paths(run_ah, "vision/digits") == ["test.csv"]
    assert _paths(run_ah, "dataset/vision/digits:main") == ["test.csv"]


def test_a_bare_ending_is_a_branch_before_a_tag(weights: ah.Branch, run_ah: RunAh) -> None:
    model = weights.asset
    model.create_tag("v1")
    assert _paths(run_ah, "vision/cnn:v1") == ["weights"]
    assert _paths(run_ah, "vision/cnn:tag/v1") == []


def test_a_name_that_only_one_type_has_needs_no_type(
    weights: ah.Branch, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    dataset.folder.create_asset("cnn")
    result = run_ah("ls", "object", "vision/cnn")
    assert result.code == 1
    assert "both a model and a dataset vision/cnn: say model/vision/cnn or dataset/" in result.err
    assert "no model or dataset vision/none" in run_ah("ls", "tag", "vision/none").err


def test_another_users_things_are_found_by_owner_only_where_shared(
    hub: Any, weights: ah.Branch, run_ah: RunAh, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = weights.asset.folder.owner
    ah.login(hub.url, hub.new_user().key)
    for command in (
        ["ls", "object", f"{owner}/model/vision/cnn"],
        ["ls", "model", f"{owner}/model/vision"],
        ["ls", "branch", weights.asset.id],
        ["ls", "model", weights.asset.folder.id],
    ):
        result = run_ah(*command)
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith("AH ERROR: ")


def test_folders_are_named_in_every_form(
    weights: ah.Branch, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    folder = weights.asset.folder
    for name in ("vision", "model/vision", f"{folder.owner}/model/vision", folder.id):
        assert [row[0] for row in run_ah("ls", "model", name).rows] == ["NAME", "cnn"], name
    for name in ("vision", "dataset/vision", dataset.folder.id):
        assert [row[0] for row in run_ah("ls", "dataset", name).rows] == ["NAME", "digits"], name
    result = run_ah("ls", "dataset", folder.id)
    assert result.code == 1
    assert "a dataset is needed here" in result.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["ls", "branch", "cnn"], "'cnn' names no model"),
        (["ls", "branch", "a/b/c/d/e"], "names no model"),
        (["ls", "branch", "models/vision/cnn"], "names no model"),
        (["ls", "object", "vision//cnn"], "names no model or dataset"),
        (["ls", "object", "vision/cnn:"], "ends where a branch, tag or commit is expected"),
        (["ls", "object", "vision/cnn:tag/"], "ends where"),
        (["ls", "object", "vision/cnn@v1"], "'v1' is no commit"),
        (["ls", "object", "vision/cnn@abc"], "at least 4 of its 64 hexadecimal digits"),
        (["ls", "model", "a/b/c/d"], "names no folder"),
        (["delete", "folder", "vision"], "'vision' names no folder"),
        (["create", "folder", "vision"], "names no folder"),
        (["create", "branch", "vision/cnn"], "names no new branch"),
        (["create", "branch", "vision/cnn:tag/v1"], "names no new branch"),
        (["delete", "branch", "vision/cnn"], "names no branch"),
        (["delete", "tag", "vision/cnn"], "names no tag"),
        (["delete", "tag", "vision/cnn:branch/v1"], "names no tag"),
    ],
)
def test_what_has_no_form_of_a_name_is_a_usage_error(
    run_ah: RunAh, command: list[str], said: str
) -> None:
    """Found before anything is sent: nobody is logged in here."""
    result = run_ah(*command)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("AH ERROR: ")
    assert said in result.err
    assert result.err.count("\n") == 1


def test_what_is_not_there_is_said_to_be_missing(weights: ah.Branch, run_ah: RunAh) -> None:
    owner = weights.asset.folder.owner
    for reference, said in [
        ("vision/none", "You have no model or dataset vision/none"),
        ("model/none/cnn", f"There is no model {owner}/model/none/cnn that you may view"),
        ("model/vision/none", f"There is no model {owner}/model/vision/none that you may view"),
        ("vision/cnn:none", f"{owner}/model/vision/cnn has no branch or tag none"),
        ("vision/cnn:beef", f"{owner}/model/vision/cnn has no branch, tag or commit beef"),
        ("vision/cnn:branch/none", f"{owner}/model/vision/cnn has no branch none"),
        ("vision/cnn:tag/v1", f"{owner}/model/vision/cnn has no tag v1"),
        ("vision/cnn@ffffffff", f"{owner}/model/vision/cnn has no commit ffffffff"),
    ]:
        result = run_ah("ls", "object", reference)
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith(f"AH ERROR: {said}. See: ah ")
