"""Folders and pages for admins in a real Chromium, by mouse and by keyboard alone."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from assethub.core.people import users
from browser.accessibility import check_page
from browser.visits import PHONE, choose_language, open_window, sign_in
from console.shelves import Shelf, make_shelf
from hubs import RunningHub


@pytest.fixture(scope="module")
def shelf(hub: RunningHub) -> Shelf:
    made = make_shelf(hub)
    users.change_user(hub.inside, made.owner.name, admin=True)
    made.evaluate({"accuracy": 0.9, "loss": 0.2})
    return made


def test_a_folder_is_made_filled_changed_and_deleted(page: Page, shelf: Shelf) -> None:
    sign_in(page, shelf)
    expect(page.get_by_role("heading", name="What changed lately")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="New folder").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_label("Name").fill("letters")
    dialog.get_by_role("button", name="Create folder").click()
    expect(page.get_by_role("heading", name="letters")).to_be_visible()
    page.get_by_role("link", name="New model").click()
    page.get_by_role("dialog").get_by_label("Name").fill("cnn")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/letters/cnn$"))
    page.go_back()
    page.get_by_role("link", name="Settings", exact=True).click()
    check_page(page)
    page.get_by_role("link", name="Delete…").click()
    button = page.get_by_role("button", name="Delete this folder")
    expect(button).to_be_disabled()
    page.get_by_role("textbox", name="To confirm, type letters").fill("letters")
    button.click()
    expect(page.get_by_text("The folder is deleted.")).to_be_visible()


def test_the_best_scores_follow_the_chosen_metric(page: Page, shelf: Shelf) -> None:
    sign_in(page, shelf, shelf.model_url.rsplit("/", 1)[0])
    row = page.get_by_role("row", name="svm")
    expect(row).to_contain_text("0.9")
    page.get_by_label("Best score by").select_option("loss")
    expect(page).to_have_url(re.compile("metric=loss"))
    expect(page.get_by_role("row", name="svm")).to_contain_text("0.2")
    check_page(page)


def test_a_search_by_keyboard_alone_in_chinese_on_a_phone(chromium: Browser, shelf: Shelf) -> None:
    with open_window(shelf.hub, chromium, locale="zh-CN", viewport=PHONE) as page:
        sign_in(page, shelf)
        search_by_keyboard(page, shelf)


def search_by_keyboard(page: Page, shelf: Shelf) -> None:
    expect(page.get_by_role("heading", name="最近更改")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("svm label")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="搜索“svm label”")).to_be_visible()
    page.get_by_role("link", name="svm").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{shelf.hub.url}{shelf.model_url}")
    for path in ("/", "/search?q=svm", "/admin/audit", "/account", "/admin/storage"):
        page.goto(shelf.hub.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path


def test_the_menus_of_the_bar_change_language_and_theme(page: Page, shelf: Shelf) -> None:
    sign_in(page, shelf)
    page.get_by_label("Language and theme").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    choose_language(page, "中文")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_label("语言与主题").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="English")).to_be_hidden()


def test_an_admin_adds_a_user_and_hands_them_a_link(page: Page, shelf: Shelf) -> None:
    sign_in(page, shelf, "/admin")
    page.get_by_role("link", name="Add user").click()
    page.get_by_label("User name").fill("newcomer")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Give this link to newcomer.")).to_be_visible()
    expect(page.locator("#link")).to_contain_text("/signin?token=")
    check_page(page)
    for path in ("groups", "keys", "storage", "audit", "health"):
        page.goto(f"{shelf.hub.url}/admin/{path}")
        check_page(page)
    page.goto(f"{shelf.hub.url}/account")
    check_page(page)
