"""Takes the pictures of the console that the documents show, docs/images/console-*.png.

Usage: make screenshots
It starts a hub of its own with made example data, and needs Debian's Chromium.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from example_hub import Example, example_hub
from example_team import CNN, IMAGES, MNIST
from playwright.sync_api import Browser, Page, sync_playwright

TARGET = Path(__file__).parents[1] / "docs" / "images"
MODEL = f"/o/{CNN}"
LOCALES = {"en": "en-US", "zh": "zh-CN"}
_COLUMNS = (
    "branch",
    "commit",
    "dataset",
    "accuracy",
    "loss",
    'metric."latency ms"',
    "param.dropout",
)
# Pictures are as high as their page, within these.
_LOWEST, _HIGHEST = 600, 1_400


class View(NamedTuple):
    """A page as a picture shows it."""

    path: str
    width: int = 1_440
    scheme: str = "light"


def list_views(example: Example) -> dict[str, View]:
    """The pages that the documents show, by the name of their picture."""
    chosen = "&".join(f"e={each}" for each in example.compared)
    columns = "&".join(f"columns={each}" for each in _COLUMNS)
    return {
        "home": View("/"),
        "folder": View(f"/o/{IMAGES}"),
        "model": View(MODEL),
        "model-dark": View(MODEL, scheme="dark"),
        "model-phone": View(MODEL, width=390),
        "file": View(f"/o/{MNIST}/files?path=test.parquet"),
        "upload": View(f"{MODEL}/upload?ref=branch/v2"),
        "commits": View(f"{MODEL}/commits"),
        "diff": View(f"{MODEL}/diff?from=tag/v2.0&to=branch/v2"),
        "merge": View(f"{MODEL}/merge?source=branch/v2&target=main"),
        "evaluations": View(f"{MODEL}/evaluations?{columns}"),
        "evaluation": View(f"/evaluations/{example.compared[1]}"),
        "compare": View(f"/compare?{chosen}&metric=accuracy&metric=loss&metric=latency ms"),
        "leaderboard": View(f"/o/{MNIST}/leaderboard?metric=accuracy"),
        "history": View(f"{MODEL}/history?metric=accuracy&ref=branch/v2"),
        "gates": View(f"{MODEL}/gates?branch=main&source=branch/v2"),
        "storage": View("/admin/storage"),
    }


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with example_hub() as example, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        views = list_views(example)
        for language, name, page in visit(browser, example, views):
            height = page.evaluate("document.documentElement.scrollHeight")
            width = views[name].width
            page.set_viewport_size({"width": width, "height": min(max(height, _LOWEST), _HIGHEST)})
            page.screenshot(path=TARGET / f"console-{name}-{language}.png", animations="disabled")
        browser.close()


def visit(
    browser: Browser, example: Example, views: dict[str, View]
) -> Iterator[tuple[str, str, Page]]:
    """Each page in each language, when all of it is there: the language, its name, the page."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(f"{example.url}/signin?token={example.token}")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{example.url}/")
    state = context.storage_state()
    for language, locale in LOCALES.items():
        for name, view in views.items():
            own = browser.new_context(
                storage_state=state,
                locale=locale,
                color_scheme="dark" if view.scheme == "dark" else "light",
                viewport={"width": view.width, "height": _LOWEST},
            )
            page = own.new_page()
            page.goto(example.url + view.path)
            # Open pages keep a stream of changes, so that the network never becomes idle.
            page.wait_for_load_state("load")
            for plot in page.locator("[data-plot]").all():
                plot.locator(".main-svg").first.wait_for()
            yield language, name, page
            own.close()


if __name__ == "__main__":
    main()
