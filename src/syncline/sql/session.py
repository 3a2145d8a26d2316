"""The rows of one batch over one transaction: an identity map, staged writes, one flush.

Everything a batch reads is kept, so later commands see what earlier ones staged. Each staged write is
noted in a journal: undoing a failed command walks it back, and writing a command alone follows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Table

from syncline.sql import statements, tally
from syncline.sql.errors import RowConflict, RowMissing
from syncline.sql.layout import Columns, Key, Layout, Row, Values, ValuesOf, layout_of, values_getter
from syncline.sql.rows import Need, Needs
from syncline.sql.statements import KEY_PREFIX, MOST_VALUES, Way


class DatabaseRefusal(Exception):
    """The database did not do what the session asked; `cause` says why. For the writer alone."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


class _Unknown(Enum):
    """Stands for a row that has not been asked for yet; None stands for one that is not there."""

    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN

_OF_A_LOG: Final[Key] = ()
"""Stands for the keys of entries that were appended: nobody asks for them."""


_Keys = defaultdict[Values, set[Key]]
"""The keys of rows by the values of some columns."""


class _Look:
    """The look-up of a shelf's rows by the values of some columns: what is wanted, what was asked for, what is known.

    `keys` holds the known rows by those values. It is kept from when it is first needed on (`_Shelf.index`).
    """

    __slots__ = ("asked", "columns", "keys", "values_of", "wanted")

    def __init__(self, columns: Columns, values_of: ValuesOf) -> None:
        self.columns = columns
        self.values_of = values_of
        self.wanted: dict[Values, None] = {}
        self.asked: set[Values] = set()
        self.keys: _Keys | None = None


class _Shelf:
    """What a batch knows of one table."""

    __slots__ = ("appended", "indexes", "layout", "looks", "rows", "stored", "uniques")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.appended: list[Sequence[Values]] = []
        self.rows: dict[Key, Row | None] = {}
        self.stored: dict[Key, Row | None] = {}
        self.looks: dict[Columns, _Look] = {}
        self.indexes: list[tuple[_Look, _Keys]] = []
        self.uniques = [_Look(columns, values_of) for columns, values_of in layout.uniques.items()]
        for look in self.uniques:
            self.index(look)
            if layout.declares(look.columns):
                self.looks[look.columns] = look

    def look(self, columns: Columns) -> _Look:
        """Return the declared look-up by those columns, which are in its order."""
        look = self.looks.get(columns)
        if look is None:
            self.layout.check_need(columns, columns)
            look = self.looks[columns] = _Look(columns, values_getter(columns))
        return look

    def index(self, look: _Look) -> _Keys:
        """Return the known rows by the values of the look-up; from now on they are kept so."""
        if look.keys is None:
            look.keys = defaultdict(set)
            for key, row in self.rows.items():
                if row is not None:
                    look.keys[look.values_of(row)].add(key)
            self.indexes.append((look, look.keys))
        return look.keys

    def put(self, key: Key, row: Row | None) -> None:
        """Make that the known state of the row."""
        before = self.rows.get(key)
        for look, keys in self.indexes:
            if before is not None:
                keys[look.values_of(before)].discard(key)
            if row is not None:
                keys[look.values_of(row)].add(key)
        self.rows[key] = row

    def forget(self, key: Key) -> None:
        """Know nothing of the row any more."""
        self.put(key, None)
        del self.rows[key]
        self.stored.pop(key, None)
        for look in self.looks.values():
            look.asked.clear()  # one may have passed over the stored row for the staged one

    def check_unique(self, key: Key, row: Row) -> None:
        """Raise RowConflict when another known row has the same unique columns; None equals nothing."""
        for look in self.uniques:
            values = look.values_of(row)
            others = self.index(look).get(values)
            if others and None not in values and others != {key}:
                raise _conflict(self.layout, look.columns)


class _Shelves(dict[Table, _Shelf]):
    """The tables a batch has touched; one that is asked for is there."""

    def __missing__(self, table: Table) -> _Shelf:
        shelf = self[table] = _Shelf(layout_of(table))
        return shelf


_Wanted = Sequence[tuple[_Shelf, _Look]]
"""Look-ups, and their shelves, of which there are values wanted."""

_Write = tuple[_Shelf, Key, Row | _Unknown | None, Any]
"""One staged write: where, what the batch knew of the row before, and the row after (None: gone).

Under the key _OF_A_LOG stand new entries in place of the row.
"""


class Session:
    """Rows over the transaction that `connection` has open; the caller begins and commits it.

    Not thread-safe. A DatabaseRefusal leaves the session unusable: `trouble` keeps it, so that a
    command which swallows the exception cannot hide it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._shelves = _Shelves()
        self._journal: list[_Write] = []
        self._wanted: list[tuple[_Shelf, _Look]] = []
        self._dialect = connection.dialect.name
        self.trouble: DatabaseRefusal | None = None

    def get(self, table: Table, *key: Any) -> Row | None:
        shelf = self._shelves[table]
        row = shelf.rows.get(key, UNKNOWN)
        if row is UNKNOWN:
            layout = shelf.layout
            self._look_up(shelf, shelf.look(layout.key), layout.check_key(key))
            return shelf.rows[key]
        return row

    def find(self, table: Table, **columns: Any) -> list[Row]:
        shelf = self._shelves[table]
        names = tuple(columns)
        look = shelf.looks.get(names) or shelf.look(shelf.layout.lookup(names))
        values = look.values_of(columns)
        if None in values:
            return []
        if values not in look.asked:
            self._look_up(shelf, look, values)
        known = look.keys if look.keys is not None else shelf.index(look)
        keys = known.get(values)
        return [row for key in sorted(keys) if (row := shelf.rows[key]) is not None] if keys else []

    def insert(self, table: Table, row: Row) -> None:
        shelf = self._shelves[table]
        after = shelf.layout.complete(row)
        key = shelf.layout.key_of(after)
        before = shelf.rows.get(key, UNKNOWN)
        if before is not None and before is not UNKNOWN:
            raise _conflict(shelf.layout, shelf.layout.key)
        self._stage(shelf, key, before, after)

    def append(self, table: Table, columns: Columns, entries: Sequence[Values]) -> None:
        shelf = self._shelves[table]
        shelf.layout.check_whole(columns)
        shelf.appended.append(entries)
        self._journal.append((shelf, _OF_A_LOG, None, entries))

    def update(self, table: Table, key: Key, **changes: Any) -> None:
        shelf = self._shelves[table]
        before = shelf.rows.get(key) or self.get(table, *key)
        if before is None:
            raise RowMissing(f"The table {table.name} has no such row to update.")
        self._stage(shelf, key, before, shelf.layout.changed(before, changes))

    def delete(self, table: Table, *key: Any) -> None:
        before = self.get(table, *key)
        if before is not None:
            self._stage(self._shelves[table], key, before, None)

    def prefetch(self, needs: Iterable[Need | Needs]) -> None:
        self.want(needs)
        self.load()

    def want(self, needs: Iterable[Need | Needs]) -> None:
        """Take down what is needed, to be loaded with what others need; WrongColumns for what is no look-up."""
        for need in needs:
            shelf = self._shelves[need.table]
            look = shelf.looks.get(need.columns) or shelf.look(need.columns)
            for values in need.many:
                if values in look.wanted or values in look.asked:
                    continue
                if len(values) != len(look.columns):
                    shelf.layout.check_need(look.columns, values)
                if not look.wanted:
                    self._wanted.append((shelf, look))
                look.wanted[values] = None

    def load(self) -> None:
        """Load all that was taken down: one SELECT per table and look-up (and per MOST_VALUES values)."""
        wanted, self._wanted = self._wanted, []
        if wanted:
            self._load(wanted)

    @property
    def touched(self) -> set[Table]:
        """The tables it has staged writes for, undone ones perhaps included."""
        return {table for table, shelf in self._shelves.items() if shelf.stored or shelf.appended}

    def mark(self) -> int:
        """Return the present moment, to which `undo` can go back."""
        return len(self._journal)

    def undo(self, mark: int) -> None:
        """Forget every write staged since the mark."""
        while len(self._journal) > mark:
            shelf, key, before, _ = self._journal.pop()
            if key is _OF_A_LOG:
                shelf.appended.pop()
            elif before is UNKNOWN:
                shelf.forget(key)
            else:
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
        shelves = self._shelves.values()
        written = sorted([shelf for shelf in shelves if shelf.stored or shelf.appended], key=_rank)
        plans = [_Plan(shelf) for shelf in written]
        with self._refusing(), statements.way_to(self._connection, commit=True) as way:
            for plan in reversed(plans):
                if plan.deletes:
                    statements.delete_rows(plan.table, self._dialect).execute(way, plan.deletes)
            for plan in plans:
                for columns, rows in plan.updates.items():
                    statements.update_rows(plan.table, self._dialect, columns).execute(way, rows)
                if plan.inserts:
                    statements.insert_rows(plan.table, self._dialect).execute(way, plan.inserts)
                if plan.entries:
                    statements.insert_rows(plan.table, self._dialect).write(way, plan.entries)

    def flush_in_order(self) -> None:
        """Write what was staged statement by statement, exactly as it was staged."""
        for shelf, key, before, after in self._journal:
            with self._refusing(), statements.way_to(self._connection) as way:
                layout = shelf.layout
                if key is _OF_A_LOG:
                    statements.insert_rows(layout.table, self._dialect).write(way, after)
                elif after is None:
                    statement = statements.delete_rows(layout.table, self._dialect)
                    statement.execute(way, [_key_parameters(layout, key)])
                elif before is None or before is UNKNOWN:
                    statements.insert_rows(layout.table, self._dialect).execute(way, [after])
                elif columns := _changed(layout, before, after):
                    statement = statements.update_rows(layout.table, self._dialect, columns)
                    statement.execute(way, [_update_parameters(layout, key, columns, after)])

    def _stage(self, shelf: _Shelf, key: Key, before: Row | _Unknown | None, after: Row | None) -> None:
        if after is not None and shelf.uniques:
            shelf.check_unique(key, after)
        self._journal.append((shelf, key, before, after))
        if key not in shelf.stored:
            shelf.stored[key] = None if before is UNKNOWN else before
        if shelf.indexes:
            shelf.put(key, after)
        else:
            shelf.rows[key] = after

    def _look_up(self, shelf: _Shelf, look: _Look, values: Values) -> None:
        look.wanted[values] = None
        self._load([(shelf, look)])

    def _load(self, wanted: _Wanted) -> None:
        """Make the rows known that are wanted; what is known stays as it is."""
        with self._refusing():
            with statements.way_to(self._connection) as way:
                answers = [
                    (shelf, self._ask(way, shelf.layout.table, look.columns, list(look.wanted)))
                    for shelf, look in wanted
                ]
            found = [(shelf, fetch()) for shelf, parts in answers for fetch in parts]
        for shelf, rows in found:
            for row in rows:
                key = shelf.layout.key_of(row)
                if key not in shelf.rows:
                    shelf.put(key, row)
        for shelf, look in wanted:
            look.asked.update(look.wanted)
            if look.columns == shelf.layout.key:
                for key in look.wanted:
                    shelf.rows.setdefault(key, None)
            look.wanted.clear()

    def _ask(
        self, way: Way, table: Table, columns: Columns, many: Sequence[Values]
    ) -> list[Callable[[], list[Row]]]:
        """Ask for the rows, MOST_VALUES at a time; return what fetches them."""
        answers = []
        for start in range(0, len(many), MOST_VALUES):
            part = many[start : start + MOST_VALUES]
            # The count is rounded up, so that there are few statements to compile and to keep.
            count = 1 << (len(part) - 1).bit_length()
            lookup = statements.select_rows(table, self._dialect, columns, count)
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
        self.entries = list(chain.from_iterable(shelf.appended))
        self.updates: defaultdict[Columns, list[Row]] = defaultdict(list)
        layout, rows, stored = shelf.layout, shelf.rows, shelf.stored
        if not any(stored.values()):  # nothing but new rows, as in most tables of most batches
            self.inserts = [row for key in sorted(stored) if (row := rows[key]) is not None]
            return
        for key in sorted(stored):
            before, after = stored[key], rows.get(key)
            if before is None and after is not None:
                self.inserts.append(after)
            elif before is not None and after is None:
                self.deletes.append(_key_parameters(layout, key))
            elif before is not None and after is not None and (columns := _changed(layout, before, after)):
                self.updates[columns].append(_update_parameters(layout, key, columns, after))


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
