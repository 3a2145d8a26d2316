"""The rows of one batch over one transaction: an identity map, staged writes, one flush.

Everything a batch reads is kept, so later commands see what earlier ones staged. Each staged write is
noted in a journal: undoing a failed command walks it back, and writing a command alone follows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any, Final

from sqlalchemy import Connection, Table

from syncline.sql import statements, tally
from syncline.sql.errors import RowConflict, RowMissing
from syncline.sql.layout import Columns, Key, Layout, Row, ValuesOf, layout_of, values_getter
from syncline.sql.rows import Need
from syncline.sql.statements import KEY_PREFIX, MOST_VALUES, Statement, Way


class DatabaseRefusal(Exception):
    """The database did not do what the session asked; `cause` says why. For the writer alone."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


class _Unknown(Enum):
    """Stands for a row that has not been asked for yet; None stands for one that is not there."""

    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN


class _Index:
    """The known rows of one table by the values of some columns."""

    def __init__(self, values_of: ValuesOf, rows: dict[Key, Row | None]) -> None:
        self.values_of = values_of
        self.keys: defaultdict[tuple[Any, ...], set[Key]] = defaultdict(set)
        for key, row in rows.items():
            if row is not None:
                self.keys[values_of(row)].add(key)


class _Shelf:
    """What a batch knows of one table."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.rows: dict[Key, Row | None] = {}
        self.stored: dict[Key, Row | None] = {}
        self.asked: defaultdict[Columns, set[tuple[Any, ...]]] = defaultdict(set)
        self.indexes = {columns: _Index(values_of, {}) for columns, values_of in layout.uniques.items()}

    def index(self, columns: Columns) -> _Index:
        """Return the index on those columns, built when first asked for and kept from then on."""
        index = self.indexes.get(columns)
        if index is None:
            index = self.indexes[columns] = _Index(values_getter(columns), self.rows)
        return index

    def put(self, key: Key, row: Row | _Unknown | None) -> None:
        """Make that the known state of the row."""
        if self.indexes:
            before = self.rows.get(key)
            for index in self.indexes.values():
                if before is not None:
                    index.keys[index.values_of(before)].discard(key)
                if row is not None and row is not UNKNOWN:
                    index.keys[index.values_of(row)].add(key)
        if row is UNKNOWN:
            self.rows.pop(key, None)
            self.stored.pop(key, None)
            self.asked.clear()  # a look-up may have passed over the stored row for the staged one
        else:
            self.rows[key] = row

    def check_unique(self, key: Key, row: Row) -> None:
        """Raise RowConflict when another known row has the same unique columns; None equals nothing."""
        for columns, values_of in self.layout.uniques.items():
            values = values_of(row)
            others = self.indexes[columns].keys.get(values)
            if others and None not in values and others != {key}:
                raise _conflict(self.layout, columns)


_Wanted = tuple[_Shelf, Columns, Sequence[tuple[Any, ...]]]
"""Rows of a table to be made known: those whose columns equal one of the values."""

_Write = tuple[_Shelf, Key, Row | _Unknown | None, Row | None]
"""One staged write: where, what the batch knew of the row before, and the row after (None: gone)."""


class Session:
    """Rows over the transaction that `connection` has open; the caller begins and commits it.

    Not thread-safe. A DatabaseRefusal leaves the session unusable: `trouble` keeps it, so that a
    command which swallows the exception cannot hide it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._shelves: dict[Table, _Shelf] = {}
        self._journal: list[_Write] = []
        self._dialect = connection.dialect.name
        self.trouble: DatabaseRefusal | None = None

    def get(self, table: Table, *key: Any) -> Row | None:
        shelf = self._shelves.get(table) or self._shelf(table)
        row = shelf.rows.get(key, UNKNOWN)
        if row is UNKNOWN:
            self._load([(shelf, shelf.layout.key, [shelf.layout.check_key(key)])])
            return shelf.rows[key]
        return row

    def find(self, table: Table, **columns: Any) -> list[Row]:
        shelf = self._shelves.get(table) or self._shelf(table)
        names = shelf.layout.lookup(columns)
        values = tuple([columns[name] for name in names])
        if None in values:
            return []
        if values not in shelf.asked[names]:
            self._load([(shelf, names, [values])])
        keys = shelf.index(names).keys.get(values)
        return [row for key in sorted(keys) if (row := shelf.rows[key]) is not None] if keys else []

    def insert(self, table: Table, row: Row) -> None:
        shelf = self._shelves.get(table) or self._shelf(table)
        after = shelf.layout.complete(row)
        key = shelf.layout.key_of(after)
        before = shelf.rows.get(key, UNKNOWN)
        if before is not None and before is not UNKNOWN:
            raise _conflict(shelf.layout, shelf.layout.key)
        self._stage(shelf, key, before, after)

    def update(self, table: Table, key: Key, **changes: Any) -> None:
        before = self.get(table, *key)
        if before is None:
            raise RowMissing(f"The table {table.name} has no such row to update.")
        shelf = self._shelf(table)
        self._stage(shelf, key, before, shelf.layout.changed(before, changes))

    def delete(self, table: Table, *key: Any) -> None:
        before = self.get(table, *key)
        if before is not None:
            self._stage(self._shelf(table), key, before, None)

    def prefetch(self, needs: Iterable[Need]) -> None:
        """Load all that is needed: one SELECT per table and look-up (and per MOST_VALUES values)."""
        wanted: defaultdict[tuple[Table, Columns], list[tuple[Any, ...]]] = defaultdict(list)
        for table, columns, values in needs:
            wanted[table, columns].append(values)
        self._load([(self._shelf(table), columns, many) for (table, columns), many in wanted.items()])

    @property
    def touched(self) -> set[Table]:
        """The tables it has staged writes for, undone ones perhaps included."""
        return {table for table, shelf in self._shelves.items() if shelf.stored}

    def mark(self) -> int:
        """Return the present moment, to which `undo` can go back."""
        return len(self._journal)

    def undo(self, mark: int) -> None:
        """Forget every write staged since the mark."""
        while len(self._journal) > mark:
            shelf, key, before, _ = self._journal.pop()
            shelf.put(key, before)

    def keep_tallies(self) -> None:
        """Stage what the writes staged so far, taken together, change in the counts that are kept of rows."""
        for shelf in list(self._shelves.values()):
            if shelf.layout.tally is not None and shelf.stored:
                changes = ((key, before, shelf.rows.get(key)) for key, before in shelf.stored.items())
                tally.keep(shelf.layout.tally, changes, self)

    def flush(self) -> None:
        """Write the net effect of all that was staged, one statement per table and kind; then nothing can follow.

        Children are deleted before parents and inserted after them. An order the constraints do not
        bear is refused, though the commands one after the other might be fine: `flush_in_order` tells.
        """
        plans = [_Plan(shelf) for shelf in sorted(self._shelves.values(), key=_rank) if shelf.stored]
        with self._refusing(), statements.way_to(self._connection, commit=True) as way:
            for plan in reversed(plans):
                _write(way, statements.delete_rows(plan.table, self._dialect), plan.deletes)
            for plan in plans:
                for columns, rows in plan.updates.items():
                    _write(way, statements.update_rows(plan.table, self._dialect, columns), rows)
                _write(way, statements.insert_rows(plan.table, self._dialect), plan.inserts)

    def flush_in_order(self) -> None:
        """Write what was staged statement by statement, exactly as it was staged."""
        for shelf, key, before, after in self._journal:
            with self._refusing(), statements.way_to(self._connection) as way:
                layout = shelf.layout
                if after is None:
                    statement = statements.delete_rows(layout.table, self._dialect)
                    _write(way, statement, [_key_parameters(layout, key)])
                elif before is None or before is UNKNOWN:
                    _write(way, statements.insert_rows(layout.table, self._dialect), [after])
                elif columns := _changed(layout, before, after):
                    statement = statements.update_rows(layout.table, self._dialect, columns)
                    _write(way, statement, [_update_parameters(layout, key, columns, after)])

    def _shelf(self, table: Table) -> _Shelf:
        shelf = self._shelves.get(table)
        if shelf is None:
            shelf = self._shelves[table] = _Shelf(layout_of(table))
        return shelf

    def _stage(self, shelf: _Shelf, key: Key, before: Row | _Unknown | None, after: Row | None) -> None:
        if after is not None and shelf.layout.uniques:
            shelf.check_unique(key, after)
        self._journal.append((shelf, key, before, after))
        if key not in shelf.stored:
            shelf.stored[key] = None if before is UNKNOWN else before
        if shelf.indexes:
            shelf.put(key, after)
        else:
            shelf.rows[key] = after

    def _load(self, wanted: Iterable[_Wanted]) -> None:
        """Make the rows known whose columns equal one of those values; what is known stays as it is."""
        new: list[_Wanted] = []
        for shelf, columns, many in wanted:
            asked = shelf.asked[columns]
            if unknown := [values for values in dict.fromkeys(many) if values not in asked]:
                new.append((shelf, columns, unknown))
        if not new:
            return
        with self._refusing():
            with statements.way_to(self._connection) as way:
                answers = [(shelf, self._ask(way, shelf, columns, many)) for shelf, columns, many in new]
            found = [(shelf, row) for shelf, parts in answers for fetch in parts for row in fetch()]
        for shelf, row in found:
            key = shelf.layout.key_of(row)
            if key not in shelf.rows:
                shelf.put(key, row)
        for shelf, columns, many in new:
            shelf.asked[columns].update(many)
            if columns == shelf.layout.key:
                for key in many:
                    shelf.rows.setdefault(key, None)

    def _ask(
        self, way: Way, shelf: _Shelf, columns: Columns, many: Sequence[tuple[Any, ...]]
    ) -> list[Callable[[], list[Row]]]:
        """Ask for the rows, MOST_VALUES at a time; return what fetches them."""
        answers = []
        for start in range(0, len(many), MOST_VALUES):
            part = many[start : start + MOST_VALUES]
            # The count is rounded up, so that there are few statements to compile and to keep.
            count = 1 << (len(part) - 1).bit_length()
            lookup = statements.select_rows(shelf.layout.table, self._dialect, columns, count)
            answers.append(lookup.ask(way, [*part, *[part[-1]] * (count - len(part))]))
        return answers

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turn whatever the database raises into a refusal, and keep it."""
        if self.trouble is not None:
            raise self.trouble
        try:
            yield
        except Exception as error:
            cause = statements.as_sqlalchemy_has_it(self._connection, error)
            self.trouble = DatabaseRefusal(cause)
            raise self.trouble from cause


class _Plan:
    """The net effect of a batch on one table."""

    def __init__(self, shelf: _Shelf) -> None:
        self.table = shelf.layout.table
        self.deletes: list[Row] = []
        self.inserts: list[Row] = []
        self.updates: defaultdict[Columns, list[Row]] = defaultdict(list)
        layout = shelf.layout
        for key in sorted(shelf.stored):
            before, after = shelf.stored[key], shelf.rows.get(key)
            if before is None and after is not None:
                self.inserts.append(after)
            elif before is not None and after is None:
                self.deletes.append(_key_parameters(layout, key))
            elif before is not None and after is not None and (columns := _changed(layout, before, after)):
                self.updates[columns].append(_update_parameters(layout, key, columns, after))


def _write(way: Way, statement: Statement, rows: list[Row]) -> None:
    if rows:
        statement.execute(way, rows)


def _rank(shelf: _Shelf) -> int:
    return shelf.layout.rank


def _changed(layout: Layout, before: Row, after: Row) -> Columns:
    return tuple([name for name in layout.columns if before[name] != after[name]])


def _key_parameters(layout: Layout, key: Key) -> Row:
    return {KEY_PREFIX + name: value for name, value in zip(layout.key, key, strict=True)}


def _update_parameters(layout: Layout, key: Key, columns: Columns, after: Row) -> Row:
    return {**{name: after[name] for name in columns}, **_key_parameters(layout, key)}


def _conflict(layout: Layout, columns: Columns) -> RowConflict:
    named = ", ".join(columns)
    return RowConflict(
        f"Another row of {layout.name} has the same {named}.", table=layout.name, constraint=named
    )
