from __future__ import annotations

import asyncio

import pytest

from syncline.clock import ManualClock
from syncline.gateway.delivery.under_way import AT_ONCE, AT_ONCE_URGENT, LOOK_AGAIN, UnderWay


async def call_out(under_way: UnderWay, count: int, *, urgent: bool, prefix: str = "user") -> asyncio.Event:
    """Have calls out that all come back with the event."""
    answered = asyncio.Event()

    async def delivery() -> None:
        await answered.wait()

    for number in range(count):
        under_way.call(f"{prefix}{number}", delivery(), urgent=urgent)
    return answered


async def test_slots_beyond_the_usual_ones_are_kept_for_urgent_people() -> None:
    under_way = UnderWay(ManualClock())
    answered = await call_out(under_way, AT_ONCE - 1, urgent=False)
    assert (under_way.slots, under_way.urgent_only) == (1, False)
    last = await call_out(under_way, 1, urgent=False, prefix="last")
    assert (under_way.slots, under_way.urgent_only) == (AT_ONCE_URGENT - AT_ONCE, True)
    answered.set()
    last.set()
    await under_way.end()


async def test_urgent_calls_take_the_usual_slots_too() -> None:
    under_way = UnderWay(ManualClock())
    answered = await call_out(under_way, AT_ONCE, urgent=True)
    assert (under_way.slots, under_way.urgent_only) == (0, False)
    answered.set()
    await under_way.end()


async def test_what_came_back_is_counted_and_no_longer_out() -> None:
    under_way = UnderWay(ManualClock())
    answered = await call_out(under_way, 2, urgent=False)
    before = under_way.keys_before_reading()
    answered.set()
    await under_way.end()
    assert before == {"user0", "user1"}
    assert (set(under_way.keys), under_way.returned, bool(under_way)) == (set(), 2, False)


async def test_a_task_that_breaks_breaks_the_run() -> None:
    under_way = UnderWay(ManualClock())

    async def breaks() -> None:
        raise LookupError("a row is gone")

    under_way.begin(breaks(), "a reading")
    under_way.raise_broken()
    await under_way.next_return()
    with pytest.raises(LookupError, match="a row is gone"):
        under_way.raise_broken()


async def test_waiting_ends_in_time_for_a_new_urgent_delivery() -> None:
    clock = ManualClock()
    under_way = UnderWay(clock)
    answered = await call_out(under_way, 1, urgent=False)
    waiting = asyncio.create_task(under_way.next_return())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (waiting.done(), clock.next_wake()) == (False, clock.now() + LOOK_AGAIN)
    answered.set()
    await waiting
    await under_way.end()


async def test_the_end_waits_for_calls_and_gives_up_what_goes_on_beside() -> None:
    under_way = UnderWay(ManualClock())
    answered = await call_out(under_way, 1, urgent=False)
    reading = under_way.begin(asyncio.sleep(3600), "a reading")
    ending = asyncio.create_task(under_way.end())
    await asyncio.wait({reading})
    assert (reading.cancelled(), ending.done()) == (True, False)
    answered.set()
    await ending
    under_way.raise_broken()
