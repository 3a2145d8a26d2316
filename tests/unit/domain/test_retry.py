from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain.holds import Hold, HoldReason
from syncline.gateway.domain.retry import (
    BACKOFFS,
    HOUR,
    LONGEST,
    MINUTE,
    SECOND,
    FailureKind,
    RetryAt,
    decide_retry,
    look_again,
)

from .builders import unhurried

NOW = 1_800_000_000_000
WAITING = sorted(BACKOFFS)


def wait(kind: FailureKind, attempts: int, *, retry_after: int | None = None, seed: str = "ada") -> int:
    decision = decide_retry(kind, attempts, NOW, retry_after=retry_after, seed=seed)
    assert isinstance(decision, RetryAt)
    return decision.at - NOW


@pytest.mark.parametrize("kind", WAITING)
@unhurried
@given(attempts=st.integers(1, 400), seed=st.text(max_size=20))
def test_a_wait_lies_between_half_its_step_and_its_step(kind: FailureKind, attempts: int, seed: str) -> None:
    backoff = BACKOFFS[kind]
    attempts = min(attempts, backoff.attempts or attempts)
    step = min(backoff.first * 2 ** (attempts - 1), backoff.longest)

    assert step // 2 <= wait(kind, attempts, seed=seed) <= step


@unhurried
@given(st.integers(1, 500), st.integers(0, LONGEST), st.text(max_size=20))
def test_the_wait_hubspot_asks_for_is_never_undercut(attempts: int, asked: int, seed: str) -> None:
    assert asked <= wait(FailureKind.RATE_LIMITED, attempts, retry_after=asked, seed=seed)


def test_no_wait_longer_than_a_day_is_believed() -> None:
    assert wait(FailureKind.RETRY, 1, retry_after=365 * LONGEST) <= LONGEST + 2 * SECOND


def test_a_senseless_wait_is_ignored() -> None:
    assert wait(FailureKind.RETRY, 1, retry_after=-5) == wait(FailureKind.RETRY, 1)


def test_the_same_delivery_waits_the_same_and_others_are_spread() -> None:
    waits = [wait(FailureKind.RETRY, 8, seed=f"user{n}@example.com") for n in range(200)]

    assert waits == [wait(FailureKind.RETRY, 8, seed=f"user{n}@example.com") for n in range(200)]
    assert len(set(waits)) > 150


def test_people_told_to_wait_alike_do_not_all_come_back_at_once() -> None:
    waits = {wait(FailureKind.RATE_LIMITED, 6, retry_after=10 * SECOND, seed=str(n)) for n in range(100)}

    assert len(waits) > 50


@pytest.mark.parametrize("kind", [FailureKind.RETRY, FailureKind.UNKNOWN_OUTCOME])
def test_an_outage_of_a_day_is_waited_for_and_one_of_weeks_is_held(kind: FailureKind) -> None:
    waited = 0
    attempts = 1
    while isinstance(decision := decide_retry(kind, attempts, NOW + waited, seed="x"), RetryAt):
        waited = decision.at - NOW
        attempts += 1

    assert waited > 5 * 24 * HOUR
    assert HoldReason.RETRIES_EXHAUSTED is decision.reason


def test_a_seat_that_does_not_come_free_for_half_an_hour_is_for_a_person_to_find() -> None:
    kind, waited, attempts = FailureKind.NO_SEAT, 0, 1
    while isinstance(decision := decide_retry(kind, attempts, NOW, seed="x", detail="None left."), RetryAt):
        waited += decision.at - NOW
        attempts += 1

    assert 20 * MINUTE <= waited <= 60 * MINUTE
    assert Hold(HoldReason.NO_SEAT_FREE, "None left.") == decision


@pytest.mark.parametrize("kind", [FailureKind.RATE_LIMITED, FailureKind.PENDING])
def test_what_is_no_failure_is_never_given_up(kind: FailureKind) -> None:
    assert wait(kind, 100_000) <= BACKOFFS[kind].longest


def test_what_is_still_to_come_is_looked_at_by_the_same_waits() -> None:
    expected = [wait(FailureKind.PENDING, attempts) for attempts in (1, 2, 30, 100_000)]

    assert expected == [look_again(attempts, NOW, seed="ada") - NOW for attempts in (1, 2, 30, 100_000)]


def test_names_that_wait_for_the_first_sign_in_are_tried_ever_more_rarely() -> None:
    assert 7 * MINUTE <= wait(FailureKind.PENDING, 1) <= 15 * MINUTE
    assert wait(FailureKind.PENDING, 30) >= 12 * HOUR


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FailureKind.HELD, HoldReason.REFUSED_BY_HUBSPOT),
        (FailureKind.CONNECTION, HoldReason.CONNECTION_TROUBLE),
    ],
)
def test_what_only_a_person_can_mend_is_held_with_what_hubspot_said(
    kind: FailureKind, reason: HoldReason
) -> None:
    assert Hold(reason, "No such role.") == decide_retry(kind, 1, NOW, detail="No such role.")


def test_every_kind_of_failure_has_an_answer() -> None:
    for kind in FailureKind:
        assert isinstance(decide_retry(kind, 0, NOW), RetryAt | Hold)
