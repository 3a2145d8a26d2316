"""Reading with a constant query: compiled once, run on SQLite's driver, its rows as dicts or as tuples.

`rows_of(connection, statement, parameters)` gives what `connection.execute(statement, parameters).mappings()` gives,
at the price of the look-up: SQLAlchemy's path to the rows costs five times that. On any other connection it is
exactly that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select
from sqlalchemy.dialects.sqlite.pysqlite import dialect as pysqlite_dialect
from sqlalchemy.exc import DBAPIError

from syncline.courtesy import after_you
from syncline.sql.layout import Row, names_of

FETCHED_AT_ONCE = 50
"""Rows between which nobody else is let go first."""
_SQLITE: Any = pysqlite_dialect()

_Lists = tuple[tuple[str, int], ...]
"""The parameters that are lists, for an IN, with the lengths they are filled up to."""


class _Compiled(NamedTuple):
    text: str
    names: tuple[str, ...]
    """The parameters in the order of their places; a list takes as many as it is long."""
    constants: Mapping[str, Any]
    """Parameters that have their value already: SQLite is told an offset of 0 with every limit."""
    columns: tuple[str, ...]
    readers: tuple[tuple[str, Callable[[Any], Any]], ...]
    """What turns the driver's value of a column into Python's."""


class Question:
    """A constant query asked so often that its rows are taken as the driver has them: as tuples, nothing converted.

    `names` are its parameters in the order in which they stand in it.
    """

    def __init__(self, statement: Select[Any], *names: str) -> None:
        self.statement = statement
        self.names = names

    def ask(self, connection: Connection, values: tuple[Any, ...]) -> Sequence[tuple[Any, ...]]:
        """Return every row."""
        if _on_sqlite(connection):
            return self.ask_sqlite(connection.connection.driver_connection, values)
        given = dict(zip(self.names, values, strict=True))
        return [tuple(row) for row in connection.execute(self.statement, given)]

    def ask_sqlite(self, driver: Any, values: tuple[Any, ...]) -> Sequence[tuple[Any, ...]]:
        """Return every row from SQLite's driver."""
        text = self._text
        try:
            found: list[tuple[Any, ...]] = driver.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise _as_sqlalchemy_has_it(error, text) from error
        return found

    @cached_property
    def _text(self) -> str:
        compiled = _compiled(self.statement, ())
        if compiled.names != self.names or compiled.readers:
            raise TypeError(f"Its parameters are {compiled.names}, and no column may need a conversion.")
        return compiled.text


def rows_of(connection: Connection, statement: Select[Any], parameters: Mapping[str, Any]) -> list[Row]:
    """Return every row by column name. The statement is a constant of its module: it is remembered for good."""
    if not _on_sqlite(connection) or [] in parameters.values():
        return [dict(row) for row in connection.execute(statement, parameters).mappings()]
    return sqlite_rows(connection.connection.driver_connection, statement, parameters)


def tuples_of(
    connection: Connection, statement: Select[Any], parameters: Mapping[str, Any]
) -> Sequence[tuple[Any, ...]]:
    """Return every row as a tuple, in the order of the statement's columns: the least there is for very many rows."""
    if not _on_sqlite(connection) or [] in parameters.values():
        return [tuple(row) for row in connection.execute(statement, parameters)]
    driver = connection.connection.driver_connection
    compiled, found = _found(driver, statement, parameters)
    return found if not compiled.readers else [tuple(row.values()) for row in _as_rows(compiled, found)]


def sqlite_rows(driver: Any, statement: Select[Any], parameters: Mapping[str, Any]) -> list[Row]:
    """Return the rows from SQLite's driver; no list among the parameters may be empty."""
    return _as_rows(*_found(driver, statement, parameters))


def _found(
    driver: Any, statement: Select[Any], parameters: Mapping[str, Any]
) -> tuple[_Compiled, list[tuple[Any, ...]]]:
    lists = tuple([(name, _filled(len(value))) for name, value in parameters.items() if type(value) is list])
    compiled = _compiled(statement, lists)
    given = {**compiled.constants, **parameters} if compiled.constants else parameters
    values: list[Any] = []
    for name in compiled.names:
        value = given[name]
        if type(value) is list:
            values += value
            values += value[-1:] * (_filled(len(value)) - len(value))
        else:
            values.append(value)
    try:
        return compiled, _fetched(driver.execute(compiled.text, values))
    except sqlite3.Error as error:
        raise _as_sqlalchemy_has_it(error, compiled.text) from error


def _fetched(cursor: Any) -> list[tuple[Any, ...]]:
    """Return every row; between some and the next others may go first."""
    found: list[tuple[Any, ...]] = cursor.fetchmany(FETCHED_AT_ONCE)
    part = found
    while len(part) == FETCHED_AT_ONCE:
        after_you()
        part = cursor.fetchmany(FETCHED_AT_ONCE)
        found += part
    return found


def _as_rows(compiled: _Compiled, found: list[tuple[Any, ...]]) -> list[Row]:
    if not found:
        return []
    columns = compiled.columns
    rows = [dict(zip(columns, row)) for row in found]  # noqa: B905 - the statement has just these columns
    for name, read in compiled.readers:
        for row in rows:
            row[name] = read(row[name])
    return rows


def _filled(length: int) -> int:
    """Return the length a list is filled up to with its last value, so that few statements do for all lengths."""
    return 1 << (length - 1).bit_length()


def _as_sqlalchemy_has_it(error: sqlite3.Error, text: str) -> Exception:
    wrapped: Exception = DBAPIError.instance(
        text, None, error, sqlite3.Error, hide_parameters=True, dialect=_SQLITE
    )
    return wrapped


def _on_sqlite(connection: Connection) -> bool:
    return isinstance(connection, Connection) and connection.dialect.name == "sqlite"


def first_of(connection: Connection, statement: Select[Any], parameters: Mapping[str, Any]) -> Row | None:
    """Return the first row, or None."""
    rows = rows_of(connection, statement, parameters)
    return rows[0] if rows else None


@lru_cache(maxsize=1024)
def _compiled(statement: Select[Any], lists: _Lists) -> _Compiled:
    given = dict.fromkeys(statement.compile().binds) | {name: [None] * length for name, length in lists}
    compiled: Any = statement.params(given).compile(
        dialect=_SQLITE, compile_kwargs={"render_postcompile": True}
    )
    columns = list(statement.selected_columns)
    names = names_of(columns)
    processors = (column.type.dialect_impl(_SQLITE).result_processor(_SQLITE, None) for column in columns)
    return _Compiled(
        text=str(compiled),
        names=tuple(_each_once(compiled.positiontup, lists)),
        constants={name: bind.value for name, bind in compiled.binds.items() if bind.value is not None},
        columns=names,
        readers=tuple((name, read) for name, read in zip(names, processors, strict=True) if read is not None),
    )


def _each_once(places: Sequence[str], lists: _Lists) -> Iterator[str]:
    """Yield the parameters of the places in order, a list once for all its places: these are numbered from 1."""
    first = {f"{name}_1": (name, length) for name, length in lists}
    start = 0
    while start < len(places):
        name, length = first.get(places[start], (places[start], 1))
        yield name
        start += length
