"""Sharing, keys and protected branches, as the SDK and the command have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assethub.core.people import groups, users
from client.conftest import RunAh
from t9k import ah

GRANTEES: list[dict[str, Any]] = [{}, {"user": "a", "group": "b"}, {"user": "a", "public": True}]


@pytest.fixture
def other(hub: Any) -> Any:
    """Another user, as a client of the same hub."""
    user = hub.new_user()
    with ah.Client(hub.url, user.key) as client:
        yield client


@pytest.fixture
def folder(model: ah.Model) -> Any:
    return model.folder


def test_a_folder_is_shared_listed_and_taken_back(folder: Any, other: ah.Client) -> None:
    with pytest.raises(ah.NotFoundError):
        other.get(folder.path)
    folder.share(user=other.username, level="run")
    assert other.get(folder.path).id == folder.id
    [entry] = folder.list_share()
    assert (entry["kind"], entry["name"], entry["level"]) == ("user", other.username, "run")
    folder.share(public=True)
    assert [each["kind"] for each in folder.list_share()] == ["public", "user"]
    assert other.username in str(folder.list_share())
    with pytest.raises(ah.PermissionDeniedError):
        other.get(folder.path).delete()
    with pytest.raises(ah.PermissionDeniedError):
        other.get(folder.path).list_share()
    folder.unshare(user=other.username)
    assert other.get(folder.path).id == folder.id
    folder.unshare(public=True)
    with pytest.raises(ah.NotFoundError):
        other.get(folder.path)
    with pytest.raises(ah.NotFoundError, match="is not shared with"):
        folder.unshare(user=other.username)


@pytest.mark.parametrize("grantee", GRANTEES)
def test_it_has_to_be_said_with_whom_a_folder_is_shared(folder: Any, grantee: Any) -> None:
    with pytest.raises(ah.InvalidInputError, match="one of user, group and public"):
        folder.share(**grantee)


def test_what_cannot_be_shared_is_an_error_that_says_why(folder: Any, other: ah.Client) -> None:
    with pytest.raises(ah.InvalidInputError, match="view, run or edit"):
        folder.share(user=other.username, level="all")
    with pytest.raises(ah.InvalidInputError, match="only the level view"):
        folder.share(public=True, level="edit")
    with pytest.raises(ah.NotFoundError, match="user nobody-at-all not found"):
        folder.share(user="nobody-at-all")


def test_a_folder_is_given_away(folder: Any, other: ah.Client) -> None:
    folder.transfer(other.username)
    assert folder.owner == other.username
    assert other.get("model/vision").id == folder.id
    assert folder.get_asset("cnn").name == "cnn"


def test_a_protected_branch_is_moved_by_whom_it_names(
    logged_in: Any, model: ah.Model, other: ah.Client
) -> None:
    model.folder.share(user=other.username, level="edit")
    branch = model.get_branch("main")
    assert branch.protection is None
    branch.protect(users=[logged_in.name])
    assert branch.protection == {"users": [logged_in.name], "groups": []}
    Path("x").write_text("x")
    theirs = other.get(f"{model.path}:main")
    with pytest.raises(ah.PermissionDeniedError, match="branch main is protected: only"):
        theirs.create_commit("mine", add="x")
    assert branch.create_commit("ours", add="x")
    branch.unprotect()
    Path("y").write_text("y")
    assert theirs.create_commit("theirs", add="y")


def test_the_command_shares_lists_and_takes_back(
    folder: Any, other: ah.Client, run_ah: RunAh
) -> None:
    assert run_ah("share", "model/vision", "--user", other.username, "--level", "edit").code == 0
    assert run_ah("share", "model/vision", "--public").code == 0
    listed = run_ah("ls", "share", "model/vision")
    assert [row[:3] for row in listed.rows[1:]][1] == ["user", other.username, "edit"]
    assert run_ah("ls", "share", "model/vision", "-o", "name").out.split()[-1] == other.username
    assert run_ah("unshare", "model/vision", "--user", other.username).code == 0
    assert len(run_ah("ls", "share", "model/vision").rows) == 2
    assert run_ah("unshare", "model/vision", "--user", other.username).code == 1
    for wrong in (
        ["share", "model/vision"],
        ["share", "model/vision", "--user", "a", "--public"],
        ["share", "model/vision", "--public", "--level", "run"],
        ["unshare", "model/vision"],
    ):
        assert run_ah(*wrong).code == 2, wrong


def test_the_command_protects_a_branch(model: ah.Model, run_ah: RunAh) -> None:
    assert run_ah("protect", "vision/cnn:main").code == 0
    Path("x").write_text("x")
    refused = run_ah("commit", "vision/cnn", "-m", "m", "-a", "x")
    assert (refused.code, "nobody may move" in refused.err) == (1, True)
    assert run_ah("protect", "vision/cnn", "--group", "no-such-group").code == 1
    assert run_ah("unprotect", "vision/cnn:main").code == 0
    assert run_ah("commit", "vision/cnn", "-m", "m", "-a", "x").code == 0


def test_the_command_makes_lists_and_revokes_keys(hub: Any, folder: Any, run_ah: RunAh) -> None:
    made = run_ah("key", "create", "--name", "ci", "--read-only", "--folder", "model/vision")
    key = made.out.strip()
    with ah.Client(hub.url, key) as limited:
        assert limited.get(folder.path).id == folder.id
        with pytest.raises(ah.PermissionDeniedError):
            limited.get(folder.path).create_asset("new")
    listed = run_ah("key", "ls")
    assert key not in listed.out
    assert f"{key[:8]}  ci" in listed.out
    assert f"read {folder.path}" in listed.out
    assert run_ah("key", "revoke", key[:8]).code == 0
    with ah.Client(hub.url, key) as limited, pytest.raises(ah.NotLoggedInError):
        limited.get(folder.path)
    assert run_ah("key", "create", "--expires", "soon").code == 2
    assert run_ah("key", "create", "--folder", "a/b", "--asset", "c/d").code == 2
    assert run_ah("key", "create", "--expires", "12h", "--asset", "vision/cnn").code == 0


def test_the_command_gives_a_folder_away_for_an_admin_too(
    hub: Any, folder: Any, logged_in: Any, run_ah: RunAh
) -> None:
    admin, heir = hub.new_user(), hub.new_user()
    refused = run_ah("transfer", folder.path, heir.name, "--key", admin.key)
    assert (refused.code, "you may view" in refused.err) == (1, True)
    users.change_user(hub.inside, admin.name, admin=True)
    assert run_ah("transfer", folder.path, heir.name, "--key", admin.key).code == 0
    with ah.Client(hub.url, heir.key) as client:
        assert client.get("model/vision").id == folder.id
    assert run_ah("ls", "share", folder.path).code == 1


def test_a_folder_shared_with_a_group_is_its_members(
    hub: Any, folder: Any, other: ah.Client
) -> None:
    name = f"group-of-{other.username}"
    groups.create_group(hub.inside, name)
    folder.share(group=name, level="edit")
    with pytest.raises(ah.NotFoundError):
        other.get(folder.path)
    groups.add_member(hub.inside, name, other.username)
    assert other.get(folder.path).create_asset("new").name == "new"
    assert "shared" not in {each["permission"] for each in other.list_folder(scope="shared")}
