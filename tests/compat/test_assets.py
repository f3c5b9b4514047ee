"""Models and datasets, as released clients make, list, rename, label and delete them."""

from compat.protocol import covers
from compat.released import TIME, UUID, Owner

FIELDS = {"id", "name", "folder", "labels", "createdTimestamp", "modifiedTimestamp"}


@covers("POST /assets", "GET /assets", "GET /assets/{id}", "ids", "times")
def test_an_asset_is_listed_whole(user: Owner) -> None:
    folder = user.folder("model", "nlp")
    made = user.ok("POST", "/assets", {"name": "bert", "folder": folder, "labels": ["a"]})
    assert list(made) == ["id"]
    assert UUID.fullmatch(made["id"])
    [listed] = user.ok("GET", "/assets", fid=folder)
    assert set(listed) == {"asset", "branches"}
    assert listed["branches"] == 1
    asset = listed["asset"]
    assert set(asset) >= FIELDS
    assert (asset["id"], asset["name"], asset["folder"]) == (made["id"], "bert", folder)
    assert asset["labels"] == ["a"]
    assert TIME.fullmatch(asset["createdTimestamp"])
    assert TIME.fullmatch(asset["modifiedTimestamp"])
    assert user.ok("GET", f"/assets/{asset['id']}") == asset
    body = {"name": "b", "source": "main"}
    user.ok("POST", f"/assets/{asset['id']}/branches", body)
    assert user.ok("GET", "/assets", fid=folder)[0]["branches"] == 2


@covers("first commit")
def test_a_new_asset_has_main_with_an_empty_commit(user: Owner) -> None:
    for type_ in ("model", "dataset"):
        asset = user.asset(type_, "nlp", "bert")
        [branch] = user.ok("GET", f"/assets/{asset}/branches")["results"]
        assert (branch["id"], branch["size_bytes"]) == ("main", 0)
        [commit] = user.ok("GET", f"/assets/{asset}/branches/main/commits")["results"]
        assert commit["id"] == branch["commit_id"]
        assert (commit["parents"], commit["message"]) == ([], "Repository created")
        assert user.objects(asset) == []


@covers("POST /assets", "PUT /assets/{id}")
def test_an_asset_name_is_taken_once_per_folder(user: Owner) -> None:
    asset = user.asset("model", "nlp", "bert")
    folder = user.ok("GET", f"/assets/{asset}")["folder"]
    other = user.ok("POST", "/assets", {"name": "gpt", "folder": folder, "labels": []})["id"]
    new = {"name": "bert", "folder": folder, "labels": []}
    for status, text in (
        user.refused("POST", "/assets", new),
        user.refused("PUT", f"/assets/{other}", {"name": "bert", "labels": []}),
    ):
        assert status == 400
        assert text.startswith("asset")
        assert text.endswith("already exists")
    user.ok("POST", "/assets", {**new, "folder": user.folder("model", "cv")})


@covers("PUT /assets/{id}")
def test_labels_replace_all_and_an_unchanged_name_is_no_clash(user: Owner, model: str) -> None:
    for name, labels in (("bert", ["a", "b"]), ("bert", ["c"]), ("other", [])):
        answer = user.call("PUT", f"/assets/{model}", {"name": name, "labels": labels})
        assert answer.status == 200
        found = user.ok("GET", f"/assets/{model}")
        assert (found["name"], found["labels"]) == (name, labels)


@covers("DELETE /assets/{id}")
def test_a_deleted_asset_is_gone(user: Owner, model: str) -> None:
    folder = user.ok("GET", f"/assets/{model}")["folder"]
    assert user.call("DELETE", f"/assets/{model}").status == 200
    assert user.ok("GET", "/assets", fid=folder) == []
    assert user.refused("GET", f"/assets/{model}") == (404, "asset not found")
    assert user.refused("DELETE", f"/assets/{model}") == (404, "asset not found")
