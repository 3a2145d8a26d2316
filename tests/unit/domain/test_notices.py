from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain.notices import (
    DAY,
    FIRST_WAIT,
    GIVE_UP_AFTER,
    LONGEST_WAIT,
    NOTICES,
    Condition,
    Notice,
    NoticeKind,
    Stage,
    next_try,
    notices_due,
)
from syncline.gateway.domain.remedies import Remedy

NOW = 1_800_000_000_000
QUARANTINED = Condition(NoticeKind.QUARANTINED, "", "It fails.", Remedy("Look."))
TOKEN = Condition(NoticeKind.TOKEN_ENDS, "t1:30", "It ends.", Remedy("Renew it."))


def told(condition: Condition, *, at: int = NOW) -> Notice:
    (due,) = notices_due((), (condition,), at)
    return due.notice


def stages(before: tuple[Notice, ...], after: tuple[Condition, ...], now: int) -> list[Stage]:
    return [due.stage for due in notices_due(before, after, now) if due.is_told]


def test_a_condition_is_told_once_when_it_begins() -> None:
    assert [Stage.RAISED] == stages((), (QUARANTINED,), NOW)
    assert [] == stages((told(QUARANTINED),), (QUARANTINED,), NOW + 1)


def test_a_condition_that_lasts_is_told_again_after_its_span() -> None:
    before = told(QUARANTINED)

    assert [] == stages((before,), (QUARANTINED,), NOW + DAY - 1)
    (due,) = notices_due((before,), (QUARANTINED,), NOW + DAY)
    assert (Stage.REMINDED, NOW, NOW + DAY) == (due.stage, due.notice.raised_at, due.notice.told_at)


def test_a_condition_that_is_over_is_told_once_more() -> None:
    before = told(QUARANTINED)
    (due,) = notices_due((before,), (), NOW + 5)

    assert (Stage.ENDED, NOW + 5) == (due.stage, due.notice.ended_at)
    assert [] == stages((due.notice,), (), NOW + 6)


def test_what_came_back_is_told_as_new() -> None:
    ended = replace(told(QUARANTINED), ended_at=NOW + 5)

    assert [Stage.RAISED] == stages((ended,), (QUARANTINED,), NOW + 6)


def test_a_token_that_ends_is_told_once_and_its_end_is_quiet() -> None:
    before = told(TOKEN)

    assert [] == stages((before,), (TOKEN,), NOW + 40 * DAY)
    (due,) = notices_due((before,), (), NOW + 40 * DAY)
    assert (Stage.ENDED, False) == (due.stage, due.is_told)


@given(st.lists(st.sets(st.sampled_from([QUARANTINED, TOKEN])), max_size=20))
def test_messages_of_a_condition_never_come_twice_within_its_span(looks: list[set[Condition]]) -> None:
    kept: dict[tuple[NoticeKind, str], Notice] = {}
    open_before: set[Condition] = set()
    for minute, conditions in enumerate(looks):
        due = notices_due(tuple(kept.values()), conditions, NOW + minute * 60_000)
        begun = {each.notice.kind for each in due if each.stage is Stage.RAISED}
        over = {each.notice.kind for each in due if each.stage is Stage.ENDED}

        assert begun == {each.kind for each in conditions - open_before}
        assert over == {each.kind for each in open_before - conditions}
        kept |= {(each.notice.kind, each.notice.subject): each.notice for each in due}
        open_before = conditions


def test_every_kind_has_its_words() -> None:
    assert set(NoticeKind) == set(NOTICES)


@pytest.mark.parametrize(
    ("age", "attempts", "expected"),
    [
        (0, 1, FIRST_WAIT),
        (0, 2, 2 * FIRST_WAIT),
        (DAY, 30, LONGEST_WAIT),
        (GIVE_UP_AFTER, 30, None),
    ],
)
def test_a_message_is_tried_for_three_days(age: int, attempts: int, expected: int | None) -> None:
    assert (None if expected is None else NOW + expected) == next_try(NOW - age, attempts, NOW)
