"""The plan: what would change at HubSpot, person by person, and an operator's agreement to it.

The plan is decided by the very function the drain decides with, so what it shows is what would be sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import Intent
from syncline.gateway.domain.errors import Refused
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.connections import Connections
from syncline.gateway.services.delivering import change_shown, decide_item, reasons_shown
from syncline.gateway.services.ports import Actor, Connection, Store, Tenant, Wake, WorkItem
from syncline.gateway.services.showing import hold_shown, holds_counted, moment, set_name, team_name
from syncline.gateway.services.tenants import Tenants

CHUNK = 500
FRESH: Milliseconds = 15 * 60_000
"""A reading of the account younger than this is good enough for a plan."""
_KINDS = (
    "create",
    "adopt",
    "update",
    "rename",
    "reactivate",
    "deactivate",
    "remove",
    "strip",
    "look",
    "unchanged",
    "held",
)


@dataclass
class Plan:
    """What deciding about everybody came to."""

    counts: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    near_misses: Counter[tuple[str, str]] = field(default_factory=Counter)
    emails_sent: int = 0
    leaving: int = 0
    threshold: int | None = None
    people: list[dict[str, Any]] = field(default_factory=list)

    def add(self, item: WorkItem, decision: Decision, setup: Setup, *, keep: bool) -> None:
        """Count one person in; `keep` shows him too."""
        kind = decision.change.kind
        if decision.would_hold is not None:
            self.counts["held"] += 1
            self.held[decision.would_hold.reason.value] += 1
        else:
            self.counts["unchanged" if kind is ChangeKind.NONE else kind.value] += 1
            self.emails_sent += decision.change.send_welcome_email
            self.leaving += kind.is_leaving
        for miss in decision.placement.near_misses if decision.placement is not None else ():
            self.near_misses[(miss.role, miss.meant)] += 1
        if keep:
            self.people.append(person_shown(item, decision, setup))


class Planning:
    """The `plan.*` operations."""

    def __init__(
        self, store: Store, tenants: Tenants, connections: Connections, clock: Clock, wake: Wake
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._connections = connections
        self._clock = clock
        self._wake = wake

    async def show(self, actor: str, tenant: str, limit: int | None = None) -> dict[str, Any]:
        """Decide about everybody and return what sending it all would do; nothing is sent by asking.

        The account is read again when the last reading is older than 15 minutes. `limit` bounds the people listed,
        never the counts.
        """
        found = await self._tenants.find(tenant)
        connection = await self._fresh(found)
        plan = await self._decide_all(found, limit)
        return {
            "mode": found.mode.value,
            "counts": _counted(plan.counts),
            "held": holds_counted(plan.held),
            "emails_sent": plan.emails_sent,
            "leaving": {"people": plan.leaving, "threshold": plan.threshold},
            "near_misses": [
                {"role": role, "permission_set": meant, "count": count}
                for (role, meant), count in plan.near_misses.most_common()
            ],
            "people": plan.people,
            "read_at": moment(connection.account_read_at),
            "approved_at": moment(found.plan_approved_at),
        }

    async def approve(self, actor: str, tenant: str) -> dict[str, Any]:
        """Agree to the plan: people who were at HubSpot before may be adopted from now on."""
        found = await self._tenants.find(tenant)
        await self._fresh(found)
        plan = await self._decide_all(found, 0)
        by = Actor(actor, self._clock.now())
        counts = _counted(plan.counts)
        await self._store.setup.approve_plan(found.id, counts, by)
        self._wake(found.id)
        return {"approved_at": moment(by.at), "approved_by": actor, "counts": counts}

    async def _fresh(self, tenant: Tenant) -> Connection:
        connection = await self._store.setup.connection(tenant.id)
        if connection is None or tenant.mode is TenantMode.COLLECTING:
            raise Refused(f"Connect {tenant.name} to HubSpot first: `connection set {tenant.name} …`.")
        read_at = connection.account_read_at
        if read_at is None or self._clock.now() - read_at > FRESH:
            await self._connections.read(tenant)
            connection = await self._store.setup.connection(tenant.id) or connection
        return connection

    async def _decide_all(self, tenant: Tenant, limit: int | None) -> Plan:
        setup = await self._store.backlog.setup(tenant.id, self._clock.now())
        plan, after = Plan(), ""
        if setup is None:
            return plan
        plan.threshold = None if setup.threshold is None else setup.threshold.limit
        while items := await self._store.backlog.walk(tenant.id, after, CHUNK):
            for item in items:
                if _concerns_hubspot(item):
                    keep = limit is None or len(plan.people) < limit
                    plan.add(item, decide_item(item, setup), setup, keep=keep)
            after = items[-1].delivery.key
        return plan


def _concerns_hubspot(item: WorkItem) -> bool:
    """Tell whether anybody would look for this person in a plan: not if he came and went without ever being there."""
    delivery = item.delivery
    if delivery.intent is Intent.RELEASED:
        return False
    return item.person is not None or item.known is not None or delivery.hubspot_id is not None


def person_shown(item: WorkItem, decision: Decision, setup: Setup) -> dict[str, Any]:
    """Return one person's line of the plan."""
    change, placement = decision.change, decision.placement
    shown = change_shown(change)
    would = decision.would_hold
    account = setup.account
    teams = () if placement is None else placement.secondary_team_ids or ()
    return {
        "user_id": item.delivery.user_id,
        "user_name": item.person.user_name if item.person is not None else None,
        "email": item.delivery.email,
        "kind": "unchanged" if change.kind is ChangeKind.NONE else change.kind.value,
        "permission_set": None if placement is None else set_name(account, placement.permission_set_id),
        "primary_team": None if placement is None else team_name(account, placement.primary_team_id),
        "secondary_teams": [team_name(account, each) for each in teams],
        "differences": shown["differences"],
        "reasons": reasons_shown(placement),
        "verdict": "send" if would is None else "hold",
        "hold": None if would is None else hold_shown(would.reason.value, would.detail),
    }


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    return {kind: counts.get(kind, 0) for kind in _KINDS}
