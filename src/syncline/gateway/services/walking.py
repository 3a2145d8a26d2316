"""Going through everybody of a tenant: a chunk at a time in memory, and never long without a pause.

Rows are read in threads; between a few decisions the event loop is free. That is enough for some hundred people. For
many thousand the same is done in another process (`bootstrap.beside`), since threads share one interpreter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

from syncline.gateway.domain.delivery import Intent
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import BacklogStore, Progress, Tally, Walks, WorkItem

__all__ = ["Here", "Progress", "concerns_hubspot", "everybody", "tallied"]

T = TypeVar("T")

CHUNK = 30
"""People in memory at a time; to read them takes less than a millisecond, which nobody can interrupt."""
AT_ONCE = 10
"""Decisions between two pauses: about a millisecond."""


def _nobody_waits() -> None:
    """Do nothing: where only an event loop is shared."""


async def everybody(
    backlog: BacklogStore,
    tenant_id: TenantId,
    after: str = "",
    progress: Progress | None = None,
    give_way: Callable[[], None] = _nobody_waits,
) -> AsyncIterator[WorkItem]:
    """Yield every delivery in order of key, beginning after a key; says how many it has looked at.

    `give_way` is called before each of them.
    """
    total = (await backlog.totals(tenant_id)).users if progress is not None else 0
    done = 0
    while items := await backlog.walk(tenant_id, after, CHUNK):
        for place, item in enumerate(items):
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)
            give_way()
            yield item
        after = items[-1].delivery.key
        done += len(items)
        if progress is not None:
            progress({"stage": "Deciding", "done": done, "total": max(done, total)})


class Here:
    """Goes through everybody in this process: implements `ports.Walks`."""

    def __init__(self, backlog: BacklogStore, give_way: Callable[[], None] = _nobody_waits) -> None:
        """`give_way` is called before each person, for whoever shares the processor."""
        self._backlog = backlog
        self._give_way = give_way

    async def are_many(self, tenant_id: TenantId) -> bool:
        """Return False: there is no other process."""
        return False

    async def through(
        self,
        tenant_id: TenantId,
        make: Callable[[], Tally[T]],
        progress: Progress | None = None,
        after: str = "",
    ) -> AsyncGenerator[T]:
        """Yield the pieces of a tally over everybody after a key."""
        tally = make()
        async for item in everybody(self._backlog, tenant_id, after, progress, self._give_way):
            if (piece := tally.add(item)) is not None:
                yield piece
        for piece in tally.end():
            yield piece


async def tallied(
    walks: Walks,
    tenant_id: TenantId,
    make: Callable[[], Tally[T]],
    progress: Progress | None = None,
    after: str = "",
) -> T:
    """Return the first piece of a tally over everybody, and give up the rest: for one that hands out one alone."""
    async with aclosing(walks.through(tenant_id, make, progress, after)) as pieces:
        return await anext(pieces)


def concerns_hubspot(item: WorkItem) -> bool:
    """Tell whether anybody would look for this person in a plan: not if he came and went without ever being there."""
    delivery = item.delivery
    if delivery.intent is Intent.RELEASED:
        return False
    return item.person is not None or item.known is not None or delivery.hubspot_id is not None
