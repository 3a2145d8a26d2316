"""The drain: makes one tenant's HubSpot account equal to its rows, within the budget, urgent people first.

Nothing here is remembered between runs: what is due is read from the rows, decided on what they say now, sent, and
settled. A crash at any point loses nothing; the next drain begins where the rows say.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Iterable

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import LEAVE, Urgency
from syncline.gateway.domain.grant import OAuthGrant
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.delivering import (
    HELD_TENANT,
    decide_item,
    settle_decision,
    settle_outcome,
)
from syncline.gateway.services.ports import (
    AccountReading,
    Cause,
    Connection,
    Failed,
    Link,
    Links,
    Outcome,
    Settlement,
    Store,
    Trouble,
    WorkItem,
)

AT_ONCE = 8
"""Calls in flight for one tenant: at HubSpot's usual 200–300 ms an answer, more than its fastest allowance needs."""
AT_ONCE_URGENT = 12
LOOK_AGAIN: Milliseconds = 250
"""How soon a new urgent delivery is noticed while all calls wait for the budget."""
CHUNK = 200
PROBE_EVERY: Milliseconds = 60_000
"""How often a connection in trouble is tried again, with one delivery."""

_log = logging.getLogger(__name__)


class Drain:
    """Implements the dispatcher's `Drain`: call it with a tenant, it returns the moment something is next due."""

    def __init__(
        self, store: Store, links: Links, clock: Clock, measure: Callable[[str], None] = lambda _result: None
    ) -> None:
        self._store = store
        self._links = links
        self._clock = clock
        self.measure = measure
        self._probed: dict[TenantId, Milliseconds] = {}

    async def __call__(self, tenant_id: TenantId) -> Milliseconds | None:
        """Deliver what is due and decide again what went stale; return when something is next due, None if never."""
        connection = await self._store.setup.connection(tenant_id)
        link = await self._links.open(tenant_id)
        if connection is None or link is None:
            return None
        wait = self._probe_wait(tenant_id, connection)
        if wait is not None:
            return wait
        if connection.account is None:
            failed = await self.read_account(tenant_id, link)
            if failed is not None:
                return await self.in_trouble(tenant_id, failed)
        return await _Run(
            self._store, self._clock, link, tenant_id, connection.trouble is not None, self
        ).drain()

    def _probe_wait(self, tenant_id: TenantId, connection: Connection) -> Milliseconds | None:
        """Return when a connection in trouble may be tried again, None when it may be now."""
        if connection.trouble is None:
            self._probed.pop(tenant_id, None)
            return None
        now = self._clock.now()
        if connection.trouble == HELD_TENANT or _has_ended(connection):
            return now + PROBE_EVERY
        last = self._probed.get(tenant_id)
        if last is not None and now - last < PROBE_EVERY:
            return last + PROBE_EVERY
        self._probed[tenant_id] = now
        return None

    async def read_account(self, tenant_id: TenantId, link: Link) -> Failed | None:
        """Read the tenant's account whole and keep the reading; returns why it could not be read."""
        cause = new_cause(self._clock.now())
        reading = await link.read_account(cause)
        if isinstance(reading, AccountReading):
            await self._store.setup.keep_account(tenant_id, reading.account, reading.users, cause.at)
            return None
        return reading

    async def in_trouble(self, tenant_id: TenantId, failed: Failed) -> Milliseconds:
        """Note why nothing reaches HubSpot; returns when to try again."""
        await note_failure(self._store, tenant_id, failed, new_cause(self._clock.now()))
        self._probed[tenant_id] = self._clock.now()
        return self._clock.now() + (failed.retry_after or PROBE_EVERY)


class _Run:
    """One drain of one tenant, from the first delivery due to the last."""

    def __init__(
        self, store: Store, clock: Clock, link: Link, tenant_id: TenantId, probing: bool, drain: Drain
    ) -> None:
        self._store = store
        self._clock = clock
        self._link = link
        self._tenant_id = tenant_id
        self._probing = probing
        self._drain = drain
        self._stopped: Failed | None = None
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._normal = 0
        self._broken: BaseException | None = None

    async def drain(self) -> Milliseconds | None:
        try:
            while self._stopped is None:
                if self._broken is not None:
                    raise self._broken
                setup = await self._store.backlog.setup(self._tenant_id, self._clock.now())
                if setup is None or setup.mode is TenantMode.COLLECTING:
                    break
                epoch = await self._store.backlog.epoch(self._tenant_id)
                busy = await self._start_due(setup, epoch)
                busy = await self._decide_again(setup, epoch) or busy
                if self._in_flight:
                    await self._wait()
                elif not busy:
                    break
        finally:
            if self._in_flight:
                await asyncio.gather(*self._in_flight.values(), return_exceptions=True)
        if self._stopped is not None:
            return await self._drain.in_trouble(self._tenant_id, self._stopped)
        return await self._store.backlog.next_due(self._tenant_id)

    async def _start_due(self, setup: Setup, epoch: int) -> bool:
        """Decide what is due, settle what stays here, send the rest as far as there are slots."""
        slots = self._slots()
        if slots <= 0:
            return False
        urgent_only = self._normal >= AT_ONCE
        now = self._clock.now()
        limit = len(self._in_flight) + (slots if self._in_flight or self._probing else 64)
        before = self._keys_in_flight()
        items = await self._store.backlog.due(self._tenant_id, now, limit, urgent_only=urgent_only)
        waiting = [item for item in items if item.delivery.key not in before]
        settled: list[Settlement] = []
        sent = 0
        braked = False
        for item in waiting:
            decision = decide_item(item, setup)
            settlement = settle_decision(item, decision, epoch)
            if settlement is not None:
                settled.append(settlement)
            elif sent < slots and not braked:
                if decision.change.kind.is_leaving and not await self._may_leave(item, setup):
                    braked = True  # the set-up read before is out of date: whoever comes next is decided anew
                    continue
                self._send(item, decision, setup, epoch)
                sent += 1
        await self._settle(settled)
        return bool(settled or sent or braked or before - self._in_flight.keys())

    async def _may_leave(self, item: WorkItem, setup: Setup) -> bool:
        """Count a person who is about to lose access against the deletion threshold."""
        approved = LEAVE in item.delivery.approvals or setup.threshold is None
        limit = None if approved or setup.threshold is None else setup.threshold.limit
        return await self._store.backlog.pass_threshold(
            self._tenant_id, item.delivery.key, self._clock.now(), limit
        )

    async def _decide_again(self, setup: Setup, epoch: int) -> bool:
        """Decide a chunk of those last decided on an older set-up; whoever has something to send becomes due."""
        before = self._keys_in_flight()
        items = await self._store.backlog.stale(self._tenant_id, epoch, CHUNK)
        waiting = [item for item in items if item.delivery.key not in before]
        settled: list[Settlement] = []
        to_send: list[str] = []
        for item in waiting:
            settlement = settle_decision(item, decide_item(item, setup), epoch)
            if settlement is None:
                to_send.append(item.delivery.key)
            else:
                settled.append(settlement)
        await self._settle(settled)
        if to_send:
            await self._store.backlog.make_due(self._tenant_id, to_send, epoch, self._clock.now())
        return bool(waiting)

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

    def _send(self, item: WorkItem, decision: Decision, setup: Setup, epoch: int) -> None:
        normal = decision.change.urgency is not Urgency.URGENT
        self._normal += normal
        task = asyncio.create_task(self._deliver(item, decision, setup, epoch))
        self._in_flight[item.delivery.key] = task

        def done(ended: asyncio.Task[None]) -> None:
            del self._in_flight[item.delivery.key]
            self._normal -= normal
            if not ended.cancelled() and (error := ended.exception()) is not None:
                self._broken = error

        task.add_done_callback(done)

    async def _deliver(self, item: WorkItem, decision: Decision, setup: Setup, epoch: int) -> None:
        if setup.account is None:
            return
        cause = Cause(self._clock.now(), item.correlation_id or uuid.uuid4().hex)
        outcome = await self._link.carry_out(decision.change, item, setup.account, cause)
        await self._settle([settle_outcome(item, decision, outcome, epoch, self._clock.now())])
        await self._heed(outcome)

    async def _heed(self, outcome: Outcome) -> None:
        """Stop for a connection that does not work; note when one works again."""
        if isinstance(outcome, Failed) and outcome.trouble in (Trouble.CONNECTION, Trouble.TENANT):
            self._stopped = outcome
        elif isinstance(outcome, Failed) and outcome.trouble is Trouble.OUTDATED:
            self._stopped = await self._drain.read_account(self._tenant_id, self._link)
        elif self._probing and not isinstance(outcome, Failed):
            self._probing = False
            cause = new_cause(self._clock.now())
            await self._store.setup.note_trouble(self._tenant_id, None, None, cause)

    async def _settle(self, settled: Iterable[Settlement]) -> None:
        settlements = tuple(settled)
        if settlements:
            cause = new_cause(self._clock.now())
            await self._store.backlog.settle(self._tenant_id, settlements, cause)
            for settlement in settlements:
                self._drain.measure(_result(settlement))

    async def _wait(self) -> None:
        """Return when a delivery has come back, or soon enough to notice a new urgent one."""
        look_again = asyncio.create_task(self._clock.sleep(LOOK_AGAIN))
        try:
            await asyncio.wait({look_again, *self._in_flight.values()}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            look_again.cancel()


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


def new_cause(at: Milliseconds) -> Cause:
    """Return a cause for what the drain does on its own account."""
    return Cause(at, uuid.uuid4().hex)
