"""How a tenant is, at a glance: what is in step, what waits and how long, what hurts, what happened lately.

Totals are counted at most every few seconds for one tenant's own page, whoever asks; for the list of all tenants one
at a time, at most once a minute each, and the list does not wait for them. Activity is told by the numbers of the
first and last entry of each hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.credentials import is_alive
from syncline.gateway.domain.health import Health
from syncline.gateway.domain.notices import Notice
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.ports import Activity, Store, Tenant, Token, Totals
from syncline.gateway.services.showing import health_shown

TOTALS_FOR: Milliseconds = 5_000
"""How old totals may be."""
FLEET_TOTALS_FOR: Milliseconds = 60_000
"""How old they may be in the list of all tenants."""
FLEET_WAITS = 0.1
"""Seconds that the list waits for totals nobody has asked for yet."""
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
    users: int | None
    groups: int | None
    in_step: int | None
    waiting: int | None
    held: int | None
    """Numbers are None until they have been counted."""
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
        self._fleet: dict[TenantId, tuple[Milliseconds, asyncio.Task[Totals]]] = {}
        self._turn = asyncio.Semaphore(1)
        self._totals: dict[TenantId, tuple[Milliseconds, asyncio.Task[Totals]]] = {}

    async def standing(self, tenant: Tenant) -> Standing:
        """Return the tenant's line, counted now."""
        return await self._line(tenant, await self.totals(tenant.id))

    async def fleet(self, tenants: Sequence[Tenant]) -> list[Standing]:
        """Return a line for each tenant. Numbers that are not known yet are counted meanwhile, one tenant at a time."""
        looks = [self._lately(tenant.id) for tenant in tenants]
        if looks:
            await asyncio.wait(looks, timeout=FLEET_WAITS)
        return [
            await self._line(tenant, look.result() if _has_told(look) else None)
            for tenant, look in zip(tenants, looks, strict=True)
        ]

    def _lately(self, tenant_id: TenantId) -> asyncio.Task[Totals]:
        now = self._clock.now()
        kept = self._fleet.get(tenant_id)
        if kept is not None and (
            not kept[1].done() or (now - kept[0] < FLEET_TOTALS_FOR and _has_told(kept[1]))
        ):
            return kept[1]
        look = asyncio.ensure_future(self._one_at_a_time(tenant_id))
        self._fleet[tenant_id] = (now, look)
        return look

    async def _one_at_a_time(self, tenant_id: TenantId) -> Totals:
        async with self._turn:
            return await self._store.backlog.totals(tenant_id)

    async def _line(self, tenant: Tenant, totals: Totals | None) -> Standing:
        connection = await self._store.setup.connection(tenant.id)
        if totals is None:
            return Standing(
                id=tenant.id,
                name=tenant.name,
                mode=tenant.mode,
                health=None if connection is None else connection.health,
                users=None,
                groups=None,
                in_step=None,
                waiting=None,
                held=None,
                last_contact_at=None,
            )
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

    async def overview(self, tenant: Tenant) -> Overview:
        """Return all there is to say at a glance."""
        now = self._clock.now()
        standing = await self.standing(tenant)
        totals = await self.totals(tenant.id)
        connection = await self._store.setup.connection(tenant.id)
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
            notices=[each for each in await self._store.notices.notices(tenant.id) if each.ended_at is None],
            tokens=len(tokens),
            token_ends_at=_last_end(tokens),
            plan_approved_at=tenant.plan_approved_at,
            changes=list(zip(hours, counts, strict=True)),
        )

    async def totals(self, tenant_id: TenantId) -> Totals:
        """Return the tenant's totals, at most `TOTALS_FOR` old; many who ask at once are told by one look."""
        now = self._clock.now()
        for gone in [key for key, (at, _) in self._totals.items() if now - at >= TOTALS_FOR]:
            del self._totals[gone]
        if tenant_id not in self._totals:
            look = asyncio.ensure_future(self._store.backlog.totals(tenant_id))
            self._totals[tenant_id] = (now, look)
        look = self._totals[tenant_id][1]
        try:
            return await asyncio.shield(look)
        except BaseException:
            self._totals.pop(tenant_id, None)
            raise


def _drained_in(standing: Standing, pace: tuple[int, Milliseconds]) -> Milliseconds | None:
    if standing.mode is not TenantMode.LIVE or not standing.waiting:
        return None
    calls, interval = pace
    return int(standing.waiting * CALLS_A_CHANGE * interval / calls)


def _has_told(look: asyncio.Task[Totals]) -> bool:
    return look.done() and not look.cancelled() and look.exception() is None


def _is_alive(token: Token, now: Milliseconds) -> bool:
    return is_alive(expires_at=token.expires_at, revoked_at=token.revoked_at, now=now)


def _last_end(tokens: Sequence[Token]) -> Milliseconds | None:
    ends = [token.expires_at for token in tokens]
    return max((each for each in ends if each is not None), default=None) if None not in ends else None
