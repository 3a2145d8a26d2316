from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.change import NO_TEAM, Change, ChangeKind, Difference
from syncline.gateway.domain.decision import Decision, decide
from syncline.gateway.domain.delivery import Access, Delivery, Intent, Urgency
from syncline.gateway.domain.gate import Hold, HoldReason, Send
from syncline.gateway.domain.person import Person
from syncline.gateway.domain.tenant import LeaverPolicy, TenantMode

from .builders import (
    DEALS,
    EMAIL,
    EMPTY,
    NORTH,
    deleted,
    make_delivery,
    make_known,
    make_person,
    make_policy,
    make_setup,
    ours,
)

DEACTIVATE, REMOVE, STRIP = LeaverPolicy.DEACTIVATE, LeaverPolicy.REMOVE, LeaverPolicy.STRIP
GONE = make_person(active=False)


def leaving(
    policy: LeaverPolicy | None,
    delivery: Delivery | None = None,
    known: AccountUser | None = None,
    *,
    person: Person | None = GONE,
    choices: dict[str, Any] | None = None,
    **setup: Any,
) -> Decision:
    chosen = make_policy(**{"deactivated": policy, "strip_to": EMPTY, **(choices or {})})
    return decide(person, delivery if delivery is not None else ours(), known, make_setup(chosen, **setup))


def held(decision: Decision) -> HoldReason | None:
    return decision.verdict.reason if isinstance(decision.verdict, Hold) else None


@pytest.mark.parametrize(
    ("policy", "kind", "after"),
    [
        (DEACTIVATE, ChangeKind.DEACTIVATE, Access.DEACTIVATED),
        (REMOVE, ChangeKind.REMOVE, Access.REMOVED),
        (STRIP, ChangeKind.STRIP, Access.STRIPPED),
    ],
)
def test_a_leaver_goes_by_the_policy_urgently(policy: LeaverPolicy, kind: ChangeKind, after: Access) -> None:
    decision = leaving(policy, known=make_known())

    assert (kind, after, Urgency.URGENT, "100", EMAIL) == (
        decision.change.kind,
        decision.change.access_after,
        decision.change.urgency,
        decision.change.hubspot_id,
        decision.change.email,
    )
    assert (Send(), None) == (decision.verdict, decision.placement)


@pytest.mark.parametrize(("policy", "word"), [(DEACTIVATE, "deactivated"), (REMOVE, "removed")])
def test_access_is_shown_as_gone_where_it_is(policy: LeaverPolicy, word: str) -> None:
    assert (Difference("access", "active", word),) == leaving(policy, known=make_known()).change.differences


def test_strip_takes_the_set_and_the_teams_and_claims_nothing_about_access() -> None:
    known = make_known(primary_team_id=NORTH, secondary_team_ids=(DEALS,))

    change = leaving(STRIP, known=known).change

    assert (
        change.permission_set_id,
        change.primary_team_id,
        change.secondary_team_ids,
    ) == (EMPTY, NO_TEAM, ())
    assert (
        Difference("permission_set", "Standard User", "No Access"),
        Difference("primary_team", "North", None),
        Difference("secondary_teams", "Deals", None),
    ) == change.differences
    assert not change.access_after.revoked


def test_strip_sends_only_what_is_not_stripped_yet() -> None:
    change = leaving(STRIP, known=make_known(permission_set_ids=(EMPTY,))).change

    assert (
        change.kind,
        change.permission_set_id,
        change.primary_team_id,
        change.secondary_team_ids,
        change.differences,
    ) == (ChangeKind.STRIP, None, None, None, ())


def test_a_leaver_whom_no_list_shows_is_stripped_whole() -> None:
    change = leaving(STRIP).change

    assert (
        change.permission_set_id,
        change.primary_team_id,
        change.secondary_team_ids,
    ) == (EMPTY, NO_TEAM, ())


@pytest.mark.parametrize("policy", LeaverPolicy)
def test_a_leaver_who_never_was_at_hubspot_costs_nothing(policy: LeaverPolicy) -> None:
    decision = leaving(policy, make_delivery())

    assert (ChangeKind.NONE, Send()) == (decision.change.kind, decision.verdict)


@pytest.mark.parametrize(
    ("policy", "access", "known"),
    [
        *(
            (policy, access, known)
            for policy, access in [
                (DEACTIVATE, Access.DEACTIVATED),
                (STRIP, Access.STRIPPED),
                (STRIP, Access.DEACTIVATED),
            ]
            for known in [None, make_known(active=False), make_known(active=None)]
        ),
        *((policy, Access.REMOVED, None) for policy in LeaverPolicy),
    ],
)
def test_a_policy_that_was_applied_or_outdone_is_not_applied_again(
    policy: LeaverPolicy, access: Access, known: AccountUser | None
) -> None:
    decision = leaving(policy, ours(access), known)

    assert (ChangeKind.NONE, Send(), access) == (
        decision.change.kind,
        decision.verdict,
        decision.change.access_after,
    )


@pytest.mark.parametrize(
    ("policy", "access", "kind"),
    [
        (DEACTIVATE, Access.STRIPPED, ChangeKind.DEACTIVATE),
        (REMOVE, Access.STRIPPED, ChangeKind.REMOVE),
        (REMOVE, Access.DEACTIVATED, ChangeKind.REMOVE),
    ],
)
def test_a_stronger_policy_is_applied_on_top_of_a_weaker_one(
    policy: LeaverPolicy, access: Access, kind: ChangeKind
) -> None:
    decision = leaving(policy, deleted(ours(access)), make_known(), person=None)

    assert (kind, Send()) == (decision.change.kind, decision.verdict)


def in_step(access: Access) -> Delivery:
    """A leaver whose policy was applied, and of whom nothing new was said since."""
    return ours(access, desired_revision=3, delivered_revision=3)


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        (DEACTIVATE, ChangeKind.DEACTIVATE),
        (REMOVE, ChangeKind.REMOVE),
        (STRIP, ChangeKind.STRIP),
    ],
)
@pytest.mark.parametrize("access", [Access.DEACTIVATED, Access.REMOVED])
def test_a_leaver_whom_hubspot_shows_active_again_leaves_again(
    policy: LeaverPolicy, kind: ChangeKind, access: Access
) -> None:
    decision = leaving(policy, in_step(access), make_known(active=True))

    assert (kind, Send()) == (decision.change.kind, decision.verdict)


def test_a_leaver_who_came_back_is_shown_as_active_before_he_leaves_again() -> None:
    change = leaving(REMOVE, in_step(Access.DEACTIVATED), make_known(active=True)).change

    assert (Difference("access", "active", "removed"),) == change.differences


def test_a_removed_leaver_who_stands_at_hubspot_again_without_access_needs_no_deactivation() -> None:
    decision = leaving(DEACTIVATE, in_step(Access.REMOVED), make_known(active=False))

    assert (ChangeKind.NONE, Send()) == (decision.change.kind, decision.verdict)


@pytest.mark.parametrize(
    ("policy", "access"),
    [(DEACTIVATE, Access.STRIPPED), (REMOVE, Access.STRIPPED), (REMOVE, Access.DEACTIVATED)],
)
@pytest.mark.parametrize("known", [None, make_known(active=False), make_known(active=None)])
def test_a_stronger_policy_does_not_reach_back_to_people_who_left_before(
    policy: LeaverPolicy, access: Access, known: AccountUser | None
) -> None:
    deactivated = leaving(policy, in_step(access), known)
    removed = leaving(policy, deleted(in_step(access)), known, person=None)

    assert [ChangeKind.NONE, ChangeKind.NONE] == [deactivated.change.kind, removed.change.kind]
    assert [Send(), Send()] == [deactivated.verdict, removed.verdict]


def test_a_deletion_after_a_deactivation_is_something_new_and_goes_by_its_own_policy() -> None:
    marked = ours(Access.DEACTIVATED, intent=Intent.DELETED, desired_revision=4, delivered_revision=3)

    decision = leaving(DEACTIVATE, marked, make_known(active=False), person=None, choices={"deleted": REMOVE})

    assert (ChangeKind.REMOVE, Send()) == (decision.change.kind, decision.verdict)


FENCED = {"domains": ("acme.example",)}


@pytest.mark.parametrize("person", [GONE, None])
def test_a_leaver_of_ours_loses_access_though_his_address_is_outside_the_domains(
    person: Person | None,
) -> None:
    delivery = ours() if person is not None else deleted(ours())

    decision = leaving(REMOVE, delivery, make_known(), person=person, choices=FENCED)

    assert (ChangeKind.REMOVE, Send()) == (decision.change.kind, decision.verdict)


def test_a_leaver_who_never_was_ours_stays_outside_the_domains() -> None:
    decision = leaving(REMOVE, make_delivery(), make_known(), choices=FENCED)

    assert held(decision) == HoldReason.OUTSIDE_DOMAINS


def test_a_deleted_person_goes_by_the_policy_for_deletion() -> None:
    decision = leaving(DEACTIVATE, deleted(ours()), make_known(), person=None, choices={"deleted": REMOVE})

    assert decision.change.kind == ChangeKind.REMOVE


def test_deletion_defaults_to_the_policy_for_deactivation() -> None:
    assert (
        leaving(DEACTIVATE, deleted(ours()), make_known(), person=None).change.kind == ChangeKind.DEACTIVATE
    )


def test_a_leaver_we_delivered_does_not_slip_through_a_list_that_lags() -> None:
    decision = leaving(REMOVE, ours(), None)

    assert (decision.change.kind, decision.change.hubspot_id) == (ChangeKind.REMOVE, "100")


def test_without_a_policy_a_leaver_is_held() -> None:
    decision = leaving(None, known=make_known())

    assert (decision.change.kind, held(decision)) == (ChangeKind.NONE, HoldReason.NO_LEAVER_POLICY)


def test_without_a_policy_a_leaver_who_never_was_at_hubspot_is_not_held() -> None:
    assert held(leaving(None, make_delivery())) is None


def test_deactivation_needs_the_scim_channel_and_the_others_do_not() -> None:
    found = [
        held(leaving(policy, known=make_known(), scim_channel=False))
        for policy in (DEACTIVATE, REMOVE, STRIP)
    ]

    assert found == [HoldReason.LEAVER_NEEDS_SCIM_CHANNEL, None, None]


def test_strip_needs_a_set_to_strip_to() -> None:
    assert held(leaving(STRIP, known=make_known(), choices={"strip_to": None})) == HoldReason.NO_STRIP_SET


def test_a_set_to_strip_to_that_is_gone_is_missing_and_not_guessed() -> None:
    decision = leaving(STRIP, known=make_known(), choices={"strip_to": "ps-gone"})

    assert (
        Hold(HoldReason.PERMISSION_SET_MISSING, "Missing: the permission set with the id ps-gone.")
        == decision.verdict
    )


def test_a_leaver_who_was_never_ours_waits_for_an_approved_plan() -> None:
    waiting = leaving(DEACTIVATE, make_delivery(), make_known(), plan_approved=False)
    approved = leaving(DEACTIVATE, make_delivery(), make_known())

    assert (held(waiting), held(approved)) == (HoldReason.ADOPTION_NOT_APPROVED, None)


def test_somebody_who_is_deactivated_already_needs_no_deactivation_and_stays_somebody_elses() -> None:
    decision = leaving(DEACTIVATE, ours(), make_known(active=False))

    assert (ChangeKind.NONE, Send(), Access.ACTIVE) == (
        decision.change.kind,
        decision.verdict,
        decision.change.access_after,
    )


def test_a_profile_somebody_deactivated_at_hubspot_is_not_removed_before_it_is_released() -> None:
    assert held(leaving(REMOVE, ours(), make_known(active=False))) == HoldReason.DEACTIVATED_AT_HUBSPOT


def test_taking_access_away_can_be_switched_off() -> None:
    decision = leaving(REMOVE, known=make_known(), choices={"deactivate_users": False})

    assert Hold(HoldReason.ACTION_OFF, "Taking access away from users is off.") == decision.verdict


def test_a_soft_deleted_person_leaves_under_the_address_of_his_delivery() -> None:
    mangled = make_person(email="0123456789abcdef0123456789abcdefada@example.com", active=False)

    decision = leaving(DEACTIVATE, known=make_known(), person=mangled)

    assert (ChangeKind.DEACTIVATE, EMAIL, Send()) == (
        decision.change.kind,
        decision.change.email,
        decision.verdict,
    )


def test_a_leaver_who_only_waited_for_an_address_takes_nothing_from_the_one_who_has_it() -> None:
    waiting = make_delivery(key="scim:u1", claimed_by="bob@example.com")

    decision = leaving(REMOVE, waiting, make_known())

    assert (ChangeKind.NONE, Send()) == (decision.change.kind, decision.verdict)


def test_a_leaver_who_waited_for_a_new_address_leaves_under_his_old_one() -> None:
    decision = leaving(REMOVE, ours(claimed_by="bob@example.com"), make_known())

    assert (ChangeKind.REMOVE, Send()) == (decision.change.kind, decision.verdict)


def test_nobody_leaves_from_an_address_whose_person_moved_on() -> None:
    released = make_delivery(intent=Intent.RELEASED, user_id=None)

    for mode in TenantMode:
        decision = leaving(REMOVE, released, make_known(), person=None, mode=mode)
        assert (Change(kind=ChangeKind.NONE), Send()) == (decision.change, decision.verdict)


@pytest.mark.parametrize("intent", [Intent.PRESENT, Intent.DEACTIVATED])
def test_a_scim_user_missing_without_a_deletion_is_no_leaver(intent: Intent) -> None:
    decision = leaving(REMOVE, ours(intent=intent), make_known(), person=None)

    assert held(decision) == HoldReason.SCIM_USER_MISSING


def test_somebody_created_again_after_a_deletion_is_no_leaver() -> None:
    decision = leaving(REMOVE, ours(intent=Intent.DELETED), make_known(), person=make_person())

    assert decision.change.kind == ChangeKind.NONE
