"""An operator's consent to a plan: to all of it, to some of its changes, or to one person's, delivered at once.

Consent to the whole lets a live tenant adopt. Consent to some is bound to exactly the change that was shown of each
person, and lets that change go even in plan mode. Whatever else holds a person holds him still.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.change import ChangeKind, approval_of
from syncline.gateway.domain.consent import Consent
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import DeliveryState, state_of
from syncline.gateway.domain.errors import Invalid, Refused
from syncline.gateway.domain.holds import HOLDS
from syncline.gateway.domain.proposal import refuse_unexpected
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.delivering import decide_item
from syncline.gateway.services.finding import find_person
from syncline.gateway.services.planned import KINDS, counted, kind_of, outcome_of, person_shown
from syncline.gateway.services.planning import Planning
from syncline.gateway.services.ports import Actor, Progress, Store, Tenant, Wake, WorkItem
from syncline.gateway.services.showing import hold_shown, moment
from syncline.gateway.services.tenants import Tenants
from syncline.gateway.services.walking import concerns_hubspot, tallied

AT_ONCE = 200
"""Approvals written in one transaction."""
MOST_NAMED = 100
LONGEST_WAIT = 60
LOOK_AGAIN = 250
_SENDABLE = frozenset(KINDS) - {"unchanged", "held", "look"}


@dataclass
class _Chosen:
    """Whose change is approved: granted so far, and who was left out because something holds him."""

    granted: list[tuple[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    named: frozenset[str] = frozenset()
    """Who was asked for by name."""
    held: int = 0
    pending: int = 0
    """Whose change a second person has to approve, too."""

    def add(self, item: WorkItem, decision: Decision) -> None:
        self.granted.append((item.delivery.key, approval_of(decision.change)))
        self.counts[kind_of(decision.change)] += 1


@dataclass(frozen=True, slots=True)
class _Choosing:
    """Adds whoever has a change of these kinds to those who are chosen: a `Tally`."""

    setup: Setup
    kinds: frozenset[str]
    chosen: _Chosen

    def add(self, item: WorkItem) -> None:
        if not concerns_hubspot(item):
            return
        decision = decide_item(item, self.setup)
        if kind_of(decision.change) not in self.kinds or item.delivery.key in self.chosen.named:
            return
        if outcome_of(decision) == "held":
            self.chosen.held += 1
        else:
            self.chosen.add(item, decision)

    def end(self) -> tuple[_Chosen]:
        return (self.chosen,)


class Consenting:
    """The `plan.approve` and `plan.deliver` operations."""

    def __init__(self, store: Store, tenants: Tenants, planning: Planning, clock: Clock, wake: Wake) -> None:
        self._store = store
        self._tenants = tenants
        self._planning = planning
        self._clock = clock
        self._wake = wake

    async def approve(
        self,
        actor: str,
        tenant: str,
        only: Sequence[str] = (),
        because: str = "",
        expect: str | None = None,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Agree to the plan. Without `only` to all of it: people who were at HubSpot before may be adopted from now on.

        `only` names kinds of change or people: exactly these changes are let through, in plan mode too, and nothing
        else. Raises `Conflict` when `expect`, the fingerprint of a plan, is not that of the plan as it is now, and
        `Refused` when somebody named is held.
        """
        found = await self._tenants.find(tenant)
        await self._planning.fresh(found)
        by = Actor(actor, self._clock.now())
        if not only:
            return await self._approve_all(found, by, because, expect, progress)
        await self._refuse_another(found, expect, progress)
        chosen = await self._chosen(found, frozenset(only), progress)
        for start in range(0, len(chosen.granted), AT_ONCE):
            part = chosen.granted[start : start + AT_ONCE]
            waiting = await self._store.setup.approve(found.id, part, by, because)
            chosen.pending += sum(key in waiting for key, _ in part)
        self._wake(found.id)
        return {
            "approved_at": moment(by.at),
            "approved_by": by.name,
            "people": len(chosen.granted) - chosen.pending,
            "counts": counted(chosen.counts),
            "held": chosen.held,
            "pending": chosen.pending,
        }

    async def deliver(
        self, actor: str, tenant: str, user: str, because: str = "", wait_seconds: int = 0
    ) -> dict[str, Any]:
        """Send one person's change now, even in plan mode, and wait up to a minute for what comes of it.

        Approves exactly the change the plan shows. Raises `Refused`, naming the reason, for a person who is held.
        """
        if not 0 <= wait_seconds <= LONGEST_WAIT:
            raise Invalid(f"Wait 0 to {LONGEST_WAIT} seconds.")
        found = await self._tenants.find(tenant)
        await self._planning.fresh(found)
        setup = await self._planning.setup(found)
        item = await find_person(self._store, found, user)
        decision = decide_item(item, setup)
        shown = person_shown(item, decision, setup)
        if decision.change.kind is ChangeKind.NONE and decision.would_hold is None:
            return {**shown, "state": DeliveryState.IN_STEP.value, "last_error": None}
        _refuse_held(found.name, item, decision)
        by = Actor(actor, self._clock.now())
        granted = [(item.delivery.key, approval_of(decision.change))]
        why = because or "delivered on demand"
        if await self._store.setup.approve(found.id, granted, by, why):
            hold = "A second person has to approve it, too."
            return {**shown, "state": DeliveryState.HELD.value, "last_error": None, "pending": hold}
        self._wake(found.id)
        return {**shown, **await self._outcome(found, item.delivery.key, wait_seconds)}

    async def _approve_all(
        self, tenant: Tenant, by: Actor, because: str, expect: str | None, progress: Progress | None
    ) -> dict[str, Any]:
        plan = await self._planning.decide(tenant, 0, progress=progress)
        refuse_unexpected(expect, plan.fingerprint)
        counts = counted(plan.counts)
        agreed = await self._store.setup.approve_plan(tenant.id, counts, by, because, plan.fingerprint)
        self._wake(tenant.id)
        pending = agreed is Consent.PENDING
        return {
            "approved_at": None if pending else moment(by.at),
            "approved_by": by.name,
            "counts": counts,
            "pending": sum(counts.values()) if pending else 0,
        }

    async def _refuse_another(self, tenant: Tenant, expect: str | None, progress: Progress | None) -> None:
        if expect is not None:
            plan = await self._planning.decide(tenant, 0, progress=progress)
            refuse_unexpected(expect, plan.fingerprint)

    async def _chosen(self, tenant: Tenant, only: frozenset[str], progress: Progress | None) -> _Chosen:
        kinds, names = only & _SENDABLE, only - _SENDABLE
        if len(names) > MOST_NAMED:
            raise Invalid(
                f"Name at most {MOST_NAMED} people, or kinds of change: {', '.join(sorted(_SENDABLE))}."
            )
        setup = await self._planning.setup(tenant)
        chosen = _Chosen()
        for name in sorted(names):
            await self._choose(tenant, name, setup, chosen)
        if not kinds:
            return chosen
        chosen.named = frozenset(key for key, _ in chosen.granted)
        make = partial(_Choosing, setup, kinds, chosen)
        return await tallied(self._planning.walks, tenant.id, make, progress)

    async def _choose(self, tenant: Tenant, name: str, setup: Setup, chosen: _Chosen) -> None:
        item = await find_person(self._store, tenant, name)
        decision = decide_item(item, setup)
        _refuse_held(tenant.name, item, decision)
        if decision.change.kind is not ChangeKind.NONE:
            chosen.add(item, decision)

    async def _outcome(self, tenant: Tenant, key: str, wait_seconds: int) -> dict[str, Any]:
        """Return where the delivery stands once it is no longer under way, or when the wait is over."""
        until = self._clock.now() + wait_seconds * 1000
        while True:
            item = await self._store.backlog.item(tenant.id, key)
            if item is None:
                return {"state": DeliveryState.IN_STEP.value, "last_error": None}
            now = self._clock.now()
            state = state_of(item.delivery, now)
            if state is not DeliveryState.WAITING or now >= until:
                delivery = item.delivery
                return {
                    "state": state.value,
                    "last_error": delivery.last_error,
                    "hold": hold_shown(delivery.hold_reason, delivery.hold_detail),
                }
            await self._clock.sleep(LOOK_AGAIN)


def _refuse_held(tenant: str, item: WorkItem, decision: Decision) -> None:
    hold = decision.would_hold
    if hold is not None:
        name = item.delivery.email or item.delivery.key
        raise Refused(
            f"{name} is held, and this does not release it: {hold.sentence}",
            HOLDS[hold.reason].release.about(tenant, name),
        )
