"""Opening a database: SQLite in a file or PostgreSQL, set so that what is committed stays committed."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from syncline.sql.errors import DatabaseUrlRefused, StoreUnavailable

BUSY_TIMEOUT_MS = 5_000
"""How long a connection waits for another process that writes the same SQLite file."""

SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # in WAL mode a commit returns when the log is on the disk
    "PRAGMA fullfsync=ON",  # the same on macOS, where a plain fsync stops at the drive's cache
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16000",
    "PRAGMA journal_size_limit=67108864",
    # The writer carries the log over between its batches (`carry_over`); a commit does so itself after 32 MB only.
    "PRAGMA wal_autocheckpoint=8000",
)

POSTGRES_SETTINGS = (
    "SET synchronous_commit = on",  # a role or server default of `off` would break the promise
    "SET timezone = 'UTC'",
    "SET application_name = 'syncline'",
    # Rows are looked up by key, a few hundred at a time. The server's default, made for disks that turn, has it
    # read whole tables of some thousand rows instead; and a plan kept from when a table was empty stays with an
    # index that serves no longer, ten thousand people later.
    "SET random_page_cost = 1.1",
    "SET plan_cache_mode = force_custom_plan",
    "SET jit = off",
)

# The driver looks for an adapter of every value that is neither a text nor a number, and not finding one costs it more
# than a column of a row: so it is given some that hand out what they were given.
sqlite3.register_adapter(type(None), {None: None}.get)
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(bool, int)

BEGIN_OPTION = "syncline_begin"
"""Execution option of a connection: the SQLite statement that opens its transactions."""


def open_engine(url: str) -> Engine:
    """Return an engine for `sqlite:///path` or `postgresql+psycopg://…`; it connects when first used.

    SQLite: write-ahead log, `synchronous=FULL`, foreign keys on; the file is made with mode 0600 in a
    folder that must exist. DatabaseUrlRefused for any other URL, an in-memory database included: its
    connections would not see one another.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUrlRefused(
            "A database URL looks like sqlite:///file or postgresql://host/name."
        ) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(parsed)
    if backend in ("postgresql", "postgres"):
        return _open_postgres(parsed)
    raise DatabaseUrlRefused(f"The database {backend} is not supported: use sqlite or postgresql.")


def is_sqlite(engine: Engine) -> bool:
    """Return whether the engine speaks to SQLite."""
    return engine.dialect.name == "sqlite"


def address_of(url: URL | str) -> str:
    """Return where a database is, as people may read it: without password, driver and options."""
    parsed = make_url(url)
    plain = URL.create(
        parsed.get_backend_name(), parsed.username, None, parsed.host, parsed.port, parsed.database
    )
    return plain.render_as_string()


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """Lend a connection; StoreUnavailable in the database's own words when there is none to be had.

    For programs that start: nobody's rows can be in what a database says of a connection it did not make.
    """
    try:
        connection = engine.connect()
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = getattr(error, "orig", None) or error
        said = (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")
        hint = _hint(cause) if is_sqlite(engine) else " Is it running, and is SYNCLINE_DATABASE_URL right?"
        raise StoreUnavailable(
            f"The database {address_of(engine.url)} cannot be opened: {said}.{hint}"
        ) from None
    try:
        yield connection
    finally:
        connection.close()


def _hint(cause: BaseException) -> str:
    """Return what helps where SQLite does not open a file."""
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return ""
    return " The file is damaged: stop the server, move the file away and restore the last backup."


def _open_sqlite(url: URL) -> Engine:
    path = url.database
    if not path or path == ":memory:" or path.startswith("file:"):
        raise DatabaseUrlRefused("SQLite needs a plain file: sqlite:///path/to/file.db.")
    _make_private_file(Path(path))
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        hide_parameters=True,
        connect_args={
            "timeout": BUSY_TIMEOUT_MS / 1000,
            "check_same_thread": False,
            "cached_statements": 512,
        },
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private_file(path: Path) -> None:
    """Make the file with mode 0600 when it is not there; the log files take over its mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseUrlRefused(f"The database file {path} cannot be opened: {error.strerror}.") from None


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver would open transactions by itself, deferred and only before some statements.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        _set(cursor, pragma)
    cursor.close()


def carry_over(connection: Connection) -> None:
    """Bring what SQLite's write-ahead log has into the database file, as far as nobody reads what was there before.

    Outside a transaction. On PostgreSQL, which does it by itself, nothing happens. Raises what the driver raises.
    """
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _set(cursor: Any, pragma: str) -> None:
    """Set one thing; waits where SQLite does not: for another program that makes the same new file a log of its own."""
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute(pragma).fetchall()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    statement = connection.get_execution_options().get(BEGIN_OPTION, "BEGIN")
    connection.exec_driver_sql(statement)


def _open_postgres(url: URL) -> Engine:
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername != "postgresql+psycopg":
        raise DatabaseUrlRefused(f"The driver {url.drivername} is not supported: use postgresql+psycopg.")
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=8,
            max_overflow=8,
            # Without it a database without an encoding (SQL_ASCII) hands out bytes for text.
            connect_args={"connect_timeout": 5, "client_encoding": "utf8"},
        )
    except ImportError:
        raise DatabaseUrlRefused("PostgreSQL needs the extra: pip install 'syncline[postgres]'.") from None
    event.listen(engine, "connect", _prepare_postgres)
    logging.getLogger("psycopg").addFilter(_name_errors_only)
    return engine


def _name_errors_only(record: logging.LogRecord) -> bool:
    """Put the class in place of each error that the driver logs: its text tells the values of rows."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            type(part).__name__ if isinstance(part, BaseException) else part for part in record.args
        )
    return True


def _prepare_postgres(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    with connection.cursor() as cursor:
        for setting in POSTGRES_SETTINGS:
            cursor.execute(setting)
    connection.autocommit = False
