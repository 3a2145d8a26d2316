"""The drain: makes one tenant's HubSpot account equal to its rows, within the budget, urgent people first.

Nothing here is remembered between runs: what is due is read from the rows, decided on what they say now, sent, and
settled. A crash at any point loses nothing; the next drain begins where the rows say.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.delivery.outages import Outages
from syncline.gateway.delivery.schedule import Schedule
from syncline.gateway.delivery.seats import SeatCount
from syncline.gateway.delivery.second_look import SecondLook
from syncline.gateway.delivery.under_way import UnderWay
from syncline.gateway.delivery.watch import Watch, has_ended, is_stopped, note_failure, stops
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import LEAVE, Urgency, as_of
from syncline.gateway.domain.health import PROBE_EVERY
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.delivering import decide_item, settle_decision, settle_outcome
from syncline.gateway.services.ports import (
    Basis,
    Cause,
    Connection,
    Failed,
    Link,
    Links,
    Outcome,
    Overtaken,
    Settlement,
    Store,
    Trouble,
    Walks,
    WorkItem,
)
from syncline.gateway.services.reconciling import Reconciliation
from syncline.gateway.services.walking import Here

SETTLED_AT_ONCE = 4
DECIDED_AT_ONCE = 20
BREATH: Milliseconds = 10
"""What stays here, as everything does in plan mode, and what a new rule for some hundred people concerns, is decided
and written in small pieces: an identity provider's write that comes meanwhile waits for one piece at most. Many people
are decided by a `SecondLook`."""
FIRST_EPOCH = 1
"""What is marked because of a reading was last decided before it."""

_log = logging.getLogger(__name__)


class Drain:
    """Implements the dispatcher's `Drain`: call it with a tenant, it returns the moment something is next due."""

    def __init__(
        self,
        store: Store,
        links: Links,
        clock: Clock,
        measure: Callable[[str], None] = lambda _result: None,
        schedule: Schedule | None = None,
        reconciliation: Reconciliation | None = None,
        walks: Walks | None = None,
    ) -> None:
        """Without a `schedule` the account is read when somebody asks, and when nothing is known of it.

        Without `walks` everybody is decided again here, however many there are.
        """
        self._store = store
        self._links = links
        self._clock = clock
        self.measure = measure
        self.reconciliation = reconciliation or Reconciliation(store, clock)
        self.schedule = schedule
        self.walks = walks or Here(store.backlog)
        self.outages = Outages()
        self.free_seats: dict[TenantId, Mapping[str, int]] = {}
        """How many seats were free when those who wait for one were last looked through."""

    async def __call__(self, tenant_id: TenantId) -> Milliseconds | None:
        """Deliver what is due and decide again what went stale; return when something is next due, None if never."""
        connection = await self._store.setup.connection(tenant_id)
        link = await self._links.open(tenant_id)
        if connection is None or link is None:
            return None
        wait = self._probe_wait(connection)
        if wait is not None:
            return wait
        if connection.account is None:
            failed = await self.reconciliation.read_first(tenant_id, link)
            if failed is not None:
                return await self.in_trouble(tenant_id, failed)
        return await _Run(self._store, self._links, self._clock, link, connection, self).drain()

    async def due_tenants(self) -> set[TenantId]:
        """Return the tenants a drain has something to do for by now."""
        due = set(await self._store.backlog.due_tenants(self._clock.now()))
        return due if self.schedule is None else await self.schedule.due_tenants(due)

    def _probe_wait(self, connection: Connection) -> Milliseconds | None:
        """Return when a connection in trouble may be tried again, None when it may be now."""
        if not is_stopped(connection):
            return None
        now = self._clock.now()
        if connection.probe_at is None or has_ended(connection):
            return now + PROBE_EVERY
        return connection.probe_at if now < connection.probe_at else None

    async def in_trouble(self, tenant_id: TenantId, failed: Failed) -> Milliseconds:
        """Note why nothing reaches HubSpot; returns when to try again."""
        await note_failure(self._store, tenant_id, failed, Cause.new(self._clock.now()))
        connection = await self._store.setup.connection(tenant_id)
        probe_at = None if connection is None else connection.probe_at
        return probe_at or self._clock.now() + (failed.retry_after or PROBE_EVERY)


class _Run:
    """One drain of one tenant, from the first delivery due to the last."""

    def __init__(
        self, store: Store, links: Links, clock: Clock, link: Link, connection: Connection, drain: Drain
    ) -> None:
        self._store = store
        self._clock = clock
        self._link = link
        self._connection = connection
        self._tenant_id = connection.tenant_id
        self._drain = drain
        self._watch = Watch(store, links, clock, link, connection)
        self._out = UnderWay(clock)
        self._seats = SeatCount(store, clock, self._tenant_id, drain.free_seats)
        self._refreshed: int | None = None
        """The epoch for which the account's lists were read anew: once is enough."""
        self._reading: asyncio.Task[None] | None = None
        self._look: SecondLook | None = None
        self._looking: asyncio.Task[None] | None = None

    async def drain(self) -> Milliseconds | None:
        try:
            while self._watch.stopped is None:
                self._out.raise_broken()
                if not await self._watch.is_current():
                    break
                returned = self._out.returned
                setup = await self._store.backlog.setup(self._tenant_id, self._clock.now())
                await self._store.backlog.give_way()
                if setup is None or setup.mode is TenantMode.COLLECTING:
                    break
                self._read_on_schedule(setup)
                await self._seats.seat_the_waiting(setup)
                busy = await self._start_due(setup)
                busy = await self._decide_again(setup) or busy
                if self._out:
                    await self._out.next_return()
                elif returned != self._out.returned:
                    continue  # what came back since may be due again, which the rows read before did not say
                elif not busy and not await self._count_seats_again():
                    break
        finally:
            self._watch.called_off.set()
            await self._out.end()
        if self._watch.stopped is not None and await self._watch.is_current():
            return await self._drain.in_trouble(self._tenant_id, self._watch.stopped)
        due = await self._store.backlog.next_due(self._tenant_id)
        schedule = self._drain.schedule
        return due if schedule is None else schedule.sooner(self._tenant_id, due)

    def _read_on_schedule(self, setup: Setup) -> None:
        """Begin a reading beside the deliveries when its time has come: one in a run, none while probing."""
        schedule = self._drain.schedule
        if schedule is None or self._reading is not None or self._watch.probing:
            return
        lacking = setup.lacks_crm_records
        if (reading := schedule.begin(self._connection, self._link, lacking=lacking)) is not None:
            self._reading = self._out.begin(self._read(reading), f"reading {self._tenant_id}")

    async def _read(self, reading: Coroutine[Any, Any, Failed | None]) -> None:
        try:
            failed = await reading
        except Exception:
            _log.exception("A reading of the account of tenant %s broke; it is gone on with", self._tenant_id)
            return
        if failed is not None:
            await self._watch.stop_for(failed)

    async def _start_due(self, setup: Setup) -> bool:
        """Decide what is due, settle what stays here, send the rest as far as there are slots."""
        probing, calls = self._watch.probing, self._out.calls
        slots = 1 - calls if probing else self._out.slots
        if slots <= 0:
            return False
        now = self._clock.now()
        limit = calls + (slots if calls or probing else SETTLED_AT_ONCE)
        before = self._out.keys_before_reading()
        urgent_only = self._out.urgent_only
        items = await self._store.backlog.due(self._tenant_id, now, limit, urgent_only=urgent_only)
        waiting = [item for item in items if not _is_under_way(item, before)]
        settled: list[Settlement] = []
        sent = 0
        braked = False
        for item in waiting:
            await self._store.backlog.give_way()
            decision = decide_item(item, setup)
            settlement = settle_decision(item, decision, setup.epoch)
            if settlement is not None:
                settled.append(settlement)
            elif sent < slots and not braked:
                if not await self._may_be_sent(item, decision, setup):
                    braked = True  # the set-up read before is out of date: whoever comes next is decided anew
                    continue
                urgent = decision.change.urgency is Urgency.URGENT
                self._out.call(item.delivery.key, self._deliver(item, decision, setup), urgent=urgent)
                sent += 1
        await self._settle(settled, patient=True)
        return bool(settled or sent or braked)

    async def _may_be_sent(self, item: WorkItem, decision: Decision, setup: Setup) -> bool:
        """Count a leaver against the deletion threshold, and whoever needs a seat against those that are free."""
        if decision.change.kind.is_leaving:
            return await self._may_leave(item, setup)
        return await self._seats.take(item, decision)

    async def _count_seats_again(self) -> bool:
        """Read the account's lists once, when all is done, if seats came free; returns whether they were read."""
        if not self._seats.recount:
            return False
        self._seats.recount = False
        return await self._drain.reconciliation.refresh_lists(self._tenant_id, self._link) is None

    async def _may_leave(self, item: WorkItem, setup: Setup) -> bool:
        """Count a person who is about to lose access against the deletion threshold."""
        approved = LEAVE in as_of(item.delivery, setup.at).approvals or setup.threshold is None
        limit = None if approved or setup.threshold is None else setup.threshold.limit
        return await self._store.backlog.pass_threshold(
            self._tenant_id, item.delivery.key, self._clock.now(), limit
        )

    async def _decide_again(self, setup: Setup) -> bool:
        """Decide a chunk of those last decided on an older set-up; whoever has something to send becomes due.

        Where there are many, they are looked at beside, and only what a reading has found is decided meanwhile.
        """
        before = self._out.keys_before_reading()
        epoch = FIRST_EPOCH if await self._looks_beside(setup) else setup.epoch
        items = await self._store.backlog.stale(self._tenant_id, epoch, DECIDED_AT_ONCE)
        if (
            epoch != FIRST_EPOCH
            and len(items) == DECIDED_AT_ONCE
            and await self._drain.walks.are_many(self._tenant_id)
        ):
            self._look_beside(setup)
            return True
        waiting = [item for item in items if not _is_under_way(item, before)]
        settled: list[Settlement] = []
        to_send: list[str] = []
        for item in waiting:
            await self._store.backlog.give_way()
            settlement = settle_decision(item, decide_item(item, setup), setup.epoch)
            if settlement is None:
                to_send.append(item.delivery.key)
            else:
                settled.append(settlement)
        await self._settle(settled, patient=True)
        if to_send:
            await self._store.backlog.make_due(self._tenant_id, to_send, setup.epoch, self._clock.now())
        if waiting:
            await self._clock.sleep(BREATH)
        return bool(waiting)

    async def _looks_beside(self, setup: Setup) -> bool:
        """Tell whether a second look is under way; one on an older set-up is given up."""
        if self._look is None or self._looking is None or self._looking.done():
            return False
        if self._look.epoch == setup.epoch:
            return True
        self._looking.cancel()
        await asyncio.wait({self._looking})
        return False

    def _look_beside(self, setup: Setup) -> None:
        def settled(settlement: Settlement) -> None:
            self._drain.measure(_result(settlement))

        backlog, walks = self._store.backlog, self._drain.walks
        self._look = SecondLook(backlog, walks, self._clock, setup, self._out.keys_before_reading, settled)
        self._looking = self._out.begin(self._look.run(), f"second look {self._tenant_id}")

    async def _deliver(self, item: WorkItem, decision: Decision, setup: Setup) -> None:
        if setup.account is None:
            return
        now = self._clock.now()
        cause = Cause(now, item.correlation_id) if item.correlation_id else Cause.new(now)
        outcome = await self._link.carry_out(
            decision.change,
            item,
            setup.account,
            cause,
            still_wanted=lambda: self._still_wanted(item, setup),
            called_off=self._watch.called_off,
        )
        if isinstance(outcome, Overtaken):
            await self._seats.note(item, decision, setup, outcome)
            return
        outcome = self._drain.outages.judge(self._tenant_id, item, outcome, probing=self._watch.probing)
        # A stop comes before all else: whatever still waits must not leave, and a crash must not forget it.
        await self._watch.stop_for(outcome)
        if not await self._watch.is_same_account():
            return
        await self._seats.note(item, decision, setup, outcome)
        settlement = settle_outcome(item, decision, outcome, setup.epoch, self._clock.now())
        if self._watch.probing and settlement.retry_at is not None and stops(outcome):
            # The next probe is somebody else's: one whom nothing helps must not stand before all others.
            later = max(settlement.retry_at, self._clock.now() + PROBE_EVERY * 3 // 2)
            settlement = replace(settlement, retry_at=later)
        await self._settle([settlement])
        if self._watch.stopped is None and await self._watch.is_current():
            await self._heed(outcome, setup.epoch)

    async def _still_wanted(self, item: WorkItem, setup: Setup) -> bool:
        """Tell whether what was decided holds after the wait for the budget, which may have taken hours."""
        if self._watch.stopped is not None or not await self._watch.is_current():
            return False
        now = await self._store.backlog.basis(self._tenant_id, item.delivery.key)
        return now == Basis(setup.mode, setup.epoch, item.delivery.desired_revision)

    async def _heed(self, outcome: Outcome, epoch: int) -> None:
        """Read the lists of an account anew that are out of date; all else is about the connection."""
        if not isinstance(outcome, Failed) or outcome.trouble is not Trouble.OUTDATED:
            await self._watch.heed(outcome, self._out.keys)
        elif self._refreshed != epoch:
            self._refreshed = epoch
            unread = await self._drain.reconciliation.refresh_lists(self._tenant_id, self._link)
            if unread is not None:
                self._watch.stop_unnoted(unread)

    async def _settle(self, settled: Iterable[Settlement], *, patient: bool = False) -> None:
        settlements = tuple(settled)
        if settlements:
            cause = Cause.new(self._clock.now())
            await self._store.backlog.settle(self._tenant_id, settlements, cause, patient=patient)
            for settlement in settlements:
                self._drain.measure(_result(settlement))


def _is_under_way(item: WorkItem, keys: frozenset[str]) -> bool:
    """Tell whether a call about this person is out: by the row itself, or by the row of the e-mail left behind."""
    left = item.delivery.renamed_from
    return item.delivery.key in keys or (left is not None and email_key(left) in keys)


def _result(settlement: Settlement) -> str:
    """Name what became of a delivery for the metrics."""
    if settlement.hold_reason is not None:
        return "held"
    if settlement.retry_at is not None:
        return "retry"
    return "unchanged" if settlement.standing is None else "delivered"
