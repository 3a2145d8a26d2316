from __future__ import annotations

from syncline.clock import ManualClock
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.overview import HOURS_SHOWN, Overviews
from syncline.gateway.services.ports import Actor, Store, Tenant
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
