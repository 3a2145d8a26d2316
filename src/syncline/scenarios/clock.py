"""Time for scenarios: stands still while anybody works, and leaps to the next alarm when nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from syncline.clock import Clock, ManualClock, Milliseconds

GLANCE_SECONDS = 0.001
QUIET_TURNS = 50
"""Turns of the event loop without anybody at work it takes to believe that nobody is.

Turns, not moments: on a machine that is busy with something else a moment passes without anybody having had his.
"""


class CompressedClock(ManualClock):
    """A clock whose sleepers never wait for nothing; `leap_when_quiet` keeps it going."""

    async def leap_when_quiet(self, at_work: Callable[[], bool]) -> None:
        """Move on to the next sleeper's moment whenever `at_work` says no for a while; runs until cancelled."""
        while True:
            await asyncio.sleep(GLANCE_SECONDS)
            moment = self.next_wake()
            if moment is not None and await _is_quiet(at_work):
                await self.advance(moment - self.now())


async def _is_quiet(at_work: Callable[[], bool]) -> bool:
    """Tell whether nobody is at work, nor sets to work while everybody who can has a few turns."""
    for _ in range(QUIET_TURNS):
        if at_work():
            return False
        await asyncio.sleep(0)
    return not at_work()


class CountedClock:
    """Another clock as some of its users see it; `asleep` says how many of them sleep."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.asleep = 0

    def now(self) -> Milliseconds:
        return self._clock.now()

    async def sleep(self, milliseconds: int) -> None:
        self.asleep += 1
        try:
            await self._clock.sleep(milliseconds)
        finally:
            self.asleep -= 1
