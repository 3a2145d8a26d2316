"""The statements of one table, built once: reading by look-up, and one `executemany` per kind of write.

Writes are compiled once into the driver's own text, since putting parameters in order is what
SQLAlchemy spends most on; reads stay SQLAlchemy statements, whose results it turns into Python values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    Dialect,
    Select,
    Table,
    bindparam,
    delete,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as pysqlite_dialect
from sqlalchemy.sql.dml import DMLWhereBase, UpdateBase

from syncline.sql.layout import Columns, layout_of

S = TypeVar("S", bound=DMLWhereBase)

KEY_PREFIX = "_key_"
"""Stands before a key column's name among the parameters of an update or delete."""

_DIALECTS: Mapping[str, Callable[[], Dialect]] = {"sqlite": pysqlite_dialect, "postgresql": psycopg_dialect}


@cache
def select_one(table: Table, columns: Columns, lock: bool) -> Select[Any]:
    """Return the rows whose columns equal the parameters of the same names."""
    statement = select(table).where(*(table.c[name] == bindparam(name) for name in columns))
    return _in_key_order(statement, table, lock)


@cache
def select_many(table: Table, columns: Columns, lock: bool) -> Select[Any]:
    """Return the rows whose columns equal one of `values`: tuples, or scalars for one column."""
    values: BindParameter[Any] = bindparam("values", expanding=True)
    if len(columns) == 1:
        statement = select(table).where(table.c[columns[0]].in_(values))
    else:
        statement = select(table).where(tuple_(*(table.c[name] for name in columns)).in_(values))
    return _in_key_order(statement, table, lock)


class WriteStatement:
    """One compiled INSERT, UPDATE or DELETE, and how its parameters reach the driver."""

    def __init__(self, statement: UpdateBase, dialect_name: str) -> None:
        compiled = statement.compile(dialect=_DIALECTS[dialect_name]())
        self.text = str(compiled)
        self._names: Columns | None = tuple(compiled.positiontup) if compiled.positiontup else None
        # SQLAlchemy's own conversions, e.g. of a Boolean for SQLite
        self._converters = tuple(
            (name, convert) for name, convert in compiled._bind_processors.items() if callable(convert)
        )

    def bind(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the rows as the driver wants them."""
        if self._converters:
            rows = [self._convert(row) for row in rows]
        if self._names is None:
            return list(rows)
        if len(self._names) == 1:
            return [(row[self._names[0]],) for row in rows]
        return list(map(itemgetter(*self._names), rows))

    def _convert(self, row: Mapping[str, Any]) -> dict[str, Any]:
        converted = dict(row)
        for name, convert in self._converters:
            converted[name] = convert(row[name])
        return converted


@cache
def insert_rows(table: Table, dialect_name: str) -> WriteStatement:
    """Return the insertion of whole rows."""
    values: dict[str, Any] = {name: bindparam(name) for name in layout_of(table).columns}
    return WriteStatement(insert(table).inline().values(values), dialect_name)


@cache
def update_rows(table: Table, dialect_name: str, columns: Columns) -> WriteStatement:
    """Return the change of those columns by key; key parameters carry KEY_PREFIX."""
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return WriteStatement(_by_key(update(table), table).values(values), dialect_name)


@cache
def delete_rows(table: Table, dialect_name: str) -> WriteStatement:
    """Return the deletion by key; key parameters carry KEY_PREFIX."""
    return WriteStatement(_by_key(delete(table), table), dialect_name)


def _by_key(statement: S, table: Table) -> S:
    keys = layout_of(table).key
    return statement.where(*(table.c[name] == bindparam(KEY_PREFIX + name) for name in keys))


def _in_key_order(statement: Select[Any], table: Table, lock: bool) -> Select[Any]:
    """On PostgreSQL lock what is read, in key order, so that two nodes never wait for each other."""
    if not lock:
        return statement
    key = [table.c[name] for name in layout_of(table).key]
    return statement.order_by(*key).with_for_update(key_share=True)
