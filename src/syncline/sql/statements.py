"""The statements of one table, built and compiled once into the driver's own text.

Putting parameters in order is what SQLAlchemy spends most on, so the compiled text goes straight to the
driver, with the conversions that SQLAlchemy's column types ask for: one SELECT per look-up and one
`executemany` per kind of write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from operator import itemgetter
from sys import intern
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    CTE,
    Boolean,
    ClauseElement,
    Connection,
    Dialect,
    FromClause,
    Select,
    Table,
    TableValuedAlias,
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

from syncline.sql.layout import Columns, Row, layout_of

S = TypeVar("S", bound=DMLWhereBase)

KEY_PREFIX = "_key_"
"""Stands before a key column's name among the parameters of an update or delete."""

MOST_VALUES = 512
"""Values in one SELECT: with a key of ten columns still far from SQLite's 32,766 parameters."""

MOST_ROWS = 64
"""Rows in one INSERT: with forty columns each far from SQLite's 32,766 parameters."""

MOST_FORMS = 64
"""Sets of empty columns of one table that an INSERT is kept for."""

_DIALECTS: Mapping[str, Callable[[], Dialect]] = {"sqlite": pysqlite_dialect, "postgresql": psycopg_dialect}


class Statement:
    """One compiled statement, and how its parameters reach the driver."""

    def __init__(self, statement: ClauseElement, dialect_name: str) -> None:
        compiled: Any = statement.compile(dialect=_DIALECTS[dialect_name]())
        self.text = str(compiled)
        self._names: Columns | None = (
            tuple(map(intern, compiled.positiontup)) if compiled.positiontup else None
        )
        # SQLAlchemy's own conversions, but that of a Boolean for SQLite, whose driver makes it (`engines`).
        self._converters = tuple(
            (name, convert)
            for name, convert in compiled._bind_processors.items()
            if not isinstance(compiled.binds[name].type, Boolean)
        )

    def bind(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the parameters as the driver wants them."""
        if self._converters:
            rows = [self._convert(row) for row in rows]
        if self._names is None:
            return list(rows)
        if len(self._names) == 1:
            return [(row[self._names[0]],) for row in rows]
        return list(map(itemgetter(*self._names), rows))

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run the statement once for each row of parameters; raises what the driver raises."""
        if connection.dialect.name == "sqlite":
            self._run(driver_of(connection), self.bind(rows))
        else:
            connection.exec_driver_sql(self.text, self.bind(rows))

    def _run(self, driver: Any, parameters: Sequence[Any]) -> None:
        driver.executemany(self.text, parameters)

    def _convert(self, row: Mapping[str, Any]) -> dict[str, Any]:
        converted = dict(row)
        for name, convert in self._converters:
            converted[name] = convert(row[name])
        return converted


class ValuesInsert(Statement):
    """SQLite's insertion of up to MOST_ROWS rows at a time: beginning and ending a statement costs what a row costs.

    Their numbers are powers of two, so that there are few statements to prepare and to keep. A column that is empty in
    all rows is not named: saying so would cost as much as a value.
    """

    def __init__(self, table: Table, columns: Columns) -> None:
        super().__init__(insert(table).inline().values({name: bindparam(name) for name in columns}), "sqlite")
        self._head, _, self._row = self.text.rpartition(" VALUES ")
        self._table = table
        self._columns = columns
        self._may_be_empty = [
            name for name in columns if table.c[name].nullable and table.c[name].server_default is None
        ]
        self._without: dict[Columns, ValuesInsert] = {}

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert the rows; raises what the driver raises."""
        empty = [name for name in self._may_be_empty if rows[0][name] is None]
        if empty:
            empty = [name for name in empty if [row[name] for row in rows].count(None) == len(rows)]
        Statement.execute(self.without(tuple(empty)) if empty else self, connection, rows)

    def without(self, empty: Columns) -> ValuesInsert:
        """Return the insertion that does not name those columns; the same every time, as long as there are few."""
        found = self._without.get(empty)
        if found is None:
            if len(self._without) >= MOST_FORMS:
                self._without.clear()
            named = tuple(name for name in self._columns if name not in empty)
            found = self._without[empty] = ValuesInsert(self._table, named)
        return found

    def _run(self, driver: Any, parameters: Sequence[Any]) -> None:
        start = 0
        while left := len(parameters) - start:
            count = min(1 << (left.bit_length() - 1), MOST_ROWS)
            text = f"{self._head} VALUES {', '.join([self._row] * count)}"
            driver.execute(text, list(chain.from_iterable(parameters[start : start + count])))
            start += count


class ArrayInsert(Statement):
    """PostgreSQL's insertion of any number of rows as one statement, planned once: an array for each column."""

    def __init__(self, table: Table) -> None:
        columns = layout_of(table).columns
        rows = _wanted_arrays(table, columns)
        super().__init__(insert(table).inline().from_select(columns, select(rows)), "postgresql")
        dialect: Any = _DIALECTS["postgresql"]()
        converters = ((each.name, each.type.bind_processor(dialect)) for each in table.columns)
        self._converters = tuple((name, convert) for name, convert in converters if convert is not None)

    def bind(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the one set of parameters that holds all rows."""
        arrays = {name: [row[name] for row in rows] for name in rows[0]}
        for name, convert in self._converters:
            arrays[name] = list(map(convert, arrays[name]))
        return [arrays]


class Lookup(Statement):
    """A compiled SELECT of whole rows by the values of some columns."""

    def __init__(
        self,
        statement: Select[Any],
        table: Table,
        columns: Columns,
        dialect_name: str,
        *,
        count: int,
        takes_arrays: bool = False,
    ) -> None:
        super().__init__(statement, dialect_name)
        self._sought = columns
        self._takes_arrays = takes_arrays
        if self._names not in (None, tuple(_numbered(name, at) for at in range(count) for name in columns)):
            raise TypeError(f"A look-up in {table.name} does not take its values in their order.")
        self._columns = layout_of(table).columns
        dialect: Any = _DIALECTS[dialect_name]()
        readers = ((name, _reader(table, name, dialect)) for name in self._columns)
        self._readers = tuple((name, read) for name, read in readers if read is not None)

    def ask(self, connection: Connection, wanted: Sequence[tuple[Any, ...]]) -> Callable[[], list[Row]]:
        """Ask for the rows that equal one of the wanted values, which are as many as it was built for.

        Returns what fetches them. In between other look-ups can be asked for, see `together`.
        """
        if connection.dialect.name == "postgresql":
            # SQLAlchemy looks for the answer at once, which in a pipeline is not there yet.
            cursor = connection.connection.cursor()
            cursor.execute(self.text, self.bind([self._parameters(wanted)])[0])
            return lambda: self._rows(cursor.fetchall())
        found = driver_of(connection).execute(self.text, list(chain.from_iterable(wanted))).fetchall()
        return lambda: self._rows(found)

    def _parameters(self, wanted: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
        if self._takes_arrays:
            return {
                name: list(values)
                for name, values in zip(self._sought, zip(*wanted, strict=True), strict=True)
            }
        return {
            _numbered(name, number): value
            for number, sought in enumerate(wanted)
            for name, value in zip(self._sought, sought, strict=True)
        }

    def _rows(self, found: Sequence[Sequence[Any]]) -> list[Row]:
        rows = [dict(zip(self._columns, row, strict=True)) for row in found]
        for name, read in self._readers:
            for row in rows:
                row[name] = read(row[name])
        return rows


def driver_of(connection: Connection) -> Any:
    """Return the driver's own connection."""
    return connection.connection.driver_connection


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Have PostgreSQL take all that is asked for inside in one journey, not one for each statement.

    It answers when the block ends: an error of any statement is raised there, or by a later one.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    with driver_of(connection).pipeline():
        yield


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
    key = [table.c[name] for name in layout_of(table).key]
    takes_arrays = count > 1 and dialect_name == "postgresql"
    found, rows = _found_by(table, dialect_name, columns)
    if count == 1:
        matches = and_(*(found.c[name] == _value(table, name, 0) for name in columns))
        statement = select(table).select_from(rows).where(matches)
    else:
        wanted = _wanted_arrays(table, columns) if takes_arrays else _wanted(table, columns, count)
        matches = and_(*(found.c[name] == wanted.c[name] for name in columns))
        statement = select(table).select_from(rows.join(wanted, matches))
    if dialect_name == "postgresql":
        # What is read is locked, in key order, so that two nodes seldom wait for each other in a circle.
        statement = statement.order_by(*key).with_for_update(key_share=True, of=table)
    return Lookup(statement, table, columns, dialect_name, count=count, takes_arrays=takes_arrays)


def _found_by(table: Table, dialect_name: str, columns: Columns) -> tuple[FromClause, FromClause]:
    """Return where the values are looked up, and that joined with the rows.

    SQLite takes ten rows for what the first column of any key leaves, and would rather walk a whole tenant in a table
    without row ids than go from an index to the rows. So it is asked for keys, which the index has, and then for rows.
    """
    key = layout_of(table).key
    has_row_ids = table.dialect_options["sqlite"]["with_rowid"]
    if dialect_name != "sqlite" or has_row_ids or columns == key[: len(columns)]:
        return table, table
    found = table.alias("found")
    return found, found.join(table, and_(*(table.c[name] == found.c[name] for name in key)))


@cache
def insert_rows(table: Table, dialect_name: str) -> Statement:
    """Return the insertion of whole rows."""
    if dialect_name == "postgresql":
        return ArrayInsert(table)
    return ValuesInsert(table, layout_of(table).columns)


@cache
def update_rows(table: Table, dialect_name: str, columns: Columns) -> Statement:
    """Return the change of those columns by key; key parameters carry KEY_PREFIX."""
    parameters: dict[str, Any] = {name: bindparam(name) for name in columns}
    return Statement(_by_key(update(table), table).values(parameters), dialect_name)


@cache
def delete_rows(table: Table, dialect_name: str) -> Statement:
    """Return the deletion by key; key parameters carry KEY_PREFIX."""
    return Statement(_by_key(delete(table), table), dialect_name)


def _by_key(statement: S, table: Table) -> S:
    keys = layout_of(table).key
    return statement.where(*(table.c[name] == bindparam(KEY_PREFIX + name) for name in keys))


def _wanted(table: Table, columns: Columns, count: int) -> CTE:
    """Return the wanted values as a table of its own."""
    shape = [column(name, table.c[name].type) for name in columns]
    data = [tuple(_value(table, name, number) for name in columns) for number in range(count)]
    return values(*shape, name="wanted").data(data).cte("wanted")


def _wanted_arrays(table: Table, columns: Columns) -> TableValuedAlias:
    """Return the wanted values as a table of its own, made from one array for each column."""
    arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in columns]
    shape = [column(name, table.c[name].type) for name in columns]
    return func.unnest(*arrays).table_valued(*shape).render_derived(name="wanted")


def _value(table: Table, name: str, number: int) -> Any:
    return bindparam(_numbered(name, number), type_=table.c[name].type)


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}"


def _reader(table: Table, name: str, dialect: Any) -> Callable[[Any], Any] | None:
    """Return what turns the driver's value of a column into Python's, or None when they are the same."""
    found: Callable[[Any], Any] | None = (
        table.c[name].type.dialect_impl(dialect).result_processor(dialect, None)
    )
    return found
