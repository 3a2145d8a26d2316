"""How a tenant is, at a glance: what is in step, what waits and how long, what hurts, what happened lately.

Nothing is counted for it: totals are kept as rows are written, and activity is told by the numbers of the first and
last entry of each hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.credentials import is_alive
from syncline.gateway.domain.health import Health, what_helps
from syncline.gateway.domain.notices import Notice
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.ports import Activity, Connection, Store, Tenant, Token, Totals
from syncline.gateway.services.showing import health_shown

HOUR: Milliseconds = 3_600_000
HOURS_SHOWN = 24
CALLS_A_CHANGE = 1.1
"""What a net change costs at HubSpot, by our own measurements."""
ENDS_SOON: Milliseconds = 30 * 86_400_000

Pace = Callable[[TenantId], tuple[int, Milliseconds]]
"""How many calls are sent for a tenant in which span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One line of the fleet: a tenant and how it is."""

    id: str
    name: str
    mode: TenantMode
    health: Health | None
    """None while there is no connection."""
    users: int
    groups: int
    in_step: int
    waiting: int
    held: int
    last_contact_at: Milliseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that the overview of a tenant shows."""

    standing: Standing
    held: Mapping[str, int]
    drained_in: Milliseconds | None
    """How long what waits will take at the allowance; None when nothing is sent."""
    pace: tuple[int, Milliseconds]
    calls_last_day: int
    account_name: str | None
    portal_id: int | None
    account_read_at: Milliseconds | None
    health: Mapping[str, Any] | None
    """As `showing.health_shown` tells it: what hurts, since when, what helps, when it is tried next."""
    remedy: Remedy | None
    """What helps, None for a healthy connection."""
    notices: Sequence[Notice]
    """What somebody was told of and is not over."""
    tokens: int
    token_ends_at: Milliseconds | None
    """When the token ends that lasts longest; None when one does not end, or when there is none."""
    plan_approved_at: Milliseconds | None
    changes: Sequence[tuple[Milliseconds, int]]
    """Events by the hour: its beginning, and how many."""


class Overviews:
    """Looks at tenants."""

    def __init__(self, store: Store, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._clock = clock
        self._pace = pace

    async def standing(self, tenant: Tenant) -> Standing:
        """Return the tenant's line."""
        totals = await self._store.backlog.totals(tenant.id)
        connection = await self._store.setup.connection(tenant.id)
        return _standing(tenant, totals, connection)

    async def overview(self, tenant: Tenant) -> Overview:
        """Return all there is to say at a glance."""
        now = self._clock.now()
        totals = await self._store.backlog.totals(tenant.id)
        connection = await self._store.setup.connection(tenant.id)
        standing = _standing(tenant, totals, connection)
        tokens = [each for each in await self._store.setup.tokens(tenant.id) if _is_alive(each, now)]
        hours = [now - now % HOUR - HOUR * before for before in range(HOURS_SHOWN - 1, -1, -1)]
        journal = self._store.journal
        counts = await journal.activity(tenant.id, Activity.EVENTS, [*hours, now + HOUR])
        (calls,) = await journal.activity(tenant.id, Activity.CALLS, [now - 24 * HOUR, now + HOUR])
        pace = self._pace(tenant.id)
        return Overview(
            standing=standing,
            held=totals.held,
            drained_in=_drained_in(standing, pace),
            pace=pace,
            calls_last_day=calls,
            account_name=None if connection is None else f"account {connection.portal_id}",
            portal_id=None if connection is None else connection.portal_id,
            account_read_at=None if connection is None else connection.account_read_at,
            health=None if connection is None else health_shown(connection, tenant.name),
            remedy=None if connection is None else what_helps(connection.health, connection.trouble),
            notices=[each for each in await self._store.notices.notices(tenant.id) if each.ended_at is None],
            tokens=len(tokens),
            token_ends_at=_last_end(tokens),
            plan_approved_at=tenant.plan_approved_at,
            changes=list(zip(hours, counts, strict=True)),
        )


def _standing(tenant: Tenant, totals: Totals, connection: Connection | None) -> Standing:
    return Standing(
        id=tenant.id,
        name=tenant.name,
        mode=tenant.mode,
        health=None if connection is None else connection.health,
        users=totals.users,
        groups=totals.groups,
        in_step=totals.in_step,
        waiting=totals.waiting + totals.retrying,
        held=sum(totals.held.values()),
        last_contact_at=totals.last_contact_at,
    )


def _drained_in(standing: Standing, pace: tuple[int, Milliseconds]) -> Milliseconds | None:
    if standing.mode is not TenantMode.LIVE or not standing.waiting:
        return None
    calls, interval = pace
    return int(standing.waiting * CALLS_A_CHANGE * interval / calls)


def _is_alive(token: Token, now: Milliseconds) -> bool:
    return is_alive(expires_at=token.expires_at, revoked_at=token.revoked_at, now=now)


def _last_end(tokens: Sequence[Token]) -> Milliseconds | None:
    ends = [token.expires_at for token in tokens]
    return max((each for each in ends if each is not None), default=None) if None not in ends else None
