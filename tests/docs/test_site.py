"""The site of the documents: whole, in two languages, and without anything from elsewhere."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from t9k import ah

ROOT = Path(__file__).parents[2]
# What a browser fetches for a page: attributes of tags, and addresses in styles.
FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?\b(?:src|srcset|data)="
    r"[\"']?([^\"'\s>]+)|<link\b(?![^>]*rel=\"?(?:canonical|alternate|prev|next))[^>]*?href="
    r"[\"']?([^\"'\s>]+)|url\([\"']?([^\"')]+)|@import\s+[\"']([^\"']+)"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built anew; a warning fails the build."""
    target = tmp_path_factory.mktemp("site")
    built = build(ROOT, target)
    assert built.returncode == 0, built.stderr
    return target


def build(root: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Builds the site of a directory as `make docs` does."""
    return subprocess.run(
        [Path(sys.executable).with_name("mkdocs"), "build", "--strict", "--site-dir", target],
        cwd=root,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    handler = partial(_QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium: .ci/run installs Debian's")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser.new_page(locale="en-US")
        browser.close()


def test_a_link_a_heading_or_a_docstring_that_is_wrong_fails_the_build(tmp_path: Path) -> None:
    root = tmp_path / "project"
    for name in ("docs", "scripts", "src/t9k"):
        shutil.copytree(ROOT / name, root / name)
    for path in [ROOT / "mkdocs.yml", *ROOT.glob("*.md")]:
        shutil.copy(path, root)
    with (root / "docs/operations.md").open("a", encoding="utf-8") as page:
        page.write("\n[gone](nowhere.md) and [gone](#nothing) and ![gone](images/none.png)\n")
    module = root / "src/t9k/ah/_snapshots.py"
    source = module.read_text(encoding="utf-8")
    wrong = '"""A tag, see [gone][t9k.ah.nothing]: '
    module.write_text(source.replace('"""A tag: ', wrong), encoding="utf-8")
    built = build(root, tmp_path / "site")
    assert built.returncode == 1
    warnings = [line for line in built.stderr.splitlines() if line.startswith("WARNING")]
    named = ("nowhere.md", "#nothing", "none.png", "t9k.ah.nothing")
    assert [sum(name in line for line in warnings) for name in named] == [1, 1, 1, 1]


def test_no_page_and_no_style_names_a_file_of_another_server(site: Path) -> None:
    files = [*site.rglob("*.html"), *site.rglob("*.css")]
    fetched = {
        (file.name, address)
        for file in files
        for found in FETCHED.findall(file.read_text(encoding="utf-8"))
        for address in found
        if address
    }
    assert len(fetched) > len(files)
    assert [each for each in fetched if re.match(r"(https?:)?//", each[1])] == []


def test_a_browser_asks_only_the_site_itself_and_finds_words_of_both_languages(
    address: str, page: Page
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for start, word, title in [
        ("index.html", "evaluations of a model", "Manage the evaluations of a model"),
        ("index.zh.html", "评估结果", "管理模型的评估结果"),
        ("reference-sdk.html", "list_evaluation", "list_evaluation"),
    ]:
        page.goto(f"{address}/{start}?q={word}")
        page.locator(".md-search-result__item").filter(has_text=title).first.wait_for(
            state="attached"
        )
    assert any(url.endswith("search_index.json") for url in asked)
    assert [url for url in asked if not url.startswith(f"{address}/")] == []


def test_every_tutorial_is_there_in_both_languages_and_framed_in_its_own(site: Path) -> None:
    tutorials = {path.stem for path in ROOT.glob("docs/tutorial-*.md") if ".zh" not in path.name}
    assert len(tutorials) >= 4
    for name in ["index", *tutorials]:
        assert '<html lang="en"' in (site / f"{name}.html").read_text(encoding="utf-8")
        assert '<html lang="zh"' in (site / f"{name}.zh.html").read_text(encoding="utf-8")


def test_the_reference_of_the_sdk_has_every_public_name_and_no_private_one(site: Path) -> None:
    text = (site / "reference-sdk.html").read_text(encoding="utf-8")
    shown = set(re.findall(r'<h\d id="t9k\.ah\.([\w.]+)"', text))
    known = {name.removeprefix("Client.") for name in shown}
    assert set(ah.__all__) - known - {"__version__"} == set()
    assert [name for name in shown if re.search(r"(^|\.)_", name)] == []


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing: the tests look at what the browser asked."""
