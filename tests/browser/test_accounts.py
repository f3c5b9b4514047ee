"""Accounts in a real Chromium: by OpenID Connect through a real provider, and by password."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from assethub.core.people import accounts, sessions, users
from assethub.core.people.sessions import Origin
from assethub.settings import Settings
from browser.visits import open_account, open_window, sign_out
from console.providers import CLIENT, SECRET, Provider, run_provider
from hubs import RunningHub, run_hub

PASSWORD = "three odd kettles sing"
MARKUP = "<img src=x onerror=alert(1)><script>alert(1)</script>\"'>"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with run_provider(tmp_path_factory.mktemp("provider") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def hub(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    place = tmp_path_factory.mktemp("hub")
    (place / "secret").write_text(SECRET)
    settings = Settings(
        data=place / "data",
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT,
        oidc_client_secret_file=str(place / "secret"),
    )
    with run_hub(settings, place / "log") as running:
        yield running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A new browser window, without JavaScript: no page of the hub needs any."""
    context = chromium.new_context(locale="en-US", java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def watched(hub: RunningHub, chromium: Browser) -> Iterator[Page]:
    """A window with JavaScript, in which at the end none has run and nothing was refused."""
    with open_window(hub, chromium) as page:
        yield page


def test_from_the_provider_to_the_account_and_out_again(
    hub: RunningHub, provider: Provider, page: Page
) -> None:
    provider.know("sub-1", preferred_username="ann", email="ann@example.com", groups=["vision"])
    page.goto(f"{hub.url}/account")
    page.get_by_role("link", name="Sign in with 127.0.0.1").click()
    page.locator("input[name=sub]").first.fill("sub-1")
    page.locator("form button").first.click()
    expect(page).to_have_url(f"{hub.url}/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("ann")
    expect(page.get_by_text("vision")).to_be_visible()
    expect(page.get_by_text("by OpenID Connect")).to_be_visible()
    sign_out(page)
    page.goto(f"{hub.url}/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_from_a_link_to_a_password_a_key_and_its_end(hub: RunningHub, page: Page) -> None:
    person = hub.new_user("bob")
    token = sessions.make_signin_token(hub.inside, users.find_user(hub.inside, "bob"))
    page.goto(f"{hub.url}/signin?token={token}")
    page.get_by_role("button", name="Continue").click()
    open_account(page)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Set a password").click()
    expect(page.get_by_text("The new password is set.")).to_be_visible()
    sign_out(page)
    page.get_by_label("User name").fill(person.name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    open_account(page)
    page.get_by_text("New key").click()
    page.get_by_label("Name").fill("laptop")
    page.get_by_label("Good for").select_option("30 days")
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator("#new-key")).to_have_text(re.compile("[0-9a-f-]{36}"))
    page.get_by_role("button", name="Revoke laptop").click()
    expect(page.get_by_text("The key is revoked")).to_be_visible()


def test_texts_of_an_account_run_nothing(hub: RunningHub, watched: Page) -> None:
    hub.new_user(name := MARKUP.replace("/", ""))
    user = users.find_user(hub.inside, name)
    accounts.set_password(hub.inside, name, PASSWORD)
    token = sessions.make_signin_token(hub.inside, user)
    sessions.sign_in_with_token(hub.inside, token, Origin("::1", MARKUP))
    watched.goto(f"{hub.url}/signin")
    watched.get_by_label("User name").fill(name)
    watched.get_by_label("Password").fill(PASSWORD)
    watched.get_by_role("button", name="Sign in", exact=True).click()
    watched.goto(f"{hub.url}/account")
    watched.get_by_text("New key").click()
    watched.get_by_label("Name").fill(MARKUP)
    watched.get_by_role("button", name="Make the key").click()
    expect(watched.locator("#new-key")).to_be_visible()
    expect(watched.get_by_role("heading", level=1)).to_have_text(name)
    assert watched.locator("main img, main script").count() == 0
    expect(watched.get_by_role("rowheader", name=MARKUP).first).to_be_visible()
