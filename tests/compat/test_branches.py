"""Branches, commits and tags, as released clients make, list and delete them."""

from typing import Any

import pytest
import sqlalchemy as sa

from api.raw import JSON
from assethub.store.tables import branches, tags
from compat.protocol import covers
from compat.released import COMMIT, Owner
from hubs import RunningHub


def history(user: Owner, asset: str, branch: str = "main") -> list[dict[str, Any]]:
    return list(user.ok("GET", f"/assets/{asset}/branches/{branch}/commits")["results"])


@covers("POST branches", "GET branches", "DELETE branches", "epoch times", "types", "commit ids")
def test_branches_are_made_listed_and_deleted(user: Owner) -> None:
    asset = user.asset("model", "nlp", "bert")
    [main] = user.ok("GET", f"/assets/{asset}/branches")["results"]
    assert set(main) == {"id", "commit_id", "size_bytes", "mtime"}
    first = main["commit_id"]
    assert COMMIT.fullmatch(first)
    head = user.commit(asset, {"a": b"12345", "b": b"678"})
    for name, source in (("b", "main"), ("a", first), ("v1.0-数据", head[:6])):
        path = f"/assets/{asset}/branches"
        assert user.call("POST", path, {"name": name, "source": source}).status == 200
    listed = user.ok("GET", f"/assets/{asset}/branches")["results"]
    assert [(each["id"], each["commit_id"], each["size_bytes"]) for each in listed] == [
        ("a", first, 0),
        ("b", head, 8),
        ("main", head, 8),
        ("v1.0-数据", head, 8),
    ]
    assert all(type(each[key]) is int for each in listed for key in ("mtime", "size_bytes"))
    status, text = user.refused(
        "POST", f"/assets/{asset}/branches", {"name": "b", "source": "main"}
    )
    assert status == 409
    assert "branch already exists" in text
    assert user.call("DELETE", f"/assets/{asset}/branches/b").status == 200
    assert user.refused("DELETE", f"/assets/{asset}/branches/b") == (404, "branch not found")
    missing = {"name": "c", "source": "nothing"}
    assert user.refused("POST", f"/assets/{asset}/branches", missing)[0] == 404


@covers("DELETE branches")
def test_main_cannot_be_deleted(user: Owner, model: str) -> None:
    path = f"/assets/{model}/branches/main"
    status, text = user.refused("DELETE", path)
    assert status == 500
    assert "cannot delete repository default branch" in text
    refused = user.call("DELETE", path, None, JSON)
    assert (refused.status, refused.json()["status"]) == (409, 409)
    assert "cannot delete repository default branch" in refused.json()["detail"]
    assert len(history(user, model)) == 2


def test_a_dataset_has_only_main(user: Owner) -> None:
    asset = user.asset("dataset", "images", "mnist")
    body = {"name": "b", "source": "main"}
    assert user.refused("POST", f"/assets/{asset}/branches", body)[0] == 400


@covers("POST tags", "GET tags", "DELETE tags", "prefixes")
def test_tags_are_made_listed_and_deleted(user: Owner) -> None:
    asset = user.asset("dataset", "images", "mnist")
    head = user.commit(asset, {"a": b"1"})
    path = f"/assets/{asset}/tags"
    assert user.call("POST", path, {"tag": "v1", "ref": "main"}).status == 200
    expected = {"results": [{"id": "v1", "commit_id": head}]}
    assert user.ok("GET", path) == expected
    status, text = user.refused("POST", path, {"tag": "v1", "ref": "main"})
    assert status == 409
    assert "tag already exists" in text
    user.commit(asset, {"a": b"2"})
    assert user.ok("GET", path) == expected
    for name, ref in (("by-tag", "v1"), ("by-prefix", head[:4]), ("by-id", head)):
        user.ok("POST", path, {"tag": name, "ref": ref})
    assert {each["commit_id"] for each in user.ok("GET", path)["results"]} == {head}
    assert user.refused("POST", path, {"tag": "t", "ref": "nothing"})[0] == 404
    for name in ("v1", "by-tag", "by-prefix", "by-id"):
        assert user.call("DELETE", f"{path}/{name}").status == 200
    assert user.ok("GET", path) == {"results": []}
    assert user.refused("DELETE", f"{path}/v1") == (404, "tag not found")


@covers("branch names")
@pytest.mark.parametrize(
    "name", ["a/b", "a?b", "a#b", "a%b", "a..b", "..", " a", "a ", "a\t", "a\x00", "", "x" * 256]
)
def test_names_that_cannot_stand_in_a_path_are_refused(user: Owner, model: str, name: str) -> None:
    for noun, body in (
        ("branches", {"name": name, "source": "main"}),
        ("tags", {"tag": name, "ref": "main"}),
    ):
        status, text = user.refused("POST", f"/assets/{model}/{noun}", body)
        assert status == 400
        assert "name" in text
    assert len(user.ok("GET", f"/assets/{model}/branches")["results"]) == 1


@covers("GET commits", "epoch times", "types", "commit ids")
def test_commits_are_listed_newest_first_with_epoch_seconds(user: Owner) -> None:
    asset = user.asset("model", "nlp", "bert")
    made = [user.commit(asset, {"a": bytes([n])}) for n in range(3)]
    listed = history(user, asset)
    assert [each["id"] for each in listed[:3]] == made[::-1]
    assert listed[-1]["parents"] == []
    assert [each["parents"] for each in listed[:3]] == [[each["id"]] for each in listed[1:]]
    for commit in listed:
        assert set(commit) == {
            "id",
            "parents",
            "message",
            "committer",
            "creation_date",
            "metadata",
        }
        assert COMMIT.fullmatch(commit["id"])
        assert type(commit["creation_date"]) is int
        assert commit["metadata"] == {}
        assert commit["committer"] == user.name
    assert [each["message"] for each in listed] == ["a commit"] * 3 + ["Repository created"]


@covers("empty branch")
def test_an_empty_branch_starts_at_the_last_listed_commit(user: Owner, model: str) -> None:
    first = history(user, model)[-1]
    assert first["parents"] == []
    user.ok("POST", f"/assets/{model}/branches", {"name": "v1", "source": first["id"]})
    assert user.objects(model, "v1") == []
    assert history(user, model, "v1") == [first]


@covers("whole listings")
def test_a_listing_without_paging_is_whole(hub: RunningHub, user: Owner, model: str) -> None:
    """Beyond the 1,000 that a page has at most."""
    first = history(user, model)[-1]["id"]
    at = {"asset_id": model, "commit_id": first}
    names = [f"{number:04}" for number in range(1100)]

    def fill(connection: sa.Connection) -> int:
        made = [{**at, "name": name, "modified": 1} for name in names]
        connection.execute(branches.insert(), made)
        return connection.execute(
            tags.insert(), [{**at, "name": name, "created": 1} for name in names]
        ).rowcount

    hub.inside.database.write(fill)
    for noun, expected in (("branches", [*names, "main"]), ("tags", names)):
        whole = user.ok("GET", f"/assets/{model}/{noun}")
        assert list(whole) == ["results"]
        assert [each["id"] for each in whole["results"]] == expected
        page = user.ok("GET", f"/assets/{model}/{noun}", amount="2")
        assert page["results"] == whole["results"][:2]
        assert page["pagination"]["has_more"] is True
    for path, query in (
        ("/folders", {"scope": "own"}),
        (f"/assets/{model}/refs/main/objects/ls", {}),
        (f"/assets/{model}/branches/main/commits", {}),
    ):
        assert "pagination" not in user.ok("GET", path, **query)
        assert len(user.ok("GET", path, **query, amount="1")["results"]) == 1


@covers("asset not found")
def test_an_outsider_finds_no_asset(user: Owner, outsider: Owner, missing: str, model: str) -> None:
    for id_ in (model, missing):
        asks: list[tuple[str, str, Any]] = [
            ("GET", f"/assets/{id_}", None),
            ("PUT", f"/assets/{id_}", {"name": "x", "labels": []}),
            ("DELETE", f"/assets/{id_}", None),
            ("GET", f"/assets/{id_}/branches", None),
            ("POST", f"/assets/{id_}/branches", {"name": "x", "source": "main"}),
            ("DELETE", f"/assets/{id_}/branches/main", None),
            ("GET", f"/assets/{id_}/branches/main/commits", None),
            ("GET", f"/assets/{id_}/tags", None),
            ("POST", f"/assets/{id_}/tags", {"tag": "x", "ref": "main"}),
            ("DELETE", f"/assets/{id_}/tags/x", None),
            ("GET", f"/assets/{id_}/refs/main/objects/ls", None),
        ]
        for method, path, body in asks:
            assert outsider.refused(method, path, body) == (404, "asset not found"), path
        read = outsider.refused("GET", f"/assets/{id_}/refs/main/objects", path="a")
        assert read == (404, "asset not found")
        query = {"asset": id_, "branch": "main"}
        assert outsider.refused("POST", "/update", **query) == (404, "asset not found")
