"""Whether an identity provider has been silent for too long, judged by its own habits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from syncline.clock import Milliseconds

DAY: Final[Milliseconds] = 86_400_000
TALK: Final[Milliseconds] = 300_000
"""Requests no further apart belong to one contact."""
ENOUGH: Final = 5
"""Gaps it takes to speak of a habit."""


def usual_interval(moments: Sequence[Milliseconds]) -> Milliseconds | None:
    """Return the time between contacts of a provider that comes regularly (Entra: every 40 minutes); else None.

    Regular means: nine gaps in ten are at most twice the median. A provider that pushes only when something changes
    (Okta) has no habit.
    """
    ordered = sorted(moments)
    gaps = sorted(later - earlier for earlier, later in pairwise(ordered))
    gaps = [gap for gap in gaps if gap > TALK]
    if len(gaps) < ENOUGH:
        return None
    usual = int(median(gaps))
    return usual if gaps[len(gaps) * 9 // 10] <= 2 * usual else None


def longest_silence(moments: Sequence[Milliseconds]) -> Milliseconds:
    """Return how long a silence is nothing to worry about: twice the usual interval, a day without a habit."""
    usual = usual_interval(moments)
    return DAY if usual is None else 2 * usual
