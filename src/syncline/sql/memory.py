"""Rows without a database: the same protocol over dicts, for rehearsals of logic and for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table

from syncline.sql import tally
from syncline.sql.errors import RowConflict, RowMissing
from syncline.sql.layout import Columns, Key, Layout, Row, Values, layout_of, values_getter
from syncline.sql.rows import Command, Need, Needs, needs_of, next_needs_of

T = TypeVar("T")


class MemoryRows:
    """Keeps whole rows in dicts; every write is seen at once. Foreign keys are not checked.

    Unlike a database it finds every conflict at once. Not thread-safe.
    """

    def __init__(self) -> None:
        self._tables: dict[Table, dict[Key, Row]] = {}
        self._journal: list[tuple[Table, Key, Row | None]] = []

    def prefetch(self, needs: Iterable[Need | Needs]) -> None:
        """Read nothing: every row is at hand. WrongColumns for what is no key and no look-up."""
        for need in needs:
            for values in need.many:
                layout_of(need.table).check_need(need.columns, values)

    def get(self, table: Table, *key: Any) -> Row | None:
        return self._rows(table).get(layout_of(table).check_key(key))

    def find(self, table: Table, **columns: Any) -> list[Row]:
        names = layout_of(table).lookup(columns)
        values_of = values_getter(names)
        wanted = tuple(columns[name] for name in names)
        if None in wanted:
            return []
        found = {key: row for key, row in self._rows(table).items() if values_of(row) == wanted}
        return [found[key] for key in sorted(found)]

    def insert(self, table: Table, row: Row) -> None:
        layout = layout_of(table)
        after = layout.complete(row)
        key = layout.key_of(after)
        if key in self._rows(table):
            raise _conflict(layout, layout.key)
        self._put(layout, key, after)

    def append(self, table: Table, columns: Columns, entries: Sequence[Values]) -> None:
        layout_of(table).check_whole(columns)
        for entry in entries:
            self.insert(table, dict(zip(columns, entry, strict=True)))

    def update(self, table: Table, key: Key, **changes: Any) -> None:
        layout = layout_of(table)
        before = self.get(table, *key)
        if before is None:
            raise RowMissing(f"The table {table.name} has no such row to update.")
        self._put(layout, key, layout.changed(before, changes))

    def delete(self, table: Table, *key: Any) -> None:
        before = self._rows(table).pop(layout_of(table).check_key(key), None)
        if before is not None:
            self._journal.append((table, key, before))

    def all(self, table: Table) -> list[Row]:
        """Return every row of the table, ordered by primary key."""
        rows = self._rows(table)
        return [rows[key] for key in sorted(rows)]

    def run(self, command: Command[T]) -> T:
        """Return the command's result; after an exception nothing of it is left behind."""
        self.prefetch(needs_of([command]))
        self.prefetch(next_needs_of(command, self))
        self._journal.clear()
        try:
            result = command.apply(self)
            self._keep_tallies()
            return result
        except Exception:
            for table, key, before in reversed(self._journal):
                if before is None:
                    del self._rows(table)[key]
                else:
                    self._rows(table)[key] = before
            raise

    def _keep_tallies(self) -> None:
        before: dict[Table, dict[Key, Row | None]] = {}
        for table, key, row in self._journal:
            before.setdefault(table, {}).setdefault(key, row)
        for table, stored in before.items():
            counted = layout_of(table).tally
            if counted is not None:
                rows = self._rows(table)
                tally.keep(counted, ((key, row, rows.get(key)) for key, row in stored.items()), self)

    def _rows(self, table: Table) -> dict[Key, Row]:
        return self._tables.setdefault(table, {})

    def _put(self, layout: Layout, key: Key, after: Row) -> None:
        rows = self._rows(layout.table)
        for name in layout.required:
            if after[name] is None:
                raise RowConflict(f"{layout.name}.{name} cannot be None.", table=layout.name, constraint=name)
        for columns, values_of in layout.uniques.items():
            values = values_of(after)
            if None not in values and any(
                values_of(row) == values for other, row in rows.items() if other != key
            ):
                raise _conflict(layout, columns)
        self._journal.append((layout.table, key, rows.get(key)))
        rows[key] = after


class MemoryWriter:
    """Submits commands to MemoryRows as the Writer does to a database."""

    def __init__(self, rows: MemoryRows | None = None) -> None:
        self.rows = rows or MemoryRows()
        self.is_alone = True
        self._submitted = 0

    async def submit(self, command: Command[T], *, patient: bool = False) -> T:
        """Return the command's result, or raise what it raises."""
        self._submitted += 1
        return self.rows.run(command)

    async def give_way(self) -> None:
        """Let the event loop turn: nobody waits."""
        await asyncio.sleep(0)

    def changes(self, table: Table) -> int:
        """Return a number that has grown when the table was written."""
        return self._submitted


def _conflict(layout: Layout, columns: tuple[str, ...]) -> RowConflict:
    named = ", ".join(columns)
    return RowConflict(
        f"Another row of {layout.name} has the same {named}.", table=layout.name, constraint=named
    )
