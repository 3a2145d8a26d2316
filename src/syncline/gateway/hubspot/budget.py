"""How many calls an account allows, and when the next one may be sent.

HubSpot counts calls in a rolling window (100 to 250 in ten seconds, by its usage guidelines). We use 0.90 of what it
states: a call is stamped when it leaves, but counted when it arrives, so a full window of ours may look a little
fuller over there; and calls are paced rather than sent in one burst, because a window that is full at once stays so.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from fractions import Fraction

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.delivery import Urgency
from syncline.gateway.hubspot.call import Answer
from syncline.gateway.hubspot.failures import pause_after
from syncline.gateway.hubspot.limits import CAUTIOUS, Limits, stated_limits


class _Lane:
    """Callers of one urgency: one at a time looks at the window, the others wait their turn behind it."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.waiting = 0


class Budget:
    """The calls one tenant may send, in one process, one drain.

    In no window of `limits.interval` are more than `limits.allowance` calls stamped, those given as `recent` included
    (the calls the log knows, so that a restart forgets nothing). Calls that are not urgent leave the last few places
    of a window to urgent ones, and wait while one of those waits. Under a backlog 95 % of the allowance or more is
    used. Time comes from the clock alone; one that is set back makes callers wait longer, by one interval at most.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        limits: Limits = CAUTIOUS,
        recent: Iterable[Milliseconds] = (),
        time_zone: str | None = None,
    ) -> None:
        self._clock = clock
        self._limits = limits
        self.time_zone = time_zone
        """The account's, whose midnight ends a daily limit; UTC while it is unknown. May be set once it is read."""
        self._stamps: deque[Milliseconds] = deque(sorted(recent))
        self._paced_until = Fraction(self._stamps[-1]) if self._stamps else Fraction(0)
        self._closed_until: Milliseconds = 0
        self._urgent = _Lane()
        self._normal = _Lane()

    @property
    def limits(self) -> Limits:
        """What the account was last heard to allow."""
        return self._limits

    @property
    def closed_until(self) -> Milliseconds:
        """The moment before which HubSpot asked for no further call; in the past when it did not."""
        return self._closed_until

    async def take(self, urgency: Urgency = Urgency.NORMAL) -> Milliseconds:
        """Wait until one call may be sent and return the moment it is stamped with; send it at once.

        Callers of one urgency are served in the order they came. A cancelled caller takes nothing.
        """
        lane = self._urgent if urgency is Urgency.URGENT else self._normal
        lane.waiting += 1
        try:
            async with lane.turn:
                while (wait := self._opens_at(lane) - self._clock.now()) > 0:
                    await self._clock.sleep(wait)
                return self._stamp()
        finally:
            lane.waiting -= 1

    def learn(self, answer: Answer) -> None:
        """Take from an answer what it says of the limits, and stop for as long as it asks."""
        self._limits = stated_limits(answer.headers) or self._limits
        pause = pause_after(answer, self.time_zone)
        if pause is not None:
            self.close_until(pause)

    def close_until(self, moment: Milliseconds) -> None:
        """Send nothing more before that moment."""
        self._closed_until = max(self._closed_until, moment)

    def _stamp(self) -> Milliseconds:
        now = self._clock.now()
        self._stamps.append(now)
        while len(self._stamps) > self._limits.allowance:
            self._stamps.popleft()
        self._paced_until = max(self._paced_until, Fraction(now)) + self._limits.gap
        return now

    def _opens_at(self, lane: _Lane) -> Milliseconds:
        now = self._clock.now()
        self._heed_clock(now)
        urgent = self._earliest(self._limits.allowance)
        if lane is self._urgent:
            return urgent
        earliest = self._earliest(self._limits.allowance - self._limits.kept_for_urgent)
        if not self._urgent.waiting:
            return earliest
        # An urgent caller is served at `urgent`; whoever is not urgent then looks again, one gap later.
        return max(earliest, max(urgent, now) + math.ceil(self._limits.gap))

    def _earliest(self, allowance: int) -> Milliseconds:
        earliest = max(self._closed_until, math.ceil(self._paced_until - self._limits.slack))
        if len(self._stamps) < allowance:
            return earliest
        return max(earliest, self._stamps[-allowance] + self._limits.interval + 1)

    def _heed_clock(self, now: Milliseconds) -> None:
        # A clock that was set back leaves stamps in the future: they count as if made now.
        if self._stamps and self._stamps[-1] > now:
            self._stamps = deque(min(stamp, now) for stamp in self._stamps)
            self._paced_until = min(self._paced_until, now + self._limits.gap + self._limits.slack)
