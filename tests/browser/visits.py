"""How a browser gets into the hub, around in it, and out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from assethub.core.people import sessions
from console.shelves import Shelf
from hubs import RunningHub

# The size of a small one's window.
PHONE = {"width": 390, "height": 800}


@contextmanager
def open_window(hub: RunningHub, browser: Browser, **options: Any) -> Iterator[Page]:
    """A new window with cookies of its own; fails if its console was not silent in the end."""
    context = browser.new_context(**{"locale": "en-US", **options})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    said = listen(page)
    yield page
    context.close()
    assert asked
    assert [url for url in asked if not url.startswith(hub.url + "/")] == []
    assert said == []


def listen(page: Page) -> list[str]:
    """What the browser complains of from now on, and what scripts would say."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    return said


def sign_in(page: Page, shelf: Shelf, target: str = "/") -> None:
    """Signs the shelf's owner in by a one-time link, and goes on to `target`."""
    token = sessions.make_signin_token(shelf.hub.inside, shelf.user)
    page.goto(f"{shelf.hub.url}/signin?token={token}&next={target}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(shelf.owner.name)
    page.get_by_role("button", name="Continue").or_(page.get_by_role("button", name="继续")).click()
    expect(account_menu(page)).to_be_attached()


def account_menu(page: Page) -> Locator:
    """The menu in the bar of whoever is signed in."""
    return page.locator("details.menu").filter(has=page.locator("form[action='/signout']"))


def open_account(page: Page) -> None:
    """By the menu in the bar."""
    account_menu(page).locator("summary").click()
    account_menu(page).locator("a[href='/account']").click()


def sign_out(page: Page) -> None:
    """By the menu in the bar, in any language."""
    account_menu(page).locator("summary").click()
    account_menu(page).locator("form[action='/signout'] button").click()
    expect(account_menu(page)).to_have_count(0)


def choose_language(page: Page, name: str) -> None:
    """By the menu in the bar."""
    menu = page.locator("details.menu").filter(has=page.locator("form[action='/language']"))
    menu.locator("summary").click()
    menu.get_by_role("button", name=name).click()
