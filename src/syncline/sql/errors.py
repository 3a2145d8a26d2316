"""What can go wrong between a program and its database. No message ever holds a row's values."""

from __future__ import annotations


class StoreError(Exception):
    """Root of every error this package raises on purpose; the message is one sentence."""


class StoreUnavailable(StoreError):
    """The database could not do its work now. A write that failed so may or may not be there."""


class StoreBusy(StoreError):
    """Too many writes are waiting already; nothing was done. Come back in a moment."""


class RowConflict(StoreError):
    """A row breaks a constraint of the database; nothing of its command was written.

    `table` and `constraint` name the place where the database says so (SQLite names columns where
    PostgreSQL names the constraint); each is None when it does not.
    """

    def __init__(self, message: str, *, table: str | None = None, constraint: str | None = None) -> None:
        super().__init__(message)
        self.table = table
        self.constraint = constraint


class RowRejected(StoreError):
    """The database cannot hold a value of this command; nothing of the command was written."""


class RowMissing(StoreError):
    """An update names a row that does not exist."""


class WrongColumns(StoreError, ValueError):
    """A programming mistake: a column unknown to its table, or a look-up the table does not declare."""


class DatabaseUrlRefused(StoreError, ValueError):
    """A database URL that cannot be used; the message says what would do."""


class DatabaseTooNew(StoreError):
    """The database was migrated by a newer version of the program; the message says the fix."""


class MigrationFailed(StoreError):
    """A migration stopped; the database is as it was before."""


class KeyRefused(StoreError):
    """The secret key is unreadable, malformed or readable by others; the message says the fix."""


class SealBroken(StoreError):
    """A sealed value was changed, moved to another place or sealed with another key."""
