"""Seats in the drain: one is counted before a change is sent that takes it, and those who wait are seated in order."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Final

from syncline.clock import Clock
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.retry import FailureKind
from syncline.gateway.domain.seats import free_seats, more_are_free, seat_taken
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Arrived, Failed, Outcome, Overtaken, Store, WorkItem
from syncline.gateway.services.seating import next_seated

CHUNK: Final = 200


class SeatCount:
    """The seats of one tenant during one run. `seen` outlives the run: the free seats when it last looked."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tenant_id: TenantId,
        seen: MutableMapping[TenantId, Mapping[str, int]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._tenant_id = tenant_id
        self._seen = seen
        self.recount = False
        """Seats came free, or HubSpot counts otherwise than we do: the number has to be read again."""

    async def take(self, item: WorkItem, decision: Decision) -> bool:
        """Count the seat that a change takes, if it takes one; False when none is left."""
        seat = seat_taken(decision.placement, decision.change, item.known)
        return seat is None or await self._store.backlog.take_seat(self._tenant_id, seat)

    async def note(
        self, item: WorkItem, decision: Decision, setup: Setup, outcome: Outcome | Overtaken
    ) -> None:
        """Return a seat that was taken for nothing, and see whether the seats have to be counted again."""
        if setup.account is None or setup.account.seats is None:
            return
        seat = seat_taken(decision.placement, decision.change, item.known)
        refused = isinstance(outcome, Failed) and outcome.retry_as is FailureKind.NO_SEAT
        if seat is not None and not isinstance(outcome, Arrived):
            await self._store.backlog.return_seat(self._tenant_id, seat, none_left=refused)
        held = item.known is not None and bool(item.known.seat_names)
        gives_back = decision.change.kind.is_leaving or decision.change.seat_names is not None
        freed = isinstance(outcome, Arrived) and held and gives_back
        self.recount = self.recount or refused or freed

    async def seat_the_waiting(self, setup: Setup) -> None:
        """Have as many of those who wait sent as seats are free, in order of key, once more are free than before."""
        free = free_seats(setup.account)
        more = more_are_free(self._seen.get(self._tenant_id, {}), free)
        self._seen[self._tenant_id] = dict(free)
        after = ""
        while more and free:
            items = await self._store.backlog.held_for(self._tenant_id, HoldReason.NO_SEAT_FREE, after, CHUNK)
            if not items:
                break
            after = items[-1].delivery.key
            keys = next_seated(items, setup, free)
            if keys:
                await self._store.backlog.make_due(self._tenant_id, keys, setup.epoch, self._clock.now())
