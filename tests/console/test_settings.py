"""The settings of a model or a dataset."""

from assethub.core import assets
from assethub.core.assets import Asset
from console.shelves import Shelf
from console.visitors import Page, Visitor

MARKUP = "<b onclick=alert(1)>x</b>"


def asset_of(shelf: Shelf) -> Asset:
    return assets.get_asset(shelf.hub.inside, shelf.user, shelf.model_id)


def save(owner: Visitor, shelf: Shelf, page: str = "settings", **fields: str) -> Page:
    token = owner.get(f"{shelf.model_url}/settings").fields()["form_token"]
    return owner.post(f"{shelf.model_url}/{page}", {"form_token": token, **fields})


def test_an_asset_is_renamed_labelled_and_described(shelf: Shelf, owner: Visitor) -> None:
    page = save(owner, shelf, name="cnn", labels="a, b\nc，a d", description="What\r\nit is")
    assert page.location == f"/o/{shelf.owner.name}/model/digits/cnn/settings?done=changed"
    changed = asset_of(shelf)
    assert changed.name == "cnn"
    assert changed.labels == ["a", "b", "c", "a d"]
    assert changed.description == "What\nit is"
    shown = owner.get(page.location)
    assert "The settings are saved." in shown.text
    assert owner.get(shelf.model_url).status == 404


def test_what_cannot_be_is_said_and_what_was_typed_is_kept(shelf: Shelf, owner: Visitor) -> None:
    assets.create_asset(shelf.hub.inside, shelf.user, asset_of(shelf).folder.id, "taken", [])
    page = save(owner, shelf, name="taken", labels="kept label", description=MARKUP)
    assert (page.status, "one of that name" in page.text) == (400, True)
    assert "kept label" in page.text
    assert MARKUP not in page.source
    bad = save(owner, shelf, name="a/b", labels="", description="")
    assert (bad.status, "Nothing was changed" in bad.text) == (400, True)
    assert asset_of(shelf).name == "svm"


def test_an_asset_is_deleted_only_when_its_name_is_typed(shelf: Shelf, owner: Visitor) -> None:
    page = save(owner, shelf, "settings/delete", typed="svn")
    assert (page.status, "typed differently" in page.text) == (400, True)
    page = save(owner, shelf, "settings/delete", typed="svm")
    assert page.location == f"/o/{shelf.owner.name}/model/digits?done=deleted"
    assert owner.get(shelf.model_url).status == 404
