"""Signing in and out of the console."""

import hashlib

import pytest
import sqlalchemy as sa

from assethub.core.people import keys, sessions, users
from assethub.store.tables import sessions as sessions_table
from console.apps import ask
from console.visitors import Visitor
from hubs import RunningHub, User


def make_link(hub: RunningHub, user: User) -> str:
    token = sessions.make_signin_token(hub.inside, users.find_user(hub.inside, user.name))
    return f"/signin?token={token}"


def test_who_has_not_signed_in_is_led_to_do_so_and_back(hub: RunningHub, visitor: Visitor) -> None:
    page = visitor.get("/o/ann/model/digits?a=b")
    assert page.status == 303
    assert page.location == "/signin?next=%2Fo%2Fann%2Fmodel%2Fdigits%3Fa%3Db"
    form = visitor.get(page.location)
    assert "Sign in to see this page." in form.text
    done = visitor.post("/signin", form.fields() | {"key": hub.new_user().key})
    assert done.location == "/o/ann/model/digits?a=b"


def test_an_api_key_opens_a_session(hub: RunningHub, visitor: Visitor) -> None:
    user = hub.new_user()
    visitor.post("/signin", {"key": f" {user.key}\n"})
    assert user.name in visitor.get("/").text
    assert visitor.get("/signin").location == "/"


def test_the_session_cookie_is_for_the_server_alone(hub: RunningHub, visitor: Visitor) -> None:
    visitor.sign_in(hub.new_user())
    cookie = visitor.session_cookie
    assert cookie is not None
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert not cookie["secure"]
    assert int(cookie["max-age"]) == 14 * 24 * 3600


def test_the_session_cookie_is_secure_over_https(hub: RunningHub) -> None:
    body = f"key={hub.new_user().key}".encode()
    status, headers, _ = ask(hub, "/signin", method="POST", body=body, scheme="https")
    assert status == 303
    [cookie] = [value for name, value in headers if name == "set-cookie"]
    assert "secure" in cookie.lower().split("; ")


def test_the_hub_keeps_only_the_hash_of_a_session(hub: RunningHub, visitor: Visitor) -> None:
    visitor.sign_in(hub.new_user())
    assert visitor.session
    with hub.inside.database.read() as connection:
        kept = set(connection.execute(sa.select(sessions_table.c.secret)).scalars())
    assert visitor.session not in kept
    assert hashlib.sha256(visitor.session.encode()).hexdigest() in kept


@pytest.mark.parametrize("key", ["", "nonsense", "12345678-0000-4000-8000-000000000000", "键" * 99])
def test_a_key_that_is_none_is_refused_and_not_shown(visitor: Visitor, key: str) -> None:
    page = visitor.post("/signin", {"key": key})
    assert page.status == 400
    assert [each["role"] for each in page.inside("p") if "role" in each] == ["alert"]
    assert not key or key not in page.source
    assert visitor.session is None


def test_a_revoked_key_is_refused(hub: RunningHub, visitor: Visitor) -> None:
    user = hub.new_user()
    keys.revoke_key(hub.inside, user.key)
    page = visitor.post("/signin", {"key": user.key})
    assert (page.status, visitor.session) == (400, None)
    assert "revoked" in page.text


def test_a_link_works_once_and_looking_at_it_does_not_use_it(
    hub: RunningHub, visitor: Visitor
) -> None:
    user = hub.new_user()
    link = make_link(hub, user)
    for _ in range(2):
        page = visitor.get(link)
        assert page.status == 200
        assert f"Sign in as {user.name}" in page.text
        assert visitor.session is None
    assert visitor.post("/signin", page.fields()).location == "/"
    assert visitor.is_signed_in()

    late = Visitor(hub)
    for refused in (late.get(link), late.post("/signin", page.fields())):
        assert refused.status == 400
        assert "used already or has expired" in refused.text
        assert user.name not in refused.text
    assert late.session is None


def test_signing_in_again_ends_the_session_before(hub: RunningHub, visitor: Visitor) -> None:
    visitor.sign_in(hub.new_user())
    former = Visitor(hub)
    former.cookies = dict(visitor.cookies)
    visitor.sign_in(hub.new_user())
    assert visitor.session != former.session
    assert visitor.is_signed_in()
    assert not former.is_signed_in()


def test_a_session_that_someone_else_chose_is_not_taken_over(
    hub: RunningHub, visitor: Visitor
) -> None:
    name = f"assethub_session_{hub.url.rsplit(':', 1)[1]}"
    visitor.get("/", Cookie=f"{name}=chosen")
    page = visitor.post("/signin", {"key": hub.new_user().key}, Cookie=f"{name}=chosen")
    assert page.status == 303
    assert visitor.session != "chosen"


def test_signing_out_ends_the_session_at_once(hub: RunningHub, visitor: Visitor) -> None:
    visitor.sign_in(hub.new_user())
    kept = Visitor(hub)
    kept.cookies = dict(visitor.cookies)
    page = visitor.post("/signout", visitor.get("/").fields())
    assert (page.status, page.location) == (303, "/signin")
    assert visitor.session is None
    assert not kept.is_signed_in()


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "evil.example",
        "",
    ],
)
def test_no_redirect_leaves_the_hub(hub: RunningHub, visitor: Visitor, target: str) -> None:
    page = visitor.post("/signin", {"key": hub.new_user().key, "next": target})
    assert (page.status, page.location) == (303, "/")
    page = visitor.post("/language", {"language": "en", "next": target})
    assert (page.status, page.location) == (303, "/")
