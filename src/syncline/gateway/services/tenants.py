"""Tenants: created, shown, and moved from collecting to plan to live."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.domain.health import TWO_ACCOUNTS, Health, what_helps
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.ports import Actor, Store, Tenant, Wake
from syncline.gateway.services.recovering import resume
from syncline.gateway.services.showing import health_shown, holds_counted, moment, policy_shown
from syncline.scim.names import comparison_key

MAX_NAME = 100
MOST = 200
"""Tenants on a page."""
_SAID = {
    TenantMode.PLAN: "Everything is decided and shown, nothing is sent.",
    TenantMode.LIVE: "Changes now go to HubSpot as they come.",
}


class Tenants:
    """The `tenant.*` operations, and finding a tenant by name for all others."""

    def __init__(self, store: Store, clock: Clock, scim_base_url: Callable[[], str], wake: Wake) -> None:
        self._store = store
        self._clock = clock
        self._scim_base_url = scim_base_url
        self._wake = wake

    async def find(self, tenant: str) -> Tenant:
        """Return the tenant of that name or id; raises `NotFound`."""
        found = await self._store.setup.tenant(tenant)
        if found is None:
            raise NotFound(f"There is no tenant {tenant!r}.", Remedy("{tenants:See which there are}."))
        return found

    async def names(self) -> Mapping[str, str]:
        """Return the name of every tenant by its id."""
        return {tenant.id: tenant.name for tenant in await self._store.setup.tenants()}

    async def create(self, actor: str, name: str) -> dict[str, Any]:
        """Create a tenant in mode `collecting`; raises `Conflict` when the name is taken."""
        name = name.strip()
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise Invalid(f"A tenant's name is 1 to {MAX_NAME} printable characters.")
        by = Actor(actor, self._clock.now())
        tenant = await self._store.setup.create_tenant(TenantId(str(uuid.uuid4())), name, by)
        return {
            "id": tenant.id,
            "name": tenant.name,
            "mode": tenant.mode.value,
            "scim_base_url": self._scim_base_url(),
        }

    async def list(self, actor: str) -> dict[str, Any]:
        """Return every tenant with its size and backlog."""
        return {"tenants": [await self._line(tenant) for tenant in await self._store.setup.tenants()]}

    async def page(
        self, actor: str, limit: int = 50, after: str = "", only: str | None = None
    ) -> dict[str, Any]:
        """Return tenants by name, nothing counted; `next` is the name the next page begins after.

        `only` narrows it to one tenant, by id.
        """
        refuse_page(limit, MOST)
        if only is None:
            found = await self._store.setup.tenants_after(after, limit)
        else:
            one = await self._store.setup.tenant(only)
            found = [] if one is None or comparison_key(one.name) <= comparison_key(after) else [one]
        return {
            "tenants": [{"id": each.id, "name": each.name, "mode": each.mode.value} for each in found],
            "next": found[-1].name if len(found) == limit else None,
        }

    async def _line(self, tenant: Tenant) -> dict[str, Any]:
        totals = await self._store.backlog.totals(tenant.id)
        return {
            "id": tenant.id,
            "name": tenant.name,
            "mode": tenant.mode.value,
            "users": totals.users,
            "groups": totals.groups,
            "backlog": totals.waiting + totals.retrying,
            "held": sum(totals.held.values()),
        }

    async def show(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return all there is to know of one tenant; no credential is part of it."""
        found = await self.find(tenant)
        totals = await self._store.backlog.totals(found.id)
        connection = await self._store.setup.connection(found.id)
        held = sum(totals.held.values())
        return {
            "id": found.id,
            "name": found.name,
            "mode": found.mode.value,
            "scim_base_url": self._scim_base_url(),
            "policy": policy_shown(found.policy, None if connection is None else connection.account),
            "connection": None
            if connection is None
            else {
                "portal_id": connection.portal_id,
                "base_url": connection.base_url,
                "scim_base_url": connection.scim_base_url,
                "account_read_at": moment(connection.account_read_at),
                **health_shown(connection, found.name),
            },
            "counts": {"users": totals.users, "groups": totals.groups},
            "deliveries": {
                "in_step": totals.in_step,
                "waiting": totals.waiting,
                "retrying": totals.retrying,
                "held": held,
            },
            "held": holds_counted(totals.held),
            "plan_approved_at": moment(found.plan_approved_at),
            "plan_approved_by": found.plan_approved_by,
            "last_contact_at": moment(totals.last_contact_at),
        }

    async def mode(self, actor: str, tenant: str, mode: str) -> dict[str, Any]:
        """Set how far decisions go. Live is refused until there is a connection and a leaver policy.

        Setting it, also to what it is, lets a tenant go on that was stopped for an operator to look.
        """
        found = await self.find(tenant)
        wanted = _mode(mode)
        connection = await self._store.setup.connection(found.id)
        if connection is None:
            raise Refused(
                f"{found.name} is not connected to HubSpot.",
                Remedy("{connect:Connect it} first.", found.name),
            )
        if wanted is TenantMode.LIVE and found.policy.deactivated is None:
            raise Refused(
                "Nobody has said what leaving means at HubSpot.",
                Remedy("{leaver_policy:Say it} first.", found.name),
            )
        if wanted is TenantMode.LIVE and connection.trouble == TWO_ACCOUNTS:
            remedy = what_helps(connection.health, connection.trouble)
            raise Refused(connection.trouble_detail or "", remedy and remedy.about(found.name))
        by = Actor(actor, self._clock.now())
        await self._store.setup.set_mode(found.id, wanted, by)
        if connection.health is Health.HELD:
            await resume(self._store, found, actor, by.at)
        self._wake(found.id)
        message = _SAID[wanted]
        if wanted is TenantMode.LIVE and found.plan_approved_at is None:
            message += " People who were at HubSpot already stay held until a plan is approved."
        return {"mode": wanted.value, "message": message}


def _mode(text: str) -> TenantMode:
    if text not in (TenantMode.PLAN.value, TenantMode.LIVE.value):
        raise Invalid(f"A tenant's mode is set to plan or live, not {text!r}.")
    return TenantMode(text)
