"""Compressed time leaps when nobody is at work, however long work takes by the machine's own clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from syncline.scenarios.clock import CompressedClock, CountedClock


@asynccontextmanager
async def leaping(clock: CompressedClock, at_work: Callable[[], bool] = lambda: False) -> AsyncIterator[None]:
    """Let time pass for the length of the block."""
    task = asyncio.create_task(clock.leap_when_quiet(at_work))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_day_passes_when_everybody_sleeps() -> None:
    clock = CompressedClock()
    begun = clock.now()
    async with leaping(clock):
        await clock.sleep(86_400_000)

    assert 86_400_000 == clock.now() - begun


async def test_time_stands_still_while_somebody_is_at_work() -> None:
    clock, looks, at_work = CompressedClock(), 0, True
    begun = clock.now()

    def busy() -> bool:
        nonlocal looks, at_work
        looks += 1
        at_work = looks < 200
        return at_work

    async with leaping(clock, busy):
        await clock.sleep(1)

    assert (False, 1) == (at_work, clock.now() - begun)


async def test_whoever_needs_many_turns_of_the_loop_to_fall_asleep_is_waited_for() -> None:
    clock = CompressedClock()
    begun = clock.now()

    async def busy() -> int:
        for _ in range(40):
            await asyncio.sleep(0)
        await clock.sleep(100)
        return clock.now() - begun

    async with leaping(clock):
        first, _ = await asyncio.gather(busy(), clock.sleep(1_000))

    assert 100 == first


async def test_a_counted_clock_says_how_many_of_its_users_sleep() -> None:
    clock = CompressedClock()
    counted = CountedClock(clock)
    sleepers = [asyncio.create_task(counted.sleep(span)) for span in (100, 200)]
    await asyncio.sleep(0)
    seen = [counted.asleep]
    for _ in sleepers:
        await clock.advance(100)
        seen.append(counted.asleep)

    assert [2, 1, 0] == seen
