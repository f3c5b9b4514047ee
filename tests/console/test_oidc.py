"""Signing in to the console by OpenID Connect, at a real provider and at one that lies."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assethub.core.hub import open_hub
from assethub.core.people import accounts, groups, keys, subjects, users
from assethub.core.people.sessions import NOWHERE
from assethub.core.people.subjects import Identity
from assethub.settings import Settings
from console.providers import (
    CLIENT,
    SECRET,
    Liar,
    Provider,
    curve_key,
    other_key,
    run_liar,
    run_provider,
    secret_key,
)
from console.visitors import Visitor
from hubs import RunningHub, run_hub


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with run_provider(tmp_path_factory.mktemp("provider") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def secret_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("secret") / "secret"
    file.write_text(f"{SECRET}\n")
    return str(file)


def with_provider(settings: Settings, url: str, secret_file: str) -> Settings:
    given = {"oidc_issuer": url, "oidc_client_id": CLIENT, "oidc_client_secret_file": secret_file}
    return settings.model_copy(update=given)


@pytest.fixture(scope="module")
def joined(
    hub: RunningHub, provider: Provider, secret_file: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHub]:
    """A hub at which the real provider signs people in, beside the other where that can be."""
    place = tmp_path_factory.mktemp("joined")
    settings = hub.settings
    if not settings.database_url:
        settings = Settings(data=place / "data")
    with run_hub(with_provider(settings, provider.url, secret_file), place / "log") as running:
        yield running


@pytest.fixture(scope="module")
def lying() -> Iterator[Liar]:
    with run_liar() as running:
        yield running


@pytest.fixture(scope="module")
def doubtful(
    lying: Liar, secret_file: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHub]:
    """A hub whose provider may lie."""
    place = tmp_path_factory.mktemp("doubtful")
    settings = with_provider(Settings(data=place / "data"), lying.url, secret_file)
    with run_hub(settings, place / "log") as running:
        yield running


@pytest.fixture
def liar(lying: Liar) -> Liar:
    lying.reset()
    return lying


@pytest.fixture
def sub() -> str:
    return f"sub-{uuid.uuid4().hex}"


def name_of(visitor: Visitor) -> str:
    """Who is signed in, as the account page says."""
    page = visitor.get("/account")
    assert page.status == 200
    return page.text.split("Sign out ", 1)[1].split(" ")[0]


def test_the_first_sign_in_makes_a_user_with_the_providers_groups(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    name = f"ann.{sub[4:12]}"
    provider.know(sub, preferred_username=name, email=f"{name}@example.com", groups=["vision"])
    visitor = Visitor(joined)
    assert "Sign in with 127.0.0.1" in visitor.get("/signin").text
    page = provider.sign_in(visitor, sub, target="/account")
    assert (page.status, page.location) == (303, "/account")
    page = visitor.get("/account")
    assert page.status == 200
    for text in (name, f"{name}@example.com", "vision", "by OpenID Connect"):
        assert text in page.text
    account = accounts.get_account(joined.inside, users.find_user(joined.inside, name))
    assert account.by_provider
    assert not account.admin
    assert not account.has_password
    assert groups.list_members(joined.inside, "vision").count(name) == 1


def test_who_signs_in_again_is_the_same_user_under_whatever_name(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    provider.know(sub, preferred_username=f"one-{sub}")
    visitor = Visitor(joined)
    provider.sign_in(visitor, sub)
    provider.know(sub, preferred_username=f"two-{sub}")
    again = Visitor(joined)
    provider.sign_in(again, sub)
    assert name_of(again) == name_of(visitor) == f"one-{sub}"


def test_each_sign_in_replaces_the_groups_that_the_provider_gave_and_no_others(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    mark = sub[-12:]
    local, first, second = (f"{kind}-{mark}" for kind in ("local", "first", "second"))
    inside = joined.inside
    groups.create_group(inside, local)
    provider.know(sub, preferred_username=mark, groups=[first, "bad/name", 7, ""])
    provider.sign_in(Visitor(joined), sub)
    groups.add_member(inside, local, mark)
    provider.know(sub, preferred_username=mark, groups=[second])
    provider.sign_in(Visitor(joined), sub)
    members = {name: groups.list_members(inside, name) for name in (local, first, second)}
    assert members == {local: [mark], first: [], second: [mark]}
    provider.know(sub, preferred_username=mark)
    provider.sign_in(Visitor(joined), sub)
    assert groups.list_members(inside, second) == []
    assert groups.list_members(inside, local) == [mark]


def test_the_provider_puts_nobody_into_a_group_that_was_made_in_the_hub(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    groups.create_group(joined.inside, f"local-{sub}")
    provider.know(sub, preferred_username=sub, groups=[f"local-{sub}"])
    provider.sign_in(Visitor(joined), sub)
    assert groups.list_members(joined.inside, f"local-{sub}") == []


def test_a_user_of_the_hub_is_never_taken_over(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    theirs = joined.new_user()
    provider.know(sub, preferred_username=theirs.name)
    visitor = Visitor(joined)
    provider.sign_in(visitor, sub)
    assert name_of(visitor) == f"{theirs.name}-2"
    assert name_of(Visitor(joined).sign_in(theirs)) == theirs.name


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("Ann@EXAMPLE.com", "Ann"),
        ("../etc/passwd", "etc-passwd"),
        ("a:b@c", "a-b"),
        ("<img src=x onerror=alert(1)>", "img-src-x-onerror-alert-1"),
        ("a..b", "a.b"),
        ("安娜", "安娜"),
        ("ａｎｎ", "ann"),
        ("x\u0000\u202ey\n", "x-y"),
        ("", "user"),
        ("...", "user"),
        ("@", "user"),
        ("n" * 300, "n" * 64),
    ],
)
def test_names_are_made_fit_to_stand_in_references(
    hub: RunningHub, sub: str, given: str, safe: str
) -> None:
    identity = Identity(f"https://example.com|{sub}", given, "", None)
    subjects.sign_in_subject(hub.inside, identity, NOWHERE)
    made = [user.name for user in users.list_users(hub.inside)]
    assert any(name == safe or name.startswith(f"{safe}-") for name in made)


def test_names_that_many_want_are_numbered(hub: RunningHub, sub: str) -> None:
    for number in range(4):
        identity = Identity(f"https://example.com|{sub}{number}", sub, "", None)
        subjects.sign_in_subject(hub.inside, identity, NOWHERE)
    assert users.list_names(hub.inside, sub) == [sub, f"{sub}-2", f"{sub}-3", f"{sub}-4"]


def test_only_an_empty_hub_makes_its_first_user_an_admin(tmp_path: Path) -> None:
    hub = open_hub(Settings(data=tmp_path / "data"))
    for name in ("first", "second"):
        subjects.sign_in_subject(hub, Identity(f"iss|{name}", name, "", None), NOWHERE)
    assert [user.admin for user in users.list_users(hub)] == [True, False]
    hub.close()


def test_a_disabled_user_stays_out(joined: RunningHub, provider: Provider, sub: str) -> None:
    provider.know(sub, preferred_username=sub)
    visitor = Visitor(joined)
    provider.sign_in(visitor, sub)
    users.change_user(joined.inside, sub, disabled=True)
    assert not visitor.is_signed_in()
    page = provider.sign_in(visitor, sub)
    assert page.status == 400
    assert "is disabled" in page.text
    assert not visitor.is_signed_in()


def test_signing_in_replaces_the_session_that_was_there(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    visitor = Visitor(joined).sign_in(joined.new_user())
    former = Visitor(joined)
    former.cookies = dict(visitor.cookies)
    provider.know(sub, preferred_username=sub)
    provider.sign_in(visitor, sub)
    assert name_of(visitor) == sub
    assert not former.is_signed_in()


def test_who_says_no_at_the_provider_is_told_so(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    visitor = Visitor(joined)
    question = provider.question(visitor)
    state = question.split("state=")[1].split("&")[0]
    page = visitor.get(f"/signin/openid/callback?error=access_denied&state={state}")
    assert page.status == 400
    assert "did not sign you in" in page.text
    assert visitor.session is None


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_no_redirect_leaves_the_hub_after_it(
    joined: RunningHub, provider: Provider, sub: str, target: str
) -> None:
    page = provider.sign_in(Visitor(joined), sub, target=target)
    assert (page.status, page.location) == (303, "/")


def test_a_target_that_was_put_into_the_cookie_does_not_leave_it_either(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    visitor = Visitor(joined)
    answer = provider.answer(provider.question(visitor), sub)
    [name] = [name for name in visitor.cookies if "openid" in name]
    secret = visitor.cookies[name].value.split(".")[0]
    page = visitor.get(answer, Cookie=f"{name}={secret}.Ly9ldmlsLmV4YW1wbGU")
    assert (page.status, page.location) == (303, "/")


def test_an_answer_counts_in_the_browser_that_asked_and_once(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    """Else an attacker's answer would sign a victim in as the attacker."""
    visitor, other = Visitor(joined), Visitor(joined)
    answer = provider.answer(provider.question(visitor), sub)
    assert other.get(answer).status == 400
    provider.question(other)
    page = other.get(answer)
    assert page.status == 400
    assert "does not sign you in here" in page.text
    assert other.session is None
    assert visitor.get(answer).status == 303
    again = Visitor(joined)
    again.cookies = dict(visitor.cookies)
    assert again.get(answer).status == 400


def test_the_question_is_bound_by_state_nonce_and_a_challenge(
    joined: RunningHub, provider: Provider
) -> None:
    visitor = Visitor(joined)
    first, second = provider.question(visitor), provider.question(visitor)
    for part in ("code_challenge_method=S256", "response_type=code", f"client_id={CLIENT}"):
        assert part in first
    for part in ("state", "nonce", "code_challenge"):
        values = [url.split(f"{part}=")[1].split("&")[0] for url in (first, second)]
        assert len(values[0]) >= 43
        assert values[0] != values[1]
    [cookie] = [cookie for name, cookie in visitor.cookies.items() if "openid" in name]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert int(cookie["max-age"]) <= 600
    assert cookie.value.split(".")[0] not in second


def test_a_user_of_the_provider_sets_a_password_only_by_a_link(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    visitor = Visitor(joined)
    provider.sign_in(visitor, sub)
    page = visitor.get("/account")
    assert not [each for each in page.all("input") if each.get("name") == "new"]
    fields = page.fields() | {"new": "four unrelated words here", "again": "x"}
    fields["again"] = fields["new"]
    assert visitor.post("/account/password", fields).status == 403


def test_a_provider_that_is_down_is_said_to_be(
    tmp_path: Path, secret_file: str, liar: Liar
) -> None:
    settings = with_provider(Settings(data=tmp_path / "data"), liar.url + "0", secret_file)
    with run_hub(settings, tmp_path / "log") as hub:
        visitor = Visitor(hub)
        page = visitor.get("/signin/openid?next=/account")
        assert page.status == 503
        assert "cannot be reached" in page.text
        assert page.fields()["next"] == "/account"
        visitor.sign_in(hub.new_user())


SPOILT: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "for another client": {"claims": {"aud": "another"}},
    "for several, by another": {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "expired": {"claims": {"exp": 1_000_000_000}},
    "without an end": {"claims": {"exp": None}},
    "without a subject": {"claims": {"sub": None}},
    "for another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "not signed": {"header": {"alg": "none"}},
    "signed with the client's secret": {
        "header": {"alg": "HS256"},
        "key": secret_key(SECRET),
    },
    "signed with an unknown key": {"key": other_key("first")},
    "signed with a key of an unknown name": {
        "header": {"alg": "RS256", "kid": "unknown"},
        "key": other_key("unknown"),
    },
    "with another algorithm": {"header": {"alg": "RS512", "kid": "first"}},
    "no token": {"token": {"id_token": None}},
    "no sense": {"token": {"id_token": "a.b.c"}},
    "the userinfo of another": {"userinfo": {"sub": "another", "preferred_username": "x"}},
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_token_that_is_not_for_this_sign_in_opens_nothing(
    doubtful: RunningHub, liar: Liar, how: str
) -> None:
    for name, value in SPOILT[how].items():
        setattr(liar, name, value)
    before = users.list_users(doubtful.inside)
    visitor = Visitor(doubtful)
    page = liar.sign_in(visitor)
    assert page.status == 400, page.text
    assert "does not sign you in here" in page.text
    assert visitor.session is None
    assert users.list_users(doubtful.inside) == before


@pytest.mark.parametrize(
    "answer",
    [
        {"state": "another"},
        {"state": "状态"},
        {"iss": "https://evil.example"},
        {"code": "another"},
    ],
)
def test_an_answer_that_is_not_to_the_question_opens_nothing(
    doubtful: RunningHub, liar: Liar, answer: dict[str, str]
) -> None:
    visitor = Visitor(doubtful)
    page = liar.sign_in(visitor, **answer)
    assert page.status == 400
    assert visitor.session is None


def test_a_provider_that_checks_everything_signs_in(doubtful: RunningHub, liar: Liar) -> None:
    """The challenge, the redirect, the secret; then RS256, and ES256 of a key that is new."""
    liar.userinfo |= {"preferred_username": liar.sub}
    visitor = Visitor(doubtful)
    assert liar.sign_in(visitor, iss=liar.url).status == 303
    assert liar.authenticated_by == "basic"
    assert name_of(visitor) == liar.sub
    liar.keys.append(curve_key("second"))  # type: ignore[arg-type]
    liar.key, liar.header = liar.keys[-1], {"alg": "ES256", "kid": "second"}
    assert liar.sign_in(Visitor(doubtful)).status == 303


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, 303),
        ({"issuer": "https://evil.example"}, 503),
        ({"token_endpoint": "http://evil.example/token"}, 503),
        ({"jwks_uri": None}, 503),
    ],
)
def test_what_the_provider_says_of_itself_is_checked(
    tmp_path: Path,
    secret_file: str,
    liar: Liar,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, Any],
    status: int,
) -> None:
    metadata = liar.metadata() | changed
    monkeypatch.setattr(liar, "metadata", lambda: metadata)
    settings = with_provider(Settings(data=tmp_path / "data"), liar.url, secret_file)
    with run_hub(settings, tmp_path / "log") as hub:
        visitor = Visitor(hub)
        if status == 503:
            assert visitor.get("/signin/openid").status == 503
        else:
            assert liar.sign_in(visitor).status == status
            assert liar.authenticated_by == "post"


def test_a_hub_without_a_secret_is_a_public_client(tmp_path: Path, liar: Liar) -> None:
    settings = with_provider(Settings(data=tmp_path / "data"), liar.url, "")
    with run_hub(settings, tmp_path / "log") as hub:
        assert liar.sign_in(Visitor(hub)).status == 400
        liar.public = True
        assert liar.sign_in(Visitor(hub)).status == 303


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--oidc-issuer", "http://evil.example"], "is no https:// URL"),
        (["--oidc-issuer", "https://id.example"], "give --oidc-client-id too"),
        (
            [
                *("--oidc-issuer", "https://id.example", "--oidc-client-id", "hub"),
                *("--oidc-client-secret-file", "/nowhere"),
            ],
            "cannot read the client secret /nowhere",
        ),
    ],
)
def test_settings_that_do_not_hold_together_are_refused_at_the_start(
    tmp_path: Path, given: list[str], said: str
) -> None:
    program = Path(sys.executable).with_name("assethub")
    command = [program, "serve", "--port", "0", "--data", str(tmp_path / "data"), *given]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith("assethub: error: ")
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_keys_made_by_users_of_the_provider_work_as_others(
    joined: RunningHub, provider: Provider, sub: str
) -> None:
    provider.know(sub, preferred_username=sub)
    provider.sign_in(Visitor(joined), sub)
    key = keys.add_key(joined.inside, users.find_user(joined.inside, sub), "laptop")
    page = Visitor(joined).get("/apis/v1/account", Authorization=f"Bearer {key}")
    assert page.status == 200
    assert b'"openIdConnect":true' in page.body
