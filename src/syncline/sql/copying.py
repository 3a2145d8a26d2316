"""Copying whole tables from one database to another, and telling by a checksum that both hold the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, insert, select

CHUNK = 1_000
"""Rows read and written at a time, whatever the size of the table."""
_MODULUS = 1 << 128

Told = Callable[[str, int, int], None]
"""Told of the progress: what is done now, how much of it, of how much."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a table holds, in short. Equal rows have equal checksums, in any order and on any database."""

    rows: int
    checksum: str


def copy_table(source: Connection, target: Connection, table: Table, told: Told) -> Summary:
    """Copy every row in the order of its key, in chunks; return what was read.

    The target's transaction is the caller's: until he commits, nobody else sees a row.
    """
    total = count_rows(source, table)
    summing = _Summing()
    names = [column.name for column in table.columns]
    query = select(table).order_by(*table.primary_key.columns)
    with source.execute(query, execution_options={"yield_per": CHUNK}) as result:
        for chunk in result.partitions():
            rows = [tuple(row) for row in chunk]
            target.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
            summing.add(rows)
            told(f"Copying {table.name}", summing.rows, total)
    return summing.summary()


def sum_up(database: Connection, table: Table, told: Told, total: int) -> Summary:
    """Read the whole table, of about `total` rows, and return what it holds."""
    summing = _Summing()
    with database.execute(select(table), execution_options={"yield_per": CHUNK}) as result:
        for chunk in result.partitions():
            summing.add([tuple(row) for row in chunk])
            told(f"Checking {table.name}", summing.rows, total)
    return summing.summary()


def count_rows(database: Connection, table: Table) -> int:
    """Return how many rows the table has."""
    return database.execute(select(func.count()).select_from(table)).scalar_one()


class _Summing:
    """Adds up rows. A sum does not depend on the order, which databases see differently in text."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, rows: Sequence[tuple[object, ...]]) -> None:
        for row in rows:
            digest = hashlib.blake2b(repr(row).encode(), digest_size=16).digest()
            self._sum = (self._sum + int.from_bytes(digest)) % _MODULUS
        self.rows += len(rows)

    def summary(self) -> Summary:
        return Summary(self.rows, f"{self._sum:032x}")
