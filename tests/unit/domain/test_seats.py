"""Seats: whose they are, what they cost, and whom they hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncline.gateway.domain.account import Account, AccountUser, Seat
from syncline.gateway.domain.change import ChangeKind, approval_of
from syncline.gateway.domain.decision import Decision, decide
from syncline.gateway.domain.delivery import Access, Delivery, Origin
from syncline.gateway.domain.gate import Hold, HoldReason, Send
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.seats import (
    more_are_free,
    same_but_for_remaining,
    seat_taken,
    with_seat_taken,
)
from syncline.gateway.domain.tenant import LeaverPolicy

from .builders import (
    ACCOUNT,
    EMPTY,
    STANDARD,
    make_known,
    make_person,
    make_policy,
    make_setup,
    ours,
    role_rule,
)

CORE, SALES, SERVICE = "Core", "Sales Hub", "Service Hub"
SEATED = replace(ACCOUNT, seats=(Seat(CORE), Seat(SALES, remaining=2), Seat(SERVICE, remaining=0)))
SELLER = role_rule("seller", rule_id="r1", permission_set_id=STANDARD, seat=SALES)
HELPER = role_rule("helper", rule_id="r2", position=2, permission_set_id=STANDARD, seat=SERVICE)
KNOWN = make_known(permission_set_ids=(STANDARD,), seat_names=())


def decided(
    *roles: str,
    known: AccountUser | None = KNOWN,
    delivery: Delivery | None = None,
    account: Account = SEATED,
    rules: tuple[Rule, ...] = (SELLER, HELPER),
) -> Decision:
    setup = make_setup(account=account, rules=rules)
    return decide(make_person(roles=roles), delivery or ours(), known, setup)


def held_for(decision: Decision) -> HoldReason | None:
    return decision.verdict.reason if isinstance(decision.verdict, Hold) else None


def test_the_first_matching_rule_that_sets_a_seat_wins_and_the_later_one_is_named() -> None:
    decision = decided("seller", "helper")

    assert (SALES,) == decision.change.seat_names
    assert decision.placement is not None
    assert [
        "role = seller sets 'Sales Hub'",
        "role = helper would set 'Service Hub', but an earlier rule decided",
    ] == [each.text for each in decision.placement.reasons if each.output == "seat"]
    assert isinstance(decision.verdict, Send)


def test_without_a_rule_that_sets_a_seat_nothing_is_said_of_seats() -> None:
    decision = decided("seller", rules=(role_rule("seller", permission_set_id=STANDARD),))

    assert decision.change.seat_names is None
    assert decision.placement is not None
    assert [] == [each for each in decision.placement.reasons if each.output == "seat"]


@pytest.mark.parametrize(
    ("holds", "wanted"),
    [
        ((), (SALES,)),
        ((CORE,), (CORE, SALES)),
        ((SERVICE,), (SALES,)),
        ((CORE, SERVICE), (CORE, SALES)),
        ((CORE, SALES), None),
    ],
)
def test_seats_given_by_hand_stay_and_another_one_of_ours_is_given_back(
    holds: tuple[str, ...], wanted: tuple[str, ...] | None
) -> None:
    assert wanted == decided("seller", known=replace(KNOWN, seat_names=holds)).change.seat_names


def test_whom_we_created_gives_our_seats_back_once_no_rule_matches() -> None:
    decision = decided("guest", known=replace(KNOWN, seat_names=(CORE, SALES)))

    assert (CORE,) == decision.change.seat_names


def test_whom_we_adopted_keeps_his_seat_when_no_rule_matches() -> None:
    adopted = ours(origin=Origin.ADOPTED)

    assert (
        decided("guest", known=replace(KNOWN, seat_names=(SALES,)), delivery=adopted).change.seat_names
        is None
    )


def test_somebody_whose_seats_nobody_has_read_is_held_and_his_own_seats_are_not_overwritten() -> None:
    decision = decided("seller", known=replace(KNOWN, seat_names=None))

    assert decision.change.seat_names is None
    assert HoldReason.SEAT_MISSING is held_for(decision)


def test_a_seat_the_account_does_not_have_holds_and_the_nearest_is_named() -> None:
    decision = decided("seller", rules=(replace(SELLER, seat="Sale Hub"),))

    assert (
        Hold(HoldReason.SEAT_MISSING, "Missing: the seat 'Sale Hub'; the nearest by name is 'Sales Hub'.")
        == decision.verdict
    )


def test_seats_that_cannot_be_read_hold_only_those_who_lack_theirs() -> None:
    unread = replace(SEATED, seats=None)

    assert HoldReason.SEAT_MISSING is held_for(decided("seller", account=unread))
    has_it = decided("seller", account=unread, known=replace(KNOWN, seat_names=(SALES,)))
    assert isinstance(has_it.verdict, Send)
    assert has_it.change.seat_names is None


def test_without_a_free_seat_a_person_waits_unless_he_holds_it_already() -> None:
    assert HoldReason.NO_SEAT_FREE is held_for(decided("helper"))
    assert HoldReason.NO_SEAT_FREE is held_for(decided("helper", known=None))
    assert isinstance(decided("helper", known=replace(KNOWN, seat_names=(SERVICE,))).verdict, Send)


def test_a_seat_without_a_number_never_runs_out() -> None:
    assert isinstance(decided("seller", rules=(replace(SELLER, seat=CORE),)).verdict, Send)


def test_who_comes_back_takes_a_seat_again_though_he_kept_it() -> None:
    away = ours(access=Access.DEACTIVATED)
    known = replace(KNOWN, seat_names=(SERVICE,), active=False)
    decision = decided("helper", known=known, delivery=away)

    assert ChangeKind.REACTIVATE is decision.change.kind
    assert SERVICE == seat_taken(decision.placement, decision.change, known)
    assert HoldReason.NO_SEAT_FREE is held_for(decision)


def test_an_approval_of_a_change_without_a_seat_is_none_of_one_with_it() -> None:
    without = decided("seller", rules=(replace(SELLER, seat=None),), known=None).change
    with_seat = decided("seller", known=None).change

    assert approval_of(without) != approval_of(with_seat)


def test_stripping_takes_every_seat_those_given_by_hand_too() -> None:
    policy = make_policy(deactivated=LeaverPolicy.STRIP, strip_to=EMPTY)
    setup = make_setup(policy, account=SEATED, rules=(SELLER,))
    leaver = decide(make_person(active=False), ours(), replace(KNOWN, seat_names=(CORE, SALES)), setup)

    assert () == leaver.change.seat_names
    assert ("Core, Sales Hub", None) == next(
        (each.before, each.after) for each in leaver.change.differences if each.field == "seats"
    )


def test_seats_are_counted_down_to_none_and_up_again() -> None:
    def left(account: Account) -> int | None:
        seat = account.seat(SALES)
        return None if seat is None else seat.remaining

    assert [1, 0, 0, 3] == [left(with_seat_taken(SEATED, SALES, count)) for count in (1, 2, 5, -1)]
    assert SEATED == with_seat_taken(SEATED, CORE)


def test_a_number_of_free_seats_is_nothing_everybody_is_decided_again_for() -> None:
    assert same_but_for_remaining(SEATED, with_seat_taken(SEATED, SALES))
    assert not same_but_for_remaining(SEATED, replace(SEATED, seats=None))
    assert not same_but_for_remaining(SEATED, replace(SEATED, seats=(Seat(CORE),)))


def test_only_more_free_seats_are_news_to_those_who_wait() -> None:
    assert more_are_free({}, {SALES: 1})
    assert more_are_free({SALES: 1, CORE: 4}, {SALES: 2})
    assert not more_are_free({SALES: 2}, {SALES: 1})
