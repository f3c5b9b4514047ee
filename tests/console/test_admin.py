"""Pages for admins: users, groups, keys, storage, the audit log, health."""

import re
import uuid
from urllib.parse import quote

import pytest

from assethub.core import folders
from assethub.core.people import groups, keys, users
from console.shelves import Shelf
from console.visitors import Page, Visitor
from hubs import RunningHub, User

MARKUP = "<x-evil onload=alert(1)>\"'&"


@pytest.fixture
def chief(hub: RunningHub) -> User:
    """An admin."""
    user = hub.new_user()
    users.change_user(hub.inside, user.name, admin=True)
    return user


@pytest.fixture
def admin(hub: RunningHub, chief: User) -> Visitor:
    return Visitor(hub).sign_in(chief)


@pytest.fixture
def person(hub: RunningHub) -> User:
    return hub.new_user()


def send(visitor: Visitor, path: str, **fields: str) -> Page:
    token = visitor.get("/account").fields()["form_token"]
    return visitor.post(path, {"form_token": token} | fields)


def new_name() -> str:
    return f"n{uuid.uuid4().hex[:12]}"


def test_a_user_who_is_added_comes_in_by_the_link_that_is_shown_once(
    hub: RunningHub, admin: Visitor, chief: User
) -> None:
    name = new_name()
    page = send(admin, "/admin/users", name=name)
    assert page.status == 200
    [link] = re.findall(r"/signin\?token=([\w-]+)", page.source)
    assert link not in admin.get(f"/admin/users/{name}").source
    newcomer = Visitor(hub)
    assert newcomer.post("/signin", {"token": link}).status == 303
    assert newcomer.is_signed_in()
    log = admin.get(f"/admin/audit?about={name}&action=link").text
    assert f"{chief.name} link.create {name}" in log


@pytest.mark.parametrize(
    ("name", "said"), [("TAKEN", "There is a user of that name already."), ("a/b", "A name is 1")]
)
def test_a_user_that_cannot_be_is_refused_in_words(
    admin: Visitor, person: User, name: str, said: str
) -> None:
    given = person.name if name == "TAKEN" else name
    page = send(admin, "/admin/users", name=given)
    assert page.status in (400, 409)
    assert said in page.text
    [field] = [each for each in page.inside("input") if each.get("id") == "new-user"]
    assert (field["value"], field["aria-invalid"]) == (given, "true")


def test_users_are_found_by_how_their_names_begin(admin: Visitor, person: User) -> None:
    page = admin.get(f"/admin?q={person.name[:-1]}")
    assert f"/admin/users/{person.name}" in page.links()
    assert "No user has such a name." in admin.get("/admin?q=no-such-user").text


def test_a_user_is_disabled_let_in_made_an_admin_and_not_one_again(
    hub: RunningHub, admin: Visitor, person: User
) -> None:
    url, visitor = f"/admin/users/{person.name}", Visitor(hub).sign_in(person)
    for do, signed_in, sees in (
        ("promote", True, 200),
        ("demote", True, 403),
        ("disable", False, 303),
        ("enable", False, 303),
    ):
        done = send(admin, f"{url}/change", do=do)
        assert (done.status, done.location) == (303, f"{url}?done={do}")
        assert "The user " in admin.get(done.location).text
        assert (visitor.is_signed_in(), visitor.get("/admin").status) == (signed_in, sees)
    assert send(admin, f"{url}/change", do="nothing").status == 400


def test_a_key_of_anyone_is_found_by_how_it_starts_and_ended(
    hub: RunningHub, admin: Visitor, chief: User, person: User
) -> None:
    found = users.find_user(hub.inside, person.name)
    secret = keys.add_key(hub.inside, found, f"laptop{MARKUP}")
    page = admin.get(f"/admin/keys?prefix={secret[:8]}")
    assert secret not in page.source
    assert not page.inside("x-evil")
    [row] = [row for row in page.rows if secret[:8] in row.cells]
    assert row.cells[1] == person.name
    [id_] = [each["value"] for each in page.inside("button") if each.get("name") == "id"]
    done = send(admin, "/admin/keys/revoke", id=id_, next=f"/admin/users/{person.name}")
    assert (done.status, done.location) == (303, f"/admin/users/{person.name}")
    assert "revoked" in admin.get(done.location).text
    assert Visitor(hub).post("/signin", {"key": secret}).status == 400
    log = admin.get(f"/admin/audit?about={person.name}&action=key.revoke").text
    assert f"{chief.name} key.revoke" in log
    assert send(admin, "/admin/keys/revoke", id=id_, next="//evil").location == "/"


def test_a_group_is_made_filled_emptied_and_deleted_by_its_name(
    hub: RunningHub, admin: Visitor, person: User
) -> None:
    name = new_name()
    url = f"/admin/groups/{name}"
    assert send(admin, "/admin/groups", name=name).location == url
    again = send(admin, "/admin/groups", name=name)
    assert (again.status, "There is a group of that name already." in again.text) == (409, True)
    assert send(admin, f"{url}/members", name=person.name).location == f"{url}?done=added"
    assert person.name in admin.get(url).text
    assert groups.list_members(hub.inside, name) == [person.name]
    row = next(row for row in admin.get("/admin/groups").rows if url in row.links)
    assert row.cells[1] == "1"
    missing = send(admin, f"{url}/members", name="nobody-at-all")
    assert (missing.status, "There is no user of that name." in missing.text) == (404, True)
    send(admin, f"{url}/members/remove", name=person.name)
    assert groups.list_members(hub.inside, name) == []
    assert send(admin, f"{url}/members/remove", name=person.name).status == 303
    refused = send(admin, f"{url}/delete", typed="x")
    assert (refused.status, "typed differently" in refused.text) == (400, True)
    assert send(admin, f"{url}/delete", typed=name).location == "/admin/groups?done=deleted"
    assert admin.get(url).status == 404


def test_storage_says_what_each_folder_holds_counting_the_same_contents_once(
    shelf: Shelf, admin: Visitor
) -> None:
    # 7 bytes of weights: the same content again, on another branch too, adds nothing.
    shelf.commit(shelf.model_id, "main", {"copy.pkl": b"weights"}, "Copy")
    shelf.branch("next")
    shelf.commit(shelf.model_id, "next", {"more.pkl": b"123"}, "More")
    name = f"{shelf.owner.name}/model/digits"
    [row] = [row for row in admin.get("/admin/storage").rows if row.cells[0] == name]
    assert row.cells[1:4] == ["1", "2", "10 B"]
    assert send(admin, "/admin/storage").location == "/admin/storage?done=measured"


def test_the_log_is_filtered_and_read_page_by_page(
    hub: RunningHub, admin: Visitor, person: User
) -> None:
    user = users.find_user(hub.inside, person.name)
    for number in range(51):
        folders.create_folder(hub.inside, user, "model", f"f{number:02}", [])

    def targets(query: str) -> list[str]:
        return [row.cells[3] for row in admin.get(f"/admin/audit?{query}").rows[1:]]

    about = f"user={person.name}&action=folder"
    newest = targets(about)
    assert newest == [f"{person.name}/model/f{number:02}" for number in range(50, 0, -1)]
    page = admin.get(f"/admin/audit?{about}")
    [older] = [each["href"] for each in page.inside("a") if each.get("rel") == "next"]
    assert targets(older.split("?")[1]) == [f"{person.name}/model/f00"]
    assert targets(f"about={person.name}/model/f07") == [f"{person.name}/model/f07"]
    assert targets(f"{about}&result=denied") == []
    assert targets(f"{about}&since=2001-01-01&until=2001-01-02") == []
    assert targets(f"{about}&since=2001-01-01&until=2999-01-01") == newest
    assert targets(f"{about}&since=yesterday&before=x&result=y") == newest


def test_the_log_shows_no_markup(admin: Visitor) -> None:
    name = f"g{uuid.uuid4().hex[:6]}{MARKUP}"
    made = send(admin, "/admin/groups", name=name)
    for path in (
        made.location,
        "/admin/groups",
        "/admin/audit",
        f"/admin/audit?user={quote(MARKUP)}&action={quote(MARKUP)}&about={quote(MARKUP)}",
        f"/admin?q={quote(MARKUP)}",
        f"/admin/keys?user={quote(MARKUP)}&prefix={quote(MARKUP)}",
    ):
        page = admin.get(path)
        assert page.status == 200
        assert not page.inside("x-evil")
        assert "x-evil" in page.main or "&lt;x-ev" in page.main


def test_health_says_what_works_and_verifies_the_log(admin: Visitor) -> None:
    page = admin.get("/admin/health")
    assert page.status == 200
    assert [row.cells[1] for row in page.rows if row.cells[0] == "store"] == ["good"]
    page = send(admin, "/admin/health/verify")
    assert re.search(r"All [\d,]+ records are as they were written\.", page.text)
    assert page.inside("code")


def test_pages_for_admins_are_in_chinese_too(hub: RunningHub, chief: User) -> None:
    visitor = Visitor(hub, "zh").sign_in(chief)
    for path, text in (
        ("/admin", "添加用户"),
        (f"/admin/users/{chief.name}", "生成登录链接"),
        ("/admin/groups", "新建用户组"),
        ("/admin/keys", "开头"),
        ("/admin/storage", "立即统计"),
        ("/admin/audit", "审计日志"),
        ("/admin/health", "验证日志"),
    ):
        assert text in visitor.get(path).text
