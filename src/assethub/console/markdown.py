"""Markdown of people's files as HTML that can do no harm, and the facts written above it."""

import re
from collections.abc import Callable
from html import escape
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import nh3
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from assethub.console.highlighting import CLASSES, highlight_named

# Of a longer text only so many characters are rendered, which takes about a tenth of a second.
LONGEST = 64 * 1024
_PREFIX = "readme-"
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.{0,16384}?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_MOST_FACTS = 12
_MOST_VALUES = 20
_LONGEST_VALUE = 200
_SCHEMES = {"http", "https", "mailto"}
# No landmarks: those are the page's own.
_TAGS = nh3.ALLOWED_TAGS - {"h1", "header", "footer", "nav", "article", "aside", "area", "map"}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "pre": {"tabindex"},
    "div": {"tabindex"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "ol": {"start"},
    "details": {"open"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}

# From a path beside the Markdown file, the address of the page, or of the bytes, of that file.
Resolve = Callable[[str], str]


class Document(NamedTuple):
    """A rendered file, or its beginning where it is `cut`.

    `facts` are those of its front matter: each name with its values.
    """

    html: Markup
    facts: list[tuple[str, list[str]]]
    cut: bool


def render_markdown(text: str, link: Resolve, image: Resolve) -> Document:
    """Markdown as safe HTML. Its links and images lead where `link` and `image` say.

    Images from elsewhere become links: pages show only what the hub itself serves.
    """
    facts, body = _split_front(text[:LONGEST])
    parser = MarkdownIt("commonmark", {"highlight": _highlight}).enable(["table", "strikethrough"])
    tokens = parser.parse(body)
    for token in tokens:
        _place_heading(token)
        _align(token)
        for child in token.children or []:
            _turn_image(child)
    _name_headings(tokens)
    html = parser.renderer.render(tokens, parser.options, {})
    html = html.replace("<table>", '<div class="wide-table" tabindex="0"><table>')
    html = html.replace("</table>", "</table></div>").replace("<pre>", '<pre tabindex="0">')
    safe = Markup(_clean(html, link, image))  # noqa: S704  # nosec B704  # cleaned
    return Document(safe, facts, len(text) > LONGEST)


def _split_front(text: str) -> tuple[list[tuple[str, list[str]]], str]:
    found = _FRONT.match(text)
    if found is None:
        return [], text
    try:
        told = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return [], text
    if not isinstance(told, dict):
        return [], text
    facts = [(str(name)[:_LONGEST_VALUE], _values_of(value)) for name, value in told.items()]
    return [fact for fact in facts if fact[1]][:_MOST_FACTS], text[found.end() :]


def _values_of(value: Any) -> list[str]:
    """The values of one fact; of what is nested, none."""
    listed = value if isinstance(value, list) else [value]
    plain = [each for each in listed[:_MOST_VALUES] if not isinstance(each, dict | list | None)]
    return [str(each)[:_LONGEST_VALUE] for each in plain]


def _place_heading(token: Token) -> None:
    """Headings stand below that of the page."""
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"


def _align(token: Token) -> None:
    """Cells say how they are aligned without a style, which the pages' policy would not let in."""
    style = str(token.attrs.pop("style", ""))
    if style.startswith("text-align:"):
        token.attrSet("align", style.removeprefix("text-align:"))


def _name_headings(tokens: list[Token]) -> None:
    used: set[str] = set()
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            slug = re.sub(r"[^\w]+", "-", following.content.lower()).strip("-") or "section"
            name, number = slug, 1
            while name in used:
                number += 1
                name = f"{slug}-{number}"
            used.add(name)
            token.attrSet("id", name)


def _turn_image(token: Token) -> None:
    source = str(token.attrGet("src") or "") if token.type == "image" else ""
    if urlsplit_safe(source)[0] or source.startswith("//"):
        text = token.content or source
        token.type, token.children = "html_inline", None
        token.content = f'<a href="{escape(source)}">{escape(text)}</a>'


def urlsplit_safe(url: str) -> tuple[str, str]:
    """Scheme and host of a URL; `invalid` as the scheme of what is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "invalid", ""
    return parts.scheme, parts.netloc


def _highlight(code: str, language: str, _attributes: str) -> str:
    return str(highlight_named(code, language)) if language else ""


def _clean(html: str, link: Resolve, image: Resolve) -> str:
    def change(_element: str, attribute: str, value: str) -> str | None:
        if attribute == "id":
            return _PREFIX + value
        if attribute == "tabindex":
            return "0"
        if attribute == "href":
            return _lead(value, link)
        if attribute == "src":
            scheme, host = urlsplit_safe(value)
            return None if scheme or host or not value else _lead(value, image)
        return value

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=change,
        allowed_classes={"div": {"wide-table"}, "span": CLASSES},
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow noreferrer",
        clean_content_tags={"script", "style", "title", "svg", "math"},
    )


def _lead(target: str, resolve: Resolve) -> str | None:
    """Where a link leads: elsewhere as it is, to a heading, or to a file of the same commit."""
    scheme, host = urlsplit_safe(target)
    if scheme or host:
        return target if scheme in _SCHEMES else None
    if target.startswith("#"):
        return "#" + _PREFIX + target[1:]
    path = unquote(target.partition("#")[0].partition("?")[0])
    return resolve(path) if path else None
