"""Where a page of a search ended: what the next one begins behind."""

import base64
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from assethub.core.searches.conditions import Term
from assethub.errors import InvalidInput

Value = float | int | str | None
_LONGEST = 8192


class Match(NamedTuple):
    """An evaluation that was found, by its `seq`, with the values that it was sorted by."""

    seq: int
    keys: tuple[Value, ...]


def write_after(match: Match) -> str:
    """A match as text that goes into a URL."""
    text = json.dumps([match.seq, *match.keys], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_after(text: str, terms: Sequence[Term]) -> Match | None:
    """The match of a text, None of an empty one; raises InvalidInput where it does not fit."""
    if not text:
        return None
    try:
        if len(text) > _LONGEST:
            raise ValueError
        padded = text + "=" * (-len(text) % 4)
        seq, *keys = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        kinds: list[Any] = [int | float if term.number else str for term in terms]
        fits = all(
            key is None or (isinstance(key, kind) and not isinstance(key, bool))
            for key, kind in zip(keys, kinds, strict=True)
        )
        if type(seq) is not int or not 0 <= seq < 2**63 or not fits:
            raise ValueError
        return Match(seq, tuple(map(_check_key, keys)))
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise InvalidInput(
            "after must be the next_offset of a page with the same sort", code="invalid_after"
        ) from error


def _check_key(key: Any) -> Value:
    if isinstance(key, str):
        key.encode()
    if (isinstance(key, str) and "\0" in key) or key != key:
        raise ValueError
    if isinstance(key, int) and not -(2**63) <= key < 2**63:
        raise ValueError
    return key  # type: ignore[no-any-return]
