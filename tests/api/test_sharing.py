"""Sharing: with users, groups and everyone; keys that open less; branches that are protected."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.raw import JSON, Raw
from api.scenes import Cast, Scene
from assethub.core.hub import open_hub
from assethub.core.people import groups, keys, users
from assethub.errors import HubError
from assethub.settings import Settings
from hubs import RunningHub


@pytest.fixture(scope="session")
def cast(hub: RunningHub) -> Cast:
    return Cast(hub)


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


def as_raw(scene: Scene, role: str) -> Raw:
    return Raw(scene.hub.url, scene.keys[role])


def names(user: Raw, **query: str) -> set[str]:
    return {each["folder"]["name"] for each in user.ok("GET", "/folders", **query)}


def test_each_scope_lists_its_folders(scene: Scene) -> None:
    owner, viewer = as_raw(scene, "owner"), as_raw(scene, "view")
    viewer.folder("model", f"mine-{scene.name}")
    public = owner.folder("model", f"open-{scene.name}")
    owner.ok("PUT", f"/folders/{public}/shares", {"public": True, "level": "view"})
    mine, shared, opened = {f"mine-{scene.name}"}, {scene.name}, {f"open-{scene.name}"}
    every = {each for each in names(viewer, scope="all") if scene.name in each}
    assert every == mine | shared | opened
    assert mine <= names(viewer) <= names(viewer, scope="own")
    assert shared <= names(viewer, scope="shared")
    assert not (mine | opened) & names(viewer, scope="shared")
    assert opened <= names(viewer, scope="public")
    assert not (mine | shared) & names(viewer, scope="public")
    assert opened <= names(as_raw(scene, "outsider"), scope="all")
    assert not shared & names(as_raw(scene, "outsider"), scope="all")


@pytest.mark.parametrize("role", ["view", "run", "edit", "owner"])
def test_a_listing_says_what_one_may_do(scene: Scene, role: str) -> None:
    listed = as_raw(scene, role).ok("GET", "/folders", scope="all")
    found = {each["folder"]["id"]: each["permission"] for each in listed}
    assert found[scene.folder] == role
    assert as_raw(scene, role).ok("GET", f"/folders/{scene.folder}")["permission"] == role


def test_the_highest_of_several_shares_counts_and_going_it_counts_no_more(scene: Scene) -> None:
    owner, viewer = as_raw(scene, "owner"), as_raw(scene, "view")
    path = f"/folders/{scene.folder}"
    owner.ok("PUT", f"{path}/shares", {"group": scene.group, "level": "edit"})
    owner.ok("PUT", f"{path}/shares", {"public": True, "level": "view"})
    assert viewer.ok("GET", path)["permission"] == "edit"
    groups.delete_group(scene.hub.inside, scene.group)
    assert viewer.ok("GET", path)["permission"] == "view"
    owner.ok("DELETE", f"{path}/shares", user=scene.cast.users["view"].name)
    assert viewer.ok("GET", path)["permission"] == "view"
    owner.ok("DELETE", f"{path}/shares", public="true")
    assert viewer.refused("GET", path) == (403, "permission denied")


def test_shares_are_listed_with_who_gave_them(scene: Scene) -> None:
    owner, path = as_raw(scene, "owner"), f"/folders/{scene.folder}/shares"
    owner.ok("PUT", path, {"group": scene.group, "level": "run"})
    owner.ok("PUT", path, {"public": True, "level": "view"})
    owner.ok("PUT", path, {"public": True, "level": "view"})
    listed = [
        (each["kind"], each["name"], each["level"]) for each in owner.ok("GET", path)["results"]
    ]
    people = sorted(("user", scene.cast.users[role].name, role) for role in ("view", "run", "edit"))
    assert listed == [("public", "", "view"), ("group", scene.group, "run"), *people]
    assert owner.ok("GET", path)["results"][0]["createdBy"] == scene.cast.users["owner"].name


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"public": True, "level": "run"}, 400, "invalid_level"),
        ({"level": "view"}, 400, "invalid_grantee"),
        ({"user": "a", "public": True, "level": "view"}, 400, "invalid_grantee"),
        ({"user": "nobody-at-all", "level": "view"}, 404, "user_not_found"),
        ({"group": "no-such-group", "level": "view"}, 404, "group_not_found"),
        ({"public": True, "level": "owner"}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_shared_is_refused(
    scene: Scene, body: dict[str, Any], status: int, code: str
) -> None:
    answer = as_raw(scene, "owner").call("PUT", f"/folders/{scene.folder}/shares", body, JSON)
    assert (answer.status, answer.json()["code"]) == (status, code)


def test_a_folder_given_away_is_the_new_owners_and_the_old_one_may_edit(scene: Scene) -> None:
    owner, editor = as_raw(scene, "owner"), as_raw(scene, "edit")
    name = scene.cast.users["edit"].name
    owner.ok("PUT", f"/folders/{scene.folder}/owner", {"owner": name})
    assert editor.ok("GET", f"/folders/{scene.folder}")["permission"] == "owner"
    assert owner.ok("GET", f"/folders/{scene.folder}")["permission"] == "edit"
    found = editor.ok("GET", "/ref", asset_ref=f"{name}/model/{scene.name}/{scene.name}")
    assert found["asset"]["id"] == scene.asset
    shares = editor.ok("GET", f"/folders/{scene.folder}/shares")["results"]
    assert name not in {each["name"] for each in shares}


def test_a_folder_stays_where_the_new_owner_has_one_of_its_name(scene: Scene) -> None:
    as_raw(scene, "edit").folder("model", scene.name)
    change = {"owner": scene.cast.users["edit"].name}
    path = f"/folders/{scene.folder}/owner"
    assert as_raw(scene, "owner").refused("PUT", path, change)[0] == 409
    assert as_raw(scene, "owner").ok("GET", f"/folders/{scene.folder}")["permission"] == "owner"


def test_an_admin_gives_a_disabled_users_folder_to_another(scene: Scene) -> None:
    leaver = users.add_user(scene.hub.inside, f"leaver-{scene.name}")
    key = keys.add_key(scene.hub.inside, leaver, "key")
    raw = Raw(scene.hub.url, key)
    folder = raw.folder("model", "left")
    admin = as_raw(scene, "admin")
    admin.ok("PUT", f"/admin/users/{leaver.name}", {"disabled": True})
    assert raw.refused("GET", "/folders") == (400, f"api key {key[:8]}… not found\n")
    assert admin.refused("GET", f"/folders/{folder}") == (403, "permission denied")
    [owned] = admin.ok("GET", f"/admin/users/{leaver.name}/folders")["results"]
    assert owned == {"id": folder, "type": "model", "name": "left"}
    admin.ok("PUT", f"/folders/{folder}/owner", {"owner": scene.cast.users["outsider"].name})
    assert as_raw(scene, "outsider").ok("GET", f"/folders/{folder}")["permission"] == "owner"
    refused = admin.refused("PUT", f"/folders/{scene.folder}/owner", {"owner": leaver.name})
    assert refused[0] == 409
    admin.ok("PUT", f"/admin/users/{leaver.name}", {"disabled": False})
    assert raw.ok("GET", "/folders") == []


def test_the_last_admin_stays_one(tmp_path: Path) -> None:
    hub = open_hub(Settings(data=tmp_path))
    try:
        assert users.add_user(hub, "ann").admin
        assert not users.add_user(hub, "bob").admin
        for change in ({"admin": False}, {"disabled": True}):
            with pytest.raises(HubError, match="last admin"):
                users.change_user(hub, "ann", **change)
        users.change_user(hub, "bob", admin=True)
        users.change_user(hub, "ann", disabled=True)
        listed = [(each.name, each.admin, each.disabled is None) for each in users.list_users(hub)]
        assert listed == [("ann", True, False), ("bob", True, True)]
    finally:
        hub.close()


def test_a_dataset_one_may_not_view_is_its_id_and_commit_in_evaluations(scene: Scene) -> None:
    owner, viewer = as_raw(scene, "owner"), as_raw(scene, "view")
    query = {"model": scene.reference("model")}
    [seen] = viewer.ok("GET", "/evaluations", **query)["results"]
    assert seen["datasetRef"] == f"{scene.reference('dataset')}:main"
    name = scene.cast.users["view"].name
    owner.ok("DELETE", f"/folders/{scene.dataset_folder}/shares", user=name)
    ref = f"{scene.dataset}:{seen['datasetCommit']}"
    hidden = dict(seen, datasetRef=ref, datasetBranch="", datasetMoved=None)
    assert viewer.ok("GET", "/evaluations", **query)["results"] == [hidden]
    assert viewer.ok("GET", f"/evaluations/{scene.evaluation}") == hidden
    # With a key for the model alone its owner sees no more of the dataset.
    assert as_raw(scene, "folder").ok("GET", "/evaluations", **query)["results"] == [hidden]
    owner.ok("DELETE", f"/folders/{scene.dataset_folder}")
    assert viewer.ok("GET", "/evaluations", **query)["results"] == [hidden]
    left = owner.ok("GET", "/evaluations", **query)["results"]
    assert left == [dict(seen, datasetMoved=None)]


def test_bytes_that_are_not_shared_are_not_known(scene: Scene) -> None:
    """Nobody may stage by its hash what only others hold."""
    secret = uuid.uuid4().hex.encode()
    owner, editor = as_raw(scene, "owner"), as_raw(scene, "edit")
    hidden = owner.asset("model", f"hidden-{scene.name}", "m")
    owner.commit(hidden, {"s": secret})
    entry = ["x", len(secret), hashlib.sha256(secret).hexdigest()]
    for user in (editor, as_raw(scene, "folder")):
        operation = user.start(scene.asset)
        path = f"/operations/{operation}/stage"
        assert user.ok("POST", path, {"entries": [entry]}) == {"missing": [0]}
    owner.commit(scene.asset, {"s": secret})
    for user in (editor, as_raw(scene, "folder"), as_raw(scene, "asset")):
        operation = user.start(scene.asset)
        path = f"/operations/{operation}/stage"
        assert user.ok("POST", path, {"entries": [entry]}) == {"missing": []}


def test_a_key_of_one_asset_sees_nothing_beside_it(scene: Scene) -> None:
    owner, limited = as_raw(scene, "owner"), as_raw(scene, "asset")
    other = owner.ok("POST", "/assets", {"name": "other", "folder": scene.folder})["id"]
    [listed] = limited.ok("GET", "/folders", scope="all")
    assert (listed["folder"]["id"], listed["assets"]) == (scene.folder, 1)
    assert limited.ok("GET", f"/folders/{scene.folder}")["assets"] == 1
    [asset] = limited.ok("GET", "/assets", fid=scene.folder)
    assert asset["asset"]["id"] == scene.asset
    assert limited.refused("GET", f"/assets/{other}") == (404, "asset not found")
    limited.commit(scene.asset, {"x": b"new"})


def test_a_key_made_by_oneself_is_shown_once_and_ends(scene: Scene) -> None:
    user = Raw(scene.hub.url, scene.hub.new_user().key)
    folder = user.folder("model", "nlp")
    body = {"name": "ci", "scope": "read", "folder": folder}
    made = user.ok("POST", "/keys", body | {"expiresTimestamp": "2999-01-01T00:00:00Z"})
    path = user.ok("GET", f"/folders/{folder}")["folder"]
    assert made["folder"] == f"{path['owner']}/model/nlp"
    assert made["expiresTimestamp"].startswith("2999-01-01T00:00:00")
    limited = Raw(scene.hub.url, made["key"])
    assert limited.ok("GET", f"/folders/{folder}")["permission"] == "view"
    listed = user.ok("GET", "/keys")["results"]
    assert made["key"] not in str(listed)
    assert [each["name"] for each in listed] == ["test", "ci"]
    user.ok("DELETE", f"/keys/{made['prefix']}")
    assert limited.refused("GET", "/folders")[0] == 400
    past = {"name": "old", "expiresTimestamp": "2001-01-01T00:00:00Z"}
    assert user.call("POST", "/keys", past, JSON).json()["code"] == "invalid_expiry"


def test_a_key_that_has_expired_is_as_one_never_made(scene: Scene) -> None:
    key = scene.hub.new_user().key
    ended = sa.text("UPDATE api_keys SET expires = 1 WHERE secret = :secret")
    scene.hub.inside.database.write(
        lambda connection: connection.execute(ended, {"secret": keys.hash_secret(key)}).rowcount
    )
    assert (
        Raw(scene.hub.url, key).refused("GET", "/folders")[1] == f"api key {key[:8]}… not found\n"
    )


def test_a_key_that_expires_makes_none_that_lasts_longer(scene: Scene) -> None:
    user = Raw(scene.hub.url, scene.hub.new_user().key)
    short = user.ok("POST", "/keys", {"name": "a", "expiresTimestamp": "2100-01-01T00:00:00Z"})
    limited = Raw(scene.hub.url, short["key"])
    for body in ({"name": "b"}, {"name": "b", "expiresTimestamp": "2100-01-02T00:00:00Z"}):
        assert limited.call("POST", "/keys", body, JSON).json()["code"] == "invalid_expiry"
    limited.ok("POST", "/keys", {"name": "b", "expiresTimestamp": "2099-01-01T00:00:00Z"})


def test_when_a_key_was_used_last_is_noted(scene: Scene) -> None:
    user = Raw(scene.hub.url, scene.hub.new_user().key)
    # The note of the first request may come after its answer, but before that of the next write.
    user.folder("model", "a")
    user.folder("model", "b")
    [key] = user.ok("GET", "/keys")["results"]
    assert key["lastUsedTimestamp"] >= key["createdTimestamp"]


def test_a_protected_branch_is_moved_and_deleted_by_those_it_names(scene: Scene) -> None:
    owner, editor = as_raw(scene, "owner"), as_raw(scene, "edit")
    base = f"/assets/{scene.asset}/branches"
    open_before = editor.start(scene.asset, "dev")
    editor.put(open_before, "late", b"late")
    owner.ok("PUT", f"{base}/dev/protection", {"users": [scene.cast.users["owner"].name]})
    for refused in (
        editor.call("POST", f"/update/{open_before}", {"message": ""}, JSON),
        editor.call("POST", "/update", None, JSON, asset=scene.asset, branch="dev"),
        editor.call("POST", f"{base}/dev/merge", {"source": "main"}, JSON)
        if editor.commit(scene.asset, {"n": b"n"})
        else None,
        editor.call("POST", f"{base}/dev/reset", {"ref": "main"}, JSON),
        editor.call("POST", f"{base}/dev/revert", {"ref": "v1"}, JSON),
        editor.call("DELETE", f"{base}/dev", None, JSON),
        editor.call("DELETE", f"/assets/{scene.asset}", None, JSON),
    ):
        assert refused is not None
        assert (refused.status, refused.json()["code"]) == (403, "branch_protected")
        assert "branch dev is protected: only owner-" in refused.json()["detail"]
    owner.ok("POST", f"{base}/dev/reset", {"ref": "main"})
    owner.ok("PUT", f"{base}/dev/protection", {"groups": [scene.group]})
    groups.add_member(scene.hub.inside, scene.group, scene.cast.users["edit"].name)
    editor.ok("POST", f"{base}/dev/reset", {"ref": "v1"})
    assert owner.refused("DELETE", f"{base}/dev")[0] == 403
    assert owner.refused("DELETE", f"/folders/{scene.folder}")[0] == 403
    owner.ok("DELETE", f"{base}/dev/protection")
    editor.ok("DELETE", f"{base}/dev")


def test_a_branch_that_nobody_may_move_says_so(scene: Scene) -> None:
    owner, base = as_raw(scene, "owner"), f"/assets/{scene.asset}/branches/main"
    owner.ok("PUT", f"{base}/protection", {})
    assert owner.ok("GET", f"{base}/protection") == {"protected": True, "users": [], "groups": []}
    refused = owner.call("POST", "/update", None, JSON, asset=scene.asset, branch="main")
    assert "nobody may move or delete it" in refused.json()["detail"]
    owner.ok("DELETE", f"{base}/protection")
    assert owner.ok("GET", f"{base}/protection") == {"protected": False}
    owner.commit(scene.asset, {"x": b"y"})


def test_a_tag_cannot_be_moved(scene: Scene) -> None:
    owner, path = as_raw(scene, "owner"), f"/assets/{scene.asset}/tags"
    owner.commit(scene.asset, {"x": b"y"})
    before = owner.ok("GET", path)
    assert owner.refused("POST", path, {"tag": "v1", "ref": "main"})[0] == 409
    for method in ("PUT", "PATCH", "POST"):
        assert owner.call(method, f"{path}/v1", {"ref": "main"}).status == 405
    assert owner.ok("GET", path) == before
