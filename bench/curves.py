"""Curves as small SVG files, light and dark by the reader's own setting; every point is named for screen readers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 44, 48

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2933 }
.title { font-weight: 600; font-size: 15px }
.quiet { fill: #616e7c }
.grid { stroke: #d9dee4 }
.line { fill: none; stroke-width: 2.5 }
.s0 { stroke: #2457c5; fill: #2457c5 } .s1 { stroke: #0b7d69; fill: #0b7d69 } .s2 { stroke: #b4540a; fill: #b4540a }
.s3 { stroke: #8a3ab9; fill: #8a3ab9 } .line { fill: none }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e7eb } .quiet { fill: #9aa5b1 } .grid { stroke: #3e4c59 }
  .s0 { stroke: #7ba7ff; fill: #7ba7ff } .s1 { stroke: #4fd1b5; fill: #4fd1b5 } .s2 { stroke: #ffa657; fill: #ffa657 }
  .s3 { stroke: #cf9bf0; fill: #cf9bf0 } .line { fill: none }
}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: a name and its points, from left to right."""

    name: str
    points: Sequence[tuple[float, float]]


def chart(title: str, across: str, up: str, lines: Sequence[Line]) -> str:
    """Return an SVG with logarithmic axes; every value must be above zero, and there must be one at least."""
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    horizontal = _Axis(min(xs), max(xs), LEFT, WIDTH - RIGHT)
    vertical = _Axis(10 ** math.floor(math.log10(min(ys))), max(ys) * 1.3, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="'
        f'{escape(title)}">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<text class="title" x="{LEFT}" y="20">{escape(title)}</text>',
        f'<text class="quiet" x="{LEFT}" y="{TOP - 8}">{escape(up)}</text>',
        f'<text class="quiet" x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{escape(across)}</text>',
        *_grid(horizontal, vertical, sorted(set(xs))),
        *(part for number, line in enumerate(lines) for part in _curve(number, line, horizontal, vertical)),
        *_names(lines, vertical),
        "</svg>\n",
    ]
    return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        span = math.log10(self.high / self.low) or 1.0
        return round(self.start + (self.end - self.start) * math.log10(value / self.low) / span, 1)


def _grid(horizontal: _Axis, vertical: _Axis, marks: Sequence[float]) -> list[str]:
    parts = []
    power = vertical.low
    while power <= vertical.high:
        y = vertical.place(power)
        parts.append(f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{power:,.0f}</text>')
        power *= 10
    for mark in marks:
        x = horizontal.place(mark)
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{mark:,.0f}</text>')
    return parts


def _curve(number: int, line: Line, horizontal: _Axis, vertical: _Axis) -> list[str]:
    style = f"s{number % 4}"
    places = [(horizontal.place(x), vertical.place(y), x, y) for x, y in line.points]
    path = "M" + "L".join(f"{px} {py}" for px, py, _, _ in places)
    dots = [
        f'<circle class="{style}" cx="{px}" cy="{py}" r="4">'
        f"<title>{escape(line.name)}: {y:,.0f} at {x:,.0f}</title></circle>"
        for px, py, x, y in places
    ]
    return [f'<path class="{style} line" d="{path}"/>', *dots]


def _names(lines: Sequence[Line], vertical: _Axis) -> list[str]:
    """Name every curve at its right end, apart from one another."""
    wanted = sorted((vertical.place(line.points[-1][1]), number) for number, line in enumerate(lines))
    parts, above = [], 0.0
    for y, number in wanted:
        above = max(y, above + 18)
        name = escape(lines[number].name)
        x = WIDTH - RIGHT + 12
        parts.append(f'<rect class="s{number % 4}" x="{x}" y="{above - 5}" width="10" height="10" rx="2"/>')
        parts.append(f'<text x="{x + 16}" y="{above + 5}">{name}</text>')
    return parts
