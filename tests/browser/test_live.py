"""Two browsers at once: each sees what the other changes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.accessibility import check_page
from browser.visits import sign_in
from console.shelves import Shelf, make_shelf
from hubs import RunningHub


@pytest.fixture
def other(chromium: Browser) -> Iterator[Page]:
    """Another browser, with cookies of its own."""
    context = chromium.new_context(locale="en-US", viewport={"width": 1024, "height": 800})
    yield context.new_page()
    context.close()


def show_evaluations(page: Page, shelf: Shelf) -> None:
    with page.expect_response("**/live?**"):
        sign_in(page, shelf, f"{shelf.model_url}/evaluations")


def test_two_browsers_see_each_others_changes(hub: RunningHub, page: Page, other: Page) -> None:
    shelf = make_shelf(hub)
    first = shelf.evaluate({"accuracy": 0.5})
    show_evaluations(page, shelf)
    expect(page.locator("tbody tr")).to_have_count(1)
    sign_in(other, shelf, f"{shelf.model_url}/evaluations/new")
    other.get_by_role("combobox", name="Dataset").fill(shelf.dataset)
    other.get_by_label("Name, row 1").first.fill("accuracy")
    other.get_by_label("Value, row 1").first.fill("0.75")
    other.get_by_role("button", name="Record", exact=True).click()
    expect(other.get_by_text("The evaluation is recorded.")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("#live-said")).to_have_text("A list on this page was brought up to date.")
    # And the other way.
    with other.expect_response("**/live?**"):
        other.goto(f"{hub.url}{shelf.model_url}/evaluations")
    expect(other.locator("tbody tr")).to_have_count(2)
    page.goto(f"{hub.url}/evaluations/{first}")
    page.get_by_role("link", name="Mark as invalid…").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("wrong data")
    page.get_by_role("dialog").get_by_role("button", name="Mark as invalid").click()
    expect(other.locator("tbody tr")).to_have_count(1)


def test_where_somebody_is_at_work_a_button_offers_what_is_new(hub: RunningHub, page: Page) -> None:
    shelf = make_shelf(hub)
    shelf.evaluate({"accuracy": 0.5})
    show_evaluations(page, shelf)
    page.get_by_role("combobox", name="Filter").fill("accuracy > 0.1")
    chosen = page.get_by_role("checkbox", name="Choose evaluation")
    chosen.check()
    shelf.evaluate({"accuracy": 0.9})
    button = page.get_by_role("button", name="There is something new: show it")
    expect(button).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(chosen).to_be_checked()
    check_page(page)
    button.click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_role("combobox", name="Filter")).to_have_value("accuracy > 0.1")


def test_the_focus_stays_where_it_was(hub: RunningHub, page: Page) -> None:
    shelf = make_shelf(hub)
    id_ = shelf.evaluate({"accuracy": 0.5})
    show_evaluations(page, shelf)
    link = page.locator(f"#evaluation-{id_} .recorded a")
    link.focus()
    shelf.evaluate({"accuracy": 0.9})
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(link).to_be_focused()


def test_branches_and_commits_appear_by_themselves(
    hub: RunningHub, page: Page, other: Page
) -> None:
    shelf = make_shelf(hub)
    with page.expect_response("**/live?**"):
        sign_in(page, shelf, f"{shelf.model_url}/branches")
    with other.expect_response("**/live?**"):
        sign_in(other, shelf, f"{shelf.model_url}/commits")
    shelf.branch("fresh")
    expect(page.get_by_role("rowheader", name="fresh")).to_be_visible()
    shelf.commit(shelf.model_id, "fresh", {"new.txt": b"1"}, "Something <b>new</b>")
    expect(other.get_by_role("link", name="Something <b>new</b>")).to_be_visible()
