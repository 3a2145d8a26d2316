"""The geometry of small charts: numbers in, places on a canvas out. The templates draw them as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 720
HEIGHT = 160
_LEFT = 44
_BOTTOM = 22
_TOP = 8


@dataclass(frozen=True, slots=True)
class Point:
    """One value: its label, and its place on the canvas."""

    label: str
    value: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A series laid out on a canvas of `WIDTH` by `HEIGHT`, with the lines of its scale as (y, value)."""

    points: Sequence[Point]
    scale: Sequence[tuple[float, float]]
    labels: Sequence[Point]
    """The points whose labels fit below the axis."""

    @property
    def path(self) -> str:
        """The points joined by lines, as the path of an SVG."""
        return " ".join(
            f"{'M' if number == 0 else 'L'}{point.x + point.width / 2:.1f},{point.y:.1f}"
            for number, point in enumerate(self.points)
        )


def lay_out(series: Sequence[tuple[str, float]]) -> Chart:
    """Return where each value of a series goes; nothing may be below zero."""
    top = _round_up(max((value for _, value in series), default=0))
    room, tall = WIDTH - _LEFT, HEIGHT - _BOTTOM - _TOP
    step = room / max(1, len(series))
    gap = min(4.0, step * 0.25)
    points = [
        Point(
            label,
            value,
            round(_LEFT + number * step + gap / 2, 1),
            round(_TOP + tall * (1 - value / top), 1),
            round(step - gap, 1),
            round(tall * value / top, 1),
        )
        for number, (label, value) in enumerate(series)
    ]
    scale = [(round(_TOP + tall * (1 - part), 1), top * part) for part in (0, 0.5, 1)]
    every = max(1, -(-len(points) // 8))
    return Chart(points, scale, points[::every])


def _round_up(value: float) -> float:
    """Return the least of 2, 4, 6, 8, 10, 20, 40, … that is not below the value: half of it is a whole number."""
    size = 1.0
    while True:
        for factor in (2, 4, 6, 8, 10):
            if factor * size >= value:
                return factor * size
        size *= 10
