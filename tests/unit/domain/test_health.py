from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain.health import (
    FIRST_PROBE,
    HELD_TENANT,
    HOUR,
    MINUTE,
    QUARANTINE_AFTER,
    SCIM_TROUBLE,
    TRANSITIONS,
    WHAT_HELPS,
    Health,
    HealthEvent,
    has_persisted,
    health_of,
    is_outage,
    next_health,
    next_probe,
    what_helps,
)

NOW = 1_800_000_000_000
TRIED = {Health.DEGRADED, Health.QUARANTINED}


def test_health_follows_from_the_first_trouble() -> None:
    troubles = (None, "RECONNECT_NEEDED", HELD_TENANT, "SIGN_IN_FAILING", "MISSING_SCOPES")

    assert [
        Health.HEALTHY,
        Health.RECONNECT_NEEDED,
        Health.HELD,
        Health.DEGRADED,
        Health.DEGRADED,
    ] == [health_of(trouble) for trouble in troubles]


def test_no_event_leads_to_two_places() -> None:
    pairs = [(arrow.state, arrow.event) for arrow in TRANSITIONS]

    assert len(pairs) == len(set(pairs))


def test_every_state_can_be_left_by_a_renewed_credential() -> None:
    assert {Health.HEALTHY} == {next_health(state, HealthEvent.RENEWED) for state in Health}


@given(st.lists(st.sampled_from([HealthEvent.FAILED, HealthEvent.SUCCEEDED, HealthEvent.PERSISTED])))
def test_what_only_a_person_can_end_is_not_ended_by_calls_or_time(events: list[HealthEvent]) -> None:
    for held in (Health.HELD, Health.RECONNECT_NEEDED):
        state = held
        for event in events:
            state = next_health(state, event)

        assert held is state


@given(st.lists(st.sampled_from(HealthEvent)))
def test_one_success_heals_what_is_tried_by_itself(events: list[HealthEvent]) -> None:
    state = Health.HEALTHY
    for event in events:
        state = next_health(state, event)

    assert (next_health(state, HealthEvent.SUCCEEDED) is Health.HEALTHY) == (
        state in TRIED or state is Health.HEALTHY
    )


@pytest.mark.parametrize(
    ("lasted", "expected"),
    [(0, FIRST_PROBE), (FIRST_PROBE, FIRST_PROBE), (20_000, 20_000), (HOUR, MINUTE), (30 * HOUR, MINUTE)],
)
def test_a_degraded_connection_is_tried_after_as_long_as_it_has_lasted(lasted: int, expected: int) -> None:
    assert NOW + expected == next_probe(Health.DEGRADED, NOW - lasted, NOW)


def test_a_quarantined_connection_is_tried_every_hour_and_others_not_at_all() -> None:
    tried = {state: next_probe(state, NOW, NOW) for state in Health if state is not Health.DEGRADED}

    assert {Health.QUARANTINED: NOW + HOUR} == {state: at for state, at in tried.items() if at is not None}


@pytest.mark.parametrize(
    ("health", "trouble", "lasted", "expected"),
    [
        (Health.DEGRADED, "UNAVAILABLE", QUARANTINE_AFTER, True),
        (Health.DEGRADED, "UNAVAILABLE", QUARANTINE_AFTER - 1, False),
        (Health.DEGRADED, SCIM_TROUBLE, QUARANTINE_AFTER, False),
        (Health.QUARANTINED, "UNAVAILABLE", QUARANTINE_AFTER, False),
        (Health.HEALTHY, None, QUARANTINE_AFTER, False),
    ],
)
def test_a_day_of_failure_is_persistent(health: Health, trouble: str, lasted: int, *, expected: bool) -> None:
    assert expected == has_persisted(health, trouble, NOW - lasted, NOW)


@pytest.mark.parametrize(
    ("people", "tries", "expected"),
    [(1, 0, False), (2, 0, False), (3, 0, True), (1, 2, False), (1, 3, True)],
)
def test_an_outage_is_told_from_a_persons_failure(people: int, tries: int, *, expected: bool) -> None:
    assert expected == is_outage(people, tries)


def test_every_state_but_health_says_what_helps() -> None:
    assert [Health.HEALTHY] == [state for state in Health if what_helps(state, None) is None]


def test_what_helps_is_told_by_the_trouble_where_that_says_more_than_the_state() -> None:
    renew = what_helps(Health.DEGRADED, "INVALID_AUTHENTICATION")
    assert renew is not None
    assert "Renew the credential" in renew.text
    assert WHAT_HELPS[Health.DEGRADED] == what_helps(Health.DEGRADED, "UNREACHABLE")
    assert WHAT_HELPS[Health.RECONNECT_NEEDED] == what_helps(
        Health.RECONNECT_NEEDED, "INVALID_AUTHENTICATION"
    )
