from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.account import Account, AccountUser, PermissionSet
from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.domain.decision import Decision, decide
from syncline.gateway.domain.delivery import Delivery
from syncline.gateway.domain.gate import Hold, HoldReason, Send
from syncline.gateway.domain.person import Person
from syncline.gateway.domain.tenant import LeaverPolicy, TenantMode

from .builders import EMAIL, make_delivery, make_known, make_person, make_policy, make_setup, ours

ADMIN = make_known(super_admin=True)


def decided(
    person: Person | None = None,
    delivery: Delivery | None = None,
    known: AccountUser | None = None,
    **setup: Any,
) -> Decision:
    return decide(
        person if person is not None else make_person(),
        delivery if delivery is not None else make_delivery(),
        known,
        make_setup(**setup),
    )


def test_a_collecting_tenant_decides_nothing() -> None:
    decision = decided(mode=TenantMode.COLLECTING, account=None)

    assert Hold(HoldReason.COLLECTING) == decision.verdict
    assert (decision.placement, decision.change.kind) == (None, ChangeKind.NONE)
    assert Hold(HoldReason.ACCOUNT_UNREAD) == decision.would_hold


@pytest.mark.parametrize("active", [True, False])
def test_an_account_that_was_not_read_is_unknown_and_nobody_is_absent_from_it(*, active: bool) -> None:
    decision = decided(make_person(active=active), ours(), account=None)

    assert (Hold(HoldReason.ACCOUNT_UNREAD), ChangeKind.NONE) == (decision.verdict, decision.change.kind)


def test_plan_mode_shows_what_would_be_sent_and_that_nothing_else_stands_against_it() -> None:
    decision = decided(mode=TenantMode.PLAN, plan_approved=False)

    assert (ChangeKind.CREATE, Hold(HoldReason.PLAN_MODE), None) == (
        decision.change.kind,
        decision.verdict,
        decision.would_hold,
    )


def test_plan_mode_tells_what_approving_would_not_release() -> None:
    decision = decided(make_person(email="ada"), mode=TenantMode.PLAN)

    assert isinstance(decision.verdict, Hold)
    assert decision.verdict.reason == HoldReason.NO_DELIVERABLE_EMAIL
    assert decision.verdict == decision.would_hold


def test_approving_a_plan_releases_an_adoption() -> None:
    decision = decided(known=make_known(), mode=TenantMode.PLAN, plan_approved=False)

    assert isinstance(decision.verdict, Hold)
    assert decision.verdict.reason == HoldReason.ADOPTION_NOT_APPROVED
    assert decision.would_hold is None


def test_a_reason_behind_an_approval_comes_to_light() -> None:
    policy = make_policy(deactivated=None)

    decision = decided(
        make_person(active=False),
        known=make_known(),
        mode=TenantMode.PLAN,
        plan_approved=False,
        policy=policy,
    )

    assert isinstance(decision.would_hold, Hold)
    assert decision.would_hold.reason == HoldReason.NO_LEAVER_POLICY


def test_a_person_who_needs_nothing_is_in_step_in_plan_mode_too() -> None:
    assert Send() == decided(delivery=ours(), known=make_known(), mode=TenantMode.PLAN).verdict


@pytest.mark.parametrize(
    ("count", "expected"), [(1, HoldReason.LAST_SUPER_ADMIN), (2, HoldReason.SUPER_ADMIN)]
)
@pytest.mark.parametrize("active", [True, False])
def test_super_admins_and_the_last_one_above_all_are_never_touched(
    count: int, expected: HoldReason, *, active: bool
) -> None:
    account = Account(portal_id=1, super_admin_count=count)

    decision = decided(
        make_person(active=active),
        ours(),
        make_known(super_admin=True, first_name="Other"),
        account=account,
        policy=make_policy(deactivated=LeaverPolicy.REMOVE, default_permission_set=None),
    )

    assert isinstance(decision.verdict, Hold)
    assert expected == decision.verdict.reason


def test_a_super_admin_who_needs_nothing_is_not_held() -> None:
    assert Send() == decided(delivery=ours(), known=ADMIN).verdict


@pytest.mark.parametrize("email", ["Ada@Example.com", EMAIL])
@pytest.mark.parametrize("active", [True, False])
def test_a_protected_person_is_not_touched_whatever_the_case_of_the_address(
    email: str, *, active: bool
) -> None:
    decision = decided(
        make_person(email=email, active=active),
        ours(),
        make_known(email=email, first_name="Other"),
        protected=frozenset({EMAIL}),
    )

    assert isinstance(decision.verdict, Hold)
    assert decision.verdict.reason == HoldReason.PROTECTED


def test_a_protected_person_stays_protected_under_a_new_address() -> None:
    decision = decided(
        make_person(email="new@example.com"),
        ours(key="new@example.com", email="new@example.com", renamed_from=EMAIL),
        make_known(),
        protected=frozenset({EMAIL}),
    )

    assert isinstance(decision.verdict, Hold)
    assert decision.verdict.reason == HoldReason.PROTECTED


def test_the_person_whose_grant_is_used_is_not_touched() -> None:
    decision = decided(make_person(active=False), ours(), make_known(), grant_holder=EMAIL)

    assert Hold(HoldReason.GRANT_HOLDER, f"{EMAIL} stays as it is.") == decision.verdict


def test_protection_of_others_holds_nobody() -> None:
    decision = decided(protected=frozenset({"bob@example.com"}), grant_holder="eve@example.com")

    assert Send() == decision.verdict


def test_of_several_reasons_the_most_fundamental_is_told() -> None:
    decision = decided(
        make_person(email="ada@elsewhere.org"),
        make_delivery(claimed_by="bob@example.com"),
        ADMIN,
        policy=make_policy(domains=("example.com",), update_users=False),
        plan_approved=False,
        mode=TenantMode.PLAN,
    )

    assert isinstance(decision.verdict, Hold)
    assert decision.verdict.reason == HoldReason.EMAIL_CLAIMED


def test_a_role_that_names_two_permission_sets_is_held() -> None:
    twins = Account(portal_id=1, permission_sets=(PermissionSet("a", "Twin"), PermissionSet("b", "Twin")))

    decision = decided(make_person(roles=("Twin",)), account=twins, policy=make_policy(match_role_names=True))

    assert decision.verdict == Hold(HoldReason.PERMISSION_SET_AMBIGUOUS, "The role is 'Twin'.")
