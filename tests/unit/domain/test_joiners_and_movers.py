from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.change import Change, ChangeKind, Difference
from syncline.gateway.domain.decision import Decision, decide
from syncline.gateway.domain.delivery import Access, Delivery, Origin, Urgency
from syncline.gateway.domain.gate import Hold, HoldReason, Send
from syncline.gateway.domain.person import Person
from syncline.gateway.domain.setup import Setup

from .builders import (
    DEALS,
    EMAIL,
    EMPTY,
    MANAGER,
    NORTH,
    SALES,
    SOUTH,
    STANDARD,
    make_delivery,
    make_known,
    make_person,
    make_policy,
    make_setup,
    ours,
    role_rule,
)


def decided(
    person: Person | None = None,
    delivery: Delivery | None = None,
    known: AccountUser | None = None,
    setup: Setup | None = None,
    **rest: Any,
) -> Decision:
    return decide(
        person if person is not None else make_person(),
        delivery if delivery is not None else make_delivery(),
        known,
        setup if setup is not None else make_setup(),
        **rest,
    )


def held(decision: Decision) -> HoldReason | None:
    return decision.verdict.reason if isinstance(decision.verdict, Hold) else None


def test_a_person_unknown_at_hubspot_is_created_with_everything_in_one_change() -> None:
    rule = role_rule("seller", permission_set_id=SALES, primary_team_id=NORTH, secondary_team_ids=(DEALS,))

    decision = decided(make_person(roles=("seller",)), setup=make_setup(rules=(rule,)))

    expected = Change(
        kind=ChangeKind.CREATE,
        email=EMAIL,
        first_name="Ada",
        last_name="Byron",
        permission_set_id=SALES,
        primary_team_id=NORTH,
        secondary_team_ids=(DEALS,),
        differences=(
            Difference("email", None, EMAIL),
            Difference("first_name", None, "Ada"),
            Difference("last_name", None, "Byron"),
            Difference("permission_set", None, "Sales User"),
            Difference("primary_team", None, "North"),
            Difference("secondary_teams", None, "Deals"),
        ),
        access_after=Access.ACTIVE,
        origin_after=Origin.CREATED,
    )
    assert (expected, Send()) == (decision.change, decision.verdict)


@pytest.mark.parametrize("welcome", [True, False])
def test_the_welcome_mail_is_the_tenants_choice(*, welcome: bool) -> None:
    decision = decided(setup=make_setup(make_policy(welcome_email=welcome)))

    assert welcome == decision.change.send_welcome_email


def test_nobody_but_a_new_user_is_sent_a_welcome_mail() -> None:
    setup = make_setup(make_policy(welcome_email=True))

    assert not decided(
        delivery=ours(), known=make_known(first_name="A"), setup=setup
    ).change.send_welcome_email


def test_a_person_who_is_as_he_should_be_costs_nothing() -> None:
    decision = decided(delivery=ours(), known=make_known())

    assert (ChangeKind.NONE, (), Send()) == (
        decision.change.kind,
        decision.change.differences,
        decision.verdict,
    )
    assert decision.change.access_after == Access.ACTIVE


def test_only_the_differences_are_sent() -> None:
    decision = decided(make_person(names=("Ada", "Lovelace")), ours(), make_known())

    assert (
        Change(
            kind=ChangeKind.UPDATE,
            email=EMAIL,
            hubspot_id="100",
            last_name="Lovelace",
            differences=(Difference("last_name", "Byron", "Lovelace"),),
            access_after=Access.ACTIVE,
            origin_after=Origin.CREATED,
        )
        == decision.change
    )


def test_a_name_the_client_does_not_send_erases_nothing() -> None:
    decision = decided(make_person(names=(None, None)), ours(), make_known())

    assert decision.change.kind == ChangeKind.NONE


def test_another_department_means_another_team() -> None:
    rules = (role_rule("south", primary_team_id=SOUTH),)

    decision = decided(
        make_person(roles=("south",)), ours(), make_known(primary_team_id=NORTH), make_setup(rules=rules)
    )

    assert (Difference("primary_team", "North", "South"),) == decision.change.differences
    assert decision.change.primary_team_id == SOUTH


def test_secondary_teams_compare_without_order_and_can_all_be_taken_away() -> None:
    rules = (role_rule("x", secondary_team_ids=(NORTH, DEALS)),)
    known = make_known(secondary_team_ids=(DEALS, NORTH))

    same = decided(make_person(roles=("x",)), ours(), known, make_setup(rules=rules))
    gone = decided(make_person(), ours(), known, make_setup(rules=rules))

    assert same.change.kind == ChangeKind.NONE
    assert ((), (Difference("secondary_teams", "Deals, North", None),)) == (
        gone.change.secondary_team_ids,
        gone.change.differences,
    )


def test_a_second_permission_set_that_nobody_gave_is_a_difference() -> None:
    decision = decided(delivery=ours(), known=make_known(permission_set_ids=(STANDARD, MANAGER)))

    assert (
        Difference("permission_set", "Standard User, Manager", "Standard User"),
    ) == decision.change.differences


def test_the_case_of_an_address_is_no_difference() -> None:
    decision = decided(make_person(email="Ada@Example.com"), ours(), make_known())

    assert decision.change.kind == ChangeKind.NONE


def test_a_person_we_created_falls_back_on_the_default_role() -> None:
    decision = decided(delivery=ours(), known=make_known(permission_set_ids=(MANAGER,)))

    assert decision.change.permission_set_id == STANDARD


def test_an_adopted_person_keeps_his_permission_set_without_a_match() -> None:
    decision = decided(delivery=ours(origin=Origin.ADOPTED), known=make_known(permission_set_ids=(MANAGER,)))

    assert decision.change.kind == ChangeKind.NONE


def test_a_hubspot_user_with_the_same_address_is_adopted_once_a_plan_is_approved() -> None:
    decision = decided(known=make_known(permission_set_ids=(MANAGER,)))

    assert (ChangeKind.ADOPT, Send(), ()) == (
        decision.change.kind,
        decision.verdict,
        decision.change.differences,
    )


def test_adoption_waits_for_an_approved_plan_while_creation_flows() -> None:
    setup = make_setup(plan_approved=False)

    assert held(decided(known=make_known(), setup=setup)) == HoldReason.ADOPTION_NOT_APPROVED
    assert held(decided(setup=setup)) is None


def test_a_user_whose_create_lost_its_answer_is_ours_and_needs_no_adoption() -> None:
    delivery = make_delivery(origin=Origin.CREATED)

    decision = decided(delivery=delivery, known=make_known(), setup=make_setup(plan_approved=False))

    assert (decision.change.kind, decision.change.differences) == (ChangeKind.UPDATE, ())
    assert (decision.verdict, decision.change.origin_after) == (Send(), Origin.CREATED)


def test_another_hubspot_user_under_the_address_is_not_ours() -> None:
    decision = decided(
        delivery=ours(), known=make_known(hubspot_id="200"), setup=make_setup(plan_approved=False)
    )

    assert decision.change.kind == ChangeKind.ADOPT
    assert held(decision) == HoldReason.ADOPTION_NOT_APPROVED


def test_a_person_removed_at_hubspot_is_created_again() -> None:
    assert decided(delivery=ours()).change.kind == ChangeKind.CREATE


def test_a_rejoiner_we_deactivated_is_reactivated_with_what_changed_meanwhile() -> None:
    decision = decided(
        make_person(names=("Ada", "Lovelace")), ours(Access.DEACTIVATED), make_known(active=False)
    )

    assert (ChangeKind.REACTIVATE, Send(), "Lovelace") == (
        decision.change.kind,
        decision.verdict,
        decision.change.last_name,
    )
    assert Difference("access", "deactivated", "active") == decision.change.differences[0]


@pytest.mark.parametrize("known", [None, make_known(active=None)])
def test_where_hubspots_lists_are_silent_our_own_deactivation_counts(known: AccountUser | None) -> None:
    assert decided(delivery=ours(Access.DEACTIVATED), known=known).change.kind == ChangeKind.REACTIVATE


def test_that_somebody_reactivated_whom_we_deactivated_is_noted_without_a_call() -> None:
    """Else the person's next leaving would pass for done already."""
    change = decided(delivery=ours(Access.DEACTIVATED), known=make_known()).change

    assert (change.kind, change.differences, change.access_after) == (ChangeKind.UPDATE, (), Access.ACTIVE)


def test_reactivating_needs_the_scim_channel() -> None:
    decision = decided(
        delivery=ours(Access.DEACTIVATED),
        known=make_known(active=False),
        setup=make_setup(scim_channel=False),
    )

    assert held(decision) == HoldReason.REACTIVATION_NEEDS_SCIM_CHANNEL


def test_a_rejoiner_we_removed_is_created() -> None:
    decision = decided(delivery=ours(Access.REMOVED, Origin.ADOPTED))

    assert (ChangeKind.CREATE, STANDARD, Send()) == (
        decision.change.kind,
        decision.change.permission_set_id,
        decision.verdict,
    )


def test_a_removed_person_whom_somebody_added_again_is_an_adoption() -> None:
    decision = decided(
        delivery=ours(Access.REMOVED), known=make_known(), setup=make_setup(plan_approved=False)
    )

    assert (decision.change.kind, held(decision)) == (ChangeKind.ADOPT, HoldReason.ADOPTION_NOT_APPROVED)


@pytest.mark.parametrize("origin", Origin)
def test_a_rejoiner_we_stripped_gets_a_permission_set_again(origin: Origin) -> None:
    decision = decided(delivery=ours(Access.STRIPPED, origin), known=make_known(permission_set_ids=(EMPTY,)))

    assert (
        decision.change.kind,
        decision.change.permission_set_id,
        decision.change.access_after,
    ) == (ChangeKind.UPDATE, STANDARD, Access.ACTIVE)


def test_somebody_deactivated_at_hubspot_stays_so_until_released() -> None:
    known = make_known(active=False)

    kept = decided(delivery=ours(), known=known)
    released = decided(delivery=ours(may_reactivate=True), known=known)

    assert held(kept) == HoldReason.DEACTIVATED_AT_HUBSPOT
    assert (ChangeKind.REACTIVATE, Send()) == (released.change.kind, released.verdict)


def test_without_a_usable_address_nothing_is_sent_and_the_reason_is_told() -> None:
    decision = decided(make_person(email="ada"))

    assert (
        Hold(HoldReason.NO_DELIVERABLE_EMAIL, "The userName 'ada' is not an e-mail address.")
        == decision.verdict
    )
    assert decision.change.kind == ChangeKind.NONE


def test_of_two_claimants_the_later_is_held_and_the_other_is_named() -> None:
    delivery = make_delivery(key="scim:u1", claimed_by="bob@example.com")

    decision = decided(delivery=delivery, known=make_known())

    assert Hold(HoldReason.EMAIL_CLAIMED, f"{EMAIL} is held by bob@example.com.") == decision.verdict


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("ada@example.com", None),
        ("ada@EXAMPLE.com", None),
        ("ada@example.org", None),
        ("ada@sub.example.com", HoldReason.OUTSIDE_DOMAINS),
        ("ada@notexample.com", HoldReason.OUTSIDE_DOMAINS),
    ],
)
def test_people_outside_the_tenants_domains_are_ignored(email: str, expected: HoldReason | None) -> None:
    setup = make_setup(make_policy(domains=("Example.com", "@example.org")))

    assert expected == held(
        decided(make_person(email=email), make_delivery(key=email, email=email), setup=setup)
    )


def test_a_permission_set_that_is_gone_holds_and_is_named_by_id() -> None:
    rules = (role_rule("x", permission_set_id="ps-gone"),)

    decision = decided(make_person(roles=("x",)), setup=make_setup(rules=rules))

    assert (
        Hold(HoldReason.PERMISSION_SET_MISSING, "Missing: the permission set with the id ps-gone.")
        == decision.verdict
    )
    assert decision.change.permission_set_id is None


def test_a_team_that_is_gone_holds_and_is_named_by_id() -> None:
    rules = (role_rule("x", primary_team_id="t-gone", secondary_team_ids=(NORTH,)),)

    decision = decided(make_person(roles=("x",)), setup=make_setup(rules=rules))

    assert held(decision) == HoldReason.TEAM_MISSING
    assert (decision.change.primary_team_id, decision.change.secondary_team_ids) == (None, None)


def test_a_set_our_rules_gave_is_not_silently_kept_when_nothing_gives_it_any_more() -> None:
    setup = make_setup(
        make_policy(default_permission_set=None), rules=(role_rule("boss", permission_set_id=MANAGER),)
    )

    decision = decided(delivery=ours(), known=make_known(permission_set_ids=(MANAGER,)), setup=setup)

    assert Hold(HoldReason.MINIMAL_NEEDS_DEFAULT, f"{EMAIL} still has 'Manager'.") == decision.verdict


@pytest.mark.parametrize(
    ("known_set", "match_role_names", "expected"),
    [
        (STANDARD, False, None),
        (STANDARD, True, HoldReason.MINIMAL_NEEDS_DEFAULT),
        (EMPTY, True, None),
    ],
)
def test_a_set_somebody_gave_by_hand_is_his_own_business(
    known_set: str, expected: HoldReason | None, *, match_role_names: bool
) -> None:
    policy = make_policy(default_permission_set=None, strip_to=EMPTY, match_role_names=match_role_names)

    decision = decided(
        delivery=ours(), known=make_known(permission_set_ids=(known_set,)), setup=make_setup(policy)
    )

    assert expected == held(decision)


@pytest.mark.parametrize(
    ("switch", "delivery", "known", "detail"),
    [
        ("create_users", make_delivery(), None, "Creating users is off."),
        ("update_users", ours(), make_known(first_name="A"), "Updating users is off."),
        ("update_users", make_delivery(), make_known(), "Updating users is off."),
        ("update_users", ours(Access.DEACTIVATED), make_known(active=False), "Updating users is off."),
    ],
)
def test_a_switched_off_action_is_held(
    switch: str, delivery: Delivery, known: AccountUser | None, detail: str
) -> None:
    setup = make_setup(make_policy(**{switch: False}))

    assert Hold(HoldReason.ACTION_OFF, detail) == decided(delivery=delivery, known=known, setup=setup).verdict


def test_joining_is_not_urgent() -> None:
    assert decided().change.urgency == Urgency.NORMAL
