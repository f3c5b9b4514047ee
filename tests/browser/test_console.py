"""The console in a real Chromium, as a person uses it. Without Chromium this fails."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assethub.core import folders, sharing
from assethub.core.people import groups
from assethub.core.permissions import Level
from assethub.core.sharing import Grantee
from browser.visits import choose_language, sign_in, sign_out
from console.shelves import Shelf, make_shelf
from hubs import RunningHub

AGE = re.compile("ago|just now")


@pytest.fixture
def shelf(hub: RunningHub) -> Shelf:
    shelf = make_shelf(hub)
    shelf.branch("v1")
    shelf.evaluate({"loss": 1.47, "accuracy": 0.99}, "branch/v1")
    return shelf


def test_from_a_sign_in_link_to_an_evaluation_and_both_its_commits(
    shelf: Shelf, page: Page
) -> None:
    sign_in(page, shelf)
    expect(page.get_by_role("heading", name="Your folders")).to_be_visible()
    page.get_by_role("region", name="Models").get_by_role("link", name="digits").click()
    page.get_by_role("link", name="svm").click()
    expect(page.get_by_role("heading", name="svm")).to_be_visible()

    branches = page.get_by_role("region", name="Branches")
    expect(branches.get_by_role("rowheader")).to_have_text(["main", "v1"])
    table = page.get_by_role("region", name="Evaluations").get_by_role("table")
    heads = ["Recorded", "Model commit", "Through", "Dataset", "Dataset commit", "loss", "accuracy"]
    expect(table.get_by_role("columnheader")).to_have_text(heads)
    cells = [
        shelf.model_commit[:8],
        "v1",
        "digits/digits",
        shelf.dataset_commit[:8],
        "1.47",
        "0.99",
    ]
    expect(table.get_by_role("row").nth(1).get_by_role("cell")).to_contain_text([AGE, *cells])

    page.get_by_role("link", name=shelf.model_commit[:8]).last.click()
    expect(page.get_by_role("heading", name="Add the model")).to_be_visible()
    about = page.get_by_role("region", name="About this commit")
    expect(about.get_by_text(f"{shelf.model}@{shelf.model_commit}")).to_be_visible()
    page.go_back()
    table.get_by_role("link", name=shelf.dataset_commit[:8]).click()
    expect(page.get_by_role("heading", name="Add the dataset")).to_be_visible()
    expect(page.get_by_role("link", name="digits/svm")).to_be_visible()
    page.get_by_role("navigation", name="Dataset").get_by_role("link", name="Files").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download test.csv").click()
    assert download.value.suggested_filename == "test.csv"
    assert Path(download.value.path()).read_bytes() == b"a,b\n1,2\n"

    sign_out(page)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(shelf.hub.url + shelf.model_url)
    expect(page.get_by_text("Sign in to see this page.")).to_be_visible()


def test_the_page_turns_chinese_and_stays_so(shelf: Shelf, page: Page) -> None:
    sign_in(page, shelf, shelf.model_url)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    choose_language(page, "中文")
    expect(page).to_have_url(shelf.hub.url + shelf.model_url)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.get_by_role("heading", name="评估结果")).to_be_visible()
    page.get_by_role("link", name="digits/digits").click()
    expect(page.get_by_role("heading", name="文件")).to_be_visible()
    sign_out(page)
    expect(page.get_by_role("heading", name="登录")).to_be_visible()


def test_a_folder_is_shared_and_taken_back(hub: RunningHub, shelf: Shelf, page: Page) -> None:
    other = hub.new_user()
    sign_in(page, shelf, f"/o/{shelf.owner.name}/model/digits")
    card = page.get_by_role("region", name="Shared with")
    expect(card.get_by_text("Only you see this folder.")).to_be_visible()
    card.get_by_text("Share this folder").click()
    card.get_by_label("Name of the user or the group").fill(other.name)
    card.get_by_label("Level").select_option("run")
    card.get_by_role("button", name="Share").click()
    expect(page.get_by_text("The folder is shared.")).to_be_visible()
    row = card.get_by_role("row", name=other.name)
    expect(row.get_by_role("cell").first).to_have_text("run")
    sign_out(page)

    page.get_by_text("Sign in with an API key").click()
    page.get_by_label("API key").fill(other.key)
    page.get_by_role("button", name="Sign in with the key").click()
    expect(page.get_by_role("heading", name="Your folders")).to_be_visible()
    expect(page.get_by_role("link", name="digits", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Shared with you").click()
    page.get_by_role("region", name="Models").get_by_role("link", name="digits").click()
    expect(page.get_by_text("lets you view this folder and record evaluations")).to_be_visible()
    page.get_by_role("link", name=shelf.owner.name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(shelf.owner.name)
    sign_out(page)

    sign_in(page, shelf, f"/o/{shelf.owner.name}/model/digits")
    card.get_by_role("button", name=f"Take back from {other.name}").click()
    expect(page.get_by_text("The folder is no longer shared with them.")).to_be_visible()
    expect(card.get_by_text("Only you see this folder.")).to_be_visible()


def test_an_api_key_signs_in_by_keyboard_alone(shelf: Shelf, page: Page) -> None:
    page.goto(shelf.hub.url + shelf.model_url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("User name")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_label("API key")).to_be_focused()
    page.keyboard.type(shelf.owner.key)
    page.keyboard.press("Enter")
    expect(page).to_have_url(shelf.hub.url + shelf.model_url)


def share_with_all(shelf: Shelf, name: str) -> None:
    """Shares the model's folder with everyone and with a new group of that name, if it is new."""
    inside = shelf.hub.inside
    if name not in groups.list_names(inside):
        groups.create_group(inside, name)
    [found] = folders.list_folders(inside, shelf.user, "own", "model")
    for grantee in (Grantee("public"), Grantee("group", name)):
        sharing.share_folder(inside, shelf.user, found.folder.id, grantee, Level.VIEW)


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_no_page_is_wider_than_the_window(shelf: Shelf, page: Page, width: int) -> None:
    word = "w" * 120
    commit = shelf.commit(shelf.model_id, "v1", {f"{word}/{word}.bin": b"1"}, word)
    shelf.branch(word)
    shelf.evaluate({f"{word} {number}": number / 7 for number in range(9)}, f"branch/{word}")
    share_with_all(shelf, word)
    sign_in(page, shelf)
    page.set_viewport_size({"width": width, "height": 900})
    for path in (
        "/",
        "/?scope=public",
        f"/o/{shelf.owner.name}",
        "/account",
        shelf.model_url,
        f"{shelf.model_url}/commit/{commit}",
        shelf.dataset_url,
        f"/o/{shelf.owner.name}/model/digits",
    ):
        page.goto(shelf.hub.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_markup_in_names_is_text(hub: RunningHub, page: Page) -> None:
    markup = "<img src=x onerror=alert(1)>"
    shelf = make_shelf(hub, folder=markup, model="<script>alert(1)")
    shelf.evaluate({markup: 1.0, "</th></table><script>alert(1)</script>": 2.0})
    sign_in(page, shelf)
    page.get_by_role("region", name="Models").get_by_role("link", name=markup).click()
    page.get_by_role("link", name="<script>").click()
    expect(page.get_by_role("columnheader", name=markup)).to_be_visible()
    expect(page.get_by_role("columnheader", name="</table>")).to_be_visible()
    assert page.locator("script:not([src^='/static/']), main img").count() == 0
