"""What needs an operator's word: privileged permission sets, and leavers past the deletion threshold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain.account import PermissionSet
from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.domain.decision import decide
from syncline.gateway.domain.delivery import LEAVE, Delivery, grant_of
from syncline.gateway.domain.gate import Hold, HoldReason, Send, Verdict
from syncline.gateway.domain.privileged import privileged_because
from syncline.gateway.domain.threshold import WINDOW, DeletionThreshold, deletion_limit

from .builders import (
    MANAGER,
    make_delivery,
    make_known,
    make_person,
    make_policy,
    make_setup,
    ours,
    role_rule,
    unhurried,
)

FULL = DeletionThreshold(limit=2, gone=2)


def leaving(delivery: Delivery | None = None, threshold: DeletionThreshold | None = FULL) -> Verdict:
    person = make_person(active=False)
    return decide(person, delivery or ours(), make_known(), make_setup(threshold=threshold)).verdict


def granting(delivery: Delivery | None = None, marked: frozenset[str] = frozenset({MANAGER})) -> Verdict:
    setup = make_setup(rules=(role_rule("Lead", permission_set_id=MANAGER),), privileged=marked)
    return decide(make_person(roles=("Lead",)), delivery or make_delivery(), None, setup).verdict


@pytest.mark.parametrize(
    ("delivered", "limit"), [(0, 5), (10, 5), (25, 5), (30, 6), (100, 20), (250, 50), (100_000, 50)]
)
def test_the_threshold_is_a_fifth_of_the_people_between_five_and_fifty(delivered: int, limit: int) -> None:
    assert limit == deletion_limit(delivered, None)


def test_an_operator_may_choose_the_threshold() -> None:
    assert 0 == deletion_limit(1_000, 0)


def test_past_the_threshold_a_leaver_is_staged() -> None:
    verdict = leaving()

    assert isinstance(verdict, Hold)
    assert HoldReason.STAGED_DELETION is verdict.reason
    assert "2 people have lost access within a day, the threshold is 2" in verdict.detail


def test_more_leavers_than_are_counted_are_told_as_that_many_or_more() -> None:
    verdict = leaving(threshold=DeletionThreshold(limit=50, gone=1_000))

    assert isinstance(verdict, Hold)
    assert "1000 people or more have lost access within a day, the threshold is 50" in verdict.detail


def test_below_the_threshold_a_leaver_goes() -> None:
    assert Send() == leaving(threshold=DeletionThreshold(limit=3, gone=2))


def test_somebody_who_counted_already_is_not_counted_again() -> None:
    full = DeletionThreshold(limit=1, gone=1)

    assert Send() == leaving(ours(gone_at=1), full)
    assert isinstance(leaving(ours(gone_at=-WINDOW), full), Hold)


def test_an_approved_leaver_goes_whatever_the_threshold_says() -> None:
    assert Send() == leaving(ours(approvals=frozenset({LEAVE})))


def test_a_staged_leaver_stays_staged_when_the_window_has_room_again() -> None:
    verdict = leaving(ours(hold_reason=HoldReason.STAGED_DELETION), DeletionThreshold(limit=5))

    assert isinstance(verdict, Hold)
    assert HoldReason.STAGED_DELETION is verdict.reason


@pytest.mark.parametrize(
    "passing", [{"scim_channel": False}, {"policy": make_policy(deactivate_users=False)}]
)
def test_what_may_pass_by_itself_does_not_make_it_forgotten_that_somebody_is_staged(
    passing: dict[str, Any],
) -> None:
    staged = ours(hold_reason=HoldReason.STAGED_DELETION)
    setup = make_setup(threshold=DeletionThreshold(limit=5), **passing)
    verdict = decide(make_person(active=False), staged, make_known(), setup).verdict

    assert isinstance(verdict, Hold)
    assert HoldReason.STAGED_DELETION is verdict.reason
    assert verdict.detail.endswith("was staged before, and nobody staged goes by himself.")


@pytest.mark.parametrize(
    ("permission_set", "needs"),
    [
        (PermissionSet("1", "Sales"), False),
        (PermissionSet("1", "Sales Hub", requires_billing_write=True), True),
        (PermissionSet("1", "SUPER ADMIN"), True),
        (PermissionSet("1", "Administrators"), True),
        (PermissionSet("7", "Sales"), True),
    ],
)
def test_paid_sets_marked_sets_and_sets_named_like_an_administrators_need_approval(
    permission_set: PermissionSet, needs: bool
) -> None:
    assert needs == (privileged_because(permission_set, {"7"}) is not None)


def test_a_privileged_set_is_held_for_approval_by_name() -> None:
    verdict = granting()

    assert isinstance(verdict, Hold)
    assert HoldReason.PRIVILEGED_GRANT is verdict.reason
    assert "'Manager'" in verdict.detail


def test_an_approval_is_bound_to_the_id_of_the_set() -> None:
    assert Send() == granting(make_delivery(approvals=frozenset({grant_of(MANAGER)})))
    assert isinstance(granting(make_delivery(approvals=frozenset({grant_of("another")}))), Hold)


def test_somebody_who_has_the_set_already_needs_no_approval_to_keep_it() -> None:
    setup = make_setup(rules=(role_rule("Lead", permission_set_id=MANAGER),), privileged=frozenset({MANAGER}))
    known = make_known(permission_set_ids=(MANAGER,))

    decision = decide(make_person(roles=("Lead",)), ours(), known, setup)

    assert (ChangeKind.NONE, Send()) == (decision.change.kind, decision.verdict)


@unhurried
@given(st.integers(0, 60), st.integers(0, 400))
def test_past_the_threshold_nobody_else_leaves(gone: int, delivered: int) -> None:
    limit = deletion_limit(delivered, None)

    verdict = leaving(threshold=DeletionThreshold(limit=limit, gone=gone))

    assert isinstance(verdict, Hold) == (gone >= limit)
