"""Source text with the classes of `css/files.css` on its words."""

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

CLASSES = {name for name in STANDARD_TYPES.values() if name}
# Above these a page would wait too long for it.
_LONGEST = 64 * 1024
_LONGEST_LINE = 2000
_BY_ENDING = {
    "bash": "bash",
    "c": "c",
    "cfg": "ini",
    "cpp": "cpp",
    "css": "css",
    "cu": "cuda",
    "diff": "diff",
    "go": "go",
    "h": "cpp",
    "html": "html",
    "ini": "ini",
    "java": "java",
    "jl": "julia",
    "js": "javascript",
    "json": "json",
    "jsonl": "json",
    "md": "markdown",
    "patch": "diff",
    "py": "python",
    "pyi": "python",
    "r": "r",
    "rs": "rust",
    "sh": "bash",
    "sql": "sql",
    "svg": "xml",
    "toml": "toml",
    "ts": "typescript",
    "xml": "xml",
    "yaml": "yaml",
    "yml": "yaml",
}
_BY_NAME = {"dockerfile": "docker", "makefile": "make"}
_NAMES = {*_BY_ENDING.values(), *_BY_NAME.values(), "console", "text"}


def language_of(path: str) -> str:
    """The language that a file's name stands for; empty where none is known."""
    name = path.rpartition("/")[2].lower()
    return _BY_NAME.get(name) or _BY_ENDING.get(name.rpartition(".")[2], "")


def highlight_lines(text: str, path: str) -> Markup:
    """The lines of a file, each in a `span` of the class `line`."""
    marked = highlight_named(text, language_of(path))
    lines = marked.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return Markup("\n").join(Markup('<span class="line">{}</span>').format(line) for line in lines)


def highlight_named(text: str, language: str) -> Markup:
    """Text with marked words, escaped; without marks where the language is not known."""
    named = _BY_ENDING.get(language.lower(), language.lower())
    long = len(text) > _LONGEST or any(len(line) > _LONGEST_LINE for line in text.split("\n"))
    lexer = None if long or named not in _NAMES else _find_lexer(named)
    if lexer is None:
        return escape(text)
    return Markup(highlight(text, lexer, HtmlFormatter(nowrap=True)))  # noqa: S704  # nosec B704  # escaped


def _find_lexer(name: str) -> Lexer | None:
    try:
        return get_lexer_by_name(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
