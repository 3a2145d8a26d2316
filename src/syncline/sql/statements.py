"""The statements of one table, built and compiled once into the driver's own text.

Putting parameters in order is what SQLAlchemy spends most on, so the compiled text goes straight to the
driver, with the conversions that SQLAlchemy's column types ask for: one SELECT per look-up and one
statement per kind of write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from operator import itemgetter
from sys import intern
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    ARRAY,
    CTE,
    Boolean,
    ClauseElement,
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    Select,
    Subquery,
    Table,
    and_,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    update,
    values,
)
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as pysqlite_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import DMLWhereBase

from syncline.sql.arrays import array_maker
from syncline.sql.journey import Journey, Prepared
from syncline.sql.layout import Columns, Row, Values, layout_of

S = TypeVar("S", bound=DMLWhereBase)

KEY_PREFIX = "_key_"
"""Stands before a key column's name among the parameters of an update or delete."""

MOST_VALUES = 512
"""Values in one SELECT: with a key of ten columns still far from SQLite's 32,766 parameters."""

MOST_ROWS = 64
"""Rows in one INSERT: with forty columns each far from SQLite's 32,766 parameters."""

MOST_FORMS = 64
"""Sets of empty columns of one table that an INSERT is kept for."""

_SQLITE: Dialect = pysqlite_dialect()
_POSTGRESQL: Dialect = psycopg_dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]

Way = Any
"""How statements reach the database: SQLite's connection, or a `Journey` to PostgreSQL. See `way_to`."""


class Statement(Protocol):
    """One compiled write of rows."""

    text: str

    def execute(self, way: Way, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows, of which there is at least one; raises what the driver raises."""
        ...


class Lookup(Protocol):
    """A compiled SELECT of whole rows by the values of some columns."""

    text: str

    def ask(self, way: Way, wanted: Sequence[tuple[Any, ...]]) -> Callable[[], list[Row]]:
        """Ask for the rows that equal one of the wanted values, which are as many as it was built for.

        Returns what fetches them once the way is gone.
        """
        ...


class SqliteStatement:
    """SQLite's change or deletion of rows, one after the other."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled: Any = statement.compile(dialect=_SQLITE)
        self.text = str(compiled)
        self._names: Columns = tuple(map(intern, compiled.positiontup))
        # SQLAlchemy's own conversions, but that of a Boolean, which the driver makes (`engines`).
        self._converters = tuple(
            (name, convert)
            for name, convert in compiled._bind_processors.items()
            if not isinstance(compiled.binds[name].type, Boolean)
        )

    def bind(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the parameters as the driver wants them."""
        if self._converters:
            rows = [self._convert(row) for row in rows]
        if len(self._names) == 1:
            return [(row[self._names[0]],) for row in rows]
        return list(map(itemgetter(*self._names), rows))

    def execute(self, way: sqlite3.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        way.executemany(self.text, self.bind(rows))

    def _convert(self, row: Mapping[str, Any]) -> dict[str, Any]:
        converted = dict(row)
        for name, convert in self._converters:
            converted[name] = convert(row[name])
        return converted


class SqliteInsert(SqliteStatement):
    """SQLite's insertion of up to MOST_ROWS rows at a time: beginning and ending a statement costs what a row costs.

    Their numbers are powers of two, so that there are few statements to prepare and to keep.
    """

    def __init__(self, table: Table, columns: Columns) -> None:
        super().__init__(insert(table).inline().values({name: bindparam(name) for name in columns}))
        if self._names != columns:
            raise TypeError(f"An insertion into {table.name} does not take its values in their order.")
        self._head, _, self._row = self.text.rpartition(" VALUES ")

    def execute(self, way: sqlite3.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        self._insert(way, self.bind(rows))

    def write(self, way: sqlite3.Connection, entries: Sequence[Values]) -> None:
        if self._converters:
            raise TypeError("A column has to be converted on its way to the database.")
        self._insert(way, entries)

    def _insert(self, way: sqlite3.Connection, entries: Sequence[Values]) -> None:
        start = 0
        while left := len(entries) - start:
            count = min(1 << (left.bit_length() - 1), MOST_ROWS)
            text = f"{self._head} VALUES {', '.join([self._row] * count)}"
            way.execute(text, list(chain.from_iterable(entries[start : start + count])))
            start += count


class SqliteLookup(SqliteStatement):
    """SQLite's look-up; the values stand in its text one by one."""

    def __init__(self, statement: Select[Any], table: Table, columns: Columns, count: int) -> None:
        super().__init__(statement)
        if self._names != tuple(_numbered(name, at) for at in range(count) for name in columns):
            raise TypeError(f"A look-up in {table.name} does not take its values in their order.")
        self._rows_of = _rows_maker(table, _SQLITE)

    def ask(self, way: sqlite3.Connection, wanted: Sequence[tuple[Any, ...]]) -> Callable[[], list[Row]]:
        found = way.execute(self.text, list(chain.from_iterable(wanted))).fetchall()
        return lambda: self._rows_of(found)


class ArrayStatement:
    """PostgreSQL's write or look-up of any number of rows as one statement: an array for each column."""

    def __init__(self, statement: ClauseElement, table: Table) -> None:
        compiled: Any = statement.compile(dialect=_POSTGRESQL)
        self.text = str(compiled)
        self._text = self.text.encode()
        self.names: Columns = tuple(compiled.positiontup)
        self._makers = [(name, array_maker(table.c[name.removeprefix(KEY_PREFIX)])) for name in self.names]

    def execute(self, way: Journey, rows: Sequence[Mapping[str, Any]]) -> None:
        way.ask(self._text, [make([row[name] for row in rows]) for name, make in self._makers])


class ArrayInsert(ArrayStatement):
    """PostgreSQL's insertion."""

    def __init__(self, table: Table, columns: Columns) -> None:
        rows = _wanted_arrays(table, {name: name for name in columns})
        super().__init__(insert(table).inline().from_select(columns, select(rows)), table)
        if self.names != columns:
            raise TypeError(f"An insertion into {table.name} does not take its values in their order.")

    def write(self, way: Journey, entries: Sequence[Values]) -> None:
        of_columns = zip(*entries, strict=True)
        way.ask(
            self._text,
            [make(list(values)) for (_, make), values in zip(self._makers, of_columns, strict=True)],
        )


class Insertion:
    """The insertion of whole rows, without the columns that are empty in all of them: they would cost as the others."""

    def __init__(self, table: Table, of: Callable[[Table, Columns], SqliteInsert | ArrayInsert]) -> None:
        columns = layout_of(table).columns
        self._of = of
        self._table = table
        self._columns = columns
        self._whole = of(table, columns)
        self.text = self._whole.text
        self._may_be_empty = [
            name for name in columns if table.c[name].nullable and table.c[name].server_default is None
        ]
        self._without: dict[Columns, Statement] = {}

    def execute(self, way: Way, rows: Sequence[Mapping[str, Any]]) -> None:
        empty = [name for name in self._may_be_empty if rows[0][name] is None]
        if empty:
            empty = [name for name in empty if [row[name] for row in rows].count(None) == len(rows)]
        (self.without(tuple(empty)) if empty else self._whole).execute(way, rows)

    def write(self, way: Way, entries: Sequence[Values]) -> None:
        """Insert rows that are given as the values of all columns, in their order; no value may need a conversion."""
        self._whole.write(way, entries)

    def without(self, empty: Columns) -> Statement:
        """Return the insertion that does not name those columns; the same every time, as long as there are few."""
        found = self._without.get(empty)
        if found is None:
            if len(self._without) >= MOST_FORMS:
                self._without.clear()
            named = tuple(name for name in self._columns if name not in empty)
            found = self._without[empty] = self._of(self._table, named)
        return found


class ArrayLookup(ArrayStatement):
    """PostgreSQL's look-up."""

    def __init__(self, statement: Select[Any], table: Table, columns: Columns) -> None:
        super().__init__(statement, table)
        if self.names != columns:
            raise TypeError(f"A look-up in {table.name} does not take its values in their order.")
        self._rows_of = _rows_maker(table, _POSTGRESQL)

    def ask(self, way: Journey, wanted: Sequence[tuple[Any, ...]]) -> Callable[[], list[Row]]:
        arrays = [
            make(values) for (_, make), values in zip(self._makers, zip(*wanted, strict=True), strict=True)
        ]
        fetch = way.ask(self._text, arrays)
        return lambda: self._rows_of(fetch())


def _rows_maker(table: Table, dialect: Dialect) -> Callable[[Sequence[Sequence[Any]]], list[Row]]:
    """Return what makes rows by column name of the driver's."""
    columns = layout_of(table).columns
    types = ((name, table.c[name].type.dialect_impl(dialect)) for name in columns)
    processors = [(name, each.result_processor(dialect, None)) for name, each in types]
    readers = [(name, read) for name, read in processors if read is not None]

    def rows_of(found: Sequence[Sequence[Any]]) -> list[Row]:
        rows = [dict(zip(columns, row, strict=True)) for row in found]
        for name, read in readers:
            for row in rows:
                row[name] = read(row[name])
        return rows

    return rows_of


def driver_of(connection: Connection) -> Any:
    """Return the driver's own connection."""
    return connection.connection.driver_connection


@contextmanager
def way_to(connection: Connection, *, commit: bool = False) -> Iterator[Way]:
    """Lend the way that statements take to the database.

    SQLite does each at once. PostgreSQL is sent all that was asked when the block ends, in one journey: an error of any
    statement is raised there. With `commit` that journey ends the transaction too, which otherwise takes one more.
    """
    if connection.dialect.name == "sqlite":
        yield driver_of(connection)
        return
    journey = Journey(driver_of(connection), connection.info.setdefault("prepared", Prepared()))
    yield journey
    journey.go(commit=commit)


def as_sqlalchemy_has_it(connection: Connection, error: Exception) -> Exception:
    """Return an error of the driver as SQLAlchemy would have raised it; any other as it is."""
    dialect: Any = connection.dialect
    kind = dialect.loaded_dbapi.Error
    if not isinstance(error, kind):
        return error
    is_gone = dialect.is_disconnect(error, driver_of(connection), None)
    if is_gone:
        connection.invalidate(error)
    wrapped: Exception = DBAPIError.instance(
        "", (), error, kind, hide_parameters=True, connection_invalidated=is_gone, dialect=dialect
    )
    return wrapped


@cache
def select_rows(table: Table, dialect_name: str, columns: Columns, count: int) -> Lookup:
    """Return the rows whose columns equal one of `count` tuples of values.

    SQLite scans the whole table for `(a, b) IN (…)`, and uses the index for a join with the values. PostgreSQL takes an
    array for each column: one short text for any number of values.
    """
    if dialect_name == "postgresql":
        wanted = _wanted_arrays(table, {name: name for name in columns})
        matches = and_(*(table.c[name] == wanted.c[name] for name in columns))
        key = [table.c[name] for name in layout_of(table).key]
        # What is read is locked, in key order, so that two nodes seldom wait for each other in a circle.
        locked = select(table).select_from(table.join(wanted, matches)).order_by(*key)
        return ArrayLookup(locked.with_for_update(key_share=True, of=table), table, columns)
    found, rows = _found_by(table, columns)
    if count == 1:
        matches = and_(*(found.c[name] == _value(table, name, 0) for name in columns))
        statement = select(table).select_from(rows).where(matches)
    else:
        values = _wanted(table, columns, count)
        matches = and_(*(found.c[name] == values.c[name] for name in columns))
        statement = select(table).select_from(rows.join(values, matches))
    return SqliteLookup(statement, table, columns, count)


def _found_by(table: Table, columns: Columns) -> tuple[FromClause, FromClause]:
    """Return where SQLite looks the values up, and that joined with the rows.

    It takes ten rows for what the first column of any key leaves, and would rather walk a whole tenant in a table
    without row ids than go from an index to the rows. So it is asked for keys, which the index has, and then for rows.
    """
    key = layout_of(table).key
    has_row_ids = table.dialect_options["sqlite"]["with_rowid"]
    if has_row_ids or columns == key[: len(columns)]:
        return table, table
    found = table.alias("found")
    return found, found.join(table, and_(*(table.c[name] == found.c[name] for name in key)))


@cache
def insert_rows(table: Table, dialect_name: str) -> Insertion:
    """Return the insertion of whole rows."""
    return Insertion(table, SqliteInsert if dialect_name == "sqlite" else ArrayInsert)


@cache
def update_rows(table: Table, dialect_name: str, columns: Columns) -> Statement:
    """Return the change of those columns by key; key parameters carry KEY_PREFIX."""
    if dialect_name == "sqlite":
        parameters: dict[str, Any] = {name: bindparam(name) for name in columns}
        return SqliteStatement(_by_key(update(table), table).values(parameters))
    rows = _wanted_arrays(table, {name: name for name in columns} | _key_parameters(table))
    changed = update(table).values({name: rows.c[name] for name in columns})
    return ArrayStatement(changed.where(_is_wanted(table, rows)), table)


@cache
def delete_rows(table: Table, dialect_name: str) -> Statement:
    """Return the deletion by key; key parameters carry KEY_PREFIX."""
    if dialect_name == "sqlite":
        return SqliteStatement(_by_key(delete(table), table))
    rows = _wanted_arrays(table, _key_parameters(table))
    return ArrayStatement(delete(table).where(_is_wanted(table, rows)), table)


def _by_key(statement: S, table: Table) -> S:
    keys = layout_of(table).key
    return statement.where(*(table.c[name] == bindparam(KEY_PREFIX + name) for name in keys))


def _key_parameters(table: Table) -> dict[str, str]:
    return {KEY_PREFIX + name: name for name in layout_of(table).key}


def _is_wanted(table: Table, rows: Subquery) -> ColumnElement[bool]:
    return and_(*(table.c[name] == rows.c[parameter] for parameter, name in _key_parameters(table).items()))


def _wanted(table: Table, columns: Columns, count: int) -> CTE:
    """Return the wanted values as a table of its own."""
    shape = [column(name, table.c[name].type) for name in columns]
    data = [tuple(_value(table, name, number) for name in columns) for number in range(count)]
    return values(*shape, name="wanted").data(data).cte("wanted")


def _wanted_arrays(table: Table, parameters: Mapping[str, str]) -> Subquery:
    """Return parameters as a table of its own, made from one array for each; they are like the columns they name.

    The arrays are taken apart side by side, row by row; named in FROM, each would be copied to a store of its own.
    """
    arrays = {
        parameter: bindparam(parameter, type_=ARRAY(table.c[name].type))
        for parameter, name in parameters.items()
    }
    return select(*(func.unnest(array).label(parameter) for parameter, array in arrays.items())).subquery(
        "wanted"
    )


def _value(table: Table, name: str, number: int) -> Any:
    return bindparam(_numbered(name, number), type_=table.c[name].type)


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}"
