"""Evaluations in a browser: found, looked at, recorded, marked; by mouse and by keyboard."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from assethub.core.evaluations import recording
from assethub.core.evaluations.samples import SampleIntake
from browser.accessibility import check_page
from browser.visits import PHONE, open_window, sign_in
from console.shelves import Shelf, make_shelf
from hubs import RunningHub

MARKUP = "<img src=x onerror=alert(1)>"


def record(shelf: Shelf, metrics: dict[str, Any], **more: Any) -> str:
    made = recording.create_evaluation(
        shelf.hub.inside, shelf.user, f"{shelf.model}:main", shelf.dataset, metrics, **more
    )
    return made.id


def fill(hub: RunningHub) -> tuple[Shelf, list[str]]:
    shelf = make_shelf(hub)
    rows = [{"sample_id": f"s{n}", "accuracy": n % 4 > 0, "text": MARKUP} for n in range(60)]
    with SampleIntake(hub.inside, shelf.user) as intake:
        intake.write("".join(json.dumps(row) + "\n" for row in rows).encode())
        sent = intake.finish()
    ids = [
        record(shelf, {"accuracy": 0.8, MARKUP: 1}, params={"lr": 0.1, MARKUP: MARKUP}, tool="t"),
        record(shelf, {"accuracy": {"value": 0.9, "n": 50}, "top 5": 0.99}, params={"lr": 0.01}),
        record(shelf, {"accuracy": 0.75, "a/b": 1}, note=MARKUP, samples=sent.id),
    ]
    return shelf, ids


def test_a_filter_is_completed_by_keyboard_and_rows_are_compared(
    hub: RunningHub, page: Page
) -> None:
    shelf, ids = fill(hub)
    sign_in(page, shelf, f"{shelf.model_url}/evaluations")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    check_page(page)
    field = page.get_by_role("combobox", name="Filter")
    field.press_sequentially("acc")
    options = page.get_by_role("option")
    expect(options.first).to_have_text("accuracy")
    check_page(page)
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(field).to_have_value("accuracy ")
    expect(options.first).to_have_text("=")
    field.press_sequentially(">= 0.8 an")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(field).to_have_value("accuracy >= 0.8 and ")
    field.press_sequentially("param.lr < 1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="accuracy").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("accuracy")
    expect(rows.first).to_have_id(f"evaluation-{ids[1]}")
    compare = page.get_by_role("button", name="Compare the chosen")
    expect(compare).to_be_disabled()
    for box in page.get_by_role("checkbox", name="Choose evaluation").all():
        box.check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    compare.click()
    expect(page.get_by_role("heading", name="Compare evaluations")).to_be_visible()


def test_columns_are_chosen(hub: RunningHub, page: Page) -> None:
    shelf, _ = fill(hub)
    sign_in(page, shelf, f"{shelf.model_url}/evaluations")
    page.get_by_text("Columns", exact=False).first.click()
    page.get_by_role("checkbox", name="param.lr").check()
    page.get_by_role("checkbox", name="Tool", exact=True).check()
    check_page(page)
    page.get_by_role("button", name="Show these columns").click()
    expect(page.get_by_role("columnheader", name="lr")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Tool")).to_be_visible()


def test_one_evaluation_with_its_samples(hub: RunningHub, page: Page) -> None:
    shelf, ids = fill(hub)
    sign_in(page, shelf, f"/evaluations/{ids[2]}")
    expect(page.get_by_role("heading", name="Samples")).to_be_visible()
    check_page(page)
    page.get_by_label("Wrong in").select_option("accuracy")
    page.locator("#samples-part").get_by_role("button", name="Find").click()
    expect(page.locator(".samples tbody tr")).to_have_count(15)
    page.get_by_role("link", name="Mark as invalid…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(f"leaked {MARKUP}")
    check_page(page)
    dialog.get_by_role("button", name="Mark as invalid").click()
    expect(page.get_by_text("never ranked").first).to_be_visible()
    expect(page.get_by_text(f"leaked {MARKUP}")).to_be_visible()
    page.goto(f"{hub.url}{shelf.model_url}/evaluations?invalid=shown")
    expect(page.locator("tr.invalid")).to_have_count(1)
    check_page(page)


def test_an_evaluation_is_recorded_with_samples_sent_ahead(
    hub: RunningHub, page: Page, tmp_path: Path
) -> None:
    shelf, _ = fill(hub)
    samples = tmp_path / "samples.jsonl"
    samples.write_text('{"sample_id": "a", "accuracy": 1}\n{"sample_id": "b", "accuracy": 0}\n')
    sign_in(page, shelf, f"{shelf.model_url}/evaluations/new")
    dataset = page.get_by_role("combobox", name="Dataset")
    dataset.press_sequentially("digi")
    expect(page.get_by_role("option")).to_have_text([shelf.dataset])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dataset).to_have_value(shelf.dataset)
    check_page(page)
    for number in range(3):
        page.get_by_label(f"Name, row {number + 1}").first.fill(f"m{number}")
        page.get_by_label(f"Value, row {number + 1}").first.fill(str(number))
    page.get_by_role("button", name="Add a metric").click()
    expect(page.get_by_label("Name, row 4")).to_be_focused()
    page.keyboard.type("accuracy")
    page.get_by_label("Value, row 4").fill("0.5")
    page.get_by_role("button", name="Remove row 1").first.click()
    page.locator('input[name="samples"]').set_input_files(samples)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text("The evaluation is recorded.")).to_be_visible()
    expect(page.locator(".measures tbody tr")).to_have_count(3)
    expect(page.locator(".samples tbody tr")).to_have_count(2)


def test_the_table_in_chinese_on_a_phone(hub: RunningHub, chromium: Browser) -> None:
    shelf, ids = fill(hub)
    paths = (
        f"{shelf.model_url}/evaluations",
        f"/evaluations/{ids[2]}",
        f"{shelf.model_url}/evaluations/new",
    )
    with open_window(hub, chromium, locale="zh-CN", viewport=PHONE) as page:
        sign_in(page, shelf, paths[0])
        expect(page.get_by_role("heading", name="评估结果")).to_be_visible()
        for path in paths:
            page.goto(hub.url + path)
            check_page(page)
            assert page.evaluate("document.documentElement.scrollWidth") == 390
