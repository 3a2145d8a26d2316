"""Rehearsals of whole directories, begun from a page and played beside it, one per tenant at a time.

How a tenant's last one went is kept in memory until the next one, or until the server stops. The token of a rehearsal
is made for it and revoked with its end, whatever happened; one that a crash leaves behind expires within a day.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.errors import DomainError, NotFound, Refused
from syncline.gateway.domain.rehearsal import Script, why_not
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.calling import Operation
from syncline.gateway.services.ports import Connection, Store, Tenant
from syncline.gateway.services.ports.rehearsing import Rehearsed, Rehearsing

_log = logging.getLogger(__name__)

DESCRIPTION: Final = "Rehearsal from the workbench"
TOKEN_DAYS: Final = 1


@dataclass
class Rehearsal:
    """What is known of a tenant's last rehearsal."""

    script: Script
    by: str
    at: Milliseconds
    work: asyncio.Task[None] | None = None
    rehearsed: Rehearsed | None = None
    trouble: str = ""

    @property
    def is_under_way(self) -> bool:
        """Whether it is still played, or its token not revoked yet."""
        return self.work is not None and not self.work.done()


class Rehearsals:
    """Begins rehearsals and knows how they went; whoever calls has asked who may make tokens."""

    def __init__(
        self, store: Store, operations: Mapping[str, Operation], player: Rehearsing, clock: Clock
    ) -> None:
        self._store = store
        self._operations = operations
        self._player = player
        self._clock = clock
        self._last: dict[TenantId, Rehearsal] = {}

    async def why_not(self, tenant: Tenant) -> str | None:
        """Return why this tenant is not rehearsed with; None where it may be."""
        return why_not(tenant.name, addresses_of(await self._store.setup.connection(tenant.id)))

    def last(self, tenant_id: TenantId) -> Rehearsal | None:
        """Return the tenant's rehearsal under way, else its last one."""
        return self._last.get(tenant_id)

    async def begin(self, actor: str, tenant: Tenant, script: Script) -> None:
        """Begin one; raises `Refused` where none may be, or while one is under way."""
        refusal = await self.why_not(tenant)
        if refusal is not None:
            raise Refused(refusal)
        last = self.last(tenant.id)
        if last is not None and last.is_under_way:
            raise Refused(f"A rehearsal with {tenant.name} is under way. Wait for its end.")
        begun = self._last[tenant.id] = Rehearsal(script, actor, self._clock.now())
        begun.work = asyncio.create_task(self._carried_out(tenant.id, begun))

    async def close(self) -> None:
        """Break off what is under way, and wait until its tokens are revoked."""
        under_way = [each.work for each in self._last.values() if each.work is not None]
        for work in under_way:
            work.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _carried_out(self, tenant_id: TenantId, begun: Rehearsal) -> None:
        try:
            await self._play(tenant_id, begun)
        except DomainError as error:
            begun.trouble = error.message
        except Exception:
            _log.exception("a rehearsal failed")
            begun.trouble = "Something went wrong inside the server; its log says what."

    async def _play(self, tenant_id: TenantId, begun: Rehearsal) -> None:
        create, revoke = self._operations["token.create"], self._operations["token.revoke"]
        made = await create(begun.by, tenant_id, description=DESCRIPTION, expires_in_days=TOKEN_DAYS)
        try:
            begun.rehearsed = await self._player.play(begun.script, made["token"])
        finally:
            with suppress(NotFound):  # the tenant is gone, and its tokens with it
                await revoke(begun.by, tenant_id, token_id=made["token_id"])


def addresses_of(connection: Connection | None) -> tuple[str, ...]:
    """Return the addresses that a connection sends to; none without one."""
    if connection is None:
        return ()
    return tuple(each for each in (connection.base_url, connection.scim_base_url) if each)
