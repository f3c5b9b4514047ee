"""Files in the browser: looked at, brought by drag and drop, deleted; also over bad connections."""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from assethub.core.gates.definitions import set_gate
from assethub.core.repository import logs, objects
from browser.accessibility import check_page
from browser.visits import choose_language, sign_in
from console.samples import sample_files
from console.shelves import Shelf, make_shelf
from hubs import RunningHub
from proxies import Proxy, run_proxy

MEGABYTE = 1 << 20
# One file of each way to show one.
SHOWN = ("train.py", "test.parquet", "model.onnx", "dot.png", "weights.pt")
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
                "data": {
                    "items": [],
                    "files": [str(each) for each in paths],
                    "dragOperationsMask": 1,
                },
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
def patient_page(chromium: Browser) -> Iterator[Page]:
    """A window in which requests may fail."""
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
    shelf: Shelf, proxy: Proxy, patient_page: Page, tmp_path: Path, size: int
) -> None:
    digest = sparse(tmp_path / "large.bin", size)
    reach(patient_page, shelf, proxy, f"{shelf.model_url}/upload")
    drop(
        patient_page,
        patient_page.get_by_text("Drop files or folders here"),
        [tmp_path / "large.bin"],
    )
    patient_page.get_by_label("Message of the commit").fill("Large")
    proxy.cut(up=size // 2)
    before = proxy.up
    patient_page.get_by_role("button", name="Commit to main").click()
    expect(patient_page.get_by_text("The files are committed.")).to_be_visible(timeout=120_000)
    assert proxy.cuts == 1
    # What had arrived was not sent again.
    assert proxy.up - before < size + 64 * MEGABYTE
    assert files_of(shelf)["large.bin"] == (size, digest)


def test_an_upload_goes_on_after_the_page_is_loaded_again(
    shelf: Shelf, proxy: Proxy, patient_page: Page, tmp_path: Path
) -> None:
    size = 64 * MEGABYTE + 1
    digest = sparse(tmp_path / "large.bin", size)
    (tmp_path / "small.txt").write_bytes(b"small")
    files = [tmp_path / "small.txt", tmp_path / "large.bin"]
    page = patient_page
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
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name="Commit to main").click()
    expect(page.get_by_text("The files are committed.")).to_be_visible(timeout=60_000)
    assert proxy.up - before < size - 14 * MEGABYTE
    assert not [url for url in sent if url.endswith("/pack")]
    assert files_of(shelf)["large.bin"] == (size, digest)
    assert messages_of(shelf)[0] == "Both"


def test_files_are_chosen_and_committed_by_keyboard(
    shelf: Shelf, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "one.txt").write_bytes(b"1")
    # Whoever begins to listen only when the key is pressed may come too late.
    page.on("filechooser", lambda _: None)
    sign_in(page, shelf, f"{shelf.model_url}/upload?path=texts")
    page.get_by_label("Choose files").focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(tmp_path / "one.txt")
    expect(page.get_by_role("rowheader", name="one.txt")).to_be_visible()
    page.get_by_label("Message of the commit").focus()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The files are committed.")).to_be_visible()
    assert files_of(shelf)["texts/one.txt"] == told(b"1")


def test_what_a_commit_is_refused_for_is_said_and_what_was_typed_stays(
    shelf: Shelf, patient_page: Page, tmp_path: Path
) -> None:
    page = patient_page
    (tmp_path / "model.pkl").write_bytes(b"mine")
    sign_in(page, shelf, f"{shelf.model_url}/upload")
    drop(page, page.get_by_text("Drop files or folders here"), [tmp_path / "model.pkl"])
    page.get_by_label("Message of the commit").fill("Mine")

    def meanwhile(route: Route) -> None:
        shelf.commit(shelf.model_id, "main", {"model.pkl": b"theirs"}, "Theirs")
        route.continue_()

    page.route("**/pack", meanwhile, times=1)
    page.get_by_role("button", name="Commit to main").click()
    expect(page.get_by_role("alert")).to_contain_text("Others have changed the same files")
    expect(page.get_by_label("Message of the commit")).to_have_value("Mine")
    assert files_of(shelf)["model.pkl"] == told(b"theirs")
    page.get_by_role("button", name="Commit to main").click()
    expect(page.get_by_text("The files are committed.")).to_be_visible()
    assert files_of(shelf)["model.pkl"] == told(b"mine")


def test_a_gate_that_refuses_a_commit_is_shown_with_its_rules(
    shelf: Shelf, patient_page: Page, tmp_path: Path
) -> None:
    page = patient_page
    rule = {"metric": "accuracy", "dataset": shelf.dataset, "min": 0.9}
    set_gate(shelf.hub.inside, shelf.user, shelf.model_id, "main", [rule], allow_new=True)
    (tmp_path / "new.bin").write_bytes(b"new")
    sign_in(page, shelf, f"{shelf.model_url}/upload")
    drop(page, page.get_by_text("Drop files or folders here"), [tmp_path / "new.bin"])
    page.get_by_label("Message of the commit").fill("Try")
    page.get_by_role("button", name="Commit to main").click()
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("The branch is held by a gate")
    expect(problem.get_by_role("listitem")).to_contain_text("accuracy")
    expect(page.get_by_label("Message of the commit")).to_have_value("Try")
    assert set(files_of(shelf)) == {"model.pkl"}


def test_an_upload_that_is_cancelled_changes_nothing_and_can_go_on_without_some_files(
    shelf: Shelf, page: Page, tmp_path: Path
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(name.encode())
    sign_in(page, shelf, f"{shelf.model_url}/upload")
    dropped = [tmp_path / "a.txt", tmp_path / "b.txt"]
    drop(page, page.get_by_text("Drop files or folders here"), dropped)
    page.get_by_label("Message of the commit").fill("Some")
    waiting: list[Route] = []
    page.route("**/update/*", lambda route: waiting.append(route))
    page.get_by_role("button", name="Commit to main").click()
    expect(page.get_by_text("Making the commit…")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Commit to main")).to_be_enabled()
    # Those that are held would be let through by the end of the route.
    for route in waiting:
        route.abort()
    page.unroute("**/update/*")
    assert len(messages_of(shelf)) == 2
    page.get_by_role("button", name="Remove a.txt").click()
    page.get_by_role("button", name="Commit to main").click()
    expect(page.get_by_text("The files are committed.")).to_be_visible()
    assert set(files_of(shelf)) == {"model.pkl", "b.txt"}


def test_chosen_files_are_deleted_in_one_commit(shelf: Shelf, patient_page: Page) -> None:
    page = patient_page
    shelf.commit(shelf.model_id, "main", {"a/1": b"1", "a/2": b"2", "b.txt": b"b"}, "More")
    sign_in(page, shelf, f"{shelf.model_url}/files")
    page.get_by_role("checkbox", name="Choose a/").check()
    page.get_by_role("checkbox", name="Choose b.txt").check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    page.get_by_role("link", name="Delete chosen…").click()
    dialog = page.get_by_role("dialog", name="Delete files")
    check_page(page)
    dialog.get_by_role("button", name="Delete and commit").click()
    expect(page.get_by_role("alert")).to_have_text("Say in the message what the commit changes.")
    page.get_by_role("checkbox", name="Choose a/").check()
    page.get_by_role("checkbox", name="Choose b.txt").check()
    page.get_by_role("link", name="Delete chosen…").click()
    dialog.get_by_label("Message of the commit").fill("Less")
    dialog.get_by_role("button", name="Delete and commit").click()
    expect(page.get_by_text("The chosen files are deleted.")).to_be_visible()
    assert set(files_of(shelf)) == {"model.pkl"}
    assert messages_of(shelf)[0] == "Less"


def fill(shelf: Shelf) -> None:
    shelf.commit(shelf.model_id, "main", sample_files() | {"README.md": README.encode()}, "Fill")


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_of_files_can_be_used_by_everyone(shelf: Shelf, page: Page, width: int) -> None:
    fill(shelf)
    sign_in(page, shelf, shelf.model_url)
    page.set_viewport_size({"width": width, "height": 900})
    paths = ["", "/files", "/files?path=deep/", "/upload"]
    paths += [f"/files?path={path}" for path in SHOWN if width == 1440]
    for path in [*paths, "/files?path=README.md"]:
        page.goto(shelf.hub.url + shelf.model_url + path)
        check_page(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_readme_shows_its_own_images_only_and_leads_to_its_files(
    shelf: Shelf, page: Page
) -> None:
    fill(shelf)
    sign_in(page, shelf, shelf.model_url)
    image = page.get_by_role("img", name="a dot")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") == 1
    expect(page.get_by_role("link", name="elsewhere")).to_have_attribute(
        "rel", re.compile("nofollow")
    )
    page.get_by_role("link", name="the script").click()
    expect(page.locator("pre.code")).to_contain_text("def main")
    page.goto(f"{shelf.hub.url}{shelf.model_url}/files?path=drawing.svg")
    assert page.get_by_role("img", name="drawing.svg").evaluate("image => image.naturalWidth") == 8


def test_a_tree_is_browsed_in_chinese(shelf: Shelf, patient_page: Page) -> None:
    page = patient_page
    shelf.branch("v1")
    fill(shelf)
    sign_in(page, shelf, f"{shelf.model_url}/files")
    choose_language(page, "中文")
    page.get_by_role("link", name="deep").first.click()
    expect(page.get_by_role("navigation", name="路径")).to_contain_text("deep")
    page.get_by_role("link", name="x.txt", exact=True).click()
    expect(page.get_by_role("heading", name="x.txt")).to_be_visible()
    page.locator("details.points > summary").click()
    page.get_by_role("link", name="v1").click()
    expect(page).to_have_url(re.compile("ref=branch/v1&missing=deep/x.txt$"))
    expect(page.get_by_text("v1 中没有 deep/x.txt。")).to_be_visible()
