"""What waits for an operator's word: staged leavers, privileged grants; and which permission sets are privileged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.change import approval_of
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import LEAVE, grant_of
from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.privileged import privileged_because
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.delivering import decide_item
from syncline.gateway.services.finding import find_person
from syncline.gateway.services.planned import person_shown
from syncline.gateway.services.policies import permission_set_of
from syncline.gateway.services.ports import Actor, Store, Tenant, Wake, WorkItem
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants

CHUNK = 200


def _leave(_decision: Decision) -> str:
    return LEAVE


def _grant(decision: Decision) -> str:
    return grant_of(decision.change.permission_set_id or "")


def _change(decision: Decision) -> str:
    return approval_of(decision.change)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is to be approved: those named, or everybody whom the reason holds; and why."""

    reason: HoldReason
    approval: Callable[[Decision], str]
    user: str | None
    users: Sequence[str]
    everybody: bool
    because: str

    @property
    def named(self) -> tuple[str, ...]:
        """Everybody named, each once."""
        return tuple(dict.fromkeys((*(() if self.user is None else (self.user,)), *self.users)))


class Approving:
    """The `leavers.*`, `approvals.*`, `adoptions.*` and `privileged.*` operations."""

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
        self,
        actor: str,
        tenant: str,
        user: str | None = None,
        users: Sequence[str] = (),
        everybody: bool = False,
        because: str = "",
    ) -> dict[str, Any]:
        """Let staged leavers go now: one, some, or all. Raises `NotFound` when nobody of that name is staged.

        `pending` are those for whom a second person has to say so, too.
        """
        asked = Asked(HoldReason.STAGED_DELETION, _leave, user, users, everybody, because)
        people, pending = await self._approve(actor, tenant, asked)
        return {"released": people, "pending": pending}

    async def list_approvals(
        self, actor: str, tenant: str, limit: int | None = None, after: str | None = None
    ) -> dict[str, Any]:
        """Return the privileged grants that wait for approval. A `limit` makes pages of it."""
        people, following = await self._waiting(tenant, HoldReason.PRIVILEGED_GRANT, limit, after)
        return {"approvals": people, "next": following}

    async def grant(
        self,
        actor: str,
        tenant: str,
        user: str | None = None,
        users: Sequence[str] = (),
        everybody: bool = False,
        because: str = "",
    ) -> dict[str, Any]:
        """Approve privileged grants: one, some, or all; each approval holds for that set and that person alone.

        `pending` are those for whom a second person has to approve it, too.
        """
        asked = Asked(HoldReason.PRIVILEGED_GRANT, _grant, user, users, everybody, because)
        people, pending = await self._approve(actor, tenant, asked)
        return {"granted": people, "pending": pending}

    async def list_given(
        self, actor: str, tenant: str, limit: int = CHUNK, after: str | None = None
    ) -> dict[str, Any]:
        """Return the approvals nothing has come of yet: who, when, why, and until when they count."""
        _refuse_page(limit)
        found = await self._tenants.find(tenant)
        given = await self._store.consents.approvals(found.id, after or "", limit)
        now = self._clock.now()
        shown = [
            {
                "email": each.key,
                "what": each.what,
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
        _refuse_page(limit)
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

    async def list_adoptions(
        self, actor: str, tenant: str, limit: int | None = None, after: str | None = None
    ) -> dict[str, Any]:
        """Return those who were at HubSpot before us and whom no approved plan adopts. A `limit` makes pages of it."""
        people, following = await self._waiting(tenant, HoldReason.ADOPTION_NOT_APPROVED, limit, after)
        return {"adoptions": people, "next": following}

    async def adopt(
        self,
        actor: str,
        tenant: str,
        user: str | None = None,
        users: Sequence[str] = (),
        everybody: bool = False,
        because: str = "",
    ) -> dict[str, Any]:
        """Approve adoptions: one, some, or all that wait; each approval is for exactly the change that is shown."""
        asked = Asked(HoldReason.ADOPTION_NOT_APPROVED, _change, user, users, everybody, because)
        people, pending = await self._approve(actor, tenant, asked)
        return {"adopted": people, "pending": pending}

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
        if limit is not None:
            _refuse_page(limit)
        setup = await self._setup(tenant)
        if limit is not None:
            return setup, await self._store.backlog.held_for(tenant.id, reason, after, limit)
        items: list[WorkItem] = []
        while chunk := await self._store.backlog.held_for(tenant.id, reason, after, CHUNK):
            items += chunk
            after = chunk[-1].delivery.key
        return setup, items

    async def _approve(self, actor: str, tenant: str, asked: Asked) -> tuple[list[str], list[str]]:
        """Return for whom it is approved, and for whom a second person has to approve it, too."""
        named = asked.named
        if bool(named) is asked.everybody:
            raise Invalid("Name one person, or say --all.")
        if len(named) > CHUNK:
            raise Invalid(f"Name at most {CHUNK} people at a time.")
        found = await self._tenants.find(tenant)
        if asked.everybody:
            setup, chosen = await self._held(found, asked.reason)
        else:
            setup, chosen = (
                await self._setup(found),
                [await self._named(found, asked, each) for each in named],
            )
        if not chosen:
            raise NotFound(f"Nobody waits for that at {found.name}.")
        granted = [(item.delivery.key, asked.approval(decide_item(item, setup))) for item in chosen]
        by = Actor(actor, self._clock.now())
        waiting: set[str] = set()
        for start in range(0, len(granted), CHUNK):
            chunk = granted[start : start + CHUNK]
            waiting |= await self._store.setup.approve(found.id, chunk, by, asked.because)
        self._wake(found.id)
        names = {item.delivery.key: item.delivery.email or item.delivery.key for item in chosen}
        approved = [name for key, name in names.items() if key not in waiting]
        return approved, [names[key] for key in names if key in waiting]

    async def _named(self, tenant: Tenant, asked: Asked, user: str) -> WorkItem:
        nobody = NotFound(f"Nobody named {user!r} waits for that at {tenant.name}.")
        try:
            item = await find_person(self._store, tenant, user)
        except NotFound:
            raise nobody from None
        if item.delivery.hold_reason is not asked.reason:
            raise nobody
        return item

    async def _setup(self, tenant: Tenant) -> Setup:
        setup = await self._store.backlog.setup(tenant.id, self._clock.now())
        if setup is None:
            raise NotFound(f"There is no tenant {tenant.name!r} any more.")
        return setup


def _refuse_page(limit: int) -> None:
    if not 1 <= limit <= CHUNK:
        raise Invalid(f"A page holds 1 to {CHUNK} entries.")
