"""Counts that are kept in step with the rows they count, in the transaction that writes those rows.

A table that is counted declares it as `Table(..., info={"tally": Tally(…)})`. Whatever a batch does to its rows is
counted once, when the batch is done: commands need not know of it, and cannot forget it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import orjson
from sqlalchemy import Table

if TYPE_CHECKING:
    from syncline.sql.layout import Key, Row
    from syncline.sql.rows import Rows

Change = tuple["Key", "Row | None", "Row | None"]
"""One row: its key, what it was before the batch, and what it is after; None where there is none."""


class Tally(NamedTuple):
    """How many rows there are of each kind, as JSON text in a column of the row that has the first of their keys.

    `kind_of` tells the kind from the row alone; None for a row that does not count.
    """

    table: Table
    column: str
    kind_of: Callable[[Row], str | None]


def keep(tally: Tally, changes: Iterable[Change], rows: Rows) -> None:
    """Count what has changed. Where there is no row to keep the counts in, nothing is counted."""
    moved: dict[str, dict[str, int]] = {}
    for key, before, after in changes:
        was = None if before is None else tally.kind_of(before)
        now = None if after is None else tally.kind_of(after)
        if was == now:
            continue
        counts = moved.setdefault(key[0], {})
        if was is not None:
            counts[was] = counts.get(was, 0) - 1
        if now is not None:
            counts[now] = counts.get(now, 0) + 1
    for owner, counts in sorted(moved.items()):
        row = rows.get(tally.table, owner)
        if row is not None:
            rows.update(tally.table, (owner,), **{tally.column: _added(row[tally.column], counts)})


def _added(text: str, moved: Mapping[str, int]) -> str:
    counts = orjson.loads(text)
    for kind, change in moved.items():
        counts[kind] = counts.get(kind, 0) + change
    kept = {kind: count for kind, count in counts.items() if count}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()
