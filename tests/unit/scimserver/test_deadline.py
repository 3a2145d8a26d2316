"""What a deadline promises: the block ends in time, and nobody else's cancelling is mistaken for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from syncline.scimserver.deadline import Deadlines
from tests.support.patience import PATIENCE_SECONDS

SHORT = 0.02


async def never() -> None:
    await asyncio.get_running_loop().create_future()


async def test_a_block_that_takes_too_long_raises_timeout_error() -> None:
    deadline = Deadlines(SHORT).begin()
    with pytest.raises(TimeoutError), deadline:
        await never()
    assert deadline.expired


async def test_a_block_that_ends_in_time_is_left_alone() -> None:
    deadline = Deadlines(SHORT).begin()
    with deadline:
        await asyncio.sleep(0)
    await asyncio.sleep(2 * SHORT)
    assert not deadline.expired


async def test_each_block_has_its_own_time() -> None:
    deadlines = Deadlines(SHORT)
    ended: list[str] = []

    async def one(name: str) -> None:
        with pytest.raises(TimeoutError), deadlines.begin():
            await never()
        ended.append(name)

    first = asyncio.ensure_future(one("first"))
    await asyncio.sleep(SHORT / 2)
    second = asyncio.ensure_future(one("second"))
    await asyncio.wait_for(asyncio.gather(first, second), PATIENCE_SECONDS)
    assert ["first", "second"] == ended


async def test_one_that_begins_after_the_others_have_ended_has_a_deadline_too() -> None:
    deadlines = Deadlines(SHORT)
    with deadlines.begin():
        pass
    await asyncio.sleep(2 * SHORT)
    with pytest.raises(TimeoutError), deadlines.begin():
        await never()


async def test_all_that_run_at_a_time_have_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    call_at, timers = loop.call_at, []

    def counted(when: float, *rest: Any) -> asyncio.TimerHandle:
        timers.append(when)
        return call_at(when, *rest)

    monkeypatch.setattr(loop, "call_at", counted)
    deadlines = Deadlines(PATIENCE_SECONDS)
    for _ in range(3):
        with deadlines.begin(), deadlines.begin():
            pass
    assert 1 == len(timers)


async def test_the_shorter_of_two_nested_deadlines_counts() -> None:
    outer, inner = Deadlines(PATIENCE_SECONDS).begin(), Deadlines(SHORT).begin()
    with outer, pytest.raises(TimeoutError), inner:
        await never()
    assert (False, True) == (outer.expired, inner.expired)


async def test_a_task_that_somebody_else_cancels_stays_cancelled() -> None:
    async def work() -> None:
        with Deadlines(PATIENCE_SECONDS).begin():
            await never()

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_a_block_that_fails_in_time_fails_as_it_did() -> None:
    with pytest.raises(ValueError, match="wrong"), Deadlines(PATIENCE_SECONDS).begin():
        raise ValueError("wrong")


def test_a_deadline_outside_a_task_is_refused() -> None:
    async def nothing() -> None: ...

    loop = asyncio.new_event_loop()
    refused: list[str] = []

    def enter() -> None:
        try:
            Deadlines(SHORT).begin().__enter__()
        except RuntimeError as error:
            refused.append(str(error))

    loop.call_soon(enter)
    loop.run_until_complete(nothing())
    loop.close()
    assert ["a deadline holds for a task"] == refused
