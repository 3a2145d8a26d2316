"""Reading beside the writer: short look-ups at once, longer reads in threads, each in one snapshot."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from syncline.courtesy import after_you
from syncline.sql.engines import BEGIN_OPTION, is_sqlite
from syncline.sql.errors import StoreUnavailable
from syncline.sql.failures import is_refused_write, is_trouble, unavailable
from syncline.sql.layout import Row
from syncline.sql.looking import Question, rows_of, sqlite_rows

T = TypeVar("T")

SCAN_THREADS = 4
"""Long reads at the same time; more wait for a thread."""


class Reader:
    """Runs read functions on connections of its own; a function that tries to write fails.

    Every function sees one consistent snapshot: all that was committed before its first read, nothing
    later. It must take its rows before it returns.
    Raises StoreUnavailable when the database is in trouble or the reader is closed, else what the
    function raises.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(SCAN_THREADS, thread_name_prefix="syncline-reader")
        self._inline = _InlineConnection(engine) if is_sqlite(engine) else None
        self._closed = False
        self._unanswered = 0

    @property
    def unanswered(self) -> int:
        """How many reads in threads somebody waits for."""
        return self._unanswered

    async def point(self, fn: Callable[[Connection], T]) -> T:
        """Return what `fn` reads: a few rows by key. It runs at once and holds up the event loop.

        On PostgreSQL, where a look-up is a journey, it runs in a thread.
        """
        if self._inline is None:
            return await self.scan(fn)
        self._check_open()
        try:
            return self._inline.run(fn)
        except SQLAlchemyError as error:
            raise _as_ours(error) from None

    async def rows(self, statement: Select[Any], parameters: Mapping[str, Any]) -> list[Row]:
        """Return the few rows of one constant statement, as `rows_of` does; it is a snapshot by itself."""
        if self._inline is None:
            return await self._in_thread(lambda: self._look_up(statement, parameters))
        self._check_open()
        try:
            return self._inline.rows(statement, parameters)
        except SQLAlchemyError as error:
            raise _as_ours(error) from None

    async def ask(self, question: Question, *values: Any) -> Sequence[tuple[Any, ...]]:
        """Return the few rows of one question; it is a snapshot by itself."""
        if self._inline is None:
            return await self.scan(lambda connection: question.ask(connection, values))
        self._check_open()
        try:
            return self._inline.ask(question, values)
        except SQLAlchemyError as error:
            raise _as_ours(error) from None

    async def scan(self, fn: Callable[[Connection], T]) -> T:
        """Return what `fn` reads, however long it takes: in a thread, never on the event loop."""
        return await self._in_thread(lambda: self._scan(fn))

    async def close(self) -> None:
        """Wait for the reads under way, then let all connections go."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        if self._inline is not None:
            self._inline.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("The reader is closed.")

    async def _in_thread(self, read: Callable[[], T]) -> T:
        self._check_open()
        self._unanswered += 1
        try:
            run = copy_context().run  # in a thread, too, whoever is in a hurry is known to be
            return await asyncio.get_running_loop().run_in_executor(self._threads, run, _read_twice, read)
        finally:
            self._unanswered -= 1

    def _look_up(self, statement: Select[Any], parameters: Mapping[str, Any]) -> list[Row]:
        """Run one statement outside a transaction: to begin and end one are two more journeys."""
        with self._engine.connect() as connection:
            return rows_of(connection.execution_options(isolation_level="AUTOCOMMIT"), statement, parameters)

    def _scan(self, fn: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            if self._inline is not None:
                return _scan_sqlite(connection, fn)
            snapshot = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with snapshot.begin():
                return fn(snapshot)


def _read_twice(read: Callable[[], T]) -> T:
    """Return what is read; once more when the server had closed an idle connection, which does no harm."""
    after_you()
    try:
        try:
            return read()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return read()
    except SQLAlchemyError as error:
        raise _as_ours(error) from None


def _as_ours(error: SQLAlchemyError) -> Exception:
    """Return StoreUnavailable for trouble of the database, else the error as it is."""
    return unavailable(error) if is_trouble(error) and not is_refused_write(error) else error


def _scan_sqlite(connection: Connection, fn: Callable[[Connection], T]) -> T:
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA query_only=ON")
    try:
        with connection.begin():
            return fn(connection)
    finally:
        driver.execute("PRAGMA query_only=OFF")


class _InlineConnection:
    """One SQLite connection kept open for look-ups on the event loop.

    Its transactions are opened and ended on the driver itself: SQLAlchemy's own bookkeeping would cost
    more than the look-up.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._driver: Any = None
        self._cursor: Any = None

    def run(self, fn: Callable[[Connection], T]) -> T:
        """Return what the function reads, in one snapshot."""
        with self._lock:
            connection = self._connection or self._connect()
            self._driver.execute("BEGIN")
            try:
                return fn(connection)
            finally:
                self._driver.execute("ROLLBACK")

    def rows(self, statement: Select[Any], parameters: Mapping[str, Any]) -> list[Row]:
        """Return the rows of one statement."""
        with self._lock:
            if self._connection is None:
                self._connect()
            return sqlite_rows(self._driver, statement, parameters)

    def ask(self, question: Question, values: tuple[Any, ...]) -> Sequence[tuple[Any, ...]]:
        """Return the rows of one question."""
        with self._lock:
            if self._connection is None:
                self._connect()
            return question.ask_sqlite(self._cursor, values)

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._driver.execute("PRAGMA query_only=OFF")
                self._connection.close()
                self._connection = None

    def _connect(self) -> Connection:
        connection = self._engine.connect().execution_options(**{BEGIN_OPTION: "PRAGMA query_only=ON"})
        connection.begin()
        self._connection = connection
        self._driver = connection.connection.driver_connection
        self._cursor = self._driver.cursor()
        return connection
