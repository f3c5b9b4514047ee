"""What is wrong with a search, said with a finger on the place."""

import unicodedata

_AROUND = 40


class QueryError(ValueError):
    """A search that cannot be understood.

    `message` is a sentence, `position` the number of characters before the place it is about,
    `excerpt` two lines: the text around the place, and a caret below it. As text: all three lines.
    `code` is stable.
    """

    code = "invalid_query"

    def __init__(self, message: str, text: str, position: int) -> None:
        self.message = message
        self.position = max(0, min(position, len(text)))
        self.excerpt = _excerpt(text, self.position)
        super().__init__(f"{message}\n{self.excerpt}")


def _excerpt(text: str, position: int) -> str:
    start, end = max(0, position - _AROUND), position + _AROUND
    before = ("…" if start else "") + _plain(text[start:position])
    after = _plain(text[position:end]) + ("…" if end < len(text) else "")
    return f"{before}{after}\n{' ' * sum(map(_width, before))}^"


def _plain(text: str) -> str:
    """On one line, and without what would move a terminal's cursor or turn its text around."""
    return "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text)


def _width(character: str) -> int:
    """How many columns of a terminal it takes."""
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
