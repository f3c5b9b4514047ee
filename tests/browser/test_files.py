"""Files in the browser: looked at, brought by drag and drop, deleted; also over bad connections."""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from assethub.core.gates import definitions
from assethub.core.repository import branches, logs, objects
from browser.accessibility import check_page
from browser.visits import sign_in
from console.shelves import Shelf, make_shelf
from hubs import RunningHub
from proxies import Proxy, run_proxy

MEGABYTE = 1 << 20
README = """---
license: mit
tags: [vision, digits]
---
# Digits

See [the script](train.py), ![a dot](dot.png) and ![elsewhere](https://example.com/x.png).

```python
print("hello")
```

| Model | Accuracy |
|---|---:|
| svm | 0.97 |
"""
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cfc0f01f0005000"
    "1ff56c72e0d0000000049454e44ae426082"
)


@pytest.fixture
def shelf(hub: RunningHub) -> Shelf:
    return make_shelf(hub)


def drop(page: Page, target: Locator, paths: list[Path]) -> None:
    """Drags files of this machine onto a place, as the system's file manager does."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": {"items": [], "files": [str(each) for each in paths], "dragOperationsMask": 1},
            },
        )
    session.detach()


def files_of(shelf: Shelf, branch: str = "main") -> dict[str, tuple[int, str]]:
    """Size and SHA-256 by path."""
    found = objects.list_objects(
        shelf.hub.inside, shelf.user, shelf.model_id, branch, kind="branch"
    )
    return {each.path: (each.size, each.checksum) for each in found}


def messages_of(shelf: Shelf, branch: str = "main") -> list[str]:
    found = logs.list_commits(shelf.hub.inside, shelf.user, shelf.model_id, branch)
    return [each.message for each in found]


def told(data: bytes) -> tuple[int, str]:
    return len(data), sha256(data).hexdigest()


def test_files_and_folders_that_are_dropped_become_one_commit(
    shelf: Shelf, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "weights" / "deep").mkdir(parents=True)
    contents = {
        "notes.txt": b"notes",
        "empty.txt": b"",
        "weights/a.bin": os.urandom(300_000),
        "weights/deep/b.bin": b"b",
    }
    for path, data in contents.items():
        (tmp_path / path).write_bytes(data)
    sign_in(page, shelf, f"{shelf.model_url}/files")
    dropped = [tmp_path / name for name in ("notes.txt", "empty.txt", "weights")]
    drop(page, page.get_by_role("region", name="Files"), dropped)
    dialog = page.get_by_role("dialog", name="Upload files")
    expect(dialog.get_by_role("rowheader")).to_have_text(
        ["notes.txt", "empty.txt", "weights/a.bin", "weights/deep/b.bin"]
    )
    check_page(page)
    dialog.get_by_role("button", name="Remove empty.txt").click()
    dialog.get_by_label("Folder in the branch").fill("new")
    dialog.get_by_label("Message of the commit").fill("Bring <b>weights</b>")
    dialog.get_by_role("button", name="Commit to main").click()
    expect(page.get_by_text("The files are committed.")).to_be_visible()
    expect(page.get_by_role("link", name="Bring <b>weights</b>")).to_be_visible()
    del contents["empty.txt"]
    expected = {f"new/{path}": told(data) for path, data in contents.items()}
    assert files_of(shelf) == expected | {"model.pkl": told(b"weights")}
    assert messages_of(shelf)[:2] == ["Bring <b>weights</b>", "Add the model"]


def sparse(path: Path, size: int) -> str:
    """A file of that size that takes no room; returns its SHA-256."""
    with path.open("wb") as file:
        file.truncate(size)
        for place in range(0, size - MEGABYTE, 16 * MEGABYTE):
            file.seek(place)
            file.write(str(place).encode())
        file.seek(size - 3)
        file.write(b"end")
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(MEGABYTE):
            digest.update(chunk)
    return digest.hexdigest()


@pytest.fixture
def proxy(hub: RunningHub) -> Iterator[Proxy]:
    with run_proxy(hub.url) as made:
        yield made


@pytest.fixture
def slow_page(proxy: Proxy, chromium: Browser) -> Iterator[Page]:
    """A window that reaches the hub through the proxy; failed requests are expected there."""
    context = chromium.new_context(locale="en-US", viewport={"width": 1024, "height": 900})
    yield context.new_page()
    context.close()


def reach(page: Page, shelf: Shelf, proxy: Proxy, path: str) -> None:
    through = shelf._replace(hub=_At(shelf.hub, proxy.url))  # type: ignore[arg-type]
    sign_in(page, through, path)


class _At:
    """The hub under another address."""

    def __init__(self, hub: RunningHub, url: str) -> None:
        self._hub, self.url = hub, url

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hub, name)


@pytest.mark.parametrize(
    "size",
    [
        96 * MEGABYTE + 5,
        pytest.param(
            1024 * MEGABYTE + 5,
            marks=pytest.mark.skipif(
                "ASSETHUB_TEST_LARGE_UPLOADS" not in os.environ,
                reason="takes long: set ASSETHUB_TEST_LARGE_UPLOADS",
            ),
        ),
    ],
)
def test_a_large_file_arrives_though_the_connection_is_cut(
    shelf: Shelf, proxy: Proxy, slow_page: Page, tmp_path: Path, size: int
) -> None:
    digest = sparse(tmp_path / "large.bin", size)
    reach(slow_page, shelf, proxy, f"{shelf.model_url}/upload")
    drop(slow_page, slow_page.get_by_text("Drop files or folders here"), [tmp_path / "large.bin"])
    slow_page.get_by_label("Message of the commit").fill("Large")
    proxy.cut(up=size // 2)
    before = proxy.up
    slow_page.get_by_role("button", name="Commit to main").click()
    expect(slow_page.get_by_text("The files are committed.")).to_be_visible(timeout=120_000)
    assert proxy.cuts == 1
    # What had arrived was not sent again.
    assert proxy.up - before < size + 64 * MEGABYTE
    assert files_of(shelf)["large.bin"] == (size, digest)


def test_an_upload_goes_on_after_the_page_is_loaded_again(
    shelf: Shelf, proxy: Proxy, slow_page: Page, tmp_path: Path
) -> None:
    size = 64 * MEGABYTE + 1
    digest = sparse(tmp_path / "large.bin", size)
    (tmp_path / "small.txt").write_bytes(b"small")
    files = [tmp_path / "small.txt", tmp_path / "large.bin"]
    page = slow_page
    reach(page, shelf, proxy, f"{shelf.model_url}/upload")
    drop(page, page.get_by_text("Drop files or folders here"), files)
    page.get_by_label("Message of the commit").fill("Two")
    proxy.hold(up=40 * MEGABYTE)
    page.get_by_role("button", name="Commit to main").click()
    assert proxy.held.wait(60)
    proxy.drop()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_text("An upload of 2 files was interrupted here.")).to_be_visible()
    drop(page, page.get_by_text("Drop files or folders here"), files)
    page.get_by_label("Message of the commit").fill("Both")
    before = proxy.up
    sent: list[Request] = []
    page.on("request", sent.append)
    page.get_by_role("button", name="Commit to main").click()
    expect(page.get_by_text("The files are committed.")).to_be_visible(timeout=60_000)
    assert proxy.up - before < size - 14 * MEGABYTE
    assert not [each for each in sent if each.url.endswith("/pack")]
    assert files_of(shelf)["large.bin"] == (size, digest)
    assert messages_of(shelf)[0] == "Both"
