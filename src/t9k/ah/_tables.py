"""Plain text for people: columns, blocks, ages and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BARS = "▁▂▃▄▅▆▇█"


def format_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[str] = ()
) -> list[str]:
    """The lines of a table; what cannot be printed in a cell is shown as `?`."""
    cells = [list(columns), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(_width(row[at]) for row in cells) for at in range(len(columns))]
    to_right = [column in set(right) for column in columns]
    return ["  ".join(map(_pad, row, widths, to_right)).rstrip() for row in cells]


def format_block(pairs: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """The lines of `KEY:  value` pairs with the values in one column, some of several lines."""
    start = max(len(key) for key, _ in pairs) + 3
    lines = []
    for key, values in pairs:
        lines.append(f"{key + ':':<{start}}{printable(values[0])}")
        lines += [" " * start + printable(value) for value in values[1:]]
    return lines


def age_of(moment: float | str) -> str:
    """How long ago a moment was, such as `4m5s ago`; in epoch seconds or RFC 3339."""
    import time
    from datetime import datetime

    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).timestamp()
    # The clock of the server may be ahead of this one.
    seconds = max(0, int(time.time() - moment))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days}d{hours % 24}h ago"
    if hours:
        return f"{hours}h{minutes % 60}m ago"
    if minutes:
        return f"{minutes}m{seconds % 60}s ago"
    return f"{seconds}s ago"


def size_of(count: int, human: bool = False) -> str:
    """A number of bytes as `230B`, or as `1.2KiB` for people."""
    size, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    if not human or count < 1024:
        return f"{count}B"
    # Rounded first, so that no size shows as 1024.0 of its unit.
    while round(size, 1) >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.1f}{units[0]}"


def number_of(value: float, digits: int | None = None) -> str:
    """A number as it was given, or with so many digits that count."""
    if digits is not None:
        return f"{value:.{digits}g}"
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)


def spark(values: Sequence[float], most: int = 60) -> str:
    """A curve of the values in one line of text; `·` is NaN or an infinity.

    Of more than `most` values neighbors are drawn as one, at their mean.
    """
    from math import isfinite

    size = -(-len(values) // most)
    groups = [values[at : at + size] for at in range(0, len(values), size)]
    finite = [[value for value in group if isfinite(value)] for group in groups]
    means = [sum(group) / len(group) if group else None for group in finite]
    known = [mean for mean in means if mean is not None]
    low, span = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)

    def draw(mean: float | None) -> str:
        if mean is None:
            return "·"
        return _BARS[round((mean - low) / span * (len(_BARS) - 1)) if span > 0 else 3]

    return "".join(map(draw, means))


def _pad(cell: str, width: int, to_right: bool) -> str:
    gap = " " * (width - _width(cell))
    return gap + cell if to_right else cell + gap


def _width(text: str) -> int:
    """How many columns of a terminal the text takes: most Chinese characters take two."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


def printable(text: str) -> str:
    """The text with `?` for what could move the cursor or hide text on a terminal."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)
