"""Deleting a tenant: at once for everybody outside, in chunks for what is stored, and gone on with after a restart."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from syncline.clock import Clock
from syncline.gateway.domain.errors import Invalid, Refused
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.authorizing import Authorizing
from syncline.gateway.services.ports import Actor, Store
from syncline.gateway.services.ports.removal import RemovalStore
from syncline.gateway.services.tenants import Tenants

CHUNK: Final = 500
"""How many rows are deleted in one transaction: other writes wait for no more than that."""


class Removing:
    """The `tenant.delete` operation."""

    def __init__(self, store: Store, tenants: Tenants, authorizing: Authorizing, clock: Clock) -> None:
        self._store = store
        self._tenants = tenants
        self._authorizing = authorizing
        self._clock = clock

    async def delete(self, actor: str, tenant: str, confirm: str, force: bool = False) -> dict[str, Any]:
        """Delete a tenant with all that is stored of it; `confirm` is its name, `force` deletes a live one, too.

        At HubSpot nobody is changed; an OAuth grant is revoked there. Raises `Invalid` for another name, and
        `Refused` for a tenant that is live.
        """
        found = await self._tenants.find(tenant)
        if confirm != found.name:
            raise Invalid(f"Type the tenant's name exactly as it is: {found.name}")
        if found.mode is TenantMode.LIVE and not force:
            raise Refused(
                f"{found.name} is live: its leavers would no longer be taken out at HubSpot.",
                Remedy("{stop:Stop sending} first, or force it.", found.name),
            )
        said = []
        if await self._store.setup.connection(found.id) is not None:
            said.append(str((await self._authorizing.revoke(actor, found.id))["message"]))
        detail = {"mode": found.mode.value, "at_hubspot": said}
        await self._store.removal.remove(found.id, Actor(actor, self._clock.now()), detail)
        rows = await forget(self._store.removal, found.id)
        said.append(f"{found.name} is deleted. At HubSpot everybody keeps the access he has.")
        return {"tenant": found.name, "id": found.id, "rows": rows, "message": " ".join(said)}


async def forget(removal: RemovalStore, tenant_id: TenantId) -> int:
    """Delete what is stored of a tenant that is deleted; returns how many rows there were."""
    deleted = 0
    while gone := await removal.forget(tenant_id, CHUNK):
        deleted += gone
        await asyncio.sleep(0)  # who waits for the event loop goes first
    return deleted
