"""A plan as work: decided beside the requests, kept with its moment, looked at a page at a time, and agreed to.

Deciding about many thousand people takes longer than anybody should wait for a page. So it is begun, says how far it
is, and its outcome is kept in memory until the next one, or until the server stops: what a page shows of the whole is
of that moment and says so, what it shows of each person is decided anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.errors import DomainError, Invalid
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.consenting import Consenting
from syncline.gateway.services.delivering import decide_item
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.planned import KINDS, outcome_of, person_shown
from syncline.gateway.services.planning import Planning
from syncline.gateway.services.ports import Progress, Store, Tenant
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants

_log = logging.getLogger(__name__)

KEPT: Final = 20
"""Plans kept at a time; of 100,000 people one takes some 10 MB."""
MOST: Final = 200
LONGEST_WAIT: Final = 10


@dataclass
class _Draft:
    """What is known of one tenant's plan."""

    work: asyncio.Task[None] | None = None
    stage: str = ""
    done: int = 0
    total: int = 0
    shown: dict[str, Any] | None = None
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    at: Milliseconds | None = None
    by: str = ""
    trouble: str | None = None
    agreed: dict[str, Any] | None = None

    @property
    def is_under_way(self) -> bool:
        return self.work is not None and not self.work.done()


class Drafting:
    """The `plan.begin`, `plan.consent` and `plan.latest` operations."""

    def __init__(
        self, store: Store, tenants: Tenants, planning: Planning, consenting: Consenting, clock: Clock
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._planning = planning
        self._consenting = consenting
        self._clock = clock
        self._drafts: OrderedDict[TenantId, _Draft] = OrderedDict()

    async def begin(self, actor: str, tenant: str, wait_seconds: int = 0) -> dict[str, Any]:
        """Begin to decide about everybody anew, unless that is under way; wait so long for it to be done."""
        found = await self._tenants.find(tenant)
        return await self._set_to_work(found, wait_seconds, lambda draft: self._decide(found, draft, actor))

    async def consent(
        self,
        actor: str,
        tenant: str,
        only: Sequence[str] = (),
        because: str = "",
        expect: str | None = None,
        wait_seconds: int = 0,
    ) -> dict[str, Any]:
        """Begin to agree to the plan, as `plan.approve` does, and wait so long for it to be done.

        Raises `Invalid` while other work on the plan is under way.
        """
        found = await self._tenants.find(tenant)
        if self._draft(found.id).is_under_way:
            raise Invalid("The plan is being worked on: wait until that is done.")

        async def work(draft: _Draft) -> None:
            told = _teller(draft, "Approving")
            draft.agreed = await self._consenting.approve(actor, found.id, only, because, expect, told)

        return await self._set_to_work(found, wait_seconds, work)

    async def latest(
        self, actor: str, tenant: str, kind: str | None = None, after: int = 0, limit: int = 50
    ) -> dict[str, Any]:
        """Return the last plan made with its moment, how far work on it is, and a page of people of one kind.

        The people are decided anew: `kind` of each may differ from what the plan counted.
        """
        found = await self._tenants.find(tenant)
        if kind is not None and kind not in KINDS:
            raise Invalid(f"{kind!r} is no kind of change. There are: {', '.join(KINDS)}.")
        refuse_page(limit, MOST)
        draft = self._draft(found.id)
        keys = draft.keys.get(kind or "", ())
        page = keys[after : after + limit]
        return {
            **_standing(draft),
            "mode": found.mode.value,
            "approved_at": moment(found.plan_approved_at),
            "people": await self._people(found, page),
            "next": after + limit if after + limit < len(keys) else None,
        }

    async def _people(self, tenant: Tenant, keys: Sequence[str]) -> list[dict[str, Any]]:
        if not keys:
            return []
        setup = await self._planning.setup(tenant)
        items = await self._store.seeking.items(tenant.id, keys)
        decided = [(item, decide_item(item, setup)) for item in items]
        return [
            {**person_shown(item, decision, setup), "key": item.delivery.key, "outcome": outcome_of(decision)}
            for item, decision in decided
        ]

    async def _decide(self, tenant: Tenant, draft: _Draft, actor: str) -> None:
        draft.stage = "Reading the account"
        connection = await self._planning.fresh(tenant)
        at = self._clock.now()
        plan = await self._planning.decide(tenant, 0, progress=_teller(draft), indexed=True)
        draft.shown = {**plan.shown(), "read_at": moment(connection.account_read_at)}
        draft.keys, draft.at, draft.by, draft.agreed = plan.keys, at, actor, None

    async def _set_to_work(
        self, tenant: Tenant, wait_seconds: int, work: Callable[[_Draft], Awaitable[None]]
    ) -> dict[str, Any]:
        if not 0 <= wait_seconds <= LONGEST_WAIT:
            raise Invalid(f"Wait 0 to {LONGEST_WAIT} seconds.")
        draft = self._draft(tenant.id)
        if draft.work is None or draft.work.done():
            draft.stage, draft.done, draft.total, draft.trouble = "Beginning", 0, 0, None
            draft.work = asyncio.create_task(_carried_out(draft, work))
        await asyncio.wait([draft.work], timeout=wait_seconds)
        return _standing(draft)

    def _draft(self, tenant_id: TenantId) -> _Draft:
        draft = self._drafts.setdefault(tenant_id, _Draft())
        self._drafts.move_to_end(tenant_id)
        while len(self._drafts) > KEPT:
            oldest = next((key for key, each in self._drafts.items() if not each.is_under_way), None)
            if oldest is None:
                break
            del self._drafts[oldest]
        return draft


async def _carried_out(draft: _Draft, work: Callable[[_Draft], Awaitable[None]]) -> None:
    try:
        await work(draft)
    except DomainError as error:
        draft.trouble = error.message
    except Exception:
        _log.exception("working on a plan failed")
        draft.trouble = "Something went wrong inside the server; its log says what."


def _teller(draft: _Draft, stage: str = "") -> Progress:
    def tell(progress: Mapping[str, Any]) -> None:
        draft.stage = stage or str(progress["stage"])
        draft.done, draft.total = progress["done"], progress["total"]

    return tell


def _standing(draft: _Draft) -> dict[str, Any]:
    under_way = {"stage": draft.stage, "done": draft.done, "total": draft.total}
    return {
        "under_way": under_way if draft.is_under_way else None,
        "plan": draft.shown,
        "decided_at": moment(draft.at),
        "decided_by": draft.by,
        "trouble": draft.trouble,
        "agreed": draft.agreed,
    }
