"""An asset's history in the browser: looked at, branched, merged through a gate, moved, deleted."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from assethub.core.repository import branches, logs, merging
from browser.accessibility import check_page
from browser.visits import choose_language, sign_in
from console.shelves import Shelf, make_shelf
from hubs import RunningHub


@pytest.fixture
def shelf(hub: RunningHub) -> Shelf:
    """A model whose `dev` and `main` have both changed `config.json`; `next` is ahead of main."""
    made = make_shelf(hub)
    made.commit(made.model_id, "main", {"config.json": b'{"rate": 1}\n'}, "Say the rate")
    made.branch("dev")
    made.commit(made.model_id, "dev", {"config.json": b'{"rate": 2}\n'}, "Double the rate")
    made.commit(made.model_id, "main", {"config.json": b'{"rate": 3}\n'}, "Triple the rate")
    made.branch("next")
    made.commit(made.model_id, "next", {"new.txt": b"new\n"}, "Something new")
    return made


def head_of(shelf: Shelf, branch: str = "main") -> str:
    found = logs.list_commits(shelf.hub.inside, shelf.user, shelf.model_id, branch, amount=1)
    return found[0].message


def test_from_the_graph_to_a_commit_and_what_it_changed(page: Page, shelf: Shelf) -> None:
    merging.merge_branch(
        shelf.hub.inside, shelf.user, shelf.model_id, "main", "dev", strategy="ours"
    )
    sign_in(page, shelf, f"{shelf.model_url}/commits")
    expect(page.locator(".graph > li")).to_have_count(7)
    expect(page.locator(".graph > li").filter(has_text="Merge dev into main")).to_be_visible()
    check_page(page)
    page.get_by_label("History of").select_option("branch/dev")
    expect(page.locator(".graph > li")).to_have_count(4)
    page.get_by_role("link", name="Double the rate").click()
    expect(page.get_by_role("heading", name="Double the rate")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="config.json").click()
    expect(page.locator("mark")).to_have_text(["1", "2"])
    page.get_by_role("link", name="Side by side").click()
    expect(page.locator(".text-diff.split mark")).to_have_text(["1", "2"])
    check_page(page)
    page.set_viewport_size({"width": 390, "height": 800})
    for path in ("commits", "branches", "merge?source=branch/dev&target=main", "gates"):
        page.goto(f"{shelf.hub.url}{shelf.model_url}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path


def test_branches_are_made_and_deleted_by_keyboard(page: Page, shelf: Shelf) -> None:
    sign_in(page, shelf, f"{shelf.model_url}/branches")
    check_page(page)
    page.get_by_role("link", name="New branch").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="New branch")
    dialog.get_by_label("Name of the branch").focus()
    page.keyboard.type("v2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="The branch v2 is made.")).to_be_visible()
    page.get_by_label("Actions for v2").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Delete…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete the branch v2")
    button = dialog.get_by_role("button", name="Delete branch")
    expect(button).to_be_disabled()
    check_page(page)
    dialog.get_by_label("To confirm, type v2").focus()
    page.keyboard.type("v2")
    expect(button).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The branch v2 is deleted.")).to_be_visible()
    left = branches.list_branches(shelf.hub.inside, shelf.user, shelf.model_id)
    assert [each.name for each in left] == ["dev", "main", "next"]


def test_a_conflict_is_decided_and_merged(page: Page, shelf: Shelf) -> None:
    sign_in(page, shelf, quote(f"{shelf.model_url}/merge?source=branch/dev&target=main"))
    button = page.locator("form.act").get_by_role("button", name="Merge")
    expect(button).to_be_disabled()
    check_page(page)
    page.get_by_label("theirs: take that of branch/dev").check()
    expect(button).to_be_enabled()
    button.click()
    expect(page.get_by_text("this commit brings both sides together")).to_be_visible()
    assert head_of(shelf) == "Merge dev into main"


def test_a_gate_is_written_tried_live_and_passed_with_a_reason(page: Page, shelf: Shelf) -> None:
    shelf.evaluate({"accuracy": 0.5}, "branch/next")
    sign_in(page, shelf, f"{shelf.model_url}/gates?branch=main")
    page.get_by_label("Metric", exact=True).fill("accuracy")
    page.get_by_label("Dataset", exact=True).fill("digits/digits")
    page.get_by_label("Value", exact=True).fill("0.9")
    page.get_by_role("button", name="Add the rule").click()
    rules = page.get_by_label("Rules, as YAML")
    expect(rules).to_have_value(
        "rules:\n- metric: accuracy\n  dataset: digits/digits\n  min: 0.9\n"
    )
    page.get_by_label("Try with the branch, tag or commit").fill("branch/next")
    rules.fill("rules:\n- metric: accuracy\n  dataset: digits/digits\n  min: 0.4\n")
    expect(page.locator("#attempt .attempt-title")).to_contain_text("passes")
    rules.fill("rules:\n- metric: accuracy\n  dataset: digits/digits\n  mni: 0.9\n")
    expect(page.locator("#attempt")).to_contain_text("Line 4")
    expect(page.locator(".line-numbers .wrong")).to_have_text("4\n")
    check_page(page)
    rules.fill("rules:\n- metric: accuracy\n  dataset: digits/digits\n  min: 0.9\n")
    expect(page.locator("#attempt .attempt-title")).to_contain_text("fails")
    check_page(page)
    page.get_by_role("button", name="Set the gate").click()
    expect(page.get_by_text("The gate of main is set.")).to_be_visible()
    page.goto(f"{shelf.hub.url}{shelf.model_url}/merge?source=branch/next&target=main")
    button = page.get_by_role("button", name="Merge despite the gate")
    expect(button).to_be_disabled()
    check_page(page)
    page.get_by_label("Reason to pass the gate all the same").fill("the demo is today")
    button.click()
    expect(page.get_by_text("the branch points at this commit now")).to_be_visible()
    page.goto(f"{shelf.hub.url}{shelf.model_url}/gates")
    expect(page.get_by_role("cell", name="the demo is today")).to_be_visible()


def test_a_model_is_moved_renamed_and_deleted_in_chinese(page: Page, shelf: Shelf) -> None:
    sign_in(page, shelf, quote(f"{shelf.model_url}/reset?branch=main&to=branch/next"))
    choose_language(page, "中文")
    expect(page.get_by_role("heading", name="移动分支")).to_be_visible()
    check_page(page)
    page.get_by_label("确认将 main 移动到 commit").check()
    page.locator("form.act").get_by_role("button", name="移动分支").click()
    expect(page.get_by_text("分支已移动。")).to_be_visible()
    assert head_of(shelf) == "Something new"
    page.get_by_role("link", name="设置", exact=True).click()
    page.get_by_label("名称", exact=True).fill("svm-2")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("设置已保存。")).to_be_visible()
    check_page(page)
    button = page.get_by_role("button", name="删除此模型")
    expect(button).to_be_disabled()
    page.get_by_label("请输入 svm-2 以确认").fill("svm-2")
    button.click()
    expect(page).to_have_url(f"{shelf.hub.url}/o/{shelf.owner.name}/model/digits?done=deleted")


def test_without_script_a_gate_is_tried_and_a_tag_is_made(
    hub: RunningHub, page: Page, shelf: Shelf
) -> None:
    sign_in(page, shelf, f"{shelf.model_url}/gates")
    browser = page.context.browser
    assert browser
    context = browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state(), locale="en-US"
    )
    plain = context.new_page()
    plain.goto(f"{hub.url}{shelf.model_url}/gates")
    plain.get_by_label("Rules, as YAML").fill("- metric: a\n  dataset: digits/digits\n")
    plain.get_by_role("button", name="Try", exact=True).click()
    expect(plain.locator("#attempt")).to_contain_text("no evaluation that counts")
    plain.goto(f"{hub.url}{shelf.model_url}/branches")
    plain.get_by_role("link", name="New tag").click()
    plain.get_by_label("Name of the tag").fill("v1")
    plain.get_by_role("button", name="Create tag").click()
    expect(plain.get_by_text("The tag v1 is made.")).to_be_visible()
    context.close()
