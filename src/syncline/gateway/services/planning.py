"""The plan: what would change at HubSpot, person by person.

The plan is decided by the very function the drain decides with, so what it shows is what would be sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.connections import Connections
from syncline.gateway.services.planned import KINDS, Page, Plan, Planner
from syncline.gateway.services.ports import Connection, Progress, Store, Tenant, Walks
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants
from syncline.gateway.services.walking import Here, tallied

FRESH: Milliseconds = 15 * 60_000
"""A reading of the account younger than this is good enough for a plan."""
MOST = 1000
"""People on one page of a plan."""


class Planning:
    """The `plan.show` and `plan.people` operations, and what other plans are made with."""

    def __init__(
        self, store: Store, walks: Walks, tenants: Tenants, connections: Connections, clock: Clock
    ) -> None:
        self._store = store
        self.walks = walks
        self._tenants = tenants
        self._connections = connections
        self._clock = clock

    async def show(
        self,
        actor: str,
        tenant: str,
        limit: int | None = None,
        kinds: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Decide about everybody and return what sending it all would do; nothing is sent by asking.

        The account is read again when the last reading is older than 15 minutes. `limit` (at most 1,000) and `kinds`
        bound the people listed, never the counts; `next` is where `plan.people` goes on.
        """
        found = await self._tenants.find(tenant)
        connection = await self.fresh(found)
        plan = await self.decide(found, limit, kinds, progress)
        return {
            "mode": found.mode.value,
            **plan.shown(),
            "people": plan.people,
            "next": _cursor(plan),
            "read_at": moment(connection.account_read_at),
            "approved_at": moment(found.plan_approved_at),
        }

    async def people(
        self, actor: str, tenant: str, limit: int = 50, after: str = "", kinds: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return a page of the people of the plan, by e-mail, and where the next one begins; None after the last."""
        found = await self._tenants.find(tenant)
        limit, wanted = _page(limit), _kinds(kinds)
        make = partial(Page, await self.setup(found), limit, wanted)
        # Those of one kind may be few among very many; a page of everybody is near at hand.
        walks = self.walks if wanted else Here(self._store.backlog)
        page = await tallied(walks, found.id, make, after=after)
        return {"people": page.people, "next": (page.last or after) if page.more else None}

    async def decide(
        self,
        tenant: Tenant,
        limit: int | None = None,
        kinds: Sequence[str] = (),
        progress: Progress | None = None,
        *,
        indexed: bool = False,
    ) -> Plan:
        """Decide about everybody on the set-up as it is, keeping the first `limit` people of these kinds."""
        most, wanted = _page(MOST if limit is None else limit), _kinds(kinds)
        make = partial(Planner, await self.setup(tenant), most, wanted, indexed=indexed)
        return await tallied(self.walks, tenant.id, make, progress)

    async def setup(self, tenant: Tenant) -> Setup:
        """Return the tenant's set-up as it is now; raises `NotFound` when the tenant is gone."""
        setup = await self._store.backlog.setup(tenant.id, self._clock.now())
        if setup is None:
            raise NotFound(f"There is no tenant {tenant.name!r} any more.")
        return setup

    async def fresh(self, tenant: Tenant) -> Connection:
        """Return the connection with a reading of the account that is young enough; raises `Refused` without one."""
        connection = await self._store.setup.connection(tenant.id)
        if connection is None or tenant.mode is TenantMode.COLLECTING:
            raise Refused(
                f"{tenant.name} is not connected to HubSpot.",
                Remedy("{connect:Connect it} first.", tenant.name),
            )
        read_at = connection.account_read_at
        if read_at is None or self._clock.now() - read_at > FRESH:
            await self._connections.read(tenant)
            connection = await self._store.setup.connection(tenant.id) or connection
        return connection


def _cursor(plan: Plan) -> str | None:
    return plan.last if plan.more else None


def _page(limit: int) -> int:
    if not 0 <= limit <= MOST:
        raise Invalid(f"A page of the plan holds at most {MOST} people: `plan.people` returns the next ones.")
    return limit


def _kinds(kinds: Sequence[str]) -> frozenset[str]:
    for kind in kinds:
        if kind not in KINDS:
            raise Invalid(f"{kind!r} is no kind of change. There are: {', '.join(KINDS)}.")
    return frozenset(kinds)
