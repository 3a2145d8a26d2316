"""What of one run has not come back yet: the calls that are out, and what goes on beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, KeysView
from typing import Any

from syncline.clock import Clock, Milliseconds

AT_ONCE = 8
"""Calls in flight for one tenant: at HubSpot's usual 200–300 ms an answer, more than its fastest allowance needs."""
AT_ONCE_URGENT = 12
LOOK_AGAIN: Milliseconds = 250
"""How soon a new urgent delivery is noticed while all calls wait for the budget."""


class UnderWay:
    """The tasks of one run. A task that breaks, breaks the run: `raise_broken` raises what it ended with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: dict[str, asyncio.Task[None]] = {}
        self._beside: set[asyncio.Task[None]] = set()
        self._normal = 0
        self._broken: BaseException | None = None
        self.returned = 0
        """How many have come back: rows read before one did may not say what is due since."""

    def __bool__(self) -> bool:
        return bool(self._calls or self._beside)

    @property
    def calls(self) -> int:
        """How many calls are out."""
        return len(self._calls)

    @property
    def urgent_only(self) -> bool:
        """Whether the slots that are left are kept for urgent people."""
        return self._normal >= AT_ONCE

    @property
    def slots(self) -> int:
        """How many more calls may go out."""
        return (AT_ONCE_URGENT if self.urgent_only else AT_ONCE) - len(self._calls)

    @property
    def keys(self) -> KeysView[str]:
        """Whom a call is out about, as calls go and come back."""
        return self._calls.keys()

    def keys_before_reading(self) -> frozenset[str]:
        """Return what must be left out of rows that are about to be read.

        A delivery that comes back while they are read is in them as it was before: it must not be sent again.
        """
        return frozenset(self._calls)

    def raise_broken(self) -> None:
        """Raise what a task has ended with, if one has broken."""
        if self._broken is not None:
            raise self._broken

    def call(self, key: str, delivery: Coroutine[Any, Any, None], *, urgent: bool) -> None:
        """Have a delivery carried out."""
        task = asyncio.create_task(delivery)
        self._calls[key] = task
        self._normal += not urgent

        def done(ended: asyncio.Task[None]) -> None:
            del self._calls[key]
            self._normal -= not urgent
            self._note(ended)

        task.add_done_callback(done)

    def begin(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Have something done beside the deliveries."""
        task = asyncio.create_task(work, name=name)
        self._beside.add(task)

        def done(ended: asyncio.Task[None]) -> None:
            self._beside.discard(ended)
            self._note(ended)

        task.add_done_callback(done)
        return task

    async def next_return(self) -> None:
        """Return when something has come back, or soon enough to notice a new urgent delivery."""
        look_again = asyncio.create_task(self._clock.sleep(LOOK_AGAIN))
        try:
            await asyncio.wait({look_again, *self._tasks()}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            look_again.cancel()

    async def end(self) -> None:
        """Wait for the calls; give up what goes on beside them, which the next run goes on with."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._tasks(), return_exceptions=True)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [*self._calls.values(), *self._beside]

    def _note(self, ended: asyncio.Task[None]) -> None:
        self.returned += 1
        if not ended.cancelled() and (error := ended.exception()) is not None:
            self._broken = error
