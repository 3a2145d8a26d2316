"""Reading with a constant query: compiled once, run on SQLite's driver, its rows as dicts.

`rows_of(connection, statement, parameters)` gives what `connection.execute(statement, parameters).mappings()` gives,
at the price of the look-up: SQLAlchemy's path to the rows costs five times that. On any other connection it is
exactly that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select
from sqlalchemy.dialects.sqlite.pysqlite import dialect as pysqlite_dialect
from sqlalchemy.exc import DBAPIError

from syncline.sql.layout import Row, names_of

_SQLITE: Any = pysqlite_dialect()

_Lists = tuple[tuple[str, int], ...]
"""The parameters that are lists, for an IN, with their lengths."""


class _Compiled(NamedTuple):
    text: str
    names: tuple[str, ...]
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


def sqlite_rows(driver: Any, statement: Select[Any], parameters: Mapping[str, Any]) -> list[Row]:
    """Return the same from SQLite's driver; no list among the parameters may be empty."""
    lists = tuple([(name, len(value)) for name, value in parameters.items() if type(value) is list])
    compiled = _compiled(statement, lists)
    given = parameters
    if lists or compiled.constants:
        given = {**compiled.constants, **parameters}
        for name, _ in lists:
            given |= {f"{name}_{number}": value for number, value in enumerate(parameters[name], 1)}
    try:
        found = driver.execute(compiled.text, [given[name] for name in compiled.names]).fetchall()
    except sqlite3.Error as error:
        raise _as_sqlalchemy_has_it(error, compiled.text) from error
    if not found:
        return []
    columns = compiled.columns
    rows = [dict(zip(columns, row)) for row in found]  # noqa: B905 - the statement has just these columns
    for name, read in compiled.readers:
        for row in rows:
            row[name] = read(row[name])
    return rows


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
        names=tuple(compiled.positiontup),
        constants={name: bind.value for name, bind in compiled.binds.items() if bind.value is not None},
        columns=names,
        readers=tuple((name, read) for name, read in zip(names, processors, strict=True) if read is not None),
    )
