"""Sharing in the console: whose folders one sees where, and what an owner gives and takes back."""

import uuid
from typing import NamedTuple

import pytest

from assethub.core import folders, sharing
from assethub.core.people import groups, users
from assethub.core.permissions import Level
from assethub.core.sharing import Grantee
from console.shelves import Shelf
from console.visitors import Page, Row, Visitor
from hubs import User

LEVELS = {"view": Level.VIEW, "run": Level.RUN, "edit": Level.EDIT}


class Folder(NamedTuple):
    """The folder of the shelf's model, as its owner sees it."""

    shelf: Shelf
    owner: Visitor
    url: str
    id: str

    def show(self) -> Page:
        return self.owner.get(self.url)

    def send(self, do: str, **fields: str) -> Page:
        token = self.show().fields()["form_token"]
        return self.owner.post(f"{self.url}/{do}", {"form_token": token} | fields)

    def shares(self) -> list[tuple[str, ...]]:
        """Kind, name and level of all shares, as core has them."""
        found = sharing.list_shares(self.shelf.hub.inside, self.shelf.user, self.id)
        return [(*share.grantee, share.level.name.lower()) for share in found]

    def share(self, kind: str, name: str, level: str) -> None:
        grantee = Grantee(kind, name)  # type: ignore[arg-type]
        sharing.share_folder(
            self.shelf.hub.inside, self.shelf.user, self.id, grantee, LEVELS[level]
        )


@pytest.fixture
def folder(shelf: Shelf, owner: Visitor) -> Folder:
    found = folders.list_folders(shelf.hub.inside, shelf.user, "own", "model")
    return Folder(shelf, owner, shelf.model_url.rsplit("/", 1)[0], found[0].folder.id)


@pytest.fixture
def other(shelf: Shelf) -> User:
    return shelf.hub.new_user()


@pytest.fixture
def guest(shelf: Shelf, other: User) -> Visitor:
    """The other user, signed in."""
    return Visitor(shelf.hub).sign_in(other)


@pytest.fixture
def group(shelf: Shelf, other: User) -> str:
    """A group with the other user as its one member."""
    name = f"group-{uuid.uuid4().hex[:12]}"
    groups.create_group(shelf.hub.inside, name)
    groups.add_member(shelf.hub.inside, name, other.name)
    return name


def listed(page: Page, folder: Folder) -> list[Row]:
    """The rows of the folder on a page that lists folders."""
    assert page.status == 200
    return [row for row in page.rows if folder.url in row.links]


def test_each_tab_of_the_start_page_lists_folders_of_its_scope(
    folder: Folder, guest: Visitor
) -> None:
    def tabs(visitor: Visitor) -> list[int]:
        return [
            len(listed(visitor.get(f"/?scope={scope}"), folder))
            for scope in ("own", "shared", "public")
        ]

    assert (tabs(folder.owner), tabs(guest)) == ([1, 0, 0], [0, 0, 0])
    folder.share("user", name_of(guest), "run")
    assert (tabs(folder.owner), tabs(guest)) == ([1, 0, 0], [0, 1, 0])
    folder.share("public", "", "view")
    assert (tabs(folder.owner), tabs(guest)) == ([1, 0, 1], [0, 1, 1])
    [row] = listed(guest.get("/?scope=shared"), folder)
    assert row.cells[1:4] == [folder.shelf.owner.name, "run", "1"]
    assert row.links == [folder.url, f"/o/{folder.shelf.owner.name}"]


def name_of(visitor: Visitor) -> str:
    return visitor.get("/account").text.split("Sign out ", 1)[1].split(" ")[0]


def test_the_tabs_are_links_and_the_one_that_is_shown_is_marked(owner: Visitor) -> None:
    for scope, title in (("own", "Your folders"), ("shared", "Shared with you"), ("public", "Pu")):
        page = owner.get(f"/?scope={scope}")
        current = [each["href"] for each in page.all("a") if each.get("aria-current") == "page"]
        assert current == ["/" if scope == "own" else f"/?scope={scope}"]
        assert {"/", "/?scope=shared", "/?scope=public"} <= set(page.links())
        assert f" {title}" in page.text
    assert owner.get("/?scope=<x>").main == owner.get("/").main


def test_a_tab_with_nothing_in_it_says_so(guest: Visitor) -> None:
    text = guest.get("/?scope=shared").text
    assert "No folder of models is shared with you or a group of yours." in text
    assert "No folder of datasets is shared with you or a group of yours." in text


def test_a_user_has_a_page_of_the_folders_that_one_may_view(folder: Folder, guest: Visitor) -> None:
    page = f"/o/{folder.shelf.owner.name}"
    assert guest.get(page).status == 404
    assert guest.get(page).main == guest.get(page + "x").main
    folder.share("user", name_of(guest), "view")
    rows = [row.links for row in guest.get(page).rows if row.links]
    assert rows == [[folder.url]]
    own = [row.links for row in folder.owner.get(page).rows if row.links]
    assert own == [[folder.url], [f"{page}/dataset/digits"]]
    assert guest.get(f"/o/{name_of(guest)}").status == 200


def test_the_owner_in_the_path_of_a_page_leads_to_their_folders(
    folder: Folder, guest: Visitor
) -> None:
    folder.share("user", name_of(guest), "view")
    for path in (folder.url, folder.shelf.model_url):
        assert f"/o/{folder.shelf.owner.name}" in guest.get(path).links()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["user", "group"])
def test_an_owner_shares_a_folder_and_takes_it_back(
    folder: Folder, guest: Visitor, other: User, group: str, kind: str, level: str
) -> None:
    name = other.name if kind == "user" else group
    page = folder.send("share", kind=kind, name=f" {name} ", level=level)
    assert (page.status, page.location) == (303, f"{folder.url}?done=share#shares")
    assert "The folder is shared." in folder.owner.get(page.location.split("#")[0]).text
    assert folder.shares() == [(kind, name, level)]
    [row] = [row for row in folder.show().rows if row.cells[0].startswith(name)]
    assert (row.cells[1], row.cells[3]) == (level, folder.shelf.owner.name)
    assert guest.get(folder.url).status == 200
    page = folder.send("unshare", kind=kind, name=name)
    assert (page.status, page.location) == (303, f"{folder.url}?done=unshare#shares")
    assert (folder.shares(), guest.get(folder.url).status) == ([], 404)
    assert folder.send("unshare", kind=kind, name=name).status == 303


def test_sharing_again_changes_the_level(folder: Folder, other: User) -> None:
    for level in ("edit", "view"):
        folder.send("share", kind="user", name=other.name, level=level)
        assert folder.shares() == [("user", other.name, level)]


def test_a_folder_is_shared_with_everyone_to_view(folder: Folder, guest: Visitor) -> None:
    assert folder.send("share", kind="public", name="ignored", level="view").status == 303
    assert folder.shares() == [("public", "", "view")]
    assert "everyone" in folder.show().text
    assert guest.get(folder.url).status == 200
    assert folder.send("unshare", kind="public", name="").status == 303
    assert folder.shares() == []


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"name": "nobody-at-all"}, 404, "There is no user of that name."),
        ({"kind": "group", "name": "no-such-group"}, 404, "There is no group of that name."),
        ({"name": " "}, 400, "Say the name"),
        ({"name": "OWNER"}, 400, "This user owns the folder already."),
        ({"kind": "public", "level": "edit"}, 400, "only the level view"),
        ({"name": "OTHER", "level": "owner"}, 400, "only the level view"),
        ({"kind": "all"}, 400, "something in the form is not valid"),
    ],
)
def test_what_cannot_be_shared_is_said_and_what_was_typed_stays(
    folder: Folder, other: User, fields: dict[str, str], status: int, said: str
) -> None:
    named = {"OWNER": folder.shelf.owner.name, "OTHER": other.name}
    given = {"kind": "user", "name": "x", "level": "run"} | fields
    given["name"] = named.get(given["name"], given["name"])
    page = folder.send("share", **given)
    assert (page.status, folder.shares()) == (status, [])
    assert said in page.text
    [field] = [each for each in page.all("input") if each.get("id") == "name"]
    assert (field["value"], field["aria-invalid"]) == (given["name"], "true")
    assert "open" in next(each for each in page.inside("details") if each.get("class") == "below")


@pytest.mark.parametrize("level", LEVELS)
def test_who_is_not_the_owner_sees_their_level_and_no_shares(
    folder: Folder, guest: Visitor, other: User, level: str
) -> None:
    folder.share("user", other.name, level)
    folder.share("user", folder.shelf.hub.new_user().name, "view")
    page = guest.get(folder.url)
    assert f"{folder.shelf.owner.name} lets you" in page.text
    assert "Shared with" not in page.text
    assert not page.inside("select")
    token = guest.get("/account").fields()["form_token"]
    fields = {"form_token": token, "kind": "public", "level": "view", "name": other.name}
    for do in ("share", "unshare"):
        assert guest.post(f"{folder.url}/{do}", fields).status == 403
    assert len(folder.shares()) == 2


@pytest.mark.parametrize("level", LEVELS)
def test_an_empty_folder_says_how_to_fill_it_to_who_may(
    shelf: Shelf, other: User, guest: Visitor, level: str
) -> None:
    inside, path = shelf.hub.inside, f"{shelf.owner.name}/dataset/new"
    id_ = folders.create_folder(inside, shelf.user, "dataset", "new", [])
    sharing.share_folder(inside, shelf.user, id_, Grantee("user", other.name), LEVELS[level])
    text = guest.get(f"/o/{path}").text
    assert "This folder is empty." in text
    assert (f"ah create dataset {path}/NAME" in text) == (level == "edit")


def test_a_model_of_someone_else_is_named_with_its_owner(
    folder: Folder, guest: Visitor, other: User
) -> None:
    folder.share("user", other.name, "run")
    assert "ah create evaluation digits/svm -d" in folder.owner.get(folder.shelf.model_url).text
    said = f"ah create evaluation {folder.shelf.model} -d"
    assert said in guest.get(folder.shelf.model_url).text


@pytest.mark.parametrize("do", ["share", "unshare"])
def test_each_form_needs_the_token_of_the_session(
    folder: Folder, guest: Visitor, other: User, do: str
) -> None:
    folder.share("user", other.name, "view")
    theirs = guest.get("/account").fields()["form_token"]
    for token in ("", theirs):
        fields = {"form_token": token, "kind": "user", "name": other.name, "level": "edit"}
        page = folder.owner.post(f"{folder.url}/{do}", fields)
        assert page.status == 403
        assert "out of date" in page.text
    assert folder.shares() == [("user", other.name, "view")]


def test_every_post_form_of_the_page_has_the_token(folder: Folder, other: User) -> None:
    folder.share("user", other.name, "view")
    page = folder.show()
    forms = [each["action"] for each in page.inside("form") if each["method"] == "post"]
    tokens = [each for each in page.inside("input") if each.get("name") == "form_token"]
    dos = ("assets", "change", "delete", "share", "transfer", "unshare")
    assert sorted(forms) == [f"{folder.url}/{do}" for do in dos]
    assert len(tokens) == len(forms)


def test_a_user_who_is_disabled_is_not_offered(folder: Folder) -> None:
    # Among the first names, of which no more than a hundred are offered.
    other = folder.shelf.hub.new_user(f"0{uuid.uuid4().hex[:12]}")
    assert other.name in [each["value"] for each in folder.show().all("option")]
    users.change_user(folder.shelf.hub.inside, other.name, disabled=True)
    assert other.name not in [each["value"] for each in folder.show().all("option")]


def test_the_pages_of_sharing_are_in_chinese_too(folder: Folder, other: User, group: str) -> None:
    folder.share("group", group, "run")
    page = Visitor(folder.shelf.hub, "zh").sign_in(folder.shelf.owner).get(folder.url)
    for text in ("共享给", "评估", "用户组", "取消共享", "共享此文件夹"):
        assert text in page.text
    page = Visitor(folder.shelf.hub, "zh").sign_in(other).get("/?scope=shared")
    for text in ("与我共享", "所有者", "权限"):
        assert text in page.text
