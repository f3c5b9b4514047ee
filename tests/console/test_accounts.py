"""Passwords, guessing them, sessions, and the page of one's own account."""

import re
import threading
from collections.abc import Callable, Iterator

import argon2
import pytest
import sqlalchemy as sa

from assethub.core import folders
from assethub.core.people import accounts, attempts, groups, keys, sessions, users
from assethub.core.people.sessions import Origin
from assethub.settings import Settings
from assethub.store.tables import sessions as sessions_table
from assethub.store.tables import users as users_table
from console.apps import ask
from console.visitors import Page, Visitor
from hubs import RunningHub, User, run_hub

PASSWORD = "three odd kettles sing"
OTHER = "nobody painted the ladder"
MARKUP = "<x-evil onload=alert(1)>\"'&"


@pytest.fixture(scope="module")
def proxied(hub: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub behind a proxy, which says from which address a visitor comes; its hashes take the
    time that they take.
    """
    place = tmp_path_factory.mktemp("proxied")
    settings = hub.settings if hub.settings.database_url else Settings(data=place / "data")
    settings = settings.model_copy(update={"trusted_proxies": "127.0.0.1"})
    with run_hub(settings, place / "log", real_hashes=True) as running:
        yield running


def new_person(hub: RunningHub, password: str = PASSWORD) -> User:
    user = hub.new_user()
    accounts.set_password(hub.inside, user.name, password)
    return user


def enter(
    visitor: Visitor, name: str, password: str = PASSWORD, target: str = "/", **sent: str
) -> Page:
    return visitor.post("/signin", {"name": name, "password": password, "next": target}, **sent)


def fail(hub: RunningHub, counter: attempts.Counter, times: int) -> None:
    """What so many failed attempts leave behind, as another process would leave it."""
    for _ in range(times):
        hub.inside.database.write(lambda connection: attempts.count_failure(connection, counter))


def entered(hub: RunningHub, person: User, **sent: str) -> Visitor:
    visitor = Visitor(hub)
    assert enter(visitor, person.name, **sent).status == 303
    return visitor


def entered_by_link(hub: RunningHub, person: User) -> Visitor:
    visitor = Visitor(hub)
    token = sessions.make_signin_token(hub.inside, users.find_user(hub.inside, person.name))
    assert visitor.post("/signin", {"token": token}).status == 303
    return visitor


def fields_of(page: Page) -> dict[str, str]:
    """The token that the forms of a page carry."""
    return {"form_token": page.fields()["form_token"]}


def test_a_password_signs_in_and_leads_on(hub: RunningHub) -> None:
    person = new_person(hub)
    visitor = Visitor(hub)
    page = enter(visitor, f" {person.name} ", target="/account")
    assert (page.status, page.location) == (303, "/account")
    assert person.name in visitor.get("/account").text


def test_a_password_may_be_typed_in_composed_letters_or_full_width(hub: RunningHub) -> None:
    person = new_person(hub, "dreizehn müde Ｋäfer zählen")
    assert enter(Visitor(hub), person.name, "dreizehn müde Käfer zählen").status == 303


def test_who_is_there_and_who_has_a_password_cannot_be_told_from_refusals(
    hub: RunningHub,
) -> None:
    person, without, disabled = new_person(hub), hub.new_user(), new_person(hub)
    users.change_user(hub.inside, disabled.name, disabled=True)
    pages = [
        enter(Visitor(hub), person.name, "wrong"),
        enter(Visitor(hub), without.name),
        enter(Visitor(hub), disabled.name),
        enter(Visitor(hub), "nobody-of-that-name"),
    ]
    names = (person.name, without.name, disabled.name, "nobody-of-that-name")
    said = {page.source.replace(name, "NAME") for page, name in zip(pages, names, strict=True)}
    assert [page.status for page in pages] == [400] * 4
    assert len(said) == 1
    assert "The name or the password is wrong." in pages[0].text


def test_an_unknown_name_is_refused_after_as_much_work(proxied: RunningHub) -> None:
    person = new_person(proxied)
    # Whose hash has the real parameters from the first sign-in on.
    entered(proxied, person)

    def shortest(name: str) -> float:
        return min(_seconds(lambda: enter(Visitor(proxied), name, "wrong")) for _ in range(3))

    shortest("nobody-at-all")
    assert shortest("nobody-else") > shortest(person.name) / 3


def _seconds(act: Callable[[], object]) -> float:
    from time import perf_counter

    began = perf_counter()
    act()
    return perf_counter() - began


@pytest.mark.parametrize("missing", ["name", "password"])
def test_an_empty_form_counts_as_no_attempt(hub: RunningHub, missing: str) -> None:
    fields = {"name": "ann", "password": PASSWORD} | {missing: ""}
    for _ in range(30):
        page = Visitor(hub).post("/signin", fields)
        assert page.status == 400
    assert "Enter your user name and your password." in page.text


def test_an_account_is_closed_to_strangers_for_seconds_after_failures(
    proxied: RunningHub,
) -> None:
    person = new_person(proxied)
    at_home = entered(proxied, person, X_Forwarded_For="192.0.2.10")
    counter = attempts.of_account(person.name)
    fail(proxied, counter, 5)
    stranger = Visitor(proxied)
    page = enter(stranger, person.name, X_Forwarded_For="192.0.2.20")
    assert page.status == 429
    assert page.headers["Retry-After"] == "1"
    assert "Too many failed attempts" in page.text
    assert at_home.is_signed_in()
    # Nor does it concern those who were there before, or who show a key or a link.
    assert enter(Visitor(proxied), person.name, X_Forwarded_For="192.0.2.10").status == 303


def test_who_waits_gets_in(proxied: RunningHub) -> None:
    person = new_person(proxied)
    fail(proxied, attempts.of_account(person.name), 5)
    page = enter(Visitor(proxied), person.name, X_Forwarded_For="192.0.2.30")
    assert page.status == 429
    while page.status == 429:
        page = enter(Visitor(proxied), person.name, X_Forwarded_For="192.0.2.30")
    assert page.status == 303


def test_who_is_signed_in_is_not_kept_from_doing_so_again(proxied: RunningHub) -> None:
    person = new_person(proxied)
    visitor = entered_by_link(proxied, person)
    fail(proxied, attempts.of_account(person.name), 5)
    assert enter(visitor, person.name, X_Forwarded_For="192.0.2.40").status == 303


def test_an_address_that_guesses_is_closed_out_whichever_account_it_tries(
    proxied: RunningHub,
) -> None:
    person = new_person(proxied)
    fail(proxied, attempts.of_address("198.51.100.7"), 20)
    page = enter(Visitor(proxied), person.name, X_Forwarded_For="198.51.100.7")
    assert page.status == 429
    assert enter(Visitor(proxied), person.name, X_Forwarded_For="198.51.100.8").status == 303
    visitor = Visitor(proxied)
    page = visitor.post("/signin", {"key": person.key}, X_Forwarded_For="198.51.100.7")
    assert page.status == 303


def test_all_addresses_of_one_line_count_together(proxied: RunningHub) -> None:
    fail(proxied, attempts.of_address("2001:db8:7:7::1"), 20)
    person = new_person(proxied)
    page = enter(Visitor(proxied), person.name, X_Forwarded_For="2001:db8:7:7:ffff::9")
    assert page.status == 429


def test_an_attempt_is_counted_before_its_password_is_looked_at(proxied: RunningHub) -> None:
    """So that many at once are no way around it."""
    person = new_person(proxied)
    fail(proxied, attempts.of_account(person.name), 4)
    found: list[int] = []

    def guess(number: int) -> None:
        page = enter(Visitor(proxied), person.name, "x", X_Forwarded_For=f"192.0.2.{number}")
        found.append(page.status)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(100, 106)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count(429) >= 4


def test_blocks_double_up_to_their_longest_and_are_forgotten_after_an_hour(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [attempts.now()]
    monkeypatch.setattr(attempts, "now", lambda: clock[0])
    for counter, longest in ((attempts.of_account("clock"), 60), (attempts.of_address("::9"), 900)):
        fail(hub, counter, counter.free - 1)
        began, seconds = clock[0], []
        while clock[0] < began + 3000 * 1_000_000:
            fail(hub, counter, 1)
            with pytest.raises(attempts.TooManyRequests) as refused:
                fail(hub, counter, 1)
            assert refused.value.retry_after
            seconds.append(refused.value.retry_after)
            clock[0] += seconds[-1] * 1_000_000
        assert seconds[:4] == [1, 2, 4, 8]
        assert max(seconds) == longest
        clock[0] = began + 4600 * 1_000_000
        fail(hub, counter, counter.free - 1)


def test_a_success_forgets_the_accounts_failures_and_not_the_addresss(
    proxied: RunningHub,
) -> None:
    """Else whoever has an account could guess at others' for ever."""
    person, victim = new_person(proxied), new_person(proxied)
    fail(proxied, attempts.of_account(person.name), 4)
    fail(proxied, attempts.of_address("198.51.100.20"), 19)
    there = {"X_Forwarded_For": "198.51.100.20"}
    assert enter(Visitor(proxied), person.name, **there).status == 303
    assert enter(Visitor(proxied), victim.name, "wrong", **there).status == 400
    assert enter(Visitor(proxied), victim.name, "wrong", **there).status == 429
    fail(proxied, attempts.of_account(person.name), 4)


def test_many_sign_ins_at_once_wait_or_are_sent_away(proxied: RunningHub) -> None:
    """Each takes 64 MiB for its time, so two at once do and few wait; all else goes on."""
    found: list[str] = []

    def guess(number: int) -> None:
        address = f"203.0.113.{number}"
        page = enter(Visitor(proxied), f"nobody-{number}", "wrong", X_Forwarded_For=address)
        found.append(f"{page.status} {page.headers.get('Retry-After', '')}".strip())

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    assert Visitor(proxied).get("/signin").status == 200
    for thread in threads:
        thread.join()
    assert set(found) == {"400", "429 1"}


def test_a_hash_of_other_parameters_is_renewed_at_the_next_sign_in(proxied: RunningHub) -> None:
    hub, person = proxied, new_person(proxied)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)

    def kept() -> str:
        query = sa.select(users_table.c.password).where(users_table.c.name == person.name)
        with hub.inside.database.read() as connection:
            return str(connection.execute(query).scalar_one())

    change = users_table.update().where(users_table.c.name == person.name)
    change = change.values(password=weak.hash(PASSWORD))
    hub.inside.database.write(lambda connection: connection.execute(change).rowcount)
    assert enter(Visitor(hub), person.name).status == 303
    assert kept().startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert enter(Visitor(hub), person.name).status == 303


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("kurz=9zi", "too short"),
        ("x" * 1001, "too long"),
        ("password1234", "easy to guess"),
        ("aaaaaaaaaaaa", "easy to guess"),
        ("qwertyuiop[]", "easy to guess"),
        ("NAME", "easy to guess"),
        ("4@8({[<369&#!1/|0$5+7%2" * 40, ""),
    ],
)
def test_a_password_that_can_be_guessed_is_refused(hub: RunningHub, new: str, said: str) -> None:
    visitor = entered_by_link(hub, hub.new_user("annabelle-" + hub.new_user().name[-8:]))
    page = visitor.get("/account")
    new = page.text.split("Sign out ")[1].split()[0] if new == "NAME" else new
    answer = visitor.post("/account/password", fields_of(page) | {"new": new, "again": new})
    assert answer.status == (400 if said else 303)
    assert said in answer.text
    typed = [each for each in answer.all("input") if each.get("type") == "password"]
    assert not any("value" in each for each in typed)


def test_changing_the_password_needs_the_current_one_and_ends_other_sessions(
    hub: RunningHub,
) -> None:
    person = new_person(hub)
    visitor, other = entered(hub, person), entered(hub, person)
    link = sessions.make_signin_token(hub.inside, users.find_user(hub.inside, person.name))
    token = fields_of(visitor.get("/account"))
    change = token | {"new": OTHER, "again": OTHER}
    for refused in (change, change | {"current": "wrong"}, change | {"current": ""}):
        assert visitor.post("/account/password", refused).status == 403
    page = visitor.post("/account/password", change | {"current": PASSWORD, "again": "x"})
    assert page.status == 400
    assert "differently" in page.text
    page = visitor.post("/account/password", change | {"current": PASSWORD})
    assert (page.status, page.location) == (303, "/account?done=password")
    assert "Your other sessions have ended." in visitor.get(page.location).text
    assert not other.is_signed_in()
    assert enter(Visitor(hub), person.name).status == 400
    assert enter(Visitor(hub), person.name, OTHER).status == 303
    assert Visitor(hub).post("/signin", {"token": link}).status == 400
    assert Visitor(hub).sign_in(person).is_signed_in()


def test_guessing_at_the_current_password_is_slowed_down_too(hub: RunningHub) -> None:
    person = new_person(hub)
    visitor = entered(hub, person)
    user = users.find_user(hub.inside, person.name)
    fail(hub, attempts.of_own_password(user.id), 5)
    change = fields_of(visitor.get("/account")) | {"new": OTHER, "again": OTHER}
    page = visitor.post("/account/password", change | {"current": PASSWORD})
    assert page.status == 429
    assert page.headers["Retry-After"] == "1"
    assert enter(Visitor(hub), person.name).status == 303


def test_a_link_sets_a_password_for_a_quarter_of_an_hour(hub: RunningHub) -> None:
    person = hub.new_user()
    visitor, late = entered_by_link(hub, person), entered_by_link(hub, person)
    old = sessions_table.update().where(
        sessions_table.c.secret == keys.hash_secret(late.session or "")
    )
    earlier = old.values(created=sessions_table.c.created - 16 * 60 * 1_000_000)
    hub.inside.database.write(lambda connection: connection.execute(earlier).rowcount)
    page = late.get("/account")
    assert "You have no password." in page.text
    change = {"new": PASSWORD, "again": PASSWORD}
    assert late.post("/account/password", fields_of(page) | change).status == 403
    page = visitor.get("/account")
    assert visitor.post("/account/password", fields_of(page) | change).status == 303
    assert enter(Visitor(hub), person.name).status == 303


def test_a_key_opens_no_way_to_a_password(hub: RunningHub) -> None:
    visitor = Visitor(hub).sign_in(hub.new_user())
    change = fields_of(visitor.get("/account")) | {"new": PASSWORD, "again": PASSWORD}
    assert visitor.post("/account/password", change).status == 403


def test_sessions_are_listed_and_ended_at_once(hub: RunningHub) -> None:
    person = new_person(hub)
    visitor, other = Visitor(hub), Visitor(hub)
    enter(other, person.name, User_Agent="Lynx/2.9 on a train")
    enter(visitor, person.name)
    page = visitor.get("/account")
    assert "Lynx/2.9 on a train" in page.text
    assert "127.0.0.1" in page.text
    assert page.text.count("by password") == 2
    [id_] = [each["value"] for each in page.all("button") if each.get("name") == "session"]
    stranger = entered(hub, new_person(hub))
    stolen = fields_of(stranger.get("/account")) | {"session": id_}
    assert stranger.post("/account/sessions/end", stolen).status == 303
    assert other.is_signed_in()
    ended = visitor.post("/account/sessions/end", fields_of(page) | {"session": id_})
    assert ended.location.startswith("/account?done=session")
    assert not other.is_signed_in()
    assert visitor.is_signed_in()


def test_disabling_a_user_ends_their_sessions_at_once(hub: RunningHub) -> None:
    person = new_person(hub)
    visitor = entered(hub, person)
    users.change_user(hub.inside, person.name, disabled=True)
    assert not visitor.is_signed_in()
    users.change_user(hub.inside, person.name, disabled=False)
    assert not visitor.is_signed_in()


def test_two_hubs_on_one_host_do_not_share_a_session(hub: RunningHub, proxied: RunningHub) -> None:
    """Browsers send a host's cookies to all its ports."""
    here, there = Visitor(hub), Visitor(proxied)
    there.cookies = here.cookies
    here.sign_in(hub.new_user())
    there.sign_in(proxied.new_user())
    assert here.is_signed_in()
    assert there.is_signed_in()


def test_over_tls_only_a_cookie_of_this_very_host_counts(hub: RunningHub) -> None:
    user = users.find_user(hub.inside, hub.new_user().name)
    token = sessions.make_signin_token(hub.inside, user)
    body = f"token={token}".encode()
    status, headers, _ = ask(hub, "/signin", method="POST", body=body, scheme="https")
    assert status == 303
    [cookie] = [value for name, value in headers if name == "set-cookie"]
    name, _, rest = cookie.partition("=")
    secret = rest.split(";")[0]
    assert name == "__Host-assethub_session"
    for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert part in rest.split("; ")
    assert "domain" not in rest.lower()
    assert ask(hub, "/", cookie=f"{name}={secret}", scheme="https")[0] == 200
    assert ask(hub, "/", cookie=f"assethub_session={secret}", scheme="https")[0] == 303


def test_a_key_is_made_shown_once_and_revoked(hub: RunningHub) -> None:
    person = hub.new_user()
    visitor = Visitor(hub).sign_in(person)
    token = fields_of(visitor.get("/account"))
    asked = {"name": "training jobs", "scope": "read", "days": "30", "place": ""}
    page = visitor.post("/account/keys", token | asked)
    assert page.status == 200
    secret = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=</code>)", page.source)
    assert secret
    assert secret[0] not in visitor.get("/account").source
    user = users.find_user(hub.inside, person.name)
    [made] = [key for key in keys.list_keys(hub.inside, user) if key.name == "training jobs"]
    assert (made.scope, made.prefix) == ("read", secret[0][:8])
    assert made.expires
    assert round((made.expires - made.created) / 86_400_000_000) == 30
    listed = visitor.get("/apis/v1/folders", Authorization=f"Bearer {secret[0]}")
    assert listed.status == 200
    page = visitor.post("/account/keys/revoke", token | {"key": made.id})
    assert page.location.startswith("/account?done=key")
    refused = visitor.get("/apis/v1/folders", Authorization=f"Bearer {secret[0]}")
    assert refused.status == 401


def test_a_key_for_one_folder_or_asset_is_for_what_one_may_see(hub: RunningHub) -> None:
    person, stranger = hub.new_user(), hub.new_user()
    for each in (person, stranger):
        folders.create_folder(
            hub.inside, users.find_user(hub.inside, each.name), "model", "digits", []
        )
    visitor = Visitor(hub).sign_in(person)
    asked = fields_of(visitor.get("/account")) | {"name": "one", "scope": "full", "days": "0"}
    page = visitor.post("/account/keys", asked | {"place": f"{person.name}/model/digits"})
    assert page.status == 200
    assert f"{person.name}/model/digits" in page.text
    hidden = visitor.post("/account/keys", asked | {"place": f"{stranger.name}/model/digits"})
    missing = visitor.post("/account/keys", asked | {"place": f"{stranger.name}/model/nothing"})
    assert hidden.status == missing.status == 404
    assert "There is no folder or asset of that name" in hidden.text
    said = [
        re.sub("digits|nothing|\\d+ seconds? ago|just now", "", each.main)
        for each in (hidden, missing)
    ]
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "spoilt",
    [
        *({"name": ""}, {"name": "a\0b"}, {"name": "n" * 300}, {"scope": "all"}, {"days": "9999"}),
        *({"days": "-1"}, {"place": "no/such"}, {"place": "a/b/c/d/e"}, {"place": "\0"}),
    ],
)
def test_a_key_that_cannot_be_is_refused_in_words(hub: RunningHub, spoilt: dict[str, str]) -> None:
    visitor = Visitor(hub).sign_in(hub.new_user())
    asked = {"name": "n", "scope": "full", "days": "0", "place": ""} | spoilt
    page = visitor.post("/account/keys", fields_of(visitor.get("/account")) | asked)
    assert page.status in (400, 404)
    assert [each["role"] for each in page.inside("p") if "role" in each] == ["alert"]


def test_nobody_revokes_anothers_key(hub: RunningHub) -> None:
    person, stranger = hub.new_user(), hub.new_user()
    visitor = Visitor(hub).sign_in(stranger)
    token = fields_of(visitor.get("/account"))
    for key in (person.key, person.key[:8]):
        assert visitor.post("/account/keys/revoke", token | {"key": key}).status == 303
    assert Visitor(hub).sign_in(person).is_signed_in()


@pytest.mark.parametrize(
    "form", ["/account/password", "/account/keys", "/account/keys/revoke", "/account/sessions/end"]
)
def test_every_form_of_the_account_needs_the_sessions_token(hub: RunningHub, form: str) -> None:
    visitor, other = Visitor(hub).sign_in(hub.new_user()), Visitor(hub).sign_in(hub.new_user())
    for token in ({}, {"form_token": ""}, fields_of(other.get("/account"))):
        page = visitor.post(form, token)
        assert page.status == 403
        assert "out of date" in page.text
    own = fields_of(visitor.get("/account"))
    assert visitor.post(form, own, Sec_Fetch_Site="cross-site").status == 403
    assert Visitor(hub).post(form, own).location.startswith("/signin")


def test_every_post_form_of_the_account_page_has_the_token(hub: RunningHub) -> None:
    visitor = entered(hub, new_person(hub))
    page = visitor.get("/account")
    forms = page.inside("form")
    tokens = [each for each in page.inside("input") if each.get("name") == "form_token"]
    assert len(tokens) == len(forms) >= 3


def test_texts_of_an_account_are_never_markup(hub: RunningHub) -> None:
    """The browser's own name, those of keys, folders and groups, the address, the fields."""
    person = hub.new_user("x" + MARKUP.replace(":", "") + hub.new_user().name)
    user = users.find_user(hub.inside, person.name)
    accounts.set_password(hub.inside, person.name, PASSWORD)
    groups.create_group(hub.inside, group := MARKUP + person.name)
    groups.add_member(hub.inside, group, person.name)
    folders.create_folder(hub.inside, user, "model", MARKUP, [])
    change = users_table.update().where(users_table.c.id == user.id).values(email=f"{MARKUP}@x")
    hub.inside.database.write(lambda connection: connection.execute(change).rowcount)
    sessions.sign_in_with_key(hub.inside, person.key, Origin(MARKUP, MARKUP))
    visitor = Visitor(hub)
    assert enter(visitor, person.name, User_Agent=MARKUP).status == 303
    token = fields_of(visitor.get("/account"))
    asked = {"name": MARKUP, "scope": "full", "days": "0"}
    made = visitor.post("/account/keys", token | asked | {"place": f"{person.name}/model/{MARKUP}"})
    pages = [
        made,
        visitor.get("/account"),
        visitor.get(f"/account?done={MARKUP}"),
        visitor.post("/account/keys", token | asked | {"place": MARKUP}),
        enter(Visitor(hub), MARKUP, "wrong", target=MARKUP),
    ]
    assert made.status == 200
    for page in pages:
        assert not page.inside("x-evil")
        assert not page.inside("script")
        assert all(not name.startswith("on") for _, each in page.elements for name in each)
    for text in (group, f"{MARKUP}@x", f"{person.name}/model/{MARKUP}"):
        assert text in pages[1].text
    assert pages[1].text.count(MARKUP) >= 6


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_no_redirect_leaves_the_hub_after_a_password(hub: RunningHub, target: str) -> None:
    page = enter(Visitor(hub), new_person(hub).name, target=target)
    assert (page.status, page.location) == (303, "/")


def test_a_password_stands_in_no_log_and_no_database(hub: RunningHub) -> None:
    person = new_person(hub)
    visitor = entered(hub, person)
    wrong = "another wrong guess entirely"
    enter(Visitor(hub), person.name, wrong)
    enter(Visitor(hub), wrong, PASSWORD)
    assert visitor.is_signed_in()
    log = hub.log.read_text()
    assert PASSWORD not in log
    assert wrong not in log
    with hub.inside.database.read() as connection:
        for table in ("users", "attempts", "sessions"):
            rows = connection.execute(sa.text(f"SELECT * FROM {table}")).all()
            assert PASSWORD not in repr(rows)
            assert wrong not in repr(rows)
