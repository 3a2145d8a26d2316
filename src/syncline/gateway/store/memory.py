"""The gateway's memory without a database: gone with the process, for rehearsals of logic and for tests.

Nothing is decided here. Commands run over `sql.memory`, and reads are those of the SQL store: each of its statements is
answered by the function over rows that `answers` lists for it. So the two cannot drift apart in what they do, and the
contract tests hold them to the same promises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Select, SelectBase

from syncline.gateway.services.ports import Store
from syncline.gateway.store import answers, operator_answers, removal_answers, seeking_answers
from syncline.gateway.store.store import sql_store
from syncline.sql.looking import Question, rows_of
from syncline.sql.memory import MemoryRows, MemoryWriter
from syncline.sql.reader import Reader
from syncline.sql.rows import Row
from syncline.sql.sealing import Sealer
from syncline.sql.writer import Writer

T = TypeVar("T")

ANSWERS = {
    **answers.ANSWERS,
    **operator_answers.ANSWERS,
    **seeking_answers.ANSWERS,
    **removal_answers.ANSWERS,
}


def memory_store(sealer: Sealer, rows: MemoryRows | None = None) -> Store:
    """Return an empty store, or one over these rows. Not thread-safe: for one event loop."""
    rows = rows or MemoryRows()
    writer, reader = MemoryWriter(rows), MemoryReader(rows)
    return sql_store(cast("Writer", writer), cast("Reader", reader), sealer)


class MemoryReader:
    """Runs read functions as `sql.reader.Reader` does; everything submitted before is seen."""

    def __init__(self, rows: MemoryRows) -> None:
        self._connection = cast("Connection", _Connection(rows))

    async def point(self, fn: Callable[[Connection], T]) -> T:
        """Return what `fn` reads."""
        return fn(self._connection)

    async def rows(self, statement: Select[Any], parameters: Mapping[str, Any]) -> list[Row]:
        """Return the rows of one statement."""
        return rows_of(self._connection, statement, parameters)

    async def ask(self, question: Question, *values: Any) -> Sequence[tuple[Any, ...]]:
        """Return the rows of one question."""
        return question.ask(self._connection, values)

    async def scan(self, fn: Callable[[Connection], T]) -> T:
        """Return what `fn` reads; it holds up the event loop."""
        return fn(self._connection)


class _Connection:
    """As much of SQLAlchemy's connection as the store's readers use."""

    def __init__(self, rows: MemoryRows) -> None:
        self._rows = rows

    def execute(self, statement: SelectBase, parameters: Mapping[str, Any] | None = None) -> _Result:
        return _Result(ANSWERS[statement](self._rows, parameters or {}))


class _Result:
    """As much of SQLAlchemy's result as the store's readers use."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = list(rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return (tuple(row.values()) for row in self._rows)

    def mappings(self) -> _Mappings:
        return _Mappings(self._rows)

    def scalars(self) -> list[Any]:
        return [first for first, *_ in self]

    def scalar(self) -> Any:
        return next(iter(self.scalars()), None)

    def scalar_one(self) -> Any:
        (only,) = self.scalars()
        return only


class _Mappings(list[Row]):
    def first(self) -> Row | None:
        return self[0] if self else None

    def one(self) -> Row:
        (only,) = self
        return only
