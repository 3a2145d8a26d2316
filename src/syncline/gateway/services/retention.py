"""What the logs keep for how long, and the log of reads, which is written when there is time and never waited for."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.ports import SetupStore
from syncline.gateway.services.ports.removal import RemovalStore
from syncline.gateway.services.removing import forget
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants
from syncline.gateway.services.upkeep import LogKeeping, LogKind, Read
from syncline.scimserver.store import Exchange

DAY: Milliseconds = 86_400_000
CHUNK = 500
"""Entries of a log that one write deletes; so many reads are written without waiting for more."""
PAUSE: Milliseconds = 50
"""Left to others between two chunks of a purge."""
PURGE_EVERY: Milliseconds = 3_600_000
FLUSH_EVERY: Milliseconds = 1_000
MOST_WAITING = 5_000
"""Reads that wait to be written; the next are dropped."""
MOST_SHOWN = 500

_READS = frozenset(
    {"list", "search", "get", "config", "resource_types", "resource_type", "schemas", "schema"}
)
_log = logging.getLogger(__name__)


class Retention:
    """Deletes what is older than its log keeps, in chunks small enough that nobody notices."""

    def __init__(
        self,
        setup: SetupStore,
        logs: LogKeeping,
        clock: Clock,
        days: Mapping[LogKind, int],
        removal: RemovalStore,
    ) -> None:
        self._setup = setup
        self._removal = removal
        self._logs = logs
        self._clock = clock
        self._days = days

    async def purge(self) -> int:
        """Go through every log of every tenant once, and what is left of deleted ones; returns how much was deleted."""
        deleted = 0
        for tenant_id in await self._removal.leftovers():
            deleted += await forget(self._removal, tenant_id)
        for tenant in await self._setup.tenants():
            for log, days in self._days.items():
                deleted += await self._purge(tenant.id, log, self._clock.now() - days * DAY)
        return deleted

    async def _purge(self, tenant_id: TenantId, log: LogKind, older_than: Milliseconds) -> int:
        deleted, after = 0, 0
        while True:
            chunk = await self._logs.purge(tenant_id, log, older_than, after, CHUNK)
            deleted += chunk.deleted
            if chunk.after is None:
                return deleted
            after = chunk.after
            await self._clock.sleep(PAUSE)

    async def run(self) -> None:
        """Purge now and every hour from now on, for ever."""
        while True:
            try:
                if deleted := await self.purge():
                    _log.info(
                        "%d entries of logs, or rows of deleted tenants, were no longer to be kept", deleted
                    )
            except Exception:
                _log.exception("The purge of the logs broke; the next is in an hour")
            await self._clock.sleep(PURGE_EVERY)


class ReadLog:
    """Notes SCIM requests that change nothing. Noting costs an append; writing happens beside, a row for many.

    What comes while 5,000 wait is dropped, and so is what waits when the store is busy: `count` is told how many
    entries were ``kept`` or ``dropped``.
    """

    def __init__(self, logs: LogKeeping, clock: Clock, count: Callable[[str, int], None]) -> None:
        self._logs = logs
        self._clock = clock
        self._count = count
        self._waiting: defaultdict[TenantId, list[Read]] = defaultdict(list)
        self._number = 0
        self._full = asyncio.Event()

    def note(self, exchange: Exchange, status: int, duration_us: int, operation: str) -> None:
        """Take down one request after its answer, if it was a read that a token allowed."""
        if exchange.opened is None or operation.rpartition(".")[2] not in _READS:
            return
        if self._number >= MOST_WAITING:
            self._count("dropped", 1)
            return
        read = Read(
            at=self._clock.now(),
            correlation_id=exchange.correlation_id,
            operation=operation,
            path=exchange.path,
            status=status,
            duration_us=duration_us,
            client=exchange.client,
            user_agent=exchange.user_agent,
        )
        self._waiting[TenantId(exchange.opened)].append(read)
        self._number += 1
        if self._number >= CHUNK:
            self._full.set()

    async def flush(self) -> None:
        """Write what waits; drop it when the store has no time for it."""
        waiting, number = self._waiting, self._number
        if not number:
            return
        self._waiting, self._number = defaultdict(list), 0
        try:
            await self._logs.keep_reads(waiting)
        except Exception as error:
            _log.debug("reads were not logged: %s", error)
            self._count("dropped", number)
        else:
            self._count("kept", number)

    async def run(self) -> None:
        """Write once a second, sooner when 500 wait, for ever; cancelled, it writes what is left."""
        try:
            while True:
                self._full.clear()
                pause = asyncio.ensure_future(self._clock.sleep(FLUSH_EVERY))
                full = asyncio.ensure_future(self._full.wait())
                try:
                    await asyncio.wait({pause, full}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    pause.cancel()
                    full.cancel()
                await self.flush()
        finally:
            await self.flush()


class Reads:
    """The `events.reads` operation."""

    def __init__(self, logs: LogKeeping, tenants: Tenants) -> None:
        self._logs = logs
        self._tenants = tenants

    async def list(
        self, actor: str, tenant: str, after: int | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """Return what the identity provider asked for without changing anything, the latest first.

        Whatever came in the same millisecond as the last of them is there too, so that no page begins amidst it.
        """
        refuse_page(limit, MOST_SHOWN)
        found = await self._tenants.find(tenant)
        reads = await self._logs.reads(found.id, before=after, limit=limit)
        return {
            "reads": [_shown(read) for read in reads],
            "next": reads[-1].at if len(reads) >= limit else None,
        }


def _shown(read: Read) -> dict[str, Any]:
    return {
        "at": moment(read.at),
        "correlation_id": read.correlation_id,
        "operation": read.operation,
        "path": read.path,
        "status": read.status,
        "took_ms": round(read.duration_us / 1000, 1),
        "client": read.client,
        "user_agent": read.user_agent,
    }
