"""How long an identity provider may be silent before somebody should look."""

from __future__ import annotations

from syncline.gateway.domain.silence import DAY, longest_silence, usual_interval

MINUTE = 60_000


def every(minutes: float, times: int) -> list[int]:
    return [int(number * minutes * MINUTE) for number in range(times)]


def test_a_provider_that_comes_every_forty_minutes_may_be_silent_for_eighty() -> None:
    moments = [at + second for at in every(40, 10) for second in (0, 1_000, 9_000)]

    assert 80 * MINUTE - 30_000 <= longest_silence(moments) <= 80 * MINUTE


def test_a_provider_that_comes_when_something_changes_may_be_silent_for_a_day() -> None:
    irregular = [0, 20, 400, 410, 1_500, 1_540, 4_000]

    assert usual_interval([at * MINUTE for at in irregular]) is None
    assert DAY == longest_silence([at * MINUTE for at in irregular])


def test_a_few_contacts_are_no_habit() -> None:
    assert usual_interval(every(40, 5)) is None
    assert DAY == longest_silence([])


def test_requests_of_one_cycle_are_one_contact() -> None:
    assert usual_interval(every(1, 500)) is None
