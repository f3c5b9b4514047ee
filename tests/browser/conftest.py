"""The browser that the tests of pages drive, and a hub for it to visit."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assethub.settings import Settings
from browser.visits import open_window
from hubs import RunningHub, run_hub

# Of a page on a busy machine: as long as it is waited for.
expect.set_options(timeout=20_000)


# Not for the session: while it is open no other test can run a loop of events.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium")
    assert found, "these tests need Debian's package chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    place = tmp_path_factory.mktemp("browser")
    with run_hub(Settings(data=place / "data"), place / "log") as running:
        yield running


@pytest.fixture
def page(hub: RunningHub, chromium: Browser) -> Iterator[Page]:
    """A new browser window. At the end: nothing was asked of others, the console is silent."""
    with open_window(hub, chromium, viewport={"width": 1440, "height": 900}) as page:
        yield page
