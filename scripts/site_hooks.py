"""Hooks of `mkdocs build`: they make the repository's documents into the pages of one site.

The READMEs are its first pages, Chinese pages get a Chinese frame, and `nav` may hold patterns.
"""

import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
FIRST_PAGES = {"README.md": "index.md", "README.zh.md": "index.zh.md"}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#:]+)(#[^)]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Lists the pages that patterns in the navigation, such as `decisions/*.md`, stand for."""
    for section in config.nav or []:
        for title, pages in section.items():
            if isinstance(pages, list):
                section[title] = [page for name in pages for page in _pages(name)]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Makes each README the first page of its language."""
    for source, page in FIRST_PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: Any) -> str:
    """Leads links where the site has the page, and leaves the words of those it has not."""
    uri = page.file.src_uri
    original = {page: source for source, page in FIRST_PAGES.items()}.get(uri, f"docs/{uri}")

    def lead(found: re.Match[str]) -> str:
        mark, words, target, anchor = found.groups()
        path = (ROOT / original).parent / target
        if not path.exists():
            return found[0]
        name = path.resolve().relative_to(ROOT).as_posix()
        name = FIRST_PAGES.get(name, name.removeprefix("docs/"))
        if files.get_file_from_path(name) is None:
            return str(words)
        up = "../" * (len(PurePosixPath(uri).parts) - 1)
        return f"{mark}[{words}]({up}{name}{anchor or ''})"

    return _LINK.sub(lead, markdown)


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, **_: Any
) -> dict[str, Any]:
    """Frames a page in its own language."""
    config.theme["language"] = "zh" if page.file.src_uri.endswith(".zh.md") else "en"
    return context


def _pages(pattern: str) -> list[str]:
    if "*" not in pattern:
        return [pattern]
    docs = ROOT / "docs"
    found = [path.relative_to(docs).as_posix() for path in docs.glob(pattern)]
    return sorted(name for name in found if not name.endswith(".zh.md"))
