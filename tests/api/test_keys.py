"""Who calls: the API key, in the query or the header."""

import uuid

import pytest

from api.raw import JSON, Raw
from assethub.core import keys
from hubs import RunningHub


@pytest.mark.parametrize("query", [{}, {"apikey": ""}])
def test_no_key_is_refused_with_the_exact_text(nobody: Raw, query: dict[str, str]) -> None:
    assert nobody.refused("GET", "/folders", **query) == (400, "query is needed: apikey")


@pytest.mark.parametrize("key", ["nonsense", "12345678-1234-1234-1234-123456789012"])
def test_an_unknown_key_is_refused_with_its_first_characters(hub: RunningHub, key: str) -> None:
    expected = (400, f"api key {key[:8]}… not found\n")
    assert Raw(hub.url, key).refused("GET", "/folders") == expected


def test_a_revoked_key_is_refused_at_once(hub: RunningHub) -> None:
    user = hub.new_user()
    raw = Raw(hub.url, user.key)
    assert raw.ok("GET", "/folders") == []
    keys.revoke_key(hub.inside, user.key)
    assert raw.refused("GET", "/folders") == (400, f"api key {user.key[:8]}… not found\n")


def test_a_bearer_header_works_and_is_refused_with_401(hub: RunningHub, nobody: Raw) -> None:
    good = {"Authorization": f"Bearer {hub.new_user().key}"}
    assert nobody.call("GET", "/folders", headers=good).status == 200
    for key in (str(uuid.uuid4()), ""):
        bad = {"Authorization": f"Bearer {key}"} | JSON
        answer = nobody.call("GET", "/folders", headers=bad)
        assert answer.status == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] in ("key_unknown", "key_missing")


def test_a_basic_header_beside_the_key_is_passed_over(user: Raw) -> None:
    answer = user.call("GET", "/folders", headers={"Authorization": "Basic eDp5"})
    assert answer.status == 200


def test_userinfo_at_the_root_names_the_user(hub: RunningHub) -> None:
    user = hub.new_user()
    assert Raw(hub.url, user.key).ok("GET", "/oauth2/userinfo")["preferred_username"] == user.name


def test_a_wrong_path_is_an_empty_404(user: Raw) -> None:
    answer = user.call("GET", "/nothing/here")
    assert (answer.status, answer.data) == (404, b"")


def test_no_path_answers_with_a_redirect(user: Raw) -> None:
    assert user.call("GET", "/folders/").status == 404


def test_the_log_never_shows_a_key(hub: RunningHub) -> None:
    user = hub.new_user()
    Raw(hub.url, user.key).ok("GET", "/folders")
    Raw(hub.url, user.key).call("POST", "/folders", b"{", {"Content-Type": "application/json"})
    assert user.key not in hub.log.read_text()
