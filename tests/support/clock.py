"""A clock for tests in which nobody waits: every sleep passes at once."""

from __future__ import annotations

import asyncio

from syncline.clock import Milliseconds, SystemClock


class LeapingClock:
    """Time stands still but for sleeps, and whoever sleeps moves it on by as much."""

    def __init__(self, start: Milliseconds = 1_800_000_000_000) -> None:
        self._now = start

    def now(self) -> Milliseconds:
        return self._now

    async def sleep(self, milliseconds: int) -> None:
        until = self._now + max(0, milliseconds)
        # A breath of real time, so that whoever waits for an answer by looking again does not spin.
        await asyncio.sleep(0.001 if milliseconds > 0 else 0)
        self._now = max(self._now, until)

    def leap(self, milliseconds: int) -> None:
        """Let that span pass."""
        self._now += milliseconds


class AheadClock(SystemClock):
    """The system's clock, but for the spans a test lets pass."""

    def __init__(self) -> None:
        self.ahead: Milliseconds = 0

    def now(self) -> Milliseconds:
        return super().now() + self.ahead

    def leap(self, milliseconds: int) -> None:
        """Let that span pass."""
        self.ahead += milliseconds
