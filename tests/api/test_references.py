"""The rows of the released protocol about references, branches, tags and commits."""

import pytest

from api.raw import JSON, Raw
from assethub.store.tables import commits
from hubs import RunningHub


@pytest.fixture
def owner(hub: RunningHub) -> tuple[Raw, str]:
    """A user and their name."""
    user = hub.new_user()
    return Raw(hub.url, user.key), user.name


def test_a_reference_answers_as_many_parts_as_it_names(owner: tuple[Raw, str]) -> None:
    raw, name = owner
    asset = raw.asset("model", "nlp", "bert")
    first = raw.ok("GET", f"/assets/{asset}/branches")["results"][0]["commit_id"]
    second = raw.commit(asset, {"a": b"1"})
    raw.ok("POST", f"/assets/{asset}/tags", {"tag": "t", "ref": first[:8]})
    place = f"{name}/model/nlp"
    assert list(raw.ok("GET", "/ref", asset_ref=place)) == ["folder"]
    for ending, commit in (
        ("", second),
        (":branch/main", second),
        (":main", second),
        (":tag/t", first),
        (":t", first),
        (f":{first}", first),
        (f":{first[:5]}", first),
        (f"@{second[:4]}", second),
    ):
        found = raw.ok("GET", "/ref", asset_ref=f"{place}/bert{ending}")
        assert (found["folder"]["name"], found["asset"]["id"]) == ("nlp", asset)
        assert found["commit"] == commit, ending


def test_each_part_that_is_missing_is_named(owner: tuple[Raw, str], outsider: Raw) -> None:
    raw, name = owner
    raw.asset("model", "nlp", "bert")
    for asset_ref, text in (
        (f"{name}/model/x", "folder not found"),
        ("nobody/model/nlp", "folder not found"),
        (f"{name}/model/nlp/x", "asset not found"),
        (f"{name}/model/nlp/bert:branch/x", "branch not found"),
        (f"{name}/model/nlp/bert:tag/x", "tag not found"),
        (f"{name}/model/nlp/bert:abcd", "commit not found"),
        (f"{name}/model/nlp/bert:xyz", "commit not found"),
    ):
        status, said = raw.refused("GET", "/ref", asset_ref=asset_ref)
        assert status == 404
        assert text in said
    for asset_ref, text in (
        (f"{name}/model/nlp", "folder not found"),
        (f"{name}/model/nlp/bert", "asset not found"),
        (f"{name}/model/nlp/bert:tag/x", "asset not found"),
    ):
        assert outsider.refused("GET", "/ref", asset_ref=asset_ref) == (404, text)


@pytest.mark.parametrize(
    "text", ["", "x", "a/b", "a/model", "a/thing/b", "a/model/b/c/d", "a//b/c", "a/model/b:x"]
)
def test_a_malformed_reference_is_a_clear_400(user: Raw, text: str) -> None:
    assert user.refused("GET", "/ref", asset_ref=text)[0] == 400


def test_an_ambiguous_prefix_lists_what_it_matches(hub: RunningHub, owner: tuple[Raw, str]) -> None:
    raw, name = owner
    asset = raw.asset("model", "nlp", "bert")
    twins = [prefix + "0" * 58 for prefix in ("abcd12", "abcd13")]
    with hub.inside.database.read() as connection:
        [row] = connection.execute(commits.select().where(commits.c.asset_id == asset)).mappings()
    rows = [dict(row) | {"id": twin} for twin in twins]
    hub.inside.database.write(lambda connection: connection.execute(commits.insert(), rows) and 1)
    place = f"{name}/model/nlp/bert"
    for ending in (":abcd", "@abcd1"):
        status, text = raw.refused("GET", "/ref", asset_ref=place + ending)
        assert status == 400
        assert all(twin[:12] in text for twin in twins)
    assert raw.ok("GET", "/ref", asset_ref=f"{place}:abcd12")["commit"] == twins[0]


def test_branches_are_made_listed_and_deleted(user: Raw) -> None:
    asset = user.asset("model", "nlp", "bert")
    first = user.ok("GET", f"/assets/{asset}/branches")["results"][0]["commit_id"]
    head = user.commit(asset, {"a": b"12345"})
    for name, source in (("b", "main"), ("a", first), ("c/d", "main")):
        body = {"name": name, "source": source}
        answer = user.call("POST", f"/assets/{asset}/branches", body)
        assert answer.status == (400 if "/" in name else 200)
    listed = user.ok("GET", f"/assets/{asset}/branches")["results"]
    assert [(each["id"], each["commit_id"], each["size_bytes"]) for each in listed] == [
        ("a", first, 0),
        ("b", head, 5),
        ("main", head, 5),
    ]
    assert all(type(each["mtime"]) is int for each in listed)
    body = {"name": "b", "source": "main"}
    status, text = user.refused("POST", f"/assets/{asset}/branches", body)
    assert status == 409
    assert "branch already exists" in text
    user.ok("DELETE", f"/assets/{asset}/branches/b")
    assert user.refused("DELETE", f"/assets/{asset}/branches/b") == (404, "branch not found")


def test_main_cannot_be_deleted(user: Raw) -> None:
    path = f"/assets/{user.asset('model', 'nlp', 'bert')}/branches/main"
    status, text = user.refused("DELETE", path)
    assert status == 500
    assert "cannot delete repository default branch" in text
    assert user.call("DELETE", path, None, JSON).status == 409


def test_a_dataset_has_only_main(user: Raw) -> None:
    asset = user.asset("dataset", "images", "mnist")
    body = {"name": "b", "source": "main"}
    assert user.refused("POST", f"/assets/{asset}/branches", body)[0] == 400


def test_tags_are_made_listed_and_deleted(user: Raw) -> None:
    asset = user.asset("dataset", "images", "mnist")
    head = user.commit(asset, {"a": b"1"})
    user.ok("POST", f"/assets/{asset}/tags", {"tag": "v1", "ref": "main"})
    assert user.ok("GET", f"/assets/{asset}/tags")["results"] == [{"id": "v1", "commit_id": head}]
    status, text = user.refused("POST", f"/assets/{asset}/tags", {"tag": "v1", "ref": "main"})
    assert status == 409
    assert "tag already exists" in text
    user.commit(asset, {"a": b"2"})
    assert user.ok("GET", f"/assets/{asset}/tags")["results"] == [{"id": "v1", "commit_id": head}]
    user.ok("DELETE", f"/assets/{asset}/tags/v1")
    assert user.ok("GET", f"/assets/{asset}/tags")["results"] == []


@pytest.mark.parametrize("name", ["a/b", "a?b", "a#b", "a%b", "a..b", " a", "a\t", "", "x" * 256])
def test_names_that_cannot_stand_in_a_path_are_refused(user: Raw, name: str) -> None:
    asset = user.asset("model", "nlp", "bert")
    bodies = (
        ("branches", {"name": name, "source": "main"}),
        ("tags", {"tag": name, "ref": "main"}),
    )
    for noun, body in bodies:
        assert user.refused("POST", f"/assets/{asset}/{noun}", body)[0] == 400


def test_commits_are_listed_newest_first_with_epoch_seconds(user: Raw) -> None:
    asset = user.asset("model", "nlp", "bert")
    made = [user.commit(asset, {"a": bytes([n])}) for n in range(3)]
    listed = user.ok("GET", f"/assets/{asset}/branches/main/commits")["results"]
    assert [each["id"] for each in listed[:3]] == made[::-1]
    assert listed[-1]["parents"] == []
    assert [each["parents"] for each in listed[:3]] == [[each["id"]] for each in listed[1:]]
    assert list(listed[0]) == [
        "id",
        "parents",
        "message",
        "committer",
        "creation_date",
        "metadata",
    ]
    assert type(listed[0]["creation_date"]) is int
    assert listed[0]["metadata"] == {}


def test_an_empty_branch_starts_at_the_last_listed_commit(user: Raw) -> None:
    asset = user.asset("model", "nlp", "bert")
    user.commit(asset, {"a": b"1"})
    first = user.ok("GET", f"/assets/{asset}/branches/main/commits")["results"][-1]["id"]
    user.ok("POST", f"/assets/{asset}/branches", {"name": "v1", "source": first})
    assert user.objects(asset, "v1") == []


def test_an_outsider_finds_no_asset(user: Raw, outsider: Raw, missing: str) -> None:
    asset = user.asset("model", "nlp", "bert")
    for id_ in (asset, missing):
        for method, path, body in (
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
        ):
            assert outsider.refused(method, path, body) == (404, "asset not found"), path
        query = {"asset": id_, "branch": "main"}
        assert outsider.refused("POST", "/update", **query) == (404, "asset not found")
