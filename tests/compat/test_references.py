"""References, as released clients look them up by name."""

from typing import Any

import pytest

from assethub.store.tables import commits
from compat.protocol import covers
from compat.released import COMMIT, Owner
from hubs import RunningHub


@covers("GET /ref", "query", "commit prefix", "commit ids")
def test_a_reference_answers_as_many_parts_as_it_names(user: Owner) -> None:
    asset = user.asset("model", "nlp tools", "bert base")
    first = user.ok("GET", f"/assets/{asset}/branches")["results"][0]["commit_id"]
    second = user.commit(asset, {"a": b"1"})
    user.ok("POST", f"/assets/{asset}/tags", {"tag": "v 1", "ref": first[:8]})
    place = f"{user.name}/model/nlp tools"
    found = user.ok("GET", "/ref", asset_ref=place)
    assert list(found) == ["folder"]
    [listed] = user.ok("GET", "/folders", scope="own")
    assert found["folder"] == listed["folder"]
    for ending, commit in (
        ("", second),
        (":branch/main", second),
        (":main", second),
        (":tag/v 1", first),
        (":v 1", first),
        (f":{first}", first),
        (f":{first[:5]}", first),
        (f"@{second[:4]}", second),
    ):
        found = user.ok("GET", "/ref", asset_ref=f"{place}/bert base{ending}")
        assert found["folder"] == listed["folder"]
        assert found["asset"] == user.ok("GET", f"/assets/{asset}")
        assert found["commit"] == commit, ending
        assert COMMIT.fullmatch(found["commit"])


@covers("what is missing")
def test_each_part_that_is_missing_is_named(user: Owner, outsider: Owner) -> None:
    user.asset("model", "nlp", "bert")
    for asset_ref, text in (
        (f"{user.name}/model/x", "folder not found"),
        (f"{user.name}/dataset/nlp", "folder not found"),
        ("nobody/model/nlp", "folder not found"),
        (f"{user.name}/model/nlp/x", "asset not found"),
        (f"{user.name}/model/x/bert", "asset not found"),
    ):
        assert user.refused("GET", "/ref", asset_ref=asset_ref) == (404, text)
    for ending, text in (
        (":branch/x", "branch not found"),
        (":tag/x", "tag not found"),
        (":abcd", "commit not found"),
        ("@abcd", "commit not found"),
        (":xyz", "commit not found"),
        (f":{'0' * 64}", "commit not found"),
    ):
        status, said = user.refused("GET", "/ref", asset_ref=f"{user.name}/model/nlp/bert{ending}")
        assert status == 404
        assert text in said
    for asset_ref, text in (
        (f"{user.name}/model/nlp", "folder not found"),
        (f"{user.name}/model/nlp/bert", "asset not found"),
        (f"{user.name}/model/nlp/bert:tag/x", "asset not found"),
    ):
        assert outsider.refused("GET", "/ref", asset_ref=asset_ref) == (404, text)


@pytest.mark.parametrize(
    "text", ["", "x", "a/b", "a/model", "a/thing/b", "a/model/b/c/d", "a//b/c", "a/model/b:x"]
)
@covers("other errors")
def test_a_malformed_reference_is_a_clear_400(user: Owner, text: str) -> None:
    assert user.refused("GET", "/ref", asset_ref=text)[0] == 400


@covers("commit prefix")
def test_an_ambiguous_prefix_lists_what_it_matches(
    hub: RunningHub, user: Owner, model: str
) -> None:
    twins = [prefix + "0" * 58 for prefix in ("abcd12", "abcd13")]
    with hub.inside.database.read() as connection:
        query = commits.select().where(commits.c.asset_id == model)
        row = dict(connection.execute(query).mappings().first() or {})
    rows = [row | {"id": twin} for twin in twins]
    hub.inside.database.write(lambda connection: connection.execute(commits.insert(), rows) and 1)
    place = f"{user.name}/model/nlp/bert"
    asks: list[tuple[str, str, Any, dict[str, str]]] = [
        ("GET", "/ref", None, {"asset_ref": f"{place}:abcd"}),
        ("GET", "/ref", None, {"asset_ref": f"{place}@abcd1"}),
        ("GET", f"/assets/{model}/refs/abcd/objects/ls", None, {}),
        ("POST", f"/assets/{model}/tags", {"tag": "t", "ref": "abcd1"}, {}),
        ("POST", f"/assets/{model}/branches", {"name": "b", "source": "abcd1"}, {}),
    ]
    for method, path, body, query_ in asks:
        status, text = user.refused(method, path, body, **query_)
        assert status == 400, path
        assert all(twin[:12] in text for twin in twins)
    assert user.ok("GET", "/ref", asset_ref=f"{place}:abcd12")["commit"] == twins[0]
    short = user.refused("GET", "/ref", asset_ref=f"{place}:abc")
    assert short[0] == 404
    assert "commit not found" in short[1]
