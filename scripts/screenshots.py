"""Takes the pictures of the console that the documents show, docs/images/console-*.png.

Usage: .venv/bin/python scripts/screenshots.py
It starts a hub of its own with made example data, and needs Debian's Chromium.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from playwright.sync_api import Page, sync_playwright

from assethub.core import assets, folders
from assethub.core.evaluations import recording
from assethub.core.hub import Hub, open_hub
from assethub.core.people import sessions, users
from assethub.core.people.users import User
from assethub.core.repository import branches, operations, tags
from assethub.core.repository.finish import finish_operation
from assethub.settings import Settings

IMAGES = Path(__file__).parents[1] / "docs" / "images"
# The pages, by the beginning of the name of their picture.
FOLDER = "/o/ann/model/image-classification"
MODEL = f"{FOLDER}/mnist-cnn-keras"
PAGES = {
    "console": MODEL,
    "console-folder": FOLDER,
    "console-dataset": "/o/ann/dataset/image-classification/mnist",
}
_HOUR = 3600


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with example_hub() as (url, token), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(locale="en-US", viewport={"width": 1440, "height": 600})
        page.goto(f"{url}/signin?token={token}")
        page.get_by_role("button", name="Continue").click()
        take(page, url, "en")
        page.get_by_role("button", name="中文").click()
        page.get_by_role("button", name="English").wait_for()
        take(page, url, "zh")
        browser.close()


def take(page: Page, url: str, language: str) -> None:
    """Takes the pictures in the language that the pages have now."""
    for name, path in PAGES.items():
        page.goto(url + path)
        page.screenshot(path=IMAGES / f"{name}-{language}.png", full_page=True)
    page.goto(url + MODEL)
    page.locator("table a.commit").nth(3).click()
    page.locator("dl.facts").wait_for()
    page.screenshot(path=IMAGES / f"console-commit-{language}.png", full_page=True)


@contextmanager
def example_hub() -> Iterator[tuple[str, str]]:
    """The URL of a hub with made data, and a token that signs the user `ann` in once."""
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(data=Path(directory) / "data")
        hub = open_hub(settings)
        ann = users.add_user(hub, "ann")
        fill(hub, ann)
        token = sessions.make_signin_token(hub, ann)
        hub.close()
        program = Path(sys.executable).with_name("assethub")
        server = subprocess.Popen(
            [program, "serve", "--port", "0", "--data", settings.data],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split(" at ")[1].strip(), token
        finally:
            server.terminate()
            server.wait(15)


def fill(hub: Hub, ann: User) -> None:
    """Some weeks of a small team's work."""
    with _hours_ago(43 * 24):
        images = folders.create_folder(
            hub, ann, "model", "image-classification", ["vision", "production"]
        )
        speech = folders.create_folder(hub, ann, "model", "speech", ["audio"])
        sets = folders.create_folder(hub, ann, "dataset", "image-classification", ["vision"])
        mnist = assets.create_asset(hub, ann, sets, "mnist", ["28×28", "greyscale"])
        assets.create_asset(hub, ann, sets, "fashion-mnist", ["28×28"])
        model = assets.create_asset(hub, ann, images, "mnist-cnn-keras", ["keras", "cnn", "已上线"])
        for name in ("mnist-svm", "mnist-random-forest"):
            assets.create_asset(hub, ann, images, name, ["scikit-learn"])
        assets.create_asset(hub, ann, speech, "wake-word", ["pytorch"])
    _fill_model(hub, ann, model, *_fill_dataset(hub, ann, mnist))


def _fill_dataset(hub: Hub, ann: User, mnist: str) -> tuple[str, str]:
    parts = {"train.parquet": 9_400_000, "test.parquet": 1_570_000, "README.md": 2_100}
    with _hours_ago(41 * 24):
        first = commit(hub, ann, mnist, "main", "Import the original MNIST files", parts)
    with _hours_ago(17 * 24):
        parts = {"test.parquet": 1_569_000}
        return first, commit(hub, ann, mnist, "main", "Fix 15 wrong labels in test", parts)


def _fill_model(hub: Hub, ann: User, model: str, before: str, after: str) -> None:
    runs = [
        (31 * 24, "v1", "First CNN that converges", 4_812_000, (1.4702, 0.9712, 0.9698, 38)),
        (24 * 24, "v1", "Train for 20 epochs", 4_812_400, (0.9124, 0.9801, 0.9795, 41)),
        (
            11 * 24,
            "v2",
            "Add dropout before the last layer",
            5_120_000,
            (0.4461, 0.9883, 0.988, 44),
        ),
        (5 * 24, "v2", "Augment: shift by two pixels", 5_120_800, (0.3987, 0.9907, 0.9904, 44)),
        (29, "batch-norm", "Try batch norm", 5_630_000, (0.4102, 0.9899, None, 52)),
        (3, "v2", "Halve the learning rate at plateaus", 5_120_900, (0.3512, 0.9921, 0.9919, 44)),
    ]
    with _hours_ago(42 * 24):
        for name in ("v1", "v2", "batch-norm"):
            branches.create_branch(hub, ann, model, name, "main")
    for hours, branch, message, size, (loss, accuracy, f1, latency) in runs:
        with _hours_ago(hours):
            commit(hub, ann, model, branch, message, {"model.keras": size, "config.json": 1_204})
        metrics = {"loss": loss, "accuracy": accuracy, "macro F1": f1, "latency ms": latency}
        through = f"branch/{branch}"
        if hours == 5 * 24:
            tags.create_tag(hub, ann, model, "v2.0", branch)
            through = "tag/v2.0"
        with _hours_ago(hours - 0.4):
            recording.create_evaluation(
                hub,
                ann,
                f"ann/model/image-classification/mnist-cnn-keras:{through}",
                f"ann/dataset/image-classification/mnist@{before if hours > 17 * 24 else after}",
                {name: value for name, value in metrics.items() if value is not None},
            )
    tags.create_tag(hub, ann, model, "v1.0", "v1")


def commit(
    hub: Hub, user: User, asset: str, branch: str, message: str, sizes: Mapping[str, int]
) -> str:
    """Commits made files of the given sizes; returns the commit's id."""
    operation = operations.start_operation(hub, user, asset, branch).id
    for path, size in sizes.items():
        with hub.blobs.create() as writer:
            writer.write(f"{message}: {path}\n".encode().ljust(size, b"."))
            blob = writer.commit()
        operations.stage_put(hub, user, operation, path, blob)
    return finish_operation(hub, user, operation, message)


@contextmanager
def _hours_ago(hours: float) -> Iterator[None]:
    """Lets the hub believe that it is so much earlier."""
    moment = time.time_ns() - int(hours * _HOUR * 1e9)
    with patch("time.time_ns", lambda: moment):
        yield


if __name__ == "__main__":
    main()
