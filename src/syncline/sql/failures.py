"""What a database's exception means for the commands it met. None of the values it names is passed on."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from syncline.sql.errors import RowConflict, RowRejected, StoreError, StoreUnavailable

RETRYABLE_STATES = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization failure and deadlock: the same work done again may well succeed."""

READ_ONLY_STATE = "25006"

_SQLITE_PREFIXES = ("UNIQUE constraint failed: ", "NOT NULL constraint failed: ", "CHECK constraint failed: ")


def is_trouble(error: BaseException) -> bool:
    """Return whether the database itself is in trouble, so that no command is to blame."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, (PoolTimeout, OSError))
    if _sqlite_code(error) == sqlite3.SQLITE_ERROR:  # a statement that does not fit the schema
        return False
    kinds = (OperationalError, InternalError)
    return error.connection_invalidated or isinstance(error, kinds) or type(error) is DatabaseError


def is_retryable(error: BaseException) -> bool:
    """Return whether two writers got in each other's way and the work may simply be done again."""
    return isinstance(error, DBAPIError) and _sqlstate(error) in RETRYABLE_STATES


def is_refused_write(error: BaseException) -> bool:
    """Return whether someone tried to write where only reading is allowed."""
    if not isinstance(error, DBAPIError):
        return False
    return _sqlstate(error) == READ_ONLY_STATE or _sqlite_code(error) == sqlite3.SQLITE_READONLY


def describe(error: BaseException) -> str:
    """Name the error by its class and the database's own code; its text may hold values of rows."""
    if not isinstance(error, DBAPIError):
        return type(error).__name__
    code = getattr(error.orig, "sqlite_errorname", None) or _sqlstate(error)
    kind = type(error.orig).__name__
    return f"{kind}, {code}" if code else kind


def unavailable(error: BaseException) -> StoreUnavailable:
    """Return the trouble as its waiters see it."""
    return StoreUnavailable(f"The database cannot be used now ({describe(error)}).")


def rejection(error: BaseException) -> StoreError:
    """Return the refusal of a row as the one who wrote it sees it."""
    if isinstance(error, IntegrityError):
        table, constraint = _place(error)
        where = constraint or table or "a constraint"
        return RowConflict(f"The database refused a row: {where}.", table=table, constraint=constraint)
    return RowRejected(f"The database cannot hold this change ({describe(error)}).")


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _sqlite_code(error: DBAPIError) -> int | None:
    """Return SQLite's primary result code."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _place(error: IntegrityError) -> tuple[str | None, str | None]:
    """Return the table and the constraint (SQLite: the columns) that a driver's exception names."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return diagnosis.table_name, diagnosis.constraint_name or diagnosis.column_name
    text = str(error.orig)
    for prefix in _SQLITE_PREFIXES:
        if text.startswith(prefix):
            parts = [part.rpartition(".") for part in text.removeprefix(prefix).split(", ")]
            return parts[0][0] or None, ", ".join(column for _, _, column in parts)
    return None, None
