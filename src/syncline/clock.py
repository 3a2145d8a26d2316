"""Time as an argument: every program reads the clock and sleeps through this one seam."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol

Milliseconds = int
"""A moment or a span in milliseconds; moments count from the Unix epoch, UTC."""


class Clock(Protocol):
    """What the programs know of time."""

    def now(self) -> Milliseconds:
        """Return the present moment."""
        ...

    async def sleep(self, milliseconds: int) -> None:
        """Return when that span has passed; at once for a span of zero or less."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Milliseconds:
        return time.time_ns() // 1_000_000

    async def sleep(self, milliseconds: int) -> None:
        await asyncio.sleep(max(0, milliseconds) / 1000)


class ManualClock:
    """A clock that moves only when told to; sleepers wake in the order of their moments."""

    def __init__(self, start: Milliseconds = 1_800_000_000_000) -> None:
        self._now = start
        self._order = itertools.count()
        self._sleepers: list[tuple[Milliseconds, int, asyncio.Future[None]]] = []

    def now(self) -> Milliseconds:
        return self._now

    async def sleep(self, milliseconds: int) -> None:
        if milliseconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + milliseconds, next(self._order), future))
        await future

    def next_wake(self) -> Milliseconds | None:
        """Return the moment at which the next sleeper wakes, or None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def advance(self, milliseconds: int) -> None:
        """Let that span pass, giving each sleeper its turn at its own moment."""
        end = self._now + milliseconds
        await _settle()
        while (moment := self.next_wake()) is not None and moment <= end:
            self._now = max(self._now, moment)
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
            await _settle()
        self._now = end


async def _settle() -> None:
    """Let every task that can run do so."""
    for _ in range(20):
        await asyncio.sleep(0)
