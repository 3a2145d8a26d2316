"""Two stores that are told the same: rows in memory, and SQLite written in batches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor
from syncline.gateway.store.commands.setup import CreateTenant
from syncline.gateway.store.tables import (
    counters,
    deliveries,
    events,
    groups,
    members,
    metadata,
    user_emails,
    users,
)
from syncline.sql.batch import Failed, write_batch
from syncline.sql.engines import BEGIN_OPTION, open_engine
from syncline.sql.errors import RowConflict
from syncline.sql.layout import layout_of
from syncline.sql.memory import MemoryRows
from syncline.sql.rows import Command, Row
from tests.support.databases import new_gateway
from tests.support.ledger_worlds import forget_the_disk

TENANT = TenantId("t1")
NEIGHBOUR = TenantId("t2")
COMPARED = (counters, users, user_emails, groups, members, deliveries, events)


class BothStores:
    """Carries out commands in memory and on SQLite, and sees to it that the two tell one story."""

    def __init__(self, folder: Path) -> None:
        self.memory = MemoryRows()
        self._engine = open_engine(f"sqlite:///{new_gateway(folder)}")
        forget_the_disk(self._engine)
        self._connection = self._engine.connect().execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"})
        for tenant in (TENANT, NEIGHBOUR):
            self.carry_out([CreateTenant(tenant, tenant, Actor("test", 1))])

    def carry_out(self, commands: Sequence[Command[Any]]) -> list[Any]:
        """Write one batch; return for each command its result, or its error as `(type, words)`."""
        expected = [self._in_memory(command) for command in commands]
        written = write_batch(self._connection, commands)
        actual = [
            _told(outcome.error) if isinstance(outcome, Failed) else outcome.result for outcome in written
        ]
        assert expected == actual
        return expected

    def selects(self, commands: Sequence[Command[Any]]) -> int:
        """Carry out one batch and return how many SELECTs that took."""
        seen: list[str] = []
        driver: Any = self._connection.connection.driver_connection
        driver.set_trace_callback(seen.append)
        self.carry_out(commands)
        driver.set_trace_callback(None)
        return sum(statement.startswith(("SELECT", "WITH")) for statement in seen)

    def _in_memory(self, command: Command[Any]) -> Any:
        try:
            return self.memory.run(command)
        except Exception as error:
            return _told(error)

    def rows(self, table: Any) -> list[Row]:
        """Return what SQLite has of a table, in order of its key; the same as memory has."""
        found = self._connection.execute(select(table)).mappings()
        stored = sorted((dict(row) for row in found), key=layout_of(table).key_of)
        self._connection.rollback()
        kept = [row for tenant in (TENANT, NEIGHBOUR) for row in self.memory.find(table, tenant_id=tenant)]
        assert kept == stored, table.name
        return [row for row in stored if row["tenant_id"] == TENANT]

    def ask(self, query: str) -> list[Any]:
        """Return what SQLite answers."""
        found = self._connection.execute(text(query)).all()
        self._connection.rollback()
        return list(found)

    def of_neighbour(self) -> list[Row]:
        """Return whatever any table holds of the tenant nothing was asked of, its counters left out."""
        tables = [each for each in metadata.sorted_tables if each in COMPARED and each is not counters]
        return [row for table in tables for row in self.memory.find(table, tenant_id=NEIGHBOUR)]

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()


def _told(error: Exception) -> tuple[str, str]:
    # A database names a conflict in words of its own.
    return type(error).__name__, "" if isinstance(error, RowConflict) else str(error)
