"""A connection that works again: what is noted of it, and whom it hurries."""

from __future__ import annotations

from collections.abc import Collection

from syncline.clock import Milliseconds
from syncline.gateway.domain.health import RESUMED, HealthEvent
from syncline.gateway.domain.retry import LONGEST
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Cause, Store, Tenant

MOST_HURRIED = 1_000


async def resume(store: Store, tenant: Tenant, actor: str, now: Milliseconds) -> bool:
    """Have a connection that is quarantined or held tried again at once; False for any other."""
    cause = Cause.new(now, {"by": actor})
    says = f"Resumed by {actor}; the next call tells whether it works."
    return await store.setup.note_health(tenant.id, HealthEvent.RESUMED, RESUMED, says, cause)


async def recover(
    store: Store, tenant_id: TenantId, cause: Cause, under_way: Collection[str] = frozenset()
) -> None:
    """Note that the connection works; urgent people who wait for another try need not wait any longer.

    `under_way` are the keys of those about whom a call is out.
    """
    await store.setup.note_trouble(tenant_id, None, None, cause)
    await hurry(store, tenant_id, cause.at, under_way)


async def hurry(
    store: Store, tenant_id: TenantId, now: Milliseconds, under_way: Collection[str] = frozenset()
) -> None:
    """Have everybody urgent who waits for another try tried again at once, the first thousand of them.

    Whom a failing connection was tried with is among them, though the attempt did not count against him.
    """
    later = now + LONGEST
    items = await store.backlog.due(tenant_id, later, MOST_HURRIED, urgent_only=True)
    waiting = [item.delivery for item in items if (item.delivery.due_at or 0) > now]
    keys = [each.key for each in waiting if each.hold_reason is None and each.key not in under_way]
    if keys:
        await store.backlog.make_due(tenant_id, keys, 0, now)
