"""Sentences that core writes with values in them, known again by their English."""

import re
from collections.abc import Sequence

Sentences = Sequence[tuple[str, re.Pattern[str]]]


def N_(text: str) -> str:  # noqa: N802 - the name by which texts to translate are found
    return text


def compile_sentences(texts: Sequence[str]) -> Sentences:
    """Each text with the pattern of what core makes of it: its values are groups by their names."""
    return [(text, re.compile(_pattern(text), re.DOTALL)) for text in texts]


def find_sentence(sentences: Sentences, written: str) -> tuple[str, dict[str, str]] | None:
    """The text that a sentence was made of, and its values; None where it is of none."""
    for text, pattern in sentences:
        found = pattern.fullmatch(written)
        if found:
            return text, found.groupdict()
    return None


def _pattern(text: str) -> str:
    parts = re.split(r"%\((\w+)\)s", text)
    return "".join(
        f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )
