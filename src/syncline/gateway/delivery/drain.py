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
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import LEAVE, Urgency, as_of
from syncline.gateway.domain.grant import OAuthGrant
from syncline.gateway.domain.health import HELD_TENANT, PROBE_EVERY, SCIM_TROUBLE, Health
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.delivering import decide_item, settle_decision, settle_outcome
from syncline.gateway.services.ports import (
    Arrived,
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
from syncline.gateway.services.recovering import recover
from syncline.gateway.services.walking import Here

AT_ONCE = 8
"""Calls in flight for one tenant: at HubSpot's usual 200–300 ms an answer, more than its fastest allowance needs."""
AT_ONCE_URGENT = 12
LOOK_AGAIN: Milliseconds = 250
"""How soon a new urgent delivery is noticed while all calls wait for the budget."""
DECIDED_AT_ONCE = 20
BREATH: Milliseconds = 10
"""A new rule for some hundred people is decided in small pieces with a rest between: an identity provider's write that
comes meanwhile waits for one piece at most. Many people are decided by a `SecondLook`."""
FIRST_EPOCH = 1
"""What is marked because of a reading was last decided before it."""

_STOPS = {Trouble.CONNECTION: 1, Trouble.TENANT: 2}
"""What ends a drain; of two the higher is what is remembered."""

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
        if not _is_stopped(connection):
            return None
        now = self._clock.now()
        if connection.probe_at is None or _has_ended(connection):
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
        self._links = links
        self._clock = clock
        self._link = link
        self._connection = connection
        self._tenant_id = connection.tenant_id
        self._scim_trouble = connection.trouble == SCIM_TROUBLE
        self._probing = _is_stopped(connection)
        self._drain = drain
        self._stopped: Failed | None = None
        self._called_off = asyncio.Event()
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._normal = 0
        self._returned = 0
        self._refreshed: int | None = None
        self._broken: BaseException | None = None
        self._reading: asyncio.Task[None] | None = None
        self._look: SecondLook | None = None
        self._looking: asyncio.Task[None] | None = None
        self._seats = SeatCount(store, clock, self._tenant_id, drain.free_seats)

    async def drain(self) -> Milliseconds | None:
        try:
            while self._stopped is None:
                if self._broken is not None:
                    raise self._broken
                if not await self._is_current():
                    break
                returned = self._returned
                setup = await self._store.backlog.setup(self._tenant_id, self._clock.now())
                if setup is None or setup.mode is TenantMode.COLLECTING:
                    break
                self._read_on_schedule(setup)
                await self._seats.seat_the_waiting(setup)
                busy = await self._start_due(setup)
                busy = await self._decide_again(setup) or busy
                if self._under_way:
                    await self._wait()
                elif returned != self._returned:
                    continue  # what came back since may be due again, which the rows read before did not say
                elif not busy and not await self._count_seats_again():
                    break
        finally:
            # What waits for the budget, perhaps for hours, is let go; what was sent is waited for.
            self._called_off.set()
            for beside in (self._reading, self._looking):
                if beside is not None:
                    beside.cancel()  # what was read or decided is kept: the next run goes on with it
            await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._stopped is not None and await self._is_current():
            return await self._drain.in_trouble(self._tenant_id, self._stopped)
        due = await self._store.backlog.next_due(self._tenant_id)
        schedule = self._drain.schedule
        return due if schedule is None else schedule.sooner(self._tenant_id, due)

    @property
    def _under_way(self) -> list[asyncio.Task[None]]:
        """What has to come back before the run is over."""
        beside = (each for each in (self._reading, self._looking) if each is not None and not each.done())
        return [*self._in_flight.values(), *beside]

    def _read_on_schedule(self, setup: Setup) -> None:
        """Begin a reading beside the deliveries when its time has come: one in a run, none while probing."""
        schedule = self._drain.schedule
        if schedule is None or self._reading is not None or self._probing:
            return
        lacking = setup.lacks_crm_records
        if (reading := schedule.begin(self._connection, self._link, lacking=lacking)) is not None:
            self._reading = asyncio.create_task(self._read(reading), name=f"reading {self._tenant_id}")

    async def _read(self, reading: Coroutine[Any, Any, Failed | None]) -> None:
        try:
            failed = await reading
        except Exception:
            _log.exception("A reading of the account of tenant %s broke; it is gone on with", self._tenant_id)
            return
        finally:
            self._returned += 1
        if failed is not None:
            await self._stop_for(failed)

    async def _is_current(self) -> bool:
        """Tell whether the tenant still has the connection this run began with."""
        return await self._links.open(self._tenant_id) is self._link

    async def _start_due(self, setup: Setup) -> bool:
        """Decide what is due, settle what stays here, send the rest as far as there are slots."""
        slots = self._slots()
        if slots <= 0:
            return False
        urgent_only = self._normal >= AT_ONCE
        now = self._clock.now()
        limit = len(self._in_flight) + (slots if self._in_flight or self._probing else 64)
        before = self._keys_in_flight()
        items = await self._store.backlog.due(self._tenant_id, now, limit, urgent_only=urgent_only)
        waiting = [item for item in items if not _is_under_way(item, before)]
        settled: list[Settlement] = []
        sent = 0
        braked = False
        for item in waiting:
            decision = decide_item(item, setup)
            settlement = settle_decision(item, decision, setup.epoch)
            if settlement is not None:
                settled.append(settlement)
            elif sent < slots and not braked:
                if not await self._may_be_sent(item, decision, setup):
                    braked = True  # the set-up read before is out of date: whoever comes next is decided anew
                    continue
                self._send(item, decision, setup)
                sent += 1
        await self._settle(settled)
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
        before = self._keys_in_flight()
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
            settlement = settle_decision(item, decide_item(item, setup), setup.epoch)
            if settlement is None:
                to_send.append(item.delivery.key)
            else:
                settled.append(settlement)
        await self._settle(settled)
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

        def done(ended: asyncio.Task[None]) -> None:
            self._returned += 1
            if not ended.cancelled() and (error := ended.exception()) is not None:
                self._broken = error

        backlog, walks = self._store.backlog, self._drain.walks
        self._look = SecondLook(backlog, walks, self._clock, setup, self._keys_in_flight, settled)
        self._looking = asyncio.create_task(self._look.run(), name=f"second look {self._tenant_id}")
        self._looking.add_done_callback(done)

    def _keys_in_flight(self) -> frozenset[str]:
        """Return what must be left out of rows that are about to be read.

        A delivery that comes back while they are read is in them as it was before: it must not be sent again.
        """
        return frozenset(self._in_flight)

    def _slots(self) -> int:
        if self._probing:
            return 1 - len(self._in_flight)
        limit = AT_ONCE if self._normal < AT_ONCE else AT_ONCE_URGENT
        return limit - len(self._in_flight)

    def _send(self, item: WorkItem, decision: Decision, setup: Setup) -> None:
        normal = decision.change.urgency is not Urgency.URGENT
        self._normal += normal
        task = asyncio.create_task(self._deliver(item, decision, setup))
        self._in_flight[item.delivery.key] = task

        def done(ended: asyncio.Task[None]) -> None:
            del self._in_flight[item.delivery.key]
            self._normal -= normal
            self._returned += 1
            if not ended.cancelled() and (error := ended.exception()) is not None:
                self._broken = error

        task.add_done_callback(done)

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
            called_off=self._called_off,
        )
        if isinstance(outcome, Overtaken):
            await self._seats.note(item, decision, setup, outcome)
            return
        outcome = self._drain.outages.judge(self._tenant_id, item, outcome, probing=self._probing)
        # A stop comes before all else: whatever still waits must not leave, and a crash must not forget it.
        await self._stop_for(outcome)
        if not await self._is_same_account():
            return
        await self._seats.note(item, decision, setup, outcome)
        settlement = settle_outcome(item, decision, outcome, setup.epoch, self._clock.now())
        if self._probing and settlement.retry_at is not None and _stops(outcome):
            # The next probe is somebody else's: one whom nothing helps must not stand before all others.
            later = max(settlement.retry_at, self._clock.now() + PROBE_EVERY * 3 // 2)
            settlement = replace(settlement, retry_at=later)
        await self._settle([settlement])
        await self._heed(outcome, setup.epoch)

    async def _still_wanted(self, item: WorkItem, setup: Setup) -> bool:
        """Tell whether what was decided holds after the wait for the budget, which may have taken hours."""
        if self._stopped is not None or not await self._is_current():
            return False
        now = await self._store.backlog.basis(self._tenant_id, item.delivery.key)
        return now == Basis(setup.mode, setup.epoch, item.delivery.desired_revision)

    async def _is_same_account(self) -> bool:
        """Tell whether an answer is of the account the rows are about; a renewed credential makes no other one."""
        if await self._is_current():
            return True
        now = await self._store.setup.connection(self._tenant_id)
        then = self._connection
        return now is not None and (now.portal_id, now.base_url) == (then.portal_id, then.base_url)

    async def _stop_for(self, outcome: Outcome) -> None:
        """End the run for a connection that does not work, and note why; a graver stop is never forgotten."""
        if not isinstance(outcome, Failed) or not _stops(outcome):
            return
        before = self._stopped
        if before is not None and _STOPS.get(before.trouble, 0) >= _STOPS[outcome.trouble]:
            return
        self._stopped = outcome
        self._called_off.set()
        if await self._is_current() and self._stopped is outcome:
            await note_failure(self._store, self._tenant_id, outcome, Cause.new(self._clock.now()))

    async def _heed(self, outcome: Outcome, epoch: int) -> None:
        """Read an account anew that is out of date; note when a connection works again, or one channel does not."""
        if not await self._is_current() or self._stopped is not None:
            return
        if isinstance(outcome, Failed) and outcome.trouble is Trouble.OUTDATED:
            if self._refreshed == epoch:
                return  # the lists were read since, and are as they were
            self._refreshed = epoch
            unread = await self._drain.reconciliation.refresh_lists(self._tenant_id, self._link)
            if unread is not None and self._stopped is None:
                self._stopped = unread
                self._called_off.set()
        elif isinstance(outcome, Failed) and outcome.trouble is Trouble.CHANNEL:
            # Somebody is tried again by himself; a trouble of the whole connection must stay the one noted.
            if not self._probing and not self._scim_trouble:
                self._scim_trouble = True
                cause = Cause.new(self._clock.now())
                await self._store.setup.note_trouble(self._tenant_id, SCIM_TROUBLE, outcome.sentence, cause)
        elif self._probing and not isinstance(outcome, Failed):
            self._probing = False
            await self._recover()
        elif self._scim_trouble and isinstance(outcome, Arrived) and outcome.over_scim:
            self._scim_trouble = False
            await self._recover()

    async def _recover(self) -> None:
        cause = Cause.new(self._clock.now())
        await recover(self._store, self._tenant_id, cause, self._in_flight.keys())

    async def _settle(self, settled: Iterable[Settlement]) -> None:
        settlements = tuple(settled)
        if settlements:
            cause = Cause.new(self._clock.now())
            await self._store.backlog.settle(self._tenant_id, settlements, cause)
            for settlement in settlements:
                self._drain.measure(_result(settlement))

    async def _wait(self) -> None:
        """Return when a delivery has come back, or soon enough to notice a new urgent one."""
        look_again = asyncio.create_task(self._clock.sleep(LOOK_AGAIN))
        try:
            await asyncio.wait({look_again, *self._under_way}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            look_again.cancel()


def _is_under_way(item: WorkItem, keys: frozenset[str]) -> bool:
    """Tell whether a call about this person is out: by the row itself, or by the row of the e-mail left behind."""
    left = item.delivery.renamed_from
    return item.delivery.key in keys or (left is not None and email_key(left) in keys)


def _stops(outcome: Outcome) -> bool:
    """Tell whether an outcome ends the run."""
    return isinstance(outcome, Failed) and outcome.trouble in _STOPS


def _is_stopped(connection: Connection) -> bool:
    """Tell whether a connection in trouble is only tried now and then: not for its SCIM channel alone."""
    return connection.health is not Health.HEALTHY and connection.trouble != SCIM_TROUBLE


def _has_ended(connection: Connection) -> bool:
    """Tell whether only a new grant can help: such a connection is not tried at all."""
    return isinstance(connection.credential, OAuthGrant) and connection.credential.ended


def _result(settlement: Settlement) -> str:
    """Name what became of a delivery for the metrics."""
    if settlement.hold_reason is not None:
        return "held"
    if settlement.retry_at is not None:
        return "retry"
    return "unchanged" if settlement.standing is None else "delivered"


async def note_failure(store: Store, tenant_id: TenantId, failed: Failed, cause: Cause) -> None:
    """Remember why nothing reaches this tenant's HubSpot account."""
    trouble = HELD_TENANT if failed.trouble is Trouble.TENANT else failed.code
    await store.setup.note_trouble(tenant_id, trouble, failed.sentence, cause)
