"""Numbers that name things: each kind counts from its own beginning, and none is given out twice."""

from __future__ import annotations

from syncline.portal.store.tables import sequences
from syncline.sql.rows import Rows

_FIRST_NUMBERS = {
    "portal": 48_100_000,
    "user": 71_300_000,
    "owner": 1_204_500_000,
    "record": 28_340_000_000,
    "app": 4_100_000,
    "activity": 1,
    "fault": 1,
    "set": 310_000,
    "team": 52_000,
    "project": 7_400_000,
}


def next_number(rows: Rows, name: str) -> int:
    """Return a number of that kind never given out before."""
    row = rows.get(sequences, name)
    if row is None:
        rows.insert(sequences, {"name": name, "last": _FIRST_NUMBERS[name]})
        return _FIRST_NUMBERS[name]
    number: int = row["last"] + 1
    rows.update(sequences, (name,), last=number)
    return number
