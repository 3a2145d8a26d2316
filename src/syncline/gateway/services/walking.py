"""Going through everybody of a tenant: a chunk at a time in memory, and never long without a pause.

Rows are read in threads; between a few decisions the event loop is free, so that SCIM requests are answered while a
plan over many thousand people is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from syncline.gateway.domain.delivery import Intent
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import BacklogStore, WorkItem

CHUNK = 500
"""People in memory at a time."""
AT_ONCE = 20
"""Decisions between two pauses: about two milliseconds."""

Progress = Callable[[Mapping[str, Any]], None]


async def everybody(
    backlog: BacklogStore, tenant_id: TenantId, after: str = "", progress: Progress | None = None
) -> AsyncIterator[WorkItem]:
    """Yield whoever concerns HubSpot, in order of key, beginning after a key; says how many it has looked at."""
    total = (await backlog.totals(tenant_id)).users if progress is not None else 0
    done = 0
    while items := await backlog.walk(tenant_id, after, CHUNK):
        for place, item in enumerate(items):
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)
            if concerns_hubspot(item):
                yield item
        after = items[-1].delivery.key
        done += len(items)
        if progress is not None:
            progress({"stage": "Deciding", "done": done, "total": max(done, total)})


def concerns_hubspot(item: WorkItem) -> bool:
    """Tell whether anybody would look for this person in a plan: not if he came and went without ever being there."""
    delivery = item.delivery
    if delivery.intent is Intent.RELEASED:
        return False
    return item.person is not None or item.known is not None or delivery.hubspot_id is not None
