"""Commits looked up by any reference, their histories, and listings that come in pages."""

from typing import Any

import pytest

from api.raw import JSON, Raw


@pytest.fixture
def asset(user: Raw) -> str:
    """A model whose branch `b` lies two commits behind `main`, with a tag on the second."""
    asset = user.asset("model", "nlp", "bert")
    second = user.commit(asset, {"a": b"12", "b": b"345"})
    user.ok("POST", f"/assets/{asset}/tags", {"tag": "t", "ref": second})
    user.ok("POST", f"/assets/{asset}/branches", {"name": "b"})
    user.commit(asset, {"a": b"1"})
    return asset


def history(user: Raw, asset: str) -> list[dict[str, Any]]:
    return list(user.ok("GET", f"/assets/{asset}/branches/main/commits")["results"])


def test_one_commit_is_found_by_branch_tag_and_id(user: Raw, asset: str) -> None:
    third, second, first = history(user, asset)
    for ref, commit, objects, size in (
        ("main", third, 2, 4),
        ("t", second, 2, 5),
        ("b", first, 0, 0),
        (second["id"], second, 2, 5),
        (third["id"][:8], third, 2, 4),
    ):
        found = user.ok("GET", f"/assets/{asset}/commits/{ref}")
        assert found == commit | {"objects": objects, "size_bytes": size}, ref


def test_the_history_of_any_reference_is_listed(user: Raw, asset: str) -> None:
    commits = history(user, asset)
    for ref, expected in (
        ("main", commits),
        ("t", commits[1:]),
        ("b", commits[2:]),
        (commits[1]["id"], commits[1:]),
        (commits[1]["id"][:8], commits[1:]),
    ):
        assert user.ok("GET", f"/assets/{asset}/refs/{ref}/commits") == {"results": expected}
    path = f"/assets/{asset}/refs/t/commits"
    page = user.ok("GET", path, amount="1")
    assert page["results"] == commits[1:2]
    assert page["pagination"]["has_more"]
    rest = user.ok("GET", path, after=page["pagination"]["next_offset"])
    assert (rest["results"], rest["pagination"]["has_more"]) == (commits[2:], False)
    beyond = user.call("GET", path, None, JSON, after=commits[0]["id"])
    assert (beyond.status, beyond.json()["code"]) == (400, "invalid_after")


@pytest.mark.parametrize("route", ["commits/{ref}", "refs/{ref}/commits"])
def test_a_reference_that_names_nothing_is_a_404(
    user: Raw, outsider: Raw, asset: str, missing: str, route: str
) -> None:
    for ref in ("nothing", "abcdef", "0" * 64):
        path = f"/assets/{asset}/{route.format(ref=ref)}"
        assert user.refused("GET", path) == (404, "commit not found")
    path = route.format(ref="main")
    assert outsider.refused("GET", f"/assets/{asset}/{path}") == (404, "asset not found")
    assert user.refused("GET", f"/assets/{missing}/{path}") == (404, "asset not found")


def pages(user: Raw, path: str, **query: str) -> list[Any]:
    """All of a listing, two at a time."""
    found, after = [], ""
    while True:
        page = user.ok("GET", path, **query, amount="2", **({"after": after} if after else {}))
        assert len(page["results"]) == page["pagination"]["results"] <= 2
        found += page["results"]
        after = page["pagination"]["next_offset"]
        if not page["pagination"]["has_more"]:
            assert after == ""
            return found


def test_every_listing_comes_in_pages_on_request(user: Raw, asset: str) -> None:
    for name in ("d", "c", "é", "数据"):
        user.ok("POST", f"/assets/{asset}/branches", {"name": name})
        user.ok("POST", f"/assets/{asset}/tags", {"tag": name, "ref": "main"})
        user.folder("dataset", name)
    folder = user.folder("model", "d")
    for name in "cab":
        user.ok("POST", "/assets", {"name": name, "folder": folder})
    for noun in ("branches", "tags"):
        whole = user.ok("GET", f"/assets/{asset}/{noun}")["results"]
        assert len(whole) >= 5
        assert pages(user, f"/assets/{asset}/{noun}") == whole
    assert pages(user, "/folders", scope="own") == user.ok("GET", "/folders", scope="own")
    models = user.ok("GET", "/folders", type="model")
    assert pages(user, "/folders", type="model") == models
    listed = user.ok("GET", "/assets", fid=folder)
    assert [each["asset"]["name"] for each in listed] == ["a", "b", "c"]
    assert pages(user, "/assets", fid=folder) == listed


def test_a_page_cannot_be_of_any_size_or_begin_anywhere(user: Raw, asset: str) -> None:
    for path in ("/folders", f"/assets/{asset}/tags", f"/assets/{asset}/branches"):
        for amount in ("0", "1001", "x"):
            assert user.refused("GET", path, amount=amount)[0] == 400
    assert user.refused("GET", "/folders", after="x")[0] == 400
