"""The read log, and the end of what the logs need not keep any longer: small writes, between those of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import json
from sqlalchemy import Connection, Select, Table

from syncline.clock import Milliseconds
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.upkeep import LogKind, Purged, Read
from syncline.gateway.store import upkeep_statements as statements
from syncline.gateway.store.tables import calls, events, read_batches
from syncline.sql.errors import StoreBusy
from syncline.sql.reader import Reader
from syncline.sql.rows import Need, Rows
from syncline.sql.writer import Writer

BUSY = 256
"""With so many commands waiting, nothing that can be left out is written."""

_OLDEST = {LogKind.EVENTS: statements.OLDEST_EVENTS, LogKind.CALLS: statements.OLDEST_CALLS}
_TABLES = {LogKind.EVENTS: events, LogKind.CALLS: calls}
OVERLAPPING = 16
"""So many batches of reads at the most begin before another has ended: a server writes one at a time."""
_END = 2**62
_READS = json.Decoder(list[Read])


class SqlLogs:
    """Implements `services.ports.LogKeeping`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def keep_reads(self, reads: Mapping[TenantId, Sequence[Read]]) -> None:
        """Write reads down, a row for those of a tenant; raises `StoreBusy` at once while others wait."""
        if self._writer.waiting > BUSY:
            raise StoreBusy("The read log gives way to changes.")
        await self._writer.submit(KeepReads(reads))

    async def reads(self, tenant_id: TenantId, *, before: Milliseconds | None, limit: int) -> list[Read]:
        """Return reads before a moment, the latest first: `limit`, and those of the same moment as the last."""
        until = _END if before is None else before

        def read(database: Connection) -> list[Read]:
            before_it = {"tenant_id": tenant_id, "before": until}
            most = {"limit": limit + OVERLAPPING}
            sizes = database.execute(statements.SIZES_OF_READ_BATCHES, before_it | most)
            begun = {"after": _beginning(map(tuple, sizes), until, limit)}
            batches = database.execute(statements.READS, before_it | begun).scalars()
            return [each for batch in batches for each in _READS.decode(batch) if each.at < until]

        return _latest(await self._reader.scan(read), limit)

    async def purge(
        self, tenant_id: TenantId, log: LogKind, older_than: Milliseconds, after: Milliseconds, limit: int
    ) -> Purged:
        """Delete what is older among the next `limit` entries after `after` (0 at first), of reads at least a row."""
        if log is LogKind.READS:
            return await self._purge_reads(tenant_id, older_than, limit)
        found = await self._oldest(_OLDEST[log], tenant_id, after, limit)
        old = [row for row in found if row[1] < older_than]
        keys = [(tenant_id, row[0]) for row in old if not _is_needed(log, row)]
        await self._forget(_TABLES[log], keys)
        ended = len(found) < limit or len(old) < len(found)
        return Purged(len(keys), None if ended else found[-1][0])

    async def _purge_reads(self, tenant_id: TenantId, older_than: Milliseconds, limit: int) -> Purged:
        found = await self._oldest(statements.OLDEST_READS, tenant_id, 0, limit)
        chunk = _with_entries(found, limit)
        old = [row for row in chunk if row[1] < older_than]
        await self._forget(read_batches, [(tenant_id, first_at, name) for first_at, _, name, _ in old])
        ended = len(chunk) == len(found) < limit or len(old) < len(chunk)
        # All that was found is gone: the next chunk begins where this one did.
        return Purged(sum(row[3] for row in old), None if ended else 0)

    async def _oldest(
        self, statement: Select[Any], tenant_id: TenantId, after: int, limit: int
    ) -> list[tuple[Any, ...]]:
        parameters = {"tenant_id": tenant_id, "after": after, "limit": limit}
        return await self._reader.scan(
            lambda database: [*map(tuple, database.execute(statement, parameters))]
        )

    async def _forget(self, table: Table, keys: Sequence[tuple[Any, ...]]) -> None:
        if keys:
            await self._writer.submit(Forget(table, tuple(keys)))


@dataclass(frozen=True, slots=True)
class KeepReads:
    """Write reads down, a row for those of a tenant."""

    reads: Mapping[TenantId, Sequence[Read]]

    def prefetch(self) -> Iterable[Need]:
        return ()

    def apply(self, rows: Rows) -> None:
        for tenant_id, reads in self.reads.items():
            rows.insert(
                read_batches,
                {
                    "tenant_id": tenant_id,
                    "first_at": min(read.at for read in reads),
                    "id": reads[0].correlation_id,
                    "last_at": max(read.at for read in reads),
                    "count": len(reads),
                    "reads": json.encode(reads),
                },
            )


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


def _beginning(batches: Iterable[tuple[Any, ...]], until: Milliseconds, wanted: int) -> Milliseconds:
    """Return from when on batches have as many reads as are wanted, and all of the same moment as those.

    They are given from the latest to the first: by the moments of their first and last reads, and how many they are.
    One that goes on past `until` is not counted.
    """
    enough_from: Milliseconds | None = None
    begin = 0
    for first_at, last_at, count in batches:
        if enough_from is None or last_at >= enough_from:
            begin = first_at
        wanted -= count if last_at < until else 0
        if enough_from is None and wanted <= 0:
            enough_from = first_at
    return begin if enough_from is not None else 0


def _latest(reads: list[Read], limit: int) -> list[Read]:
    reads.sort(key=lambda read: (-read.at, read.correlation_id))
    if len(reads) <= limit:
        return reads
    last = reads[limit - 1].at
    return [read for read in reads if read.at >= last]


def _with_entries(batches: Sequence[tuple[Any, ...]], limit: int) -> Sequence[tuple[Any, ...]]:
    """Return the first of the batches, whose reads are not more than `limit`; one at least."""
    total = 0
    for number, (_, _, _, count) in enumerate(batches):
        total += count
        if total > limit:
            return batches[: max(number, 1)]
    return batches


def _is_needed(log: LogKind, row: tuple[Any, ...]) -> bool:
    """Tell of a create that was never answered: by it a person found at HubSpot later is known to be ours."""
    return log is LogKind.CALLS and row[2] is None and row[3] == "users.create"
