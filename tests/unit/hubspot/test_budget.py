"""The budget: nearly all of the allowance is used, and in no window more than it."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.clock import ManualClock, Milliseconds
from syncline.gateway.domain.delivery import Urgency
from syncline.gateway.hubspot.budget import Budget
from syncline.gateway.hubspot.call import Answer
from syncline.gateway.hubspot.limits import CAUTIOUS, Limits, stated_limits
from tests.support.examples import examples
from tests.unit.hubspot.talking import answer

START = ManualClock().now()
TEN_SECONDS = 10_000


class LateClock(ManualClock):
    """A clock whose sleepers wake up to some milliseconds late, as on a busy machine."""

    def __init__(self, seed: int, most: int) -> None:
        super().__init__()
        self._random = random.Random(seed)
        self._most = most

    async def sleep(self, milliseconds: int) -> None:
        await super().sleep(milliseconds + self._random.randint(0, self._most))


async def run(
    clock: ManualClock, budget: Budget, span: Milliseconds, *, normal: int = 8, urgent: int = 0
) -> list[tuple[Milliseconds, Urgency]]:
    """Keep that many callers of each urgency calling for the span; return what was stamped."""
    sent: list[tuple[Milliseconds, Urgency]] = []

    async def call_for_ever(urgency: Urgency) -> None:
        while True:
            sent.append((await budget.take(urgency), urgency))

    callers = [asyncio.create_task(call_for_ever(Urgency.NORMAL)) for _ in range(normal)]
    callers += [asyncio.create_task(call_for_ever(Urgency.URGENT)) for _ in range(urgent)]
    await clock.advance(span)
    await stop(callers)
    return sent


async def stop(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def fullest_window(stamps: Sequence[Milliseconds], interval: Milliseconds) -> int:
    """Return the most stamps in any window of that length, its ends included."""
    ordered = sorted(stamps)
    return max((bisect_right(ordered, stamp + interval) - i for i, stamp in enumerate(ordered)), default=0)


@pytest.mark.parametrize("maximum", [100, 110, 190, 250])
async def test_a_backlog_uses_95_percent_of_the_allowance_and_never_more_than_it(maximum: int) -> None:
    clock, limits = LateClock(maximum, most=3), Limits(maximum=maximum, interval=TEN_SECONDS)
    sent = await run(clock, Budget(clock, limits=limits), 60_000)

    stamps = [moment for moment, _ in sent]
    assert fullest_window(stamps, TEN_SECONDS) <= limits.allowance
    assert len(stamps) >= 0.95 * limits.allowance * 6


@pytest.mark.parametrize("maximum", [100, 110, 190, 250])
async def test_no_second_sees_more_than_a_tenth_of_the_stated_limit(maximum: int) -> None:
    clock = LateClock(maximum, most=3)
    budget = Budget(clock, limits=Limits(maximum=maximum, interval=TEN_SECONDS))
    sent = await run(clock, budget, 20_000, urgent=4)

    assert fullest_window([moment for moment, _ in sent], 1_000) <= maximum / 10


@settings(max_examples=examples(10), deadline=None)
@given(
    maximum=st.integers(1, 300),
    interval=st.sampled_from([1_000, 5_000, 10_000]),
    recent=st.lists(st.integers(START - 12_000, START), max_size=400),
    seed=st.integers(0, 1_000),
    lateness=st.sampled_from([0, 1, 40]),
    pauses=st.lists(st.integers(0, 15_000), max_size=4),
    urgent=st.integers(0, 3),
)
def test_no_window_ever_holds_more_than_the_allowance(
    maximum: int,
    interval: int,
    recent: list[int],
    seed: int,
    lateness: int,
    pauses: list[int],
    urgent: int,
) -> None:
    limits = Limits(maximum=maximum, interval=interval)
    # What the log remembers was sent within the allowance too.
    kept = sorted(recent)[-limits.allowance :]

    async def scenario() -> list[Milliseconds]:
        clock = LateClock(seed, lateness)
        budget = Budget(clock, limits=limits, recent=kept)
        stamps: list[Milliseconds] = []
        for pause in [*pauses, 0]:
            sent = await run(clock, budget, 4_000, normal=3, urgent=urgent)
            stamps += [moment for moment, _ in sent]
            await clock.advance(pause)
        return stamps

    stamps = asyncio.run(scenario())

    assert fullest_window([*kept, *stamps], interval) <= limits.allowance


async def test_a_restart_forgets_no_call_of_the_last_window() -> None:
    clock = ManualClock()
    recent = [clock.now() - 9_000 + i for i in range(90)]
    taken = asyncio.create_task(Budget(clock, recent=recent).take(Urgency.URGENT))
    await clock.advance(1_000)

    assert not taken.done()
    await clock.advance(1)
    assert await taken == START + 1_001


async def test_an_idle_budget_lets_a_call_go_at_once() -> None:
    clock = ManualClock()

    assert await Budget(clock).take() == START


async def test_an_urgent_call_overtakes_those_that_wait() -> None:
    clock = ManualClock()
    budget = Budget(clock)
    backlog = [asyncio.create_task(budget.take()) for _ in range(50)]
    await clock.advance(500)
    urgent = asyncio.create_task(budget.take(Urgency.URGENT))
    await clock.advance(int(budget.limits.gap) + 1)

    assert urgent.done()
    assert sum(each.done() for each in backlog) < 8
    await stop([urgent, *backlog])


async def test_a_window_full_of_other_calls_still_has_room_for_an_urgent_one() -> None:
    clock = ManualClock()
    recent = [clock.now() - 5_000 - i for i in range(87)]
    budget = Budget(clock, recent=recent)
    normal = asyncio.create_task(budget.take())
    urgent = [asyncio.create_task(budget.take(Urgency.URGENT)) for _ in range(3)]
    await clock.advance(1_000)

    assert not normal.done()
    assert [each.done() for each in urgent] == [True, True, True]
    await stop([normal, *urgent])


async def test_callers_of_one_urgency_are_served_in_their_order() -> None:
    clock = ManualClock()
    budget = Budget(clock)
    order: list[int] = []

    async def call(number: int) -> None:
        await budget.take()
        order.append(number)

    callers = [asyncio.create_task(call(number)) for number in range(20)]
    await clock.advance(3_000)
    await asyncio.gather(*callers)

    assert order == list(range(20))


async def test_a_cancelled_caller_takes_nothing_and_blocks_nobody() -> None:
    clock = ManualClock()
    budget = Budget(clock, recent=[clock.now()] * 90)
    given_up = [asyncio.create_task(budget.take(urgency)) for urgency in Urgency]
    await clock.advance(1)
    await stop(given_up)
    waiting = asyncio.create_task(budget.take())
    await clock.advance(TEN_SECONDS)

    assert waiting.done()
    assert await waiting == START + TEN_SECONDS + 1


async def test_the_budget_learns_the_limits_from_an_answer() -> None:
    clock = ManualClock()
    budget = Budget(clock)
    headers = {
        "x-hubspot-ratelimit-max": "190",
        "x-hubspot-ratelimit-interval-milliseconds": "10000",
        "x-hubspot-ratelimit-daily": "625000",
        "x-hubspot-ratelimit-daily-remaining": "624000",
    }
    budget.learn(answer(200, None, headers))

    assert budget.limits == Limits(maximum=190, interval=10_000, daily=625_000, daily_remaining=624_000)
    assert budget.limits.allowance == 171


@pytest.mark.parametrize(
    ("policy", "wait"), [("SECONDLY", 1_000), ("TEN_SECONDLY_ROLLING", 10_000), ("DAILY", 16 * 3_600_000)]
)
async def test_nothing_is_sent_after_a_429_until_its_limit_allows(policy: str, wait: int) -> None:
    clock = ManualClock()
    budget = Budget(clock)
    budget.learn(Answer(status=429, body={"policyName": policy}, at=clock.now()))
    urgent = asyncio.create_task(budget.take(Urgency.URGENT))
    await clock.advance(wait - 1)

    assert not urgent.done()
    await clock.advance(1)
    assert await urgent == START + wait


async def test_a_daily_limit_ends_at_midnight_of_the_account_once_its_time_zone_is_known() -> None:
    clock = ManualClock()
    budget = Budget(clock)
    budget.time_zone = "Europe/Paris"
    budget.learn(Answer(status=429, body={"policyName": "DAILY"}, at=clock.now()))

    assert budget.closed_until == START + 15 * 3_600_000


async def test_a_clock_that_is_set_back_stops_the_calls_for_one_interval_at_most() -> None:
    clock = ManualClock()
    tomorrow = clock.now() + 86_400_000
    budget = Budget(clock, recent=[tomorrow - i for i in range(90)])
    waiting = asyncio.create_task(budget.take())
    await clock.advance(TEN_SECONDS + 1_000)

    assert waiting.done()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hubspot-ratelimit-max": "0", "x-hubspot-ratelimit-interval-milliseconds": "10000"},
        {"x-hubspot-ratelimit-max": "190"},
        {"x-hubspot-ratelimit-max": "many", "x-hubspot-ratelimit-interval-milliseconds": "10000"},
        {"x-hubspot-ratelimit-max": "-5", "x-hubspot-ratelimit-interval-milliseconds": "10000"},
        {"x-hubspot-ratelimit-max": "190", "x-hubspot-ratelimit-interval-milliseconds": "99999999999"},
        {"x-hubspot-ratelimit-max": "190", "x-hubspot-ratelimit-interval-milliseconds": "0"},
    ],
)
def test_limits_that_make_no_sense_are_not_believed(headers: dict[str, str]) -> None:
    assert stated_limits(headers) is None


def test_the_cautious_limits_are_the_least_hubspot_grants() -> None:
    assert (CAUTIOUS.allowance, CAUTIOUS.kept_for_urgent) == (90, 3)
    assert Limits(maximum=1, interval=1_000).allowance == 1
