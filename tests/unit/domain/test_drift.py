"""Three values decide: what was confirmed, what HubSpot has, what is wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from syncline.gateway.domain.account import AccountUser, ChangedBy
from syncline.gateway.domain.agreement import UNAGREED, Agreement
from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.domain.decision import Decision, decide
from syncline.gateway.domain.delivery import Access, Delivery, Intent, enforce_of
from syncline.gateway.domain.drift import CHOSEN, confirmed_by, who_changed
from syncline.gateway.domain.gate import Hold, HoldReason, Send
from syncline.gateway.domain.person import Person
from syncline.gateway.domain.tenant import DriftPolicy
from tests.unit.domain.builders import (
    MANAGER,
    NORTH,
    SALES,
    SOUTH,
    STANDARD,
    make_known,
    make_person,
    make_policy,
    make_setup,
    ours,
    role_rule,
    unhurried,
)

RULES = (role_rule("sales", permission_set_id=SALES, primary_team_id=NORTH),)
PERSON = make_person(roles=("sales",))
AS_WANTED = make_known(permission_set_ids=(SALES,), primary_team_id=NORTH)
ENFORCE_ALL = {each.value: DriftPolicy.ENFORCE for each in CHOSEN}


def decided(
    known: AccountUser | None,
    *,
    person: Person | None = PERSON,
    delivery: Delivery | None = None,
    drift: dict[str, DriftPolicy] | None = None,
    **setup: Any,
) -> Decision:
    policy = make_policy(drift=drift or {})
    return decide(person, delivery or delivered(), known, make_setup(policy, **{"rules": RULES, **setup}))


def delivered(**fields: Any) -> Delivery:
    """A delivery that was last confirmed as everything is wanted."""
    before = ours(**fields)
    seen = decide(PERSON, before, AS_WANTED, make_setup(make_policy(), rules=RULES))
    return structs.replace(before, agreement=seen.agreement or UNAGREED)


def agreed(decision: Decision) -> Agreement:
    assert decision.agreement is not None
    return decision.agreement


def test_in_step_nothing_drifts_and_everything_is_confirmed() -> None:
    agreement = agreed(decided(AS_WANTED))

    assert {} == agreement.drift
    assert (SALES, NORTH, "present", "active", "no") == tuple(
        agreement.confirmed[name]
        for name in ("permission_set", "primary_team", "presence", "access", "super_admin")
    )


def test_what_was_never_confirmed_is_delivered_and_no_drift() -> None:
    decision = decided(replace(AS_WANTED, permission_set_ids=(MANAGER,)), delivery=ours())

    assert (ChangeKind.UPDATE, SALES) == (decision.change.kind, decision.change.permission_set_id)
    assert {} == agreed(decision).drift


def test_reported_drift_stays_and_says_who() -> None:
    somebody = ChangedBy("eve@example.com", 7, "audit log: USER CHANGE_USER UPDATE")
    known = replace(AS_WANTED, permission_set_ids=(MANAGER,), changed_by=(somebody,))

    decision = decided(known)

    assert (ChangeKind.NONE, Send()) == (decision.change.kind, decision.verdict)
    found = agreed(decision).drift["permission_set"]
    assert ("Sales User", "Manager", somebody) == (found.confirmed, found.at_hubspot, found.by)


def test_enforced_drift_is_sent_and_the_rest_is_left() -> None:
    known = replace(AS_WANTED, permission_set_ids=(MANAGER,), primary_team_id=SOUTH)

    decision = decided(known, drift={"permission_set": DriftPolicy.ENFORCE})

    assert (SALES, None) == (decision.change.permission_set_id, decision.change.primary_team_id)


def test_an_operators_word_enforces_one_field() -> None:
    known = replace(AS_WANTED, permission_set_ids=(MANAGER,), primary_team_id=SOUTH)
    delivery = delivered(approvals=frozenset({enforce_of("primary_team", SOUTH)}))

    decision = decided(known, delivery=delivery)

    assert (None, NORTH) == (decision.change.permission_set_id, decision.change.primary_team_id)


def test_an_operators_word_is_for_the_value_he_saw() -> None:
    known = replace(AS_WANTED, permission_set_ids=(MANAGER,))
    delivery = delivered(approvals=frozenset({enforce_of("permission_set", STANDARD)}))

    assert ChangeKind.NONE is decided(known, delivery=delivery).change.kind


def test_accepted_drift_stays_until_another_value_is_wanted() -> None:
    known = replace(AS_WANTED, permission_set_ids=(MANAGER,))
    accepted = agreed(decided(known, drift={"permission_set": DriftPolicy.ACCEPT}))
    delivery = structs.replace(ours(), agreement=accepted)
    other = (role_rule("sales", permission_set_id=STANDARD, primary_team_id=NORTH),)

    same, new = decided(known, delivery=delivery), decided(known, delivery=delivery, rules=other)

    assert ({}, ChangeKind.NONE) == (accepted.drift, same.change.kind)
    assert STANDARD == new.change.permission_set_id
    assert {} == agreed(new).accepted


def test_a_new_wish_wins_over_drift() -> None:
    known = replace(AS_WANTED, permission_set_ids=(MANAGER,))
    other = (role_rule("sales", permission_set_id=STANDARD, primary_team_id=NORTH),)

    decision = decided(known, rules=other)

    assert STANDARD == decision.change.permission_set_id
    assert {} == agreed(decision).drift


def test_an_address_changed_by_hand_is_left_and_the_rest_goes_to_it() -> None:
    known = replace(AS_WANTED, email="ada.new@example.com", first_name="Old")
    delivery = delivered()
    confirmed = {**delivery.agreement.confirmed, "first_name": "Old"}
    delivery = structs.replace(delivery, agreement=Agreement(confirmed))

    decision = decided(known, delivery=delivery)

    assert (ChangeKind.UPDATE, "ada.new@example.com", None, "Ada") == (
        decision.change.kind,
        decision.change.email,
        decision.change.renamed_from,
        decision.change.first_name,
    )
    assert {"email"} == agreed(decision).drift.keys()


@pytest.mark.parametrize(
    ("choice", "kind", "reason"),
    [
        (DriftPolicy.REPORT, ChangeKind.CREATE, HoldReason.REMOVED_AT_HUBSPOT),
        (DriftPolicy.ACCEPT, ChangeKind.NONE, None),
        (DriftPolicy.ENFORCE, ChangeKind.CREATE, None),
    ],
)
def test_somebody_removed_by_hand_comes_back_only_by_policy(
    choice: DriftPolicy, kind: ChangeKind, reason: HoldReason | None
) -> None:
    decision = decided(None, drift={"presence": choice})

    held = decision.verdict.reason if isinstance(decision.verdict, Hold) else None
    assert (kind, reason) == (decision.change.kind, held)


def test_somebody_removed_by_hand_comes_back_once_released() -> None:
    assert Send() == decided(None, delivery=delivered(may_reactivate=True)).verdict


def test_whom_we_removed_ourselves_comes_back_as_ever() -> None:
    left = decide(
        None, structs.replace(delivered(), intent=Intent.DELETED), AS_WANTED, make_setup(rules=RULES)
    )
    back = structs.replace(ours(Access.REMOVED), agreement=agreed(left))

    assert (UNAGREED, Send()) == (agreed(left), decided(None, delivery=back).verdict)


def test_a_super_admin_made_by_hand_is_told_and_never_changed() -> None:
    decision = decided(replace(AS_WANTED, super_admin=True), drift=ENFORCE_ALL)

    assert ChangeKind.NONE is decision.change.kind
    found = agreed(decision).drift["super_admin"]
    assert ("no", "yes") == (found.confirmed, found.at_hubspot)


def test_a_leaver_let_in_again_is_told_and_leaves_again() -> None:
    delivery = structs.replace(ours(Access.DEACTIVATED), delivered_revision=1)

    decision = decided(AS_WANTED, person=make_person(active=False), delivery=delivery)

    assert ChangeKind.DEACTIVATE is decision.change.kind
    assert ("deactivated", "active") == (
        agreed(decision).drift["access"].confirmed,
        agreed(decision).drift["access"].at_hubspot,
    )


def test_an_answer_confirms_what_was_sent_and_keeps_what_was_left() -> None:
    known = replace(AS_WANTED, permission_set_ids=(MANAGER,), primary_team_id=SOUTH)
    decision = decided(known, drift={"primary_team": DriftPolicy.ENFORCE})

    after = confirmed_by(replace(known, primary_team_id=NORTH), decision.wanted, agreed(decision))

    assert {"permission_set"} == after.drift.keys()
    assert (NORTH, SALES) == (after.confirmed["primary_team"], after.confirmed["permission_set"])


@pytest.mark.parametrize(
    ("field", "expected"),
    [("access", "c"), ("primary_team", "b"), ("permission_set", "a"), ("presence", "a")],
)
def test_the_entry_that_tells_of_the_field_is_the_one_believed(field: str, expected: str) -> None:
    said = [
        ChangedBy("b", 3, "security history: TEAM_USER_ADDED"),
        ChangedBy("a", 2, "audit log: USER CHANGE_USER UPDATE"),
        ChangedBy("c", 1, "audit log: USER DEACTIVATE_USER UPDATE"),
    ]

    found = who_changed(field, said)

    assert found is not None
    assert expected == found.actor


SETS = st.sampled_from((STANDARD, SALES, MANAGER))
TEAMS = st.sampled_from((NORTH, SOUTH))
HUBSPOT = st.one_of(
    st.none(),
    st.builds(
        make_known,
        permission_set_ids=st.tuples(SETS),
        primary_team_id=st.one_of(st.none(), TEAMS),
        first_name=st.sampled_from(("Ada", "Eve")),
        active=st.booleans(),
        super_admin=st.booleans(),
    ),
)
POLICIES = st.dictionaries(st.sampled_from([each.value for each in CHOSEN]), st.sampled_from(DriftPolicy))
WISHES = st.tuples(SETS, TEAMS)


@unhurried
@given(st.lists(st.tuples(HUBSPOT, POLICIES, WISHES), min_size=1, max_size=6))
def test_whatever_happens_nothing_reported_or_accepted_is_sent_and_all_else_is(
    course: list[tuple[AccountUser | None, dict[str, DriftPolicy], tuple[str, str]]],
) -> None:
    delivery = delivered()
    for known, policy, (permission_set, team) in course:
        rules = (role_rule("sales", permission_set_id=permission_set, primary_team_id=team),)
        decision = decided(known, delivery=delivery, drift=policy, rules=rules)
        agreement, change = agreed(decision), decision.change
        left = {name for name in agreement.drift if policy.get(name) is not DriftPolicy.ENFORCE}
        left |= agreement.accepted.keys()
        sent = {each.field for each in change.differences}

        assert not (left - {"access", "presence"}) & sent
        if known is not None and change.kind is not ChangeKind.REACTIVATE and not known.super_admin:
            differing = {
                name for name, wish in decision.wanted.items() if _value(known, name) not in (None, wish)
            }
            assert differing - left == sent - {"access"}
        delivery = structs.replace(delivery, agreement=agreement)


def _value(known: AccountUser, name: str) -> str | None:
    return {
        "permission_set": ",".join(known.permission_set_ids),
        "primary_team": known.primary_team_id or "",
        "first_name": known.first_name,
        "last_name": known.last_name,
    }.get(name)


@unhurried
@given(HUBSPOT)
def test_with_everything_enforced_whatever_is_not_held_becomes_as_wanted(known: AccountUser | None) -> None:
    decision = decided(known, drift=ENFORCE_ALL)

    if isinstance(decision.verdict, Send) and known is not None:
        change = decision.change
        after = replace(
            known,
            permission_set_ids=(change.permission_set_id,)
            if change.permission_set_id
            else known.permission_set_ids,
            primary_team_id=change.primary_team_id or known.primary_team_id,
            first_name=change.first_name or known.first_name,
            last_name=change.last_name or known.last_name,
        )
        settled = structs.replace(
            delivered(), agreement=confirmed_by(after, decision.wanted, agreed(decision))
        )
        again = decided(after, delivery=settled, drift=ENFORCE_ALL)
        assert (ChangeKind.NONE, ()) == (again.change.kind, again.change.differences)
