"""What waits for an operator's word, one inbox for each reason: staged leavers, privileged grants, adoptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.change import approval_of
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import LEAVE, grant_of
from syncline.gateway.domain.errors import Invalid, NotFound
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.delivering import decide_item
from syncline.gateway.services.finding import find_person
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.planned import person_shown
from syncline.gateway.services.ports import Actor, Store, Tenant, Wake, WorkItem
from syncline.gateway.services.tenants import Tenants

CHUNK = 200
"""People in a page, or approved in one go."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """One reason to wait: what an approval lets through, and what answers call those who wait and those let through."""

    reason: HoldReason
    approval: Callable[[Decision], str]
    waiting: str
    approved: str


LEAVERS = Awaited(HoldReason.STAGED_DELETION, lambda _decision: LEAVE, "leavers", "released")
"""People past the deletion threshold, who still have access."""
GRANTS = Awaited(
    HoldReason.PRIVILEGED_GRANT,
    lambda decision: grant_of(decision.change.permission_set_id or ""),
    "approvals",
    "granted",
)
"""People who would get a privileged set; an approval holds for that set and that person alone."""
ADOPTIONS = Awaited(
    HoldReason.ADOPTION_NOT_APPROVED, lambda decision: approval_of(decision.change), "adoptions", "adopted"
)
"""People who were at HubSpot before us; an approval is for exactly the change that is shown."""


class Inbox:
    """The operations that list those who wait for one reason, and let them go on."""

    def __init__(self, awaited: Awaited, store: Store, tenants: Tenants, clock: Clock, wake: Wake) -> None:
        self._awaited = awaited
        self._store = store
        self._tenants = tenants
        self._clock = clock
        self._wake = wake

    async def waiting(
        self, actor: str, tenant: str, limit: int | None = None, after: str | None = None
    ) -> dict[str, Any]:
        """Return the people who wait. A `limit` makes pages of it."""
        found = await self._tenants.find(tenant)
        setup = await self._setup(found)
        items = await self._held(found) if limit is None else await self._page(found, limit, after or "")
        following = items[-1].delivery.key if limit is not None and len(items) == limit else None
        people = [person_shown(item, decide_item(item, setup), setup) for item in items]
        return {self._awaited.waiting: people, "next": following}

    async def approve(
        self,
        actor: str,
        tenant: str,
        user: str | None = None,
        users: Sequence[str] = (),
        everybody: bool = False,
        because: str = "",
    ) -> dict[str, Any]:
        """Let one, some, or all go on who wait. Raises `NotFound` when nobody of that name waits.

        `pending` are those for whom a second person has to say so, too.
        """
        named = tuple(dict.fromkeys((*(() if user is None else (user,)), *users)))
        if bool(named) is everybody:
            raise Invalid("Name one person, or say --all.")
        if len(named) > CHUNK:
            raise Invalid(f"Name at most {CHUNK} people at a time.")
        found = await self._tenants.find(tenant)
        setup = await self._setup(found)
        chosen = await self._held(found) if everybody else [await self._named(found, each) for each in named]
        if not chosen:
            raise NotFound(f"Nobody waits for that at {found.name}.")
        pending = await self._let_go_on(found, setup, chosen, Actor(actor, self._clock.now()), because)
        self._wake(found.id)
        names = {item.delivery.key: item.delivery.email or item.delivery.key for item in chosen}
        approved = [name for key, name in names.items() if key not in pending]
        return {self._awaited.approved: approved, "pending": [names[key] for key in names if key in pending]}

    async def _let_go_on(
        self, tenant: Tenant, setup: Setup, chosen: Sequence[WorkItem], by: Actor, because: str
    ) -> set[str]:
        """Approve what is decided for each; return whom a second person has to approve, too."""
        granted = [(item.delivery.key, self._awaited.approval(decide_item(item, setup))) for item in chosen]
        pending: set[str] = set()
        for start in range(0, len(granted), CHUNK):
            chunk = granted[start : start + CHUNK]
            pending |= await self._store.setup.approve(tenant.id, chunk, by, because)
        return pending

    async def _held(self, tenant: Tenant) -> list[WorkItem]:
        items: list[WorkItem] = []
        while chunk := await self._page(tenant, CHUNK, items[-1].delivery.key if items else ""):
            items += chunk
        return items

    async def _page(self, tenant: Tenant, limit: int, after: str) -> list[WorkItem]:
        refuse_page(limit, CHUNK)
        return await self._store.backlog.held_for(tenant.id, self._awaited.reason, after, limit)

    async def _named(self, tenant: Tenant, user: str) -> WorkItem:
        nobody = NotFound(f"Nobody named {user!r} waits for that at {tenant.name}.")
        try:
            item = await find_person(self._store, tenant, user)
        except NotFound:
            raise nobody from None
        if item.delivery.hold_reason is not self._awaited.reason:
            raise nobody
        return item

    async def _setup(self, tenant: Tenant) -> Setup:
        setup = await self._store.backlog.setup(tenant.id, self._clock.now())
        if setup is None:
            raise NotFound(f"There is no tenant {tenant.name!r} any more.")
        return setup
