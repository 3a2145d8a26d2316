"""What an exception of the database means: trouble for all, a clash to try again, or one guilty command."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from syncline.sql.errors import RowConflict, RowRejected
from syncline.sql.failures import describe, is_refused_write, is_retryable, is_trouble, rejection, unavailable


def sqlite_error(
    message: str, code: int = sqlite3.SQLITE_ERROR, name: str = "SQLITE_ERROR"
) -> OperationalError:
    original = sqlite3.OperationalError(message)
    original.sqlite_errorcode = code
    original.sqlite_errorname = name
    return OperationalError("statement", None, original)


FULL = sqlite_error("disk is full", sqlite3.SQLITE_FULL, "SQLITE_FULL")
WRITE_FAILED = sqlite_error("disk I/O error", sqlite3.SQLITE_IOERR | (3 << 8), "SQLITE_IOERR_WRITE")
LOCKED = sqlite_error("database is locked", sqlite3.SQLITE_BUSY, "SQLITE_BUSY")
NO_TABLE = sqlite_error("no such table: x")
READ_ONLY = sqlite_error("readonly", sqlite3.SQLITE_READONLY, "SQLITE_READONLY")
CORRUPT = DatabaseError("statement", None, sqlite3.DatabaseError("malformed"))
CONSTRAINT = IntegrityError("s", None, sqlite3.IntegrityError("UNIQUE constraint failed: t.a, t.b"))
DEADLOCK = OperationalError("s", None, pg.DeadlockDetected())
UNSERIALIZABLE = OperationalError("s", None, pg.SerializationFailure())
GONE = OperationalError("s", None, pg.AdminShutdown())
PG_READ_ONLY = InternalError("s", None, pg.ReadOnlySqlTransaction())
TOO_LONG = DBAPIError("s", None, pg.StringDataRightTruncation())


@pytest.mark.parametrize(
    "error", [FULL, WRITE_FAILED, LOCKED, CORRUPT, DEADLOCK, GONE, PoolTimeout("none free"), OSError("gone")]
)
def test_a_database_in_trouble_blames_no_command(error: Exception) -> None:
    assert is_trouble(error)


@pytest.mark.parametrize(
    "error", [NO_TABLE, CONSTRAINT, TOO_LONG, OverflowError(), UnicodeError(), ValueError()]
)
def test_what_one_command_wrote_is_no_trouble_of_the_database(error: Exception) -> None:
    assert not is_trouble(error)


def test_a_lost_connection_is_trouble_whatever_was_said() -> None:
    assert is_trouble(DBAPIError("s", None, psycopg.Error("gone"), connection_invalidated=True))


@pytest.mark.parametrize("error", [DEADLOCK, UNSERIALIZABLE])
def test_writers_that_got_in_each_others_way_may_try_again(error: Exception) -> None:
    assert is_retryable(error)


@pytest.mark.parametrize("error", [FULL, LOCKED, CONSTRAINT, GONE, ValueError()])
def test_other_failures_are_not_tried_again(error: Exception) -> None:
    assert not is_retryable(error)


def test_writing_where_only_reading_is_allowed_is_recognised() -> None:
    assert is_refused_write(READ_ONLY)
    assert is_refused_write(PG_READ_ONLY)
    assert not is_refused_write(FULL)
    assert not is_refused_write(ValueError())


def test_an_error_is_described_by_class_and_code() -> None:
    assert describe(FULL) == "OperationalError, SQLITE_FULL"
    assert describe(DEADLOCK) == "DeadlockDetected, 40P01"
    assert describe(ValueError("s3cret")) == "ValueError"
    assert str(unavailable(FULL)) == "The database cannot be used now (OperationalError, SQLITE_FULL)."


@pytest.mark.parametrize(
    ("message", "table", "constraint"),
    [
        ("UNIQUE constraint failed: users.tenant_id, users.name", "users", "tenant_id, name"),
        ("NOT NULL constraint failed: users.name", "users", "name"),
        ("CHECK constraint failed: positive", None, "positive"),
        ("FOREIGN KEY constraint failed", None, None),
    ],
)
def test_a_conflict_says_where(message: str, table: str | None, constraint: str | None) -> None:
    error = rejection(IntegrityError("s", None, sqlite3.IntegrityError(message)))
    assert isinstance(error, RowConflict)
    assert (error.table, error.constraint) == (table, constraint)


def test_a_value_that_cannot_be_held_is_rejected_without_being_named() -> None:
    error = rejection(UnicodeEncodeError("utf-8", "s3cret", 0, 1, "surrogates not allowed"))
    assert isinstance(error, RowRejected)
    assert str(error) == "The database cannot hold this change (UnicodeEncodeError)."
