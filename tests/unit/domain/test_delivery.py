from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain.delivery import (
    TRANSITIONS,
    Access,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Urgency,
    delivery_key,
    next_state,
    state_of,
)
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.states import state_diagram

from .builders import unhurried

NOW = 1_800_000_000_000
IN_STEP, WAITING = DeliveryState.IN_STEP, DeliveryState.WAITING
RETRYING, HELD = DeliveryState.RETRYING, DeliveryState.HELD


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"delivered_revision": 1}, IN_STEP),
        ({"delivered_revision": 0}, WAITING),
        ({"due_at": NOW}, WAITING),
        ({"due_at": NOW + 1}, WAITING),
        ({"due_at": NOW + 1, "attempts": 2}, RETRYING),
        ({"due_at": NOW, "attempts": 2}, WAITING),
        ({"hold_reason": HoldReason.PLAN_MODE}, HELD),
        ({"hold_reason": HoldReason.PLAN_MODE, "delivered_revision": 1}, HELD),
        ({"hold_reason": HoldReason.PLAN_MODE, "due_at": NOW}, WAITING),
    ],
)
def test_the_state_is_derived_from_the_row(fields: dict[str, Any], expected: DeliveryState) -> None:
    assert expected == state_of(Delivery(key="ada@example.com", **fields), NOW)


@unhurried
@given(
    st.builds(
        Delivery,
        key=st.just("k"),
        desired_revision=st.integers(0, 3),
        delivered_revision=st.integers(0, 3),
        due_at=st.none() | st.integers(NOW - 2, NOW + 2),
        attempts=st.integers(0, 3),
        hold_reason=st.none() | st.sampled_from(HoldReason),
    )
)
def test_nothing_that_is_still_owed_is_called_in_step(delivery: Delivery) -> None:
    if state_of(delivery, NOW) is IN_STEP:
        assert delivery.desired_revision <= delivery.delivered_revision


def test_every_state_can_be_reached_and_left() -> None:
    assert set(DeliveryState) == {arrow.next_state for arrow in TRANSITIONS}
    assert set(DeliveryState) == {arrow.state for arrow in TRANSITIONS}
    assert set(DeliveryEvent) == {arrow.event for arrow in TRANSITIONS}


def test_no_event_leads_two_ways() -> None:
    pairs = [(arrow.state, arrow.event) for arrow in TRANSITIONS]

    assert len(pairs) == len(set(pairs))


def test_a_new_intent_wakes_every_state() -> None:
    assert [next_state(state, DeliveryEvent.MARKED) for state in DeliveryState] == [WAITING] * 4


def test_what_is_held_cannot_be_delivered_before_it_is_marked_again() -> None:
    assert next_state(HELD, DeliveryEvent.DELIVERED) is None


def test_what_is_held_until_a_moment_is_held_as_long_as_that_is_to_come() -> None:
    kept = Delivery(key="a@b.example", hold_reason=HoldReason.KEPT_BY_EXCEPTION, due_at=10)
    assert [HELD, WAITING] == [state_of(kept, 9), state_of(kept, 10)]
    assert WAITING == next_state(HELD, DeliveryEvent.TURN_CAME)


def test_an_answer_to_something_older_leaves_the_newer_waiting() -> None:
    assert next_state(WAITING, DeliveryEvent.OVERTAKEN) == WAITING


def test_the_diagram_draws_every_arrow() -> None:
    diagram = state_diagram(TRANSITIONS, WAITING).splitlines()

    assert diagram[0] == "stateDiagram-v2"
    assert len(TRANSITIONS) + 1 == sum("-->" in line for line in diagram)
    assert '    state "in-step" as IN_STEP' in diagram


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (Access.NONE, False),
        (Access.ACTIVE, False),
        (Access.STRIPPED, False),
        (Access.DEACTIVATED, True),
        (Access.REMOVED, True),
    ],
)
def test_only_a_person_who_cannot_sign_in_counts_as_revoked(access: Access, *, expected: bool) -> None:
    assert expected == access.revoked


def test_urgent_goes_before_normal() -> None:
    assert Urgency.URGENT < Urgency.NORMAL


def test_a_person_without_an_address_has_a_key_no_address_can_be() -> None:
    assert delivery_key("ada@example.com", "u1") == "ada@example.com"
    assert delivery_key(None, "u1") == "scim:u1"
