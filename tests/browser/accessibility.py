"""Whether a page can be used by everyone: axe-core's rules for WCAG 2.2 AA."""

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def check_page(page: Page) -> None:
    """Fails where the page breaks a rule, in a light and in a dark theme."""
    for theme in _THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found = Axe().run(page, options=_RULES).response["violations"]
        problems = "\n".join(_describe(each) for each in found)
        assert not problems, f"{page.url}, {theme}:\n{problems}"


def _describe(violation: dict[str, object]) -> str:
    nodes = violation["nodes"]
    assert isinstance(nodes, list)
    places = [f"{node['html'][:200]} ({node['failureSummary']})" for node in nodes[:3]]
    return f"{violation['id']}: {'; '.join(places)}"
