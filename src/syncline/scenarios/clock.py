"""Time for scenarios: stands still while anybody works, and leaps to the next alarm when nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from syncline.clock import Clock, ManualClock, Milliseconds

GLANCE_SECONDS = 0.001
QUIET_GLANCES = 3
"""Looks without anybody at work it takes to believe that nobody is: a request may be on its way."""


class CompressedClock(ManualClock):
    """A clock whose sleepers never wait for nothing; `leap_when_quiet` keeps it going."""

    async def leap_when_quiet(self, at_work: Callable[[], bool]) -> None:
        """Move on to the next sleeper's moment whenever `at_work` says no for a while; runs until cancelled."""
        quiet = 0
        while True:
            await asyncio.sleep(GLANCE_SECONDS)
            quiet = 0 if at_work() else quiet + 1
            moment = self.next_wake()
            if quiet >= QUIET_GLANCES and moment is not None:
                await self.advance(moment - self.now())
                quiet = 0


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
