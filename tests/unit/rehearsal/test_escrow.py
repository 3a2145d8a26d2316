"""When a failed object is tried again, and what sends a job into quarantine: both pure, by the published figures."""

import pytest

from syncline.rehearsal.escrow import HOUR, Escrow
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.quarantine import Failing, too_many

DAY = 24 * HOUR


def attempts(days: int) -> list[int]:
    """Return the hours at which an object that never succeeds is tried, looked at once an hour."""
    escrow, tried = Escrow(), []
    escrow.failed("u", ObjectKind.USER, 0)
    for hour in range(1, days * 24):
        if escrow.due(hour * HOUR):
            tried.append(hour)
            escrow.failed("u", ObjectKind.USER, hour * HOUR)
    return tried


def test_a_failed_object_is_due_in_the_next_cycle() -> None:
    escrow = Escrow()
    escrow.failed("u", ObjectKind.USER, 1_000)

    assert {"u": ObjectKind.USER} == escrow.due(1_000)


def test_the_tries_grow_apart_to_one_a_day() -> None:
    assert [1, 7, 19, 43, 67, 91] == attempts(4)


def test_after_28_days_an_object_is_given_up() -> None:
    assert [1, 7, *range(19, 28 * 24, 24)] == attempts(60)


def test_what_was_given_up_is_counted_and_no_longer_due() -> None:
    escrow = Escrow()
    escrow.failed("u", ObjectKind.USER, 0)
    escrow.failed("u", ObjectKind.USER, 28 * DAY)

    assert (0, 1, {}) == (len(escrow), escrow.given_up, escrow.due(100 * DAY))


def test_an_object_that_succeeds_starts_anew_with_its_next_failure() -> None:
    escrow = Escrow()
    for hour in (0, 1, 7):
        escrow.failed("u", ObjectKind.USER, hour * HOUR)
    escrow.settled("u")
    escrow.failed("u", ObjectKind.USER, 8 * HOUR)

    assert {"u": ObjectKind.USER} == escrow.due(8 * HOUR)


@pytest.mark.parametrize(
    ("failing", "quarantined"),
    [
        (Failing(4_999, 0, 4_999), False),
        (Failing(5_000, 0, 12_499), True),
        (Failing(5_000, 0, 12_500), False),
        (Failing(40_000, 0, 1_000_000), False),
        (Failing(40_001, 0, 1_000_000), True),
        (Failing(0, 59_999, 1_000_000), False),
        (Failing(4_999, 55_001, 1_000_000), True),
    ],
)
def test_a_job_is_quarantined_by_the_published_numbers(failing: Failing, quarantined: bool) -> None:
    assert quarantined is (too_many(failing) is not None)
