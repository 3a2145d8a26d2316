from __future__ import annotations

import asyncio

from syncline.clock import ManualClock
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.overview import HOURS_SHOWN, TOTALS_FOR, Overviews
from syncline.gateway.services.ports import Actor, Store, Tenant
from tests.support.acme import Acme
from tests.support.gateway_stores import store_in_memory

TENANT = TenantId("t1")


async def a_tenant(store: Store, clock: ManualClock) -> Tenant:
    return await store.setup.create_tenant(TENANT, "acme", Actor("anna", clock.now()))


async def test_a_tenant_without_anything_has_an_overview_without_anything() -> None:
    store, clock = store_in_memory(), ManualClock()
    tenant = await a_tenant(store, clock)
    seen = await Overviews(store, clock, lambda _: (90, 10_000)).overview(tenant)

    assert (TenantMode.COLLECTING, None, 0) == (seen.standing.mode, seen.standing.health, seen.standing.users)
    assert (None, 0, 0, None) == (seen.drained_in, seen.calls_last_day, seen.tokens, seen.token_ends_at)
    assert HOURS_SHOWN == len(seen.changes)
    assert 0 == sum(count for _, count in seen.changes)


async def test_totals_are_a_few_seconds_old_at_most() -> None:
    acme, clock = await Acme(store_in_memory()).found(), ManualClock()
    overviews = Overviews(acme.store, clock, lambda _: (90, 10_000))
    users = []
    for name in ("ada", "bob", "cleo"):
        await acme.add(f"{name}@acme.example")
        totals = await asyncio.gather(*(overviews.totals(acme.id) for _ in range(3)))
        users.append({each.users for each in totals})
        await clock.advance(TOTALS_FOR // 2)

    assert [{1}, {1}, {3}] == users
