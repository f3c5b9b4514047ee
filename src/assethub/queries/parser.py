"""From the text of a search to its tree."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .errors import QueryError
from .fields import Flaw
from .terms import Query, SortKey

if TYPE_CHECKING:
    from lark import Lark

LONGEST = 4096
MOST_CONDITIONS = 100
MOST_SORT_KEYS = 8

_TEXT = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.S)
_WORD = re.compile(r"""[^\s()"',]+|.""", re.S)
_SHOWN = 40
_EXPECTED = {
    "FIELD": "a condition such as accuracy >= 0.9",
    "OPERATOR": "a comparison (= != < <= > >= ~)",
    "_IN": '"in"',
    "_EXISTS": '"exists"',
    "WORD": "a value",
    "_AND": '"and"',
    "_OR": '"or"',
    "COMMA": '","',
    "RPAR": '")"',
    "$END": "the end",
}


def parse_query(text: str) -> Query:
    """The tree of a search; raises QueryError with the place, and what was expected there.

    At most 4,096 characters, 100 conditions and 32 levels of parentheses and `not`. The grammar
    stands in `docs/reference-query.md`. It is read from left to right in linear time.
    """
    part = _parse(text, "start")
    if part.conditions > MOST_CONDITIONS:
        raise QueryError(f"at most {MOST_CONDITIONS} conditions, not {part.conditions}", text, 0)
    return cast("Query", part.node)


def parse_sort(text: str) -> tuple[SortKey, ...]:
    """What to sort by, most important first, of text such as `-accuracy,created`."""
    keys = cast("tuple[SortKey, ...]", _parse(text, "sort"))
    if len(keys) > MOST_SORT_KEYS:
        raise QueryError(f"at most {MOST_SORT_KEYS} things to sort by", text, 0)
    if len({key.field for key in keys}) < len(keys):
        raise QueryError("this sorts by the same thing twice", text, 0)
    return keys


def _parse(text: str, start: str) -> Any:
    from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

    _check_text(text)
    try:
        return _parser().parse(text, start=start)
    except Flaw as flaw:
        raise QueryError(flaw.message, text, flaw.position) from None
    except UnexpectedCharacters as error:
        raise _unexpected(text, error.pos_in_stream, error.allowed, start) from None
    except UnexpectedToken as error:
        ended = error.token.type == "$END"
        position = len(text.rstrip()) if ended else error.token.start_pos
        raise _unexpected(text, position, error.accepts or error.expected, start) from None
    except UnexpectedInput as error:
        raise QueryError("this cannot be understood", text, error.pos_in_stream or 0) from None


def _check_text(text: str) -> None:
    if len(text) > LONGEST:
        raise QueryError(f"at most {LONGEST} characters, not {len(text)}", text, LONGEST)
    # No database takes NUL in text, and a lone half of a character is no text at all.
    flaw = re.search("[\0\ud800-\udfff]", text)
    if flaw:
        raise QueryError("this character cannot be looked for", text, flaw.start())


def _unexpected(text: str, position: int | None, expected: Any, start: str) -> QueryError:
    place = len(text) if position is None else position
    names = set(expected or ())
    wanted = [phrase for name, phrase in _EXPECTED.items() if name in names]
    if start == "sort":
        wanted = ["a field or a metric to sort by" if "FIELD" in names else '"," or the end']
    listed = " or ".join([", ".join(wanted[:-1]), wanted[-1]] if wanted[1:] else wanted)
    if place >= len(text.rstrip()):
        return QueryError(f"expected {listed}, but the search ends here", text, place)
    quoted = _TEXT.match(text, place)
    if text[place] in "\"'" and not quoted:
        return QueryError("this quote is never closed", text, place)
    found = " ".join(cast("re.Match[str]", quoted or _WORD.match(text, place))[0].split())
    if len(found) > _SHOWN:
        found = f"{found[:_SHOWN]}…"
    return QueryError(f"expected {listed}, not {found}", text, place)


@cache
def _parser() -> "Lark":
    # Here, since the server starts without it.
    from lark import Lark

    from .rules import Rules

    grammar = Path(__file__).with_name("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", start=["start", "sort"], transformer=Rules())
