"""Figures of contenders that took turns, as a table: medians with their spread, and ratios."""

import statistics
from collections.abc import Callable, Mapping, Sequence

Rounds = Sequence[float]


def take_turns(
    contenders: Mapping[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """Measures each contender once in every round, A B A B …, so that drift meets all alike."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, measure in contenders.items():
            taken[name].append(measure())
    return taken


def show(values: Rounds, form: str = ",.0f", prefix: str = "") -> str:
    """The median, and behind it the least and the most."""
    low, middle, high = (
        format(value, form) for value in (min(values), statistics.median(values), max(values))
    )
    return f"{prefix}{middle} ({low}–{high})"


def divide(ours: Rounds, theirs: Rounds) -> list[float]:
    """The ratio in each round: its two sides were measured right after each other."""
    return [our / their for our, their in zip(ours, theirs, strict=True)]


def percentile(values: Rounds, percent: int) -> float:
    """The value that `percent` of 100 do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints Markdown with columns that line up, the first to the left."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, ["-" * width for width in widths], *rows):
        first, *rest = row
        cells = [first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]
        print("| " + " | ".join(cells) + " |")
    print()
