"""Reading one person at HubSpot again, because an operator asks."""

from __future__ import annotations

from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.errors import Refused, Unavailable
from syncline.gateway.services.finding import find_person
from syncline.gateway.services.ports import Actor, Cause, Failed, Links, Store, Wake
from syncline.gateway.services.tenants import Tenants


class Rereading:
    """The `users.read` operation."""

    def __init__(self, store: Store, tenants: Tenants, links: Links, clock: Clock, wake: Wake) -> None:
        self._store = store
        self._tenants = tenants
        self._links = links
        self._clock = clock
        self._wake = wake

    async def read(self, actor: str, tenant: str, user: str) -> dict[str, Any]:
        """Read one person at HubSpot now, over the tenant's own link and within its budget, and decide anew.

        Two calls at most, three where a CRM record of his is known. Raises `Refused` without a connection or for a
        person HubSpot cannot know, `Unavailable` when HubSpot does not answer; then what was known stays.
        """
        found = await self._tenants.find(tenant)
        item = await find_person(self._store, found, user)
        link = await self._links.open(found.id)
        if link is None:
            raise Refused(f"Connect {found.name} to HubSpot first.")
        delivery = item.delivery
        if delivery.hubspot_id is None and delivery.email is None:
            raise Refused("This person has no e-mail that HubSpot could know him by.")
        cause = Cause.new(self._clock.now())
        read = await link.read_user(item, cause)
        if isinstance(read, Failed):
            raise Unavailable(f"{delivery.email or delivery.key} was not read: {read.sentence}")
        by = Actor(actor, cause.at)
        news = await self._store.readings.keep_person(
            found.id, delivery.key, delivery.hubspot_id, read.user, cause, by
        )
        self._wake(found.id)
        return {"email": delivery.email, "at_hubspot": read.user is not None, "changed": news}
