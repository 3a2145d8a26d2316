"""Near misses: role values that are almost a name something would answer to ("did you mean …?")."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MIN_LENGTH: Final = 5
"""Shorter names differ from each other by two letters too easily."""
MAX_LENGTH: Final = 200
MAX_DISTANCE: Final = 2


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A role that matches nothing, and what it may have meant."""

    role: str
    meant: str
    """The text that would have matched: a permission set's name, or the role of a rule."""
    permission_set: str
    """The name of the permission set the person would have got; empty when the rule gives none."""
    source: str
    """`role-name`, or `rule:<id>`."""


@lru_cache(maxsize=4096)
def nearest(role: str, candidates: tuple[str, ...]) -> str | None:
    """Return the candidate the role may have meant, None when nothing is near or one equals it exactly.

    Near is: the same but for case and spaces; else at most two edits away, for names of five characters or
    more. Of several the nearest wins, then the first.
    """
    if role in candidates:
        return None
    squeezed = _squeeze(role)
    best: tuple[int, str] | None = None
    for candidate in candidates:
        distance = _distance(squeezed, _squeeze(candidate))
        if distance is not None and (best is None or distance < best[0]):
            best = (distance, candidate)
    return best[1] if best else None


def _squeeze(text: str) -> str:
    return "".join(text.casefold().split())


def _distance(one: str, other: str) -> int | None:
    """Return the edit distance when the two are near, else None. Linear: only a narrow band counts."""
    if one == other:
        return 0 if one else None
    short, long = sorted((len(one), len(other)))
    if short < MIN_LENGTH or long > MAX_LENGTH or long - short > MAX_DISTANCE:
        return None
    beyond = MAX_DISTANCE + 1
    row = {column: column for column in range(MAX_DISTANCE + 1)}
    for line, letter in enumerate(one, start=1):
        before, row = row, {}
        for column in range(max(0, line - MAX_DISTANCE), min(len(other), line + MAX_DISTANCE) + 1):
            if column == 0:
                row[column] = line
                continue
            swap = before.get(column - 1, beyond) + (letter != other[column - 1])
            row[column] = min(swap, before.get(column, beyond) + 1, row.get(column - 1, beyond) + 1)
    distance = row.get(len(other), beyond)
    return distance if distance <= MAX_DISTANCE else None
