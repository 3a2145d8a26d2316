"""CRM records of users over the API: which calls are put, and what a refusal of them means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.domain.delivery import Access
from syncline.gateway.hubspot.account import AccountReading, find_user, read_account, read_lists
from syncline.gateway.hubspot.account import Lists as ReadLists
from syncline.gateway.hubspot.call import Answer
from syncline.gateway.hubspot.crm_calls import crm_record
from syncline.gateway.hubspot.crm_conversation import NO_RECORD, UNAVAILABLE
from syncline.gateway.hubspot.failures import FailureKind
from tests.unit.hubspot.talking import (
    ACCOUNT,
    ADA,
    LOST,
    NOT_FOUND,
    answer,
    asked,
    change,
    delivered,
    failed,
    hold,
    refusal,
    user_body,
)

DETAILS = answer(200, {"portalId": 4711, "accountType": "STANDARD", "timeZone": "Europe/Paris"})
NOTHING = answer(200, {"results": []})
NO_SCOPE = refusal(
    403,
    "Scopes.",
    "MISSING_SCOPES",
    errors=[{"message": "x", "context": {"requiredGranularScopes": ["crm.objects.users.write"]}}],
)
REFUSED = refusal(400, "hs_job_title is too long", "VALIDATION_ERROR")
RECORD = {
    "id": "901",
    "properties": {
        "hs_internal_user_id": ADA.hubspot_id,
        "hs_job_title": "Countess",
        "hs_additional_phone": "",
    },
}
WRITTEN = answer(200, {"id": "901", "properties": {"hs_job_title": "Countess"}})
REACHED = replace(ACCOUNT, crm_users=True)
KNOWN = replace(ADA, crm={"phone": "1"})
TITLE = (("job_title", "Countess"),)
UPDATE = change(ChangeKind.UPDATE, crm_attributes=TITLE, access_after=Access.ACTIVE)


def test_attributes_are_written_in_one_call_by_the_users_own_id() -> None:
    outcome, calls = delivered(UPDATE, WRITTEN, known=KNOWN)

    assert ["PATCH crm-users.update"] == asked(calls)
    assert f"/crm/objects/2026-03/users/{ADA.hubspot_id}" == calls[0].path
    assert (("idProperty", "hs_internal_user_id"),) == calls[0].query
    assert {"properties": {"hs_job_title": "Countess"}} == calls[0].body
    assert outcome.user == replace(KNOWN, crm={"phone": "1", "job_title": "Countess"}, crm_id="901")


def test_a_record_whose_id_is_known_is_named_by_that() -> None:
    _, calls = delivered(UPDATE, WRITTEN, known=replace(KNOWN, crm_id="901"))

    assert ("/crm/objects/2026-03/users/901", ()) == (calls[0].path, calls[0].query)


def test_everything_else_of_the_change_comes_first() -> None:
    both = change(ChangeKind.UPDATE, permission_set_id="2", crm_attributes=TITLE, access_after=Access.ACTIVE)

    outcome, calls = delivered(both, answer(200, user_body(roleIds=["2"])), WRITTEN, known=KNOWN)

    assert ["PUT users.update", "PATCH crm-users.update"] == asked(calls)
    assert outcome.user is not None
    assert {"phone": "1", "job_title": "Countess"} == outcome.user.crm


def test_a_newcomer_is_created_without_attributes_and_his_record_counts_as_empty() -> None:
    wanted = change(ChangeKind.CREATE, crm_attributes=TITLE)

    outcome, calls = delivered(wanted, answer(201, user_body()), known=None, account=REACHED)

    assert ["POST users.create"] == asked(calls)
    assert outcome.user is not None
    assert {} == outcome.user.crm
    unread, _ = delivered(wanted, answer(201, user_body()), known=None)
    assert unread.user is not None
    assert unread.user.crm is None


def test_no_record_yet_and_a_value_refused_are_told_and_hold_nobody() -> None:
    outcome, _ = delivered(UPDATE, NOT_FOUND, known=KNOWN)
    assert ((NO_RECORD,), True, KNOWN) == (outcome.notes, outcome.pending, outcome.user)

    outcome, _ = delivered(UPDATE, REFUSED, known=KNOWN)
    assert "hs_job_title is too long" in outcome.notes[0]
    assert (False, KNOWN) == (outcome.pending, outcome.user)


def test_without_the_scope_the_account_is_out_of_date_and_nobody_is_held() -> None:
    outcome, _ = failed(UPDATE, NO_SCOPE, known=KNOWN)

    assert (FailureKind.RETRY, UNAVAILABLE) == (outcome.failure.kind, outcome.failure.code)
    assert "crm.objects.users.write" in outcome.failure.sentence


@pytest.mark.parametrize("fault", [LOST, answer(503), answer(429)])
def test_a_fault_is_a_fault_as_everywhere(fault: Answer) -> None:
    outcome, _ = failed(UPDATE, fault, known=KNOWN)

    assert outcome.failure.kind in (FailureKind.RETRY, FailureKind.RATE_LIMITED)


def test_records_are_read_only_when_asked_for_and_joined_with_their_users() -> None:
    users, records = answer(200, {"results": [user_body()]}), answer(200, {"results": [RECORD]})

    reading, calls = hold(
        read_account(crm=True), DETAILS, NOTHING, NOTHING, NOTHING, NOT_FOUND, users, records, NOTHING
    )

    assert isinstance(reading, AccountReading)
    assert True is reading.account.crm_users
    assert ({"job_title": "Countess"}, "901") == (reading.users[0].crm, reading.users[0].crm_id)
    assert [
        "GET crm-users.list",
        "PATCH crm-users.update",
        "GET users.list",
        "GET crm-users.list",
    ] == asked(calls)[3:7]
    assert ("limit", "100") in calls[6].query

    reading, calls = hold(read_account(), DETAILS, NOTHING, NOTHING, NOTHING, NOTHING)
    assert isinstance(reading, AccountReading)
    assert reading.account.crm_users is None
    assert not any("crm-users" in call.purpose for call in calls)


@pytest.mark.parametrize(
    ("answers", "reached"),
    [
        ((NOTHING, NOT_FOUND), True),
        ((NOTHING, REFUSED), True),
        ((NOTHING, answer(200, {"id": "0"})), True),
        ((NOTHING, NO_SCOPE), False),
        ((NO_SCOPE,), False),
        ((NOT_FOUND,), False),
        ((REFUSED,), False),
    ],
)
def test_whether_records_can_be_had_is_found_out_without_changing_anything(
    answers: tuple[Answer, ...], reached: bool
) -> None:
    lists, calls = hold(read_lists(crm=True), DETAILS, NOTHING, NOTHING, *answers)

    assert isinstance(lists, ReadLists)
    assert reached is lists.account.crm_users
    assert reached is not bool([each for each in lists.missing if each.startswith("CRM attributes")])
    assert all(not call.body["properties"] for call in calls if call.body)


def test_an_outage_says_nothing_about_records() -> None:
    lists, _ = hold(read_lists(crm=True), DETAILS, NOTHING, NOTHING, answer(503))

    assert not isinstance(lists, ReadLists)


def test_one_person_is_read_with_his_record_and_without_one_nothing_is_known_of_it() -> None:
    user = answer(200, user_body())
    found, calls = hold(find_user(hubspot_id=ADA.hubspot_id, with_crm=True), user, answer(200, RECORD))
    assert ["GET users.get", "GET crm-users.get"] == asked(calls)
    assert {"job_title": "Countess"} == getattr(found, "crm", None)

    for without in (NOT_FOUND, NO_SCOPE):
        found, _ = hold(find_user(hubspot_id=ADA.hubspot_id, with_crm=True), user, without)
        assert getattr(found, "crm", "?") is None


@pytest.mark.parametrize(
    "body", [None, [], {}, {"id": "1"}, {"id": True, "properties": {}}, {"properties": {}}]
)
def test_what_is_no_record_is_none(body: object) -> None:
    assert crm_record(body) is None


def test_a_record_of_nobody_is_read_and_stands_for_nobody() -> None:
    record = crm_record({"id": 5, "properties": {"hs_job_title": None}})

    assert record is not None
    assert ("", "5", {}) == (record.hubspot_id, record.crm_id, record.values)
