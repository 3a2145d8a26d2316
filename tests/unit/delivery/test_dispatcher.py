"""The local dispatcher: who is drained when, and that no tenant troubles another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from itertools import pairwise

import pytest

from syncline.clock import ManualClock, Milliseconds
from syncline.gateway.delivery.dispatcher import LocalDispatcher
from syncline.gateway.domain.tenant import TenantId

ACME, BETA = TenantId("acme"), TenantId("beta")


class World:
    """Drains that note when they begin and end, and stay open while a tenant's gate is closed."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.start = self.clock.now()
        self.began: list[tuple[TenantId, Milliseconds]] = []
        self.ended: list[TenantId] = []
        self.cancelled: list[TenantId] = []
        self.running: dict[TenantId, int] = {}
        self.most_at_once = 0
        self.gates: dict[TenantId, asyncio.Event] = {}
        self.next_due: dict[TenantId, list[Milliseconds | None]] = {}
        self.failures: dict[TenantId, int] = {}
        self.due: Callable[[], Iterable[TenantId]] = tuple
        self.dispatcher = LocalDispatcher(self.drain, self.due_tenants, self.clock)

    async def drain(self, tenant_id: TenantId) -> Milliseconds | None:
        self.began.append((tenant_id, self.clock.now() - self.start))
        self.running[tenant_id] = self.running.get(tenant_id, 0) + 1
        self.most_at_once = max(self.most_at_once, self.running[tenant_id])
        try:
            if tenant_id in self.gates:
                await self.gates[tenant_id].wait()
            if self.failures.get(tenant_id, 0) > 0:
                self.failures[tenant_id] -= 1
                raise RuntimeError("broken on purpose")
        except asyncio.CancelledError:
            self.cancelled.append(tenant_id)
            raise
        finally:
            self.running[tenant_id] -= 1
        self.ended.append(tenant_id)
        waiting = self.next_due.get(tenant_id, [])
        return waiting.pop(0) if waiting else None

    async def due_tenants(self) -> Iterable[TenantId]:
        return self.due()

    def close_gate(self, tenant_id: TenantId) -> asyncio.Event:
        self.gates[tenant_id] = asyncio.Event()
        return self.gates[tenant_id]

    def moments(self, tenant_id: TenantId) -> list[Milliseconds]:
        return [moment for who, moment in self.began if who == tenant_id]


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    here = World()
    try:
        yield here
    finally:
        for gate in here.gates.values():
            gate.set()
        await here.dispatcher.close()


async def test_a_woken_tenant_is_drained_at_once_and_once() -> None:
    async with world() as here:
        here.dispatcher.wake(ACME)
        here.dispatcher.wake(ACME)
        await here.clock.advance(60_000)

        assert here.began == [(ACME, 0)]


async def test_a_drain_is_no_part_of_the_request_that_woke_it() -> None:
    of_the_request: ContextVar[str] = ContextVar("of_the_request", default="")
    seen: list[str] = []

    async def drain(_tenant_id: TenantId) -> None:
        seen.append(of_the_request.get())

    async with world() as here:
        dispatcher = LocalDispatcher(drain, here.due_tenants, here.clock)
        of_the_request.set("in a hurry")
        dispatcher.wake(ACME)
        await here.clock.advance(1)
        await dispatcher.close()

    assert [""] == seen


async def test_any_number_of_wakes_during_a_drain_cause_one_more() -> None:
    async with world() as here:
        gate = here.close_gate(ACME)
        here.dispatcher.wake(ACME)
        await here.clock.advance(1)
        for _ in range(100):
            here.dispatcher.wake(ACME)
        gate.set()
        await here.clock.advance(60_000)

        assert here.moments(ACME) == [0, 1]
        assert here.most_at_once == 1


async def test_tenants_are_drained_side_by_side() -> None:
    async with world() as here:
        here.close_gate(ACME)
        here.dispatcher.wake(ACME)
        here.dispatcher.wake(BETA)
        await here.clock.advance(1)

        assert here.ended == [BETA]


async def test_a_tenant_is_drained_again_when_it_next_has_something_due() -> None:
    async with world() as here:
        here.next_due[ACME] = [here.start + 5_000, None]
        here.dispatcher.wake(ACME)
        await here.clock.advance(60_000)

        assert here.moments(ACME) == [0, 5_000]


async def test_a_wake_comes_before_the_timer_and_replaces_it() -> None:
    async with world() as here:
        here.next_due[ACME] = [here.start + 5_000, here.start + 9_000, None]
        here.dispatcher.wake(ACME)
        await here.clock.advance(2_000)
        here.dispatcher.wake(ACME)
        await here.clock.advance(60_000)

        assert here.moments(ACME) == [0, 2_000, 9_000]


async def test_a_moment_already_past_is_no_busy_loop() -> None:
    async with world() as here:
        here.next_due[ACME] = [here.start - 1] * 1_000
        here.dispatcher.wake(ACME)
        await here.clock.advance(1_000)

        assert here.moments(ACME) == list(range(0, 1_001, 100))


async def test_the_sweep_finds_what_lost_wakes_left_on_start_and_every_30_seconds() -> None:
    async with world() as here:
        here.due = lambda: [ACME, BETA]
        here.dispatcher.start()
        await here.clock.advance(65_000)

        assert here.moments(ACME) == [0, 30_000, 60_000] == here.moments(BETA)


async def test_a_sweep_that_breaks_is_made_again(caplog: pytest.LogCaptureFixture) -> None:
    async with world() as here:
        answers = iter([lambda: [ACME]])

        def due() -> Iterable[TenantId]:
            if here.clock.now() == here.start:
                raise OSError("the database is away")
            return next(answers)()

        here.due = due
        here.dispatcher.start()
        with caplog.at_level(logging.ERROR):
            await here.clock.advance(30_000)

        assert here.moments(ACME) == [30_000]
        assert "The sweep for due tenants broke" in caplog.text


async def test_a_drain_that_breaks_rests_longer_each_time_and_stops_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with world() as here:
        here.failures[ACME] = 3
        here.dispatcher.wake(ACME)
        with caplog.at_level(logging.ERROR):
            await here.clock.advance(500)
            here.dispatcher.wake(BETA)
            await here.clock.advance(60_000)

        assert here.moments(ACME) == [0, 1_000, 3_000, 7_000]
        assert here.moments(BETA) == [500]
        assert caplog.text.count("The drain of tenant acme broke") == 3


async def test_no_wake_shortens_the_rest_of_a_broken_drain() -> None:
    async with world() as here:
        here.failures[ACME] = 1
        here.dispatcher.wake(ACME)
        for _ in range(9):
            await here.clock.advance(100)
            here.dispatcher.wake(ACME)
        await here.clock.advance(10_000)

        assert here.moments(ACME) == [0, 1_000]


async def test_the_rest_is_never_longer_than_a_minute_and_begins_anew_after_a_success() -> None:
    async with world() as here:
        here.failures[ACME] = 12
        here.dispatcher.wake(ACME)
        await here.clock.advance(1_000_000)
        moments = here.moments(ACME)

        assert max(after - before for before, after in pairwise(moments)) == 60_000
        here.failures[ACME] = 1
        here.dispatcher.wake(ACME)
        await here.clock.advance(10_000)
        assert here.moments(ACME)[-1] - here.moments(ACME)[-2] == 1_000


async def test_closing_lets_a_running_drain_finish() -> None:
    here = World()
    gate = here.close_gate(ACME)
    here.dispatcher.wake(ACME)
    await here.clock.advance(1)
    here.dispatcher.wake(ACME)
    closing = asyncio.create_task(here.dispatcher.close())
    await here.clock.advance(5_000)
    assert not closing.done()
    gate.set()
    await here.clock.advance(1)

    assert closing.done()
    assert (here.ended, here.cancelled, len(here.began)) == ([ACME], [], 1)


async def test_closing_cancels_a_drain_that_does_not_finish_in_time() -> None:
    here = World()
    here.close_gate(ACME)
    here.dispatcher.wake(ACME)
    await here.clock.advance(1)
    closing = asyncio.create_task(here.dispatcher.close(grace=2_000))
    await here.clock.advance(2_000)

    assert closing.done()
    assert here.cancelled == [ACME]


async def test_nothing_begins_after_closing() -> None:
    here = World()
    here.due = lambda: [BETA]
    here.next_due[ACME] = [here.start + 5_000]
    here.dispatcher.start()
    here.dispatcher.wake(ACME)
    await here.clock.advance(1)
    await here.dispatcher.close()
    here.dispatcher.wake(ACME)
    await here.clock.advance(120_000)

    assert [ACME, BETA] == sorted(who for who, _ in here.began)
    assert here.clock.next_wake() is None


async def test_closing_what_never_started_returns() -> None:
    await World().dispatcher.close()
