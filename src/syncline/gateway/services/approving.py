"""What waits for an operator's word: staged leavers, privileged grants; and which permission sets are privileged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import LEAVE, grant_of
from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.privileged import privileged_because
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.delivering import decide_item
from syncline.gateway.services.planned import person_shown
from syncline.gateway.services.policies import permission_set_of
from syncline.gateway.services.ports import Actor, Store, Tenant, Wake, WorkItem
from syncline.gateway.services.tenants import Tenants

CHUNK = 200


def _leave(_decision: Decision) -> str:
    return LEAVE


def _grant(decision: Decision) -> str:
    return grant_of(decision.change.permission_set_id or "")


class Approving:
    """The `leavers.*`, `approvals.*` and `privileged.*` operations."""

    def __init__(self, store: Store, tenants: Tenants, clock: Clock, wake: Wake) -> None:
        self._store = store
        self._tenants = tenants
        self._clock = clock
        self._wake = wake

    async def list_leavers(
        self, actor: str, tenant: str, limit: int | None = None, after: str | None = None
    ) -> dict[str, Any]:
        """Return the people staged by the deletion threshold; they still have access. A `limit` makes pages of it."""
        people, following = await self._waiting(tenant, HoldReason.STAGED_DELETION, limit, after)
        return {"leavers": people, "next": following}

    async def release_leavers(
        self, actor: str, tenant: str, user: str | None = None, everybody: bool = False
    ) -> dict[str, Any]:
        """Let one staged leaver go, or all of them, now. Raises `NotFound` when nobody of that name is staged."""
        people = await self._approve(
            actor, tenant, user, HoldReason.STAGED_DELETION, _leave, everybody=everybody
        )
        return {"released": people}

    async def list_approvals(
        self, actor: str, tenant: str, limit: int | None = None, after: str | None = None
    ) -> dict[str, Any]:
        """Return the privileged grants that wait for approval. A `limit` makes pages of it."""
        people, following = await self._waiting(tenant, HoldReason.PRIVILEGED_GRANT, limit, after)
        return {"approvals": people, "next": following}

    async def grant(
        self, actor: str, tenant: str, user: str | None = None, everybody: bool = False
    ) -> dict[str, Any]:
        """Approve one privileged grant, or all that wait; each approval holds for that set and that person alone."""
        people = await self._approve(
            actor, tenant, user, HoldReason.PRIVILEGED_GRANT, _grant, everybody=everybody
        )
        return {"granted": people}

    async def list_privileged(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return the permission sets that are never given without approval, and why."""
        found = await self._tenants.find(tenant)
        account = await self._account(found)
        marked = await self._store.setup.privileged(found.id)
        reasons = ((each, privileged_because(each, marked)) for each in account.permission_sets)
        return {
            "privileged": [
                {"id": each.id, "name": each.name, "because": because, "marked": each.id in marked}
                for each, because in reasons
                if because is not None
            ]
        }

    async def mark(self, actor: str, tenant: str, permission_set: str) -> dict[str, Any]:
        """Mark a permission set as privileged."""
        return await self._mark(actor, tenant, permission_set, marked=True)

    async def unmark(self, actor: str, tenant: str, permission_set: str) -> dict[str, Any]:
        """Take a mark away; a paid set, or one named like an administrator's, stays privileged."""
        return await self._mark(actor, tenant, permission_set, marked=False)

    async def _mark(self, actor: str, tenant: str, permission_set: str, *, marked: bool) -> dict[str, Any]:
        found = await self._tenants.find(tenant)
        account = await self._account(found)
        set_id = permission_set_of(account, permission_set)
        by = Actor(actor, self._clock.now())
        await self._store.setup.mark_privileged(found.id, set_id, marked=marked, actor=by)
        self._wake(found.id)
        return {"permission_set": account.permission_set_name(set_id), "marked": marked}

    async def _account(self, tenant: Tenant) -> Any:
        connection = await self._store.setup.connection(tenant.id)
        if connection is None or connection.account is None:
            raise Refused(f"Connect {tenant.name} to HubSpot first: permission sets are the account's own.")
        return connection.account

    async def _waiting(
        self, tenant: str, reason: HoldReason, limit: int | None, after: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Return the people held for a reason, and where the next page goes on."""
        found = await self._tenants.find(tenant)
        setup, items = await self._held(found, reason, limit, after or "")
        following = items[-1].delivery.key if limit is not None and len(items) == limit else None
        return [person_shown(item, decide_item(item, setup), setup) for item in items], following

    async def _held(
        self, tenant: Tenant, reason: HoldReason, limit: int | None = None, after: str = ""
    ) -> tuple[Setup, list[WorkItem]]:
        if limit is not None and not 1 <= limit <= CHUNK:
            raise Invalid(f"A page holds 1 to {CHUNK} entries.")
        setup = await self._store.backlog.setup(tenant.id, self._clock.now())
        if setup is None:
            raise NotFound(f"There is no tenant {tenant.name!r} any more.")
        if limit is not None:
            return setup, await self._store.backlog.held_for(tenant.id, reason, after, limit)
        items: list[WorkItem] = []
        while chunk := await self._store.backlog.held_for(tenant.id, reason, after, CHUNK):
            items += chunk
            after = chunk[-1].delivery.key
        return setup, items

    async def _approve(
        self,
        actor: str,
        tenant: str,
        user: str | None,
        reason: HoldReason,
        approval: Callable[[Decision], str],
        *,
        everybody: bool,
    ) -> list[str]:
        if (user is None) != everybody:
            raise Invalid("Name one person, or say --all.")
        found = await self._tenants.find(tenant)
        setup, items = await self._held(found, reason)
        chosen = [item for item in items if user is None or _is_meant(item, user)]
        if not chosen:
            whom = "Nobody" if user is None else f"Nobody named {user!r}"
            raise NotFound(f"{whom} waits for that at {found.name}.")
        granted = [(item.delivery.key, approval(decide_item(item, setup))) for item in chosen]
        await self._store.setup.approve(found.id, granted, Actor(actor, self._clock.now()))
        self._wake(found.id)
        return [item.delivery.email or item.delivery.key for item in chosen]


def _is_meant(item: WorkItem, user: str) -> bool:
    names = {item.delivery.key, item.delivery.user_id}
    if item.person is not None:
        names.add(email_key(item.person.user_name))
    return user in names or email_key(user) in names
