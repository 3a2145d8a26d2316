"""Verifying domains: what a look in the DNS leads to, and when the next one is due."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.verification import (
    DAY,
    HOUR,
    MINUTE,
    NEXT_STATE,
    PATIENCE,
    DomainClaim,
    DomainState,
    Look,
    Outcome,
    Reading,
    asked_again,
    check_domain,
    claimed,
    looked,
    read_looks,
    value_from,
    what_to_check,
)

VALUE = value_from(bytes(20))
CLAIM = claimed(1, "acme.example", VALUE, 1000)
VERIFIED = replace(CLAIM, state=DomainState.VERIFIED, since=None)
THERE = [Look(CLAIM.host, Outcome.RECORDS, ("v=spf1 -all", VALUE))]
NOWHERE = [Look(CLAIM.host, Outcome.NO_SUCH_NAME), Look("acme.example", Outcome.NO_RECORDS)]
OTHER = [Look(CLAIM.host, Outcome.RECORDS, ("hubspot-scim-verification=another",))]
NO_DOMAIN = [Look(CLAIM.host, Outcome.NO_SUCH_NAME), Look("acme.example", Outcome.NO_SUCH_NAME)]
SILENCE = [Look(CLAIM.host, Outcome.NO_ANSWER)]


def test_every_state_knows_every_reading() -> None:
    assert set(product(DomainState, Reading)) == set(NEXT_STATE)


@pytest.mark.parametrize("state", DomainState)
def test_the_right_record_verifies_whatever_was_before(state: DomainState) -> None:
    after = looked(replace(CLAIM, state=state), THERE, 1000 + PATIENCE * 2)

    assert (DomainState.VERIFIED, None) == (after.state, after.since)


@pytest.mark.parametrize(
    ("looks", "reading"),
    [
        (THERE, Reading.PROVEN),
        (NOWHERE, Reading.ABSENT),
        (OTHER, Reading.REFUTED),
        (NO_DOMAIN, Reading.REFUTED),
        (SILENCE, Reading.UNKNOWN),
        ([Look("acme.example", Outcome.RECORDS, (VALUE,))], Reading.UNKNOWN),
    ],
)
def test_only_the_record_at_its_own_host_proves(looks: list[Look], reading: Reading) -> None:
    assert reading == read_looks(CLAIM, looks)


@pytest.mark.parametrize(
    ("waited", "state"),
    [(0, DomainState.PENDING), (PATIENCE - 1, DomainState.PENDING), (PATIENCE, DomainState.FAILED)],
)
def test_a_missing_record_is_waited_for_48_hours(waited: int, state: DomainState) -> None:
    assert state == looked(CLAIM, NOWHERE, 1000 + waited).state


@pytest.mark.parametrize("looks", [OTHER, NO_DOMAIN])
def test_what_waiting_will_not_mend_fails_at_once_and_is_still_looked_for(looks: list[Look]) -> None:
    after = looked(CLAIM, looks, 2000)

    assert (DomainState.FAILED, 2000 + MINUTE) == (after.state, after.next_look_at)


def test_a_verified_domain_lapses_when_its_record_is_gone_for_48_hours() -> None:
    missed = looked(VERIFIED, NOWHERE, 5000)
    almost = looked(missed, NOWHERE, 5000 + PATIENCE - 1)
    lapsed = looked(almost, NOWHERE, 5000 + PATIENCE)

    assert [DomainState.VERIFIED, DomainState.VERIFIED, DomainState.LAPSED] == [
        missed.state,
        almost.state,
        lapsed.state,
    ]


def test_a_verified_domain_does_not_lapse_because_the_dns_is_silent() -> None:
    after = looked(looked(VERIFIED, SILENCE, 5000), SILENCE, 5000 + 10 * PATIENCE)

    assert (DomainState.VERIFIED, None) == (after.state, after.since)


def test_a_record_that_comes_back_in_time_ends_the_wait() -> None:
    back = looked(looked(VERIFIED, NOWHERE, 5000), THERE, 6000)

    assert (DomainState.VERIFIED, None, 6000 + DAY) == (back.state, back.since, back.next_look_at)


@pytest.mark.parametrize(
    ("claim", "now", "looks", "expected"),
    [
        (CLAIM, 1000, NOWHERE, 1000 + MINUTE),
        (CLAIM, 1000 + HOUR, NOWHERE, 1000 + HOUR + 10 * MINUTE),
        (CLAIM, 1000 + PATIENCE - MINUTE, NOWHERE, 1000 + PATIENCE),
        (CLAIM, 1000 + PATIENCE, NOWHERE, None),
        (CLAIM, 5000, THERE, 5000 + DAY),
        (VERIFIED, 5000, NOWHERE, 5000 + HOUR),
        (replace(CLAIM, state=DomainState.LAPSED), 5000, NOWHERE, 5000 + DAY),
    ],
)
def test_the_next_look_comes_soon_at_first_and_more_rarely_later(
    claim: DomainClaim, now: int, looks: list[Look], expected: int | None
) -> None:
    assert expected == looked(claim, looks, now).next_look_at


def test_asking_again_begins_another_48_hours() -> None:
    failed = looked(CLAIM, NOWHERE, 1000 + PATIENCE)

    again = asked_again(failed, PATIENCE * 3)

    assert (DomainState.PENDING, PATIENCE * 3, PATIENCE * 3) == (again.state, again.since, again.next_look_at)


@pytest.mark.parametrize(
    ("looks", "says"),
    [
        (THERE, []),
        (NOWHERE, ["There is no TXT record at _hubspot-scim.acme.example yet."]),
        (OTHER, ['_hubspot-scim.acme.example has another value: "hubspot-scim-verification=another".']),
        (NO_DOMAIN, ["The DNS knows no domain acme.example. Check the spelling."]),
        (SILENCE, ["The DNS server did not answer."]),
        (
            [*NOWHERE, Look(f"{CLAIM.host}.acme.example", Outcome.RECORDS, (VALUE,))],
            [
                "The value is at _hubspot-scim.acme.example.acme.example; it belongs at _hubspot-scim.acme.example."
            ],
        ),
    ],
)
def test_what_was_found_says_what_to_check(looks: list[Look], says: list[str]) -> None:
    advice = what_to_check(looked(CLAIM, looks, 2000))

    assert len(says) == len(advice)
    assert [True] * len(says) == [line.startswith(start) for line, start in zip(advice, says, strict=True)]


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("Acme.Example", "acme.example"),
        (" acme.example. ", "acme.example"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_is_read_as_it_is_compared(text: str, domain: str) -> None:
    assert domain == check_domain(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ada@acme.example", "before the @: acme.example"),
        ("https://acme.example/", "without http://"),
        ("acme", "is no domain"),
        ("", "is no domain"),
        ("-acme.example", "is no domain"),
        ("192.0.2.1", "is no domain"),
        ("a" * 64 + ".example", "is no domain"),
        (".".join(["abcdefgh"] * 30), "is no domain"),
    ],
)
def test_what_is_no_domain_is_refused_with_what_to_enter(text: str, says: str) -> None:
    with pytest.raises(SetupError, match=says):
        check_domain(text)
