"""What the rows of a table look like: compiled once per table from its SQLAlchemy definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import itemgetter
from sys import intern
from typing import Any

from sqlalchemy import Index, Table, UniqueConstraint

from syncline.sql.errors import WrongColumns
from syncline.sql.tally import Tally

Row = dict[str, Any]
"""One row: a value for every column of its table. Rows handed out must not be changed in place."""

Key = tuple[Any, ...]
Columns = tuple[str, ...]
Values = tuple[Any, ...]
"""The values of some columns, in the order of those columns."""
ValuesOf = Callable[[Mapping[str, Any]], Values]


def values_getter(columns: Columns) -> ValuesOf:
    """Return a function that takes those columns of a row as a tuple."""
    if len(columns) == 1:
        (only,) = columns
        return lambda row: (row[only],)
    return itemgetter(*columns)


def names_of(columns: Iterable[Any]) -> Columns:
    """Return the names of columns as plain texts, each the one that equal literals are.

    SQLAlchemy's are of a class of its own: a dict with such a key asks it at every look-up whether it is equal.
    """
    return tuple([intern(str(column.name)) for column in columns])


class Layout:
    """Keys, look-ups and defaults of one table.

    A table declares its secondary look-ups as `Table(..., info={"lookups": [("tenant_id", "name")]})`;
    the primary key and every prefix of it are look-ups without being declared.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = table.name
        self.columns: Columns = names_of(table.columns)
        self.key: Columns = names_of(table.primary_key.columns)
        if not self.key:
            raise WrongColumns(f"The table {table.name} has no primary key.")
        self.key_of = values_getter(self.key)
        self.tally: Tally | None = table.info.get("tally")
        self.rank = table.metadata.sorted_tables.index(table)
        self.uniques: dict[Columns, ValuesOf] = {
            columns: values_getter(columns) for columns in _unique_columns(table)
        }
        self.required = names_of(c for c in table.columns if not c.nullable or c.primary_key)
        self._names = frozenset(self.columns)
        self._key_names = frozenset(self.key)
        self._blank = dict(zip(self.columns, map(_default, table.columns), strict=True))
        self._lookups = self._declared_lookups()
        self._asked: dict[Columns, Columns] = {}

    @property
    def lookups(self) -> list[Columns]:
        """Every look-up, each in its declared order."""
        return sorted(self._lookups.values())

    def complete(self, row: Row) -> Row:
        """Return a new row with a value for every column: the given one, the default or None."""
        if row.keys() == self._names:
            return row.copy()
        full = {**self._blank, **row}
        if len(full) != len(self._blank):
            raise self._unknown(row)
        return full

    def check_whole(self, columns: Columns) -> None:
        """Raise WrongColumns unless these are all columns in their order."""
        if columns != self.columns:
            raise WrongColumns(f"The table {self.name} has the columns {', '.join(self.columns)}.")

    def changed(self, row: Row, changes: Row) -> Row:
        """Return a new row with those changes; the primary key cannot change."""
        full = {**row, **changes}
        if len(full) != len(self._blank):
            raise self._unknown(changes)
        if not self._key_names.isdisjoint(changes):
            raise WrongColumns(f"The primary key of a row in {self.name} cannot be changed.")
        return full

    def lookup(self, columns: Iterable[str]) -> Columns:
        """Return the declared look-up on exactly those columns, in its declared order."""
        asked = tuple(columns)
        found = self._asked.get(asked)
        if found is None:
            found = self._asked[asked] = self._find_lookup(asked)
        return found

    def _find_lookup(self, columns: Columns) -> Columns:
        try:
            return self._lookups[frozenset(columns)]
        except KeyError:
            named = ", ".join(sorted(columns))
            raise WrongColumns(f"The table {self.name} declares no look-up by ({named}).") from None

    def check_key(self, key: Key) -> Key:
        """Return the key; WrongColumns when it has the wrong number of parts."""
        if len(key) != len(self.key):
            raise WrongColumns(f"A key of {self.name} is ({', '.join(self.key)}).")
        return key

    def check_need(self, columns: Columns, values: tuple[Any, ...]) -> None:
        """Raise WrongColumns unless the columns are a look-up in its declared order, with as many values."""
        if len(columns) != len(values) or not self.declares(columns):
            named = ", ".join(columns)
            raise WrongColumns(f"({named}) with {len(values)} values is no look-up of {self.name}.")

    def declares(self, columns: Columns) -> bool:
        """Tell whether those columns are a look-up in its declared order."""
        return self._lookups.get(frozenset(columns)) == columns

    def _declared_lookups(self) -> dict[frozenset[str], Columns]:
        prefixes = [self.key[:length] for length in range(1, len(self.key) + 1)]
        declared = [tuple(columns) for columns in self.table.info.get("lookups", ())]
        for columns in declared:
            if unknown := set(columns) - set(self.columns):
                raise WrongColumns(f"A look-up of {self.name} names {sorted(unknown)}: no such column.")
        return {frozenset(columns): columns for columns in [*declared, *prefixes]}

    def _unknown(self, row: Row) -> WrongColumns:
        unknown = ", ".join(sorted(row.keys() - self._blank.keys()))
        return WrongColumns(f"The table {self.name} has no column {unknown}.")


@cache
def layout_of(table: Table) -> Layout:
    """Return the layout of a table; the same object every time."""
    return Layout(table)


def _unique_columns(table: Table) -> list[Columns]:
    """Return the column sets that are unique without condition, the primary key left out."""
    constraints = [
        names_of(constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    indexes = [names_of(index.columns) for index in table.indexes if index.unique and _is_plain(index)]
    return sorted({columns for columns in [*constraints, *indexes] if columns})


def _is_plain(index: Index) -> bool:
    """Return whether the index covers every row and columns alone, no expressions."""
    partial = any(options.get("where") is not None for options in index.dialect_options.values())
    return not partial and len(index.columns) == len(index.expressions)


def _default(column: Any) -> Any:
    default = column.default
    return default.arg if default is not None and default.is_scalar else None
