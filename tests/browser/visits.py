"""How a browser gets into the hub."""

from playwright.sync_api import Page, expect

from assethub.core.people import sessions
from console.shelves import Shelf


def sign_in(page: Page, shelf: Shelf, target: str = "/") -> None:
    """Signs the shelf's owner in by a one-time link, and goes on to `target`."""
    token = sessions.make_signin_token(shelf.hub.inside, shelf.user)
    page.goto(f"{shelf.hub.url}/signin?token={token}&next={target}")
    expect(page.get_by_role("heading", name=f"Sign in as {shelf.owner.name}")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
