"""What a command sees of the database: the rows of its batch, its own staged writes included."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct
from sqlalchemy import Table

from syncline.sql.layout import Columns, Key, Row, Values

__all__ = ["Command", "Key", "Need", "Needs", "Row", "Rows", "needs_of", "next_needs_of"]

T_co = TypeVar("T_co", covariant=True)


class Need(Struct, frozen=True):
    """Rows that a command will surely read: those whose `columns` equal `values`.

    The columns are the primary key, a prefix of it, or a declared look-up, in that order.
    """

    table: Table
    columns: Columns
    values: Values

    @property
    def many(self) -> Collection[Values]:
        """The values as `Needs` has them."""
        return (self.values,)


class Needs(Struct, frozen=True):
    """Many of one kind at once: rows whose `columns` equal one of the values."""

    table: Table
    columns: Columns
    many: Collection[Values]


def needs_of(commands: Sequence[Command[Any]]) -> list[Need | Needs]:
    """Return what these commands need, asked of each kind at once where it can say so (`Command.prefetch`)."""
    kinds: dict[type, list[Command[Any]]] = {}
    for command in commands:
        kinds.setdefault(type(command), []).append(command)
    needs: list[Need | Needs] = []
    for kind, alike in kinds.items():
        prefetch_all = getattr(kind, "prefetch_all", None)
        if prefetch_all is not None:
            needs += prefetch_all(alike)
        else:
            for command in alike:
                needs += command.prefetch()
    return needs


def next_needs_of(command: Command[Any], rows: Rows) -> Iterable[Need | Needs]:
    """Return what the command needs once the rows of its first needs are there: nothing for most kinds of command."""
    prefetch_next = getattr(command, "prefetch_next", None)
    return () if prefetch_next is None else prefetch_next(rows)


class Rows(Protocol):
    """Rows by key and by look-up; writes are staged and seen at once by the same batch.

    Returned rows must not be mutated. All methods raise WrongColumns for a mistaken call.
    """

    def prefetch(self, needs: Iterable[Need | Needs]) -> None:
        """Read at once what would be read one by one: a statement for each table and look-up."""
        ...

    def get(self, table: Table, *key: Any) -> Row | None:
        """Return the row with that primary key (in the order of its columns), or None."""
        ...

    def find(self, table: Table, **columns: Any) -> list[Row]:
        """Return the rows whose columns equal the values, ordered by primary key.

        The columns are exactly those of one declared look-up, or a prefix of the primary key.
        As in SQL, nothing equals None.
        """
        ...

    def insert(self, table: Table, row: Row) -> None:
        """Stage a new row; columns left out take their default or None.

        RowConflict at once when a row known to the batch has the same key or unique columns;
        a clash with a row nobody has read shows only when the batch is written.
        """
        ...

    def append(self, table: Table, columns: Columns, entries: Sequence[Values]) -> None:
        """Stage new entries of a log: rows that nobody of the batch reads or writes again.

        `columns` are all of the table's in its order, and an entry is a value for each. It costs less than half
        of what `insert` does. A clash shows only when the batch is written.
        """
        ...

    def update(self, table: Table, key: Key, **changes: Any) -> None:
        """Stage new values of some columns. RowMissing without such a row; RowConflict as in insert."""
        ...

    def delete(self, table: Table, *key: Any) -> None:
        """Stage the end of a row; a row that does not exist stays so."""
        ...


class Command(Protocol[T_co]):
    """One unit of change: it is written whole or not at all."""

    def prefetch(self) -> Iterable[Need | Needs]:
        """Return what `apply` will surely read, so that a batch loads it in bulk; may be empty.

        A kind of which many come at once may have a class method `prefetch_all(commands)`, too, which returns what all
        of them read: in a cycle of an identity provider most of it is the same for everybody.
        A command may have a `prefetch_next(rows)`, too, which returns what the rows of `prefetch` name and `apply`
        will read as well; it reads those rows alone.
        """
        ...

    def apply(self, rows: Rows) -> T_co:
        """Read, decide, stage writes, return the result. No I/O of its own, no clock, no randomness.

        It may be run a second time, against other rows, when the first try could not be written.
        An exception leaves nothing of this command behind and reaches its own caller alone.
        """
        ...
