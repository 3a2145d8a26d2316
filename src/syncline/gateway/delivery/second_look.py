"""Deciding many people again beside their deliveries, after a change of the set-up.

Everything that is a matter of the processor happens in another process; what comes of it is written a little at a time.
A change of the rules for 100,000 people is through after some minutes, and later where the machine has more to do: far
sooner than HubSpot could be told of it. Those who come to something else go first.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import aclosing
from functools import partial

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.ports import BacklogStore, Cause, Redecided, Settlement, Walks
from syncline.gateway.services.redeciding import Redeciding

SHARE = 8
"""One part of this many of the time is spent writing, the rest is left to the identity provider's writes."""

LEAST: Milliseconds = 1
"""What writing a piece counts for at least: it has to reach the disk."""


class SecondLook:
    """One look at everybody of a tenant who was last decided on an older set-up than this one."""

    def __init__(
        self,
        backlog: BacklogStore,
        walks: Walks,
        clock: Clock,
        setup: Setup,
        under_way: Callable[[], frozenset[str]],
        settled: Callable[[Settlement], None],
    ) -> None:
        """`under_way` returns the keys of those about whom a call is out: they are decided once it is back."""
        self._backlog = backlog
        self._walks = walks
        self._clock = clock
        self._setup = setup
        self._under_way = under_way
        self._settled = settled

    @property
    def epoch(self) -> int:
        """The epoch of the set-up."""
        return self._setup.epoch

    async def run(self) -> None:
        """Decide and write until everybody has been looked at."""
        make = partial(Redeciding, self._setup)
        async with aclosing(self._walks.through(self._setup.tenant_id, make)) as pieces:
            async for piece in pieces:
                begun = self._clock.now()
                await self._write(piece)
                taken = self._clock.now() - begun
                await self._clock.sleep((SHARE - 1) * max(taken, LEAST))

    async def _write(self, piece: Sequence[Redecided]) -> None:
        busy = self._under_way()
        free = [each for each in piece if busy.isdisjoint(_keys(each))]
        cause = Cause(self._clock.now(), uuid.uuid4().hex)
        await self._backlog.redecide(self._setup.tenant_id, free, self.epoch, cause)
        for each in free:
            if each.settlement is not None:
                self._settled(each.settlement)


def _keys(decided: Redecided) -> set[str]:
    before = decided.renamed_from
    return {decided.key} if before is None else {decided.key, email_key(before)}
