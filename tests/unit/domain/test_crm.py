"""CRM attributes: HubSpot's form of what an identity provider sends, and what has none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from syncline.gateway.domain.account import as_far_as_known, with_what_was_known
from syncline.gateway.domain.change import ChangeKind, approval_of
from syncline.gateway.domain.crm import (
    LANGUAGE_SKILLS,
    CrmAttribute,
    language_skill,
    mapped_attributes,
    phone_number,
    time_zone,
)
from syncline.gateway.domain.decision import Decision, decide
from syncline.gateway.domain.gate import Hold, HoldReason

from .builders import ACCOUNT, make_known, make_person, make_policy, make_setup, ours, unhurried

REACHED = replace(ACCOUNT, crm_users=True)
EVERYTHING = tuple(each.value for each in CrmAttribute)


def mapped(**resource: Any) -> dict[str, str | None]:
    return {each.attribute.value: each.value for each in mapped_attributes(resource, EVERYTHING)}


def decided(
    sent: dict[str, Any], crm: dict[str, str] | None = None, on: tuple[str, ...] = EVERYTHING, **setup: Any
) -> Decision:
    """Decide about Ada, who is ours, with what her record says."""
    setup = {"account": REACHED, "policy": make_policy(crm_attributes=on), **setup}
    return decide(make_person(**sent), ours(), make_known(crm=crm), make_setup(**setup))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("+1 (555) 000-1234", "+1 (555) 000-1234"),
        ("  555   1234 ", "555 1234"),
        ("tel:+1-201-555-0123", "+12015550123"),
        ("TEL:+44(20)7946.0001", "+442079460001"),
        ("tel:+1-201-555-0123;ext=42", "+12015550123 ext. 42"),
        ("tel:863-1234;phone-context=+1-914-555", None),
        ("tel:+1-201-555-0123;isub=7", None),
        ("tel:", None),
        ("tel:+", None),
    ],
)
def test_a_phone_number_is_written_as_people_do(given: str, expected: str | None) -> None:
    assert expected == phone_number(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/BERLIN", "Europe/Berlin"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("UTC", "UTC"),
        ("W. Europe Standard Time", None),
        ("GMT+01:00", None),
        ("Berlin", None),
        ("../../etc/passwd", None),
    ],
)
def test_a_time_zone_is_an_identifier_of_the_database_or_none(given: str, expected: str | None) -> None:
    assert expected == time_zone(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("de_AT", "de"),
        ("DE-de", "de"),
        ("nb-NO", "no"),
        ("nn", "no"),
        ("pt", "ptbr"),
        ("pt-BR", "ptbr"),
        ("pt-PT", None),
        ("zh-TW", "zhtw"),
        ("zh-Hant-HK", "zhtw"),
        ("zh-HK", "zhtw"),
        ("zh-Hans-HK", None),
        ("zh-CN", None),
        ("zh", None),
        ("cs", None),
        ("deutsch", None),
        ("da, en-gb;q=0.8, en;q=0.7", "da"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("cs, en;q=0.9", None),
        ("en;q=0", None),
        ("en;q=2", None),
        ("*", None),
        ("en, ", None),
    ],
)
def test_a_language_is_hubspots_code_for_the_preferred_one_or_none(given: str, expected: str | None) -> None:
    assert expected == language_skill(given)


@unhurried
@given(st.text(max_size=40))
def test_whatever_is_sent_the_form_is_one_that_hubspot_knows_or_there_is_none(text: str) -> None:
    assert time_zone(text) in {None, *available_timezones()}
    assert language_skill(text) in {None, *LANGUAGE_SKILLS}
    assert phone_number(text) != ""


@unhurried
@given(st.sampled_from(sorted(available_timezones())), st.sampled_from([str.upper, str.lower, str.title]))
def test_every_zone_is_found_however_it_is_spelled_and_its_form_is_its_own_form(
    name: str, spell: Any
) -> None:
    assert name == time_zone(spell(name))
    assert name == time_zone(name)


@unhurried
@given(
    st.sampled_from(sorted(LANGUAGE_SKILLS - {"ptbr", "zhtw"})),
    st.from_regex(r"(?:[-_][A-Z]{2})?", fullmatch=True),
)
def test_the_region_of_a_language_makes_no_difference(code: str, region: str) -> None:
    assert code == language_skill(code + region)


def test_each_attribute_comes_from_its_scim_attribute_and_the_work_number_alone() -> None:
    found = mapped(
        title="  Countess ",
        phoneNumbers=[
            {"type": "mobile", "value": "1"},
            {"type": "work", "value": "2"},
            {"type": "WORK", "value": "3", "primary": True},
        ],
        timezone="Europe/London",
        locale="fr-FR",
    )

    assert {"job_title": "Countess", "phone": "3", "time_zone": "Europe/London", "language": "fr"} == found


def test_the_preferred_language_outranks_the_locale_even_where_it_has_no_form() -> None:
    assert {"language": "de"} == mapped(preferredLanguage="de", locale="en")
    assert {"language": None} == mapped(preferredLanguage="cs", locale="en")


def test_what_is_not_sent_is_not_said_and_what_nobody_asked_for_is_not_looked_at() -> None:
    assert {} == mapped(title="", phoneNumbers=[{"type": "home", "value": "1"}], timezone="  ")
    assert () == mapped_attributes({"title": "Countess"}, ("phone",))


def test_the_change_is_the_least_that_brings_the_record_in_line() -> None:
    sent = {"title": "Countess", "timezone": "Europe/London"}

    decision = decided(sent, crm={"job_title": "Countess", "time_zone": "Europe/Paris", "phone": "1"})

    assert ChangeKind.UPDATE is decision.change.kind
    assert (("time_zone", "Europe/London"),) == decision.change.crm_attributes
    assert [("time_zone", "Europe/Paris", "Europe/London")] == [
        (each.field, each.before, each.after) for each in decision.change.differences
    ]


@pytest.mark.parametrize(
    ("crm", "on", "account"),
    [
        (None, EVERYTHING, REACHED),
        ({}, (), REACHED),
        ({}, ("phone",), REACHED),
        ({}, EVERYTHING, replace(REACHED, crm_users=False)),
        ({}, EVERYTHING, replace(REACHED, crm_users=None)),
        ({"job_title": "Countess"}, EVERYTHING, REACHED),
    ],
)
def test_nothing_is_done_without_a_record_a_wish_or_the_right(crm: Any, on: Any, account: Any) -> None:
    decision = decided({"title": "Countess"}, crm=crm, on=on, account=account)

    assert ChangeKind.NONE is decision.change.kind
    assert () == decision.change.crm_attributes


def test_the_approval_of_a_change_is_another_for_another_attribute_and_the_same_without_any() -> None:
    one, other = decided({"title": "A"}, crm={}).change, decided({"title": "B"}, crm={}).change

    assert approval_of(one) != approval_of(other)
    assert approval_of(structs.replace(one, crm_attributes=())) == approval_of(
        structs.replace(other, crm_attributes=())
    )


def test_the_gate_is_the_same_for_attributes_as_for_everything_else() -> None:
    decision = decided({"title": "A"}, crm={}, protected=frozenset({"ada@example.com"}))

    assert isinstance(decision.verdict, Hold)
    assert HoldReason.PROTECTED is decision.verdict.reason


def test_an_answer_that_does_not_tell_takes_nothing_away_from_what_was_known() -> None:
    known = make_known(crm={"phone": "1"}, crm_id="9", seat_names=("Core",))

    assert known == with_what_was_known(make_known(), known)
    told = make_known(crm={}, crm_id="8", seat_names=())
    assert told == with_what_was_known(told, known)
    assert make_known() == as_far_as_known(told, make_known())
    assert told == as_far_as_known(told, known)
