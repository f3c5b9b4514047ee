"""A plot with logarithmic axes as an SVG, drawn by hand: no library that draws is small."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 720, 420
LEFT, TOP, RIGHT, BOTTOM = 70, 48, 210, 54
# Told apart with any sight of colors (Okabe and Ito), and by their marks.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


class Line(NamedTuple):
    """What each size costs, least, median and most; `beside` is another measure, drawn dashed."""

    name: str
    spread: Sequence[tuple[float, float, float]]
    beside: Sequence[float]


def draw(title: str, sizes: Sequence[int], across: str, up: str, lines: Sequence[Line]) -> str:
    """The SVG: a line for each, a bar from the least to the most, and what is beside, dashed."""
    values = [value for line in lines for each in line.spread for value in each]
    values += [value for line in lines for value in line.beside]
    low, high = _decades(values)
    place = _Place(math.log10(min(sizes)), math.log10(max(sizes)), low, high)
    parts = [*_frame(title, across, up), *_grid(place, sizes)]
    for number, line in enumerate(lines):
        parts += _draw_line(place, sizes, line, COLORS[number % len(COLORS)], number)
    return "\n".join([*parts, "</svg>", ""])


class _Place(NamedTuple):
    """Where the least and the most of both axes are, as powers of ten."""

    left: float
    right: float
    low: int
    high: int

    def x(self, size: float) -> float:
        share = (math.log10(size) - self.left) / (self.right - self.left)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low = math.floor(math.log10(min(values)))
    return low, max(low + 1, math.ceil(math.log10(max(values))))


def _frame(title: str, across: str, up: str) -> list[str]:
    middle = (LEFT + WIDTH - RIGHT) / 2
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 24, title, size=15),
        _text(middle, HEIGHT - 14, across, anchor="middle"),
        f'<g transform="translate(16 {HEIGHT / 2}) rotate(-90)">{_text(0, 0, up, "middle")}</g>',
    ]


def _grid(place: _Place, sizes: Sequence[int]) -> list[str]:
    parts = []
    for power in range(place.low, place.high + 1):
        y = place.y(10.0**power)
        parts.append(_stroke(LEFT, y, WIDTH - RIGHT, y, "#ddd"))
        parts.append(_text(LEFT - 8, y + 4, f"{10.0**power:g}", anchor="end"))
    for size in sizes:
        x = place.x(size)
        parts.append(_stroke(x, TOP, x, HEIGHT - BOTTOM, "#eee"))
        parts.append(_text(x, HEIGHT - BOTTOM + 18, f"{size:,}", anchor="middle"))
    return parts


def _draw_line(
    place: _Place, sizes: Sequence[int], line: Line, color: str, number: int
) -> list[str]:
    medians = [middle for _, middle, _ in line.spread]
    parts = [
        _path(place, sizes, medians, f'stroke="{color}" stroke-width="2"'),
        _path(place, sizes, line.beside, f'stroke="{color}" stroke-dasharray="2 4"'),
    ]
    for size, (least, middle, most) in zip(sizes, line.spread, strict=True):
        x = place.x(size)
        parts.append(_stroke(x, place.y(least), x, place.y(most), color))
        parts.append(f'<circle cx="{x:.1f}" cy="{place.y(middle):.1f}" r="3.5" fill="{color}"/>')
    y = TOP + 12 + number * 40
    x = WIDTH - RIGHT + 14
    growth = f"× {medians[-1] / medians[0]:.1f} from the first to the last"
    parts.append(f'<circle cx="{x + 4}" cy="{y - 4}" r="4" fill="{color}"/>')
    return [*parts, _text(x + 14, y, line.name), _text(x + 14, y + 15, growth, size=11)]


def _path(place: _Place, sizes: Sequence[int], values: Sequence[float], style: str) -> str:
    points = zip(sizes, values, strict=True)
    joined = " ".join(f"{place.x(size):.1f},{place.y(value):.1f}" for size, value in points)
    return f'<polyline points="{joined}" fill="none" {style}/>'


def _stroke(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    ends: Mapping[str, float] = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    places = " ".join(f'{name}="{value:.1f}"' for name, value in ends.items())
    return f'<line {places} stroke="{color}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 12) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
    return f'<text {place} fill="#222">{escape(text)}</text>'
