"""When each tenant's account is read again: its users every few hours, its permission sets and teams every hour."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any, Final

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Connection, Failed, Link
from syncline.gateway.services.reconciling import Reconciliation

LISTS_EVERY: Final[Milliseconds] = 3_600_000
AGAIN_AFTER: Final[Milliseconds] = 5 * 60_000
"""How soon a reading that failed is tried again; it goes on where it was."""


class Schedule:
    """Remembers when what was tried in this process; when an account was last read whole is in its connection."""

    def __init__(self, reconciliation: Reconciliation, clock: Clock, every: Milliseconds) -> None:
        self._reconciliation = reconciliation
        self._clock = clock
        self._every = every
        self._users_at: dict[TenantId, Milliseconds] = {}
        self._lists_at: dict[TenantId, Milliseconds] = {}
        self._early_at: dict[TenantId, Milliseconds] = {}

    async def due_tenants(self, due: Iterable[TenantId]) -> set[TenantId]:
        """Return these tenants, and those whose account is to be read by now."""
        now = self._clock.now()
        old = await self._reconciliation.due(now - self._every)
        wanted = {each for each in old if self._users_at.get(each, 0) <= now}
        return {*due, *wanted, *(each for each, at in self._lists_at.items() if at <= now)}

    def begin(
        self, connection: Connection, link: Link, *, lacking: bool = False
    ) -> Coroutine[Any, Any, Failed | None] | None:
        """Return what reads what is due, None when nothing is; the next moment is set at once.

        With `lacking` something is wanted of people that was never read: then it is due before its time.
        """
        now, tenant_id = self._clock.now(), connection.tenant_id
        read_at = connection.account_read_at or 0
        early = lacking and self._early_at.get(tenant_id, 0) <= now
        if early or max(read_at + self._every, self._users_at.get(tenant_id, 0)) <= now:
            self._early_at[tenant_id] = now + AGAIN_AFTER
            self._users_at[tenant_id] = now + AGAIN_AFTER
            self._lists_at[tenant_id] = now + LISTS_EVERY
            return self._read_users(tenant_id, link)
        self._users_at[tenant_id] = max(read_at + self._every, self._users_at.get(tenant_id, 0))
        if self._lists_at.setdefault(tenant_id, read_at + LISTS_EVERY) <= now:
            self._lists_at[tenant_id] = now + LISTS_EVERY
            return self._read_lists(tenant_id, link)
        return None

    def sooner(self, tenant_id: TenantId, due: Milliseconds | None) -> Milliseconds | None:
        """Return the earlier of a moment and the tenant's next reading."""
        moments = (due, self._users_at.get(tenant_id), self._lists_at.get(tenant_id))
        return min((each for each in moments if each is not None), default=None)

    async def _read_users(self, tenant_id: TenantId, link: Link) -> Failed | None:
        reading = await self._reconciliation.read(tenant_id, link)
        if isinstance(reading, Failed):
            return reading
        self._users_at[tenant_id] = self._clock.now() + self._every
        return None

    async def _read_lists(self, tenant_id: TenantId, link: Link) -> Failed | None:
        failed = await self._reconciliation.refresh_lists(tenant_id, link)
        if failed is not None:
            self._lists_at[tenant_id] = self._clock.now() + AGAIN_AFTER
        return failed
