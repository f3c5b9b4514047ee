"""Which model is better, as a person finds out in the console."""

from collections.abc import Sequence

from playwright.sync_api import Page, expect

from assethub.core import assets
from assethub.core.evaluations import recording
from browser.accessibility import check_page
from browser.visits import sign_in
from console.shelves import Shelf, make_shelf
from hubs import RunningHub


def fill(hub: RunningHub) -> tuple[Shelf, Sequence[str]]:
    """A shelf with three models, evaluated with how sure their values are."""
    shelf = make_shelf(hub)
    folder = assets.get_asset(hub.inside, shelf.user, shelf.model_id).folder
    made = []
    for name, share in (("forest", 0.95), ("mlp", 0.949), ("guess", 0.1)):
        assets.create_asset(hub.inside, shelf.user, folder.id, name, [])
        metrics = {"accuracy": {"value": share, "n": 1000}, "loss": 1 - share}
        model = f"{folder.path}/{name}"
        made.append(
            recording.create_evaluation(hub.inside, shelf.user, model, shelf.dataset, metrics).id
        )
    return shelf, made


def test_from_a_leaderboard_to_a_comparison(hub: RunningHub, page: Page) -> None:
    shelf, _ = fill(hub)
    sign_in(page, shelf, f"{shelf.dataset_url}/leaderboard?metric=accuracy")
    expect(page.locator(".interval-plot .points .point")).to_have_count(3)
    board = page.get_by_role("table")
    expect(board.get_by_role("rowheader")).to_have_text(
        ["digits/forest", "digits/mlp", "digits/guess"]
    )
    check_page(page)
    page.get_by_role("checkbox", name="Compare digits/forest").check()
    page.get_by_role("checkbox", name="Compare digits/guess").check()
    page.get_by_role("button", name="Compare the chosen").click()
    expect(page.get_by_role("heading", name="Compare evaluations")).to_be_visible()
    expect(page.locator(".forest-plot .points .point")).to_have_count(2)
    expect(page.get_by_role("row", name="accuracy")).to_contain_text("worse")
    check_page(page)
    page.get_by_text("Copy as").click()
    expect(page.locator("#copy-as-1")).to_contain_text("ah compare")


def test_a_history_shows_the_commit_of_a_point_and_leads_to_its_evaluation(
    hub: RunningHub, page: Page
) -> None:
    shelf = make_shelf(hub)
    ids = []
    for value in (0.8, 0.9):
        shelf.commit(shelf.model_id, "main", {"w": str(value).encode()}, f"Reach {value} <b>")
        ids.append(shelf.evaluate({"accuracy": value}))
    sign_in(page, shelf, f"{shelf.model_url}/history")
    points = page.locator(".history-plot .points .point")
    expect(points).to_have_count(2)
    check_page(page)
    points.nth(1).hover(force=True)
    expect(page.locator(".hoverlayer .hovertext")).to_contain_text("Reach 0.9 <b>")
    points.nth(1).click(force=True)
    page.wait_for_url(f"**/evaluations/{ids[1]}")


def test_plots_follow_the_theme(hub: RunningHub, page: Page) -> None:
    shelf, _ = fill(hub)
    sign_in(page, shelf, f"{shelf.dataset_url}/leaderboard")
    tick = page.locator(".interval-plot .ytick text").first
    page.emulate_media(color_scheme="light")
    expect(tick).to_have_css("fill", "rgb(23, 29, 40)")
    page.emulate_media(color_scheme="dark")
    expect(tick).to_have_css("fill", "rgb(230, 234, 240)")
