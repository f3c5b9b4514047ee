"""Each command of a released client, as the sequence of requests that it makes.

Their client checks each answer as is done here, and stops where it differs.
"""

import os
from typing import Any

import pytest

from compat.protocol import covers
from compat.released import COMMIT, Owner
from hubs import RunningHub

PART = 6 * 1024 * 1024


class Commands:
    """The commands of one user. Each begins by seeing whether the key is good and whose it is."""

    def __init__(self, user: Owner) -> None:
        self.raw = user

    def begin(self) -> str:
        assert isinstance(self.raw.ok("GET", "/folders", scope="own"), list)
        return str(self.raw.ok("GET", "/oauth2/userinfo")["preferred_username"])

    def find(self, place: str) -> Any:
        """What `/ref` says of a place below the user's name, after the two first requests."""
        return self.raw.ok("GET", "/ref", asset_ref=f"{self.begin()}/{place}")

    def create_folder(self, type_: str, name: str, *labels: str) -> str:
        self.begin()
        body = {"type": type_, "name": name, "labels": list(labels)}
        return str(self.raw.ok("POST", "/folders", body)["id"])

    def create_asset(self, type_: str, folder: str, name: str) -> str:
        found = self.find(f"{type_}/{folder}")["folder"]["id"]
        body = {"name": name, "folder": found, "labels": []}
        return str(self.raw.ok("POST", "/assets", body)["id"])

    def create_branch(self, model: str, branch: str) -> None:
        asset = self.find(f"model/{model}")["asset"]["id"]
        commits = self.raw.ok("GET", f"/assets/{asset}/branches/main/commits")["results"]
        first = commits[-1]
        assert first["parents"] == []
        body = {"name": branch, "source": first["id"]}
        assert self.raw.call("POST", f"/assets/{asset}/branches", body).status < 300

    def rename(self, noun: str, id_: str, name: str) -> None:
        self.begin()
        old = self.raw.ok("GET", f"/{noun}/{id_}")
        labels = old.get("folder", old)["labels"] if noun == "folders" else old["labels"]
        body = {"name": name, "labels": labels}
        assert self.raw.call("PUT", f"/{noun}/{id_}", body).status < 300

    def label(self, id_: str, add: set[str], drop: set[str]) -> None:
        self.begin()
        old = self.raw.ok("GET", f"/assets/{id_}")
        labels = sorted((set(old["labels"]) | add) - drop)
        body = {"name": old["name"], "labels": labels}
        assert self.raw.call("PUT", f"/assets/{id_}", body).status < 300

    def commit(
        self, place: str, branch: str, add: dict[str, bytes], *delete: str, message: Any = None
    ) -> str | None:
        found = self.find(f"{place}:branch/{branch}")
        query = {"asset": found["asset"]["id"], "branch": branch}
        operation = self.raw.ok("POST", "/update", **query)["op_id"]
        for path in delete:
            assert self.raw.call("DELETE", "/objects", opID=operation, path=path).status < 300
        for path, data in add.items():
            if path.startswith("large"):
                self.raw.upload(operation, path, data, PART)
            else:
                self.raw.put(operation, path, data)
        finished = self.raw.call("POST", f"/update/{operation}", {"message": message})
        if finished.status == 400 and finished.data == b"commit: no changes":
            assert self.raw.call("DELETE", f"/operation/{operation}").status < 300
            return None
        assert finished.status == 200, finished.data
        return str(finished.json()["commit"])

    def download(self, reference: str) -> dict[str, bytes]:
        found = self.find(reference)
        objects = f"/assets/{found['asset']['id']}/refs/{found['commit']}/objects"
        listed = self.raw.ok("GET", f"{objects}/ls")["results"]
        files = {}
        for each in listed:
            answer = self.raw.call("GET", objects, path=each["path"])
            assert answer.status == 200
            files[each["path"]] = answer.data
        return files

    def listing(self, place: str, noun: str) -> list[Any]:
        asset = self.find(place)["asset"]["id"]
        return list(self.raw.ok("GET", f"/assets/{asset}/{noun}")["results"])

    def delete(self, path: str) -> None:
        self.begin()
        assert self.raw.call("DELETE", path).status < 300


@pytest.fixture
def ah(user: Owner) -> Commands:
    return Commands(user)


@covers("empty branch", "first requests", "multipart", "put")
def test_a_model_is_made_filled_and_fetched(ah: Commands) -> None:
    ah.create_folder("model", "image-classification", "vision")
    asset = ah.create_asset("model", "image-classification", "mnist-cnn-keras")
    model = "model/image-classification/mnist-cnn-keras"
    files = {"README.md": "# 手写数字\n".encode(), "large.h5": os.urandom(PART + 3), "empty": b""}
    commit = ah.commit(model, "main", files, message="first")
    assert COMMIT.fullmatch(commit or "")
    assert ah.download(model) == files
    ah.create_branch("image-classification/mnist-cnn-keras", "v1")
    assert ah.download(f"{model}:branch/v1") == {}
    ah.commit(model, "v1", {"a/b": b"1", "a/c": b"2"})
    ah.commit(model, "v1", {"a/d": b"3"}, "a/", "not there")
    assert ah.download(f"{model}:branch/v1") == {"a/d": b"3"}
    assert ah.download(f"{model}:{str(commit)[:12]}") == files
    branches = ah.listing(model, "branches")
    assert [each["id"] for each in branches] == ["main", "v1"]
    assert [each["size_bytes"] for each in branches] == [sum(map(len, files.values())), 1]
    assert len(ah.listing(model, "branches/v1/commits")) == 3
    ah.delete(f"/assets/{asset}/branches/v1")
    assert [each["id"] for each in ah.listing(model, "branches")] == ["main"]


@covers("no changes")
def test_a_commit_without_changes_is_given_up(ah: Commands) -> None:
    ah.create_folder("dataset", "images")
    ah.create_asset("dataset", "images", "mnist")
    files = {"a": b"1", "large": os.urandom(PART + 1)}
    assert ah.commit("dataset/images/mnist", "main", files)
    assert ah.commit("dataset/images/mnist", "main", files) is None
    assert ah.commit("dataset/images/mnist", "main", {}, "not there", "nor/") is None
    assert ah.commit("dataset/images/mnist", "main", {}, "a", "large")
    assert ah.download("dataset/images/mnist") == {}


def test_things_are_renamed_labelled_and_deleted(ah: Commands) -> None:
    folder = ah.create_folder("model", "nlp", "a")
    asset = ah.create_asset("model", "nlp", "bert")
    ah.rename("folders", folder, "text")
    ah.rename("assets", asset, "bert-2")
    ah.label(asset, {"b", "c"}, set())
    ah.label(asset, set(), {"b"})
    found = ah.find("model/text/bert-2")
    assert (found["folder"]["labels"], found["asset"]["labels"]) == (["a"], ["c"])
    [listed] = ah.raw.ok("GET", "/assets", fid=folder)
    assert (listed["asset"]["name"], listed["branches"]) == ("bert-2", 1)
    ah.delete(f"/assets/{asset}")
    ah.delete(f"/folders/{folder}")
    assert ah.raw.ok("GET", "/folders", scope="own", type="model") == []


def test_what_stops_a_command_says_why(ah: Commands, hub: RunningHub) -> None:
    """The texts by which their client tells one trouble from another."""
    ah.create_folder("model", "nlp")
    asset = ah.create_asset("model", "nlp", "bert")
    body = {"type": "model", "name": "nlp", "labels": []}
    assert ah.raw.refused("POST", "/folders", body) == (400, "folder already exists")
    where = f"{ah.begin()}/model/nlp"
    for place, text in (
        (f"{where}x", "folder not found"),
        (f"{where}/x", "asset not found"),
        (f"{where}/bert:branch/x", "branch not found"),
        (f"{where}/bert:tag/x", "tag not found"),
        (f"{where}/bert:12345", "commit not found"),
    ):
        status, said = ah.raw.refused("GET", "/ref", asset_ref=place)
        assert (status, text in said) == (404, True)
    status, said = ah.raw.refused("DELETE", f"/assets/{asset}/branches/main")
    assert (status, "cannot delete repository default branch" in said) == (500, True)
    stranger = Owner(hub)
    folder = ah.find("model/nlp")["folder"]["id"]
    assert stranger.refused("GET", f"/folders/{folder}") == (403, "permission denied")
