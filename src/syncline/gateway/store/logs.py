"""The read log, and the end of what the logs need not keep any longer: small writes, between those of others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import astuple
from sqlalchemy import Connection, Table

from syncline.clock import Milliseconds
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.upkeep import LogKind, Purged, Read
from syncline.gateway.store import upkeep_statements as statements
from syncline.gateway.store.tables import calls, events, reads
from syncline.sql.errors import StoreBusy
from syncline.sql.reader import Reader
from syncline.sql.rows import Need, Rows
from syncline.sql.writer import Writer

BUSY = 256
"""With so many commands waiting, nothing that can be left out is written."""

_OLDEST = {
    LogKind.EVENTS: statements.OLDEST_EVENTS,
    LogKind.CALLS: statements.OLDEST_CALLS,
    LogKind.READS: statements.OLDEST_READS,
}
_TABLES = {LogKind.EVENTS: events, LogKind.CALLS: calls, LogKind.READS: reads}
_LAST = 2**62


class SqlLogs:
    """Implements `services.ports.LogKeeping`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def keep_reads(self, reads: Sequence[Read]) -> None:
        """Write reads down; raises `StoreBusy` at once while others wait for the writer."""
        if self._writer.waiting > BUSY:
            raise StoreBusy("The read log gives way to changes.")
        await self._writer.submit(KeepReads(tuple(reads)))

    async def reads(self, tenant_id: TenantId, *, before: Milliseconds | None, limit: int) -> list[Read]:
        """Return reads before a moment, the latest first."""
        parameters = {"tenant_id": tenant_id, "before": before or _LAST, "limit": limit}

        def read(database: Connection) -> list[Read]:
            return [Read(**row) for row in database.execute(statements.READS, parameters).mappings()]

        return await self._reader.scan(read)

    async def purge(
        self, tenant_id: TenantId, log: LogKind, older_than: Milliseconds, after: Milliseconds, limit: int
    ) -> Purged:
        """Delete what is older among the next `limit` entries after `after` (0 at first)."""
        parameters = {"tenant_id": tenant_id, "after": after, "limit": limit}

        def read(database: Connection) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in database.execute(_OLDEST[log], parameters)]

        found = await self._reader.scan(read)
        old = [row for row in found if row[1] < older_than]
        keys = tuple(_key(log, tenant_id, row) for row in old if not _is_needed(log, row))
        if keys:
            await self._writer.submit(Forget(_TABLES[log], keys))
        ended = len(found) < limit or len(old) < len(found)
        # Reads of one moment may straddle two chunks: go on just before it.
        last = 0 if ended else found[-1][0] - (1 if log is LogKind.READS else 0)
        return Purged(len(keys), None if ended or last <= after else last)


@dataclass(frozen=True, slots=True)
class KeepReads:
    """Write reads down."""

    reads: tuple[Read, ...]

    def prefetch(self) -> Iterable[Need]:
        return ()

    def apply(self, rows: Rows) -> None:
        rows.append(reads, Read.__struct_fields__, [astuple(read) for read in self.reads])


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete entries of a log."""

    table: Table
    keys: tuple[tuple[Any, ...], ...]

    def prefetch(self) -> Iterable[Need]:
        columns = tuple(column.name for column in self.table.primary_key)
        return [Need(self.table, columns, key) for key in self.keys]

    def apply(self, rows: Rows) -> None:
        for key in self.keys:
            rows.delete(self.table, *key)


def _key(log: LogKind, tenant_id: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (tenant_id, row[0], row[2]) if log is LogKind.READS else (tenant_id, row[0])


def _is_needed(log: LogKind, row: tuple[Any, ...]) -> bool:
    """Tell of a create that was never answered: by it a person found at HubSpot later is known to be ours."""
    return log is LogKind.CALLS and row[2] is None and row[3] == "users.create"
