"""What was approved and has not happened yet; and which permission sets are privileged."""

from __future__ import annotations

from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.delivery import ENFORCE, GRANT, LEAVE
from syncline.gateway.domain.errors import Refused
from syncline.gateway.domain.privileged import privileged_because
from syncline.gateway.services.inbox import CHUNK
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.policies import permission_set_of
from syncline.gateway.services.ports import Actor, Store, Tenant, Wake
from syncline.gateway.services.showing import moment, set_name
from syncline.gateway.services.tenants import Tenants


class Approving:
    """The `approvals.given`, `approvals.pending` and `privileged.*` operations."""

    def __init__(self, store: Store, tenants: Tenants, clock: Clock, wake: Wake) -> None:
        self._store = store
        self._tenants = tenants
        self._clock = clock
        self._wake = wake

    async def list_given(
        self, actor: str, tenant: str, limit: int = CHUNK, after: str | None = None
    ) -> dict[str, Any]:
        """Return the approvals nothing has come of yet: who, when, why, and until when they count."""
        refuse_page(limit, CHUNK)
        found = await self._tenants.find(tenant)
        given = await self._store.consents.approvals(found.id, after or "", limit)
        connection = await self._store.setup.connection(found.id)
        account = None if connection is None else connection.account
        now = self._clock.now()
        shown = [
            {
                "email": each.key,
                "what": each.what,
                "subject": _subject(each.what, account),
                "by": each.approved_by,
                "at": moment(each.approved_at),
                "because": each.because,
                "expires_at": moment(each.expires_at),
                "expired": each.expires_at is not None and each.expires_at <= now,
            }
            for each in given
        ]
        return {"given": shown, "next": given[-1].key if len(given) == limit else None}

    async def list_pending(
        self, actor: str, tenant: str, limit: int = CHUNK, after: str | None = None
    ) -> dict[str, Any]:
        """Return what one person has approved and a second one must; what has expired does nothing."""
        refuse_page(limit, CHUNK)
        found = await self._tenants.find(tenant)
        waiting = await self._store.consents.first_approvals(found.id, after or "", limit)
        now = self._clock.now()
        shown = [
            {
                "subject": each.subject,
                "by": each.asked_by,
                "at": moment(each.asked_at),
                "because": each.because,
                "expires_at": moment(each.expires_at),
                "expired": each.expires_at <= now,
            }
            for each in waiting
        ]
        return {"pending": shown, "next": waiting[-1].what if len(waiting) == limit else None}

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
        """Take a mark away; a paid set, or one named like an administrator's, stays privileged.

        `marked` stays true while a second person has to take it away, too.
        """
        return await self._mark(actor, tenant, permission_set, marked=False)

    async def _mark(self, actor: str, tenant: str, permission_set: str, *, marked: bool) -> dict[str, Any]:
        found = await self._tenants.find(tenant)
        account = await self._account(found)
        set_id = permission_set_of(account, permission_set)
        by = Actor(actor, self._clock.now())
        await self._store.setup.mark_privileged(found.id, set_id, marked=marked, actor=by)
        self._wake(found.id)
        stands = set_id in await self._store.setup.privileged(found.id)
        return {"permission_set": account.permission_set_name(set_id), "marked": stands}

    async def _account(self, tenant: Tenant) -> Any:
        connection = await self._store.setup.connection(tenant.id)
        if connection is None or connection.account is None:
            raise Refused(f"Connect {tenant.name} to HubSpot first: permission sets are the account's own.")
        return connection.account


def _subject(what: str, account: Account | None) -> str:
    """Return what an approval lets happen, for people."""
    kind, _, bound_to = what.partition(":")
    if kind == GRANT:
        return f"the permission set {set_name(account, bound_to)}"
    if kind == ENFORCE:
        return f"enforcing {bound_to.partition(':')[0].replace('_', ' ')}"
    return "leaving" if what == LEAVE else "one change, as the plan showed it"
