"""What Okta puts on the wire, held against the recorded conversations."""

from typing import Any

import pytest

from syncline.rehearsal.mapping import USER_SCHEMA
from syncline.rehearsal.objects import AppRole
from syncline.rehearsal.okta_client import whole_seconds
from syncline.rehearsal.okta_documents import (
    creation_body,
    edited,
    group_body,
    member_of,
    okta_id,
    patch,
    profile,
    without_path,
)
from syncline.rehearsal.paths import ENTERPRISE
from tests.unit.rehearsal.recorded import body_of, person

TEST_USER = person(
    "{{login}}", given_name="Test", surname="User", display_name="Test User", preferred_language="en-US"
)


def stored(**changes: Any) -> dict[str, Any]:
    """Return what an application answers for the test user, with an attribute Okta knows nothing of."""
    document = creation_body(profile(TEST_USER, []), "x")
    del document["password"]
    return {**document, "id": "u1", "meta": {"resourceType": "User"}, "favouriteColour": "teal", **changes}


def test_a_new_user_is_posted_in_the_recorded_form() -> None:
    body = creation_body({**profile(TEST_USER, []), "externalId": "{{oid}}"}, "1mz050nq")

    assert body_of("okta/oin-template-patch", "04") == body


def test_a_custom_application_is_posted_the_same_form() -> None:
    recorded = body_of("okta/wizard-put", "04")
    pat = person(
        "{{login}}", given_name="Pat", surname="Put", display_name="Pat Put", preferred_language="en-US"
    )
    body = creation_body({**profile(pat, []), "externalId": "00u{{run}}"}, "p1aceholder-{{run}}")

    assert recorded == body


@pytest.mark.parametrize(("step", "value"), [("11", {"active": False}), ("14", {"active": True})])
def test_active_travels_without_a_path(step: str, value: dict[str, Any]) -> None:
    assert body_of("okta/oin-template-patch", step) == without_path(value)


def test_a_password_travels_without_a_path() -> None:
    assert body_of("okta/oin-template-patch", "15") == without_path({"password": "Sup3r-{{run}}"})


def test_a_rename_of_a_group_repeats_the_id() -> None:
    name = {"id": "{{group}}", "displayName": "Okta Push {{run}} v2"}

    assert body_of("okta/oin-template-patch", "29") == without_path(name)


def test_members_go_and_come_in_one_patch() -> None:
    gone = {"op": "remove", "path": 'members[value eq "{{user}}"]'}
    new = {"op": "add", "path": "members", "value": [member_of("{{user2}}", "{{login2}}")]}

    assert body_of("okta/oin-template-patch", "27") == patch([gone, new])


def test_a_group_is_posted_without_members() -> None:
    assert body_of("okta/wizard-put", "17") == group_body("{{gname}}", [])


def test_a_group_of_a_custom_application_is_put_whole() -> None:
    members = [member_of("{{user}}", "{{login}}"), member_of("{{user2}}", "{{login2}}")]

    assert body_of("okta/wizard-put", "18") == group_body("{{gname}}", members, "{{group}}")


def test_an_edited_document_keeps_what_okta_does_not_know() -> None:
    married = person("{{login}}", given_name="Test", surname="Other", display_name="Test Other")
    changed = edited(stored(), profile(married, []))

    assert ("teal", "u1", {"resourceType": "User"}) == (
        changed["favouriteColour"],
        changed["id"],
        changed["meta"],
    )
    assert {"givenName": "Test", "familyName": "Other"} == changed["name"]
    assert "locale" not in changed


def test_editing_leaves_the_document_that_was_read_alone() -> None:
    document = stored()
    edited(document, {"active": False, "name.givenName": "Other"})

    assert (True, "Test") == (document["active"], document["name"]["givenName"])


def test_a_profile_that_is_held_already_changes_nothing() -> None:
    assert stored() == edited(stored(), profile(TEST_USER, []))


def test_a_department_brings_its_schema() -> None:
    changed = edited(stored(), profile(person("{{login}}", department="Ops"), []))

    assert [USER_SCHEMA, ENTERPRISE] == changed["schemas"]
    assert {"department": "Ops"} == changed[ENTERPRISE]


def test_a_cleared_attribute_is_taken_out_with_what_it_leaves_empty() -> None:
    before = profile(person("{{login}}", department="Ops", mobile="1", city="Oslo"), [])
    changed = edited(edited(stored(), before), profile(person("{{login}}"), []))

    assert {ENTERPRISE, "phoneNumbers", "addresses"}.isdisjoint(changed)


def test_a_new_work_address_becomes_the_primary_one_and_others_stay() -> None:
    private = {"type": "home", "value": "me@home.example", "primary": False}
    document = stored(emails=[private, {"type": "work", "value": "old@a.example", "primary": True}])
    changed = edited(document, profile(person("new@a.example"), []))

    assert [private, {"type": "work", "value": "new@a.example", "primary": True}] == changed["emails"]


def test_an_unchanged_work_address_stays_as_primary_as_it_was() -> None:
    addresses = [
        {"type": "home", "value": "me@home.example", "primary": True},
        {"type": "work", "value": "{{login}}"},
    ]

    assert addresses == edited(stored(emails=addresses), profile(TEST_USER, []))["emails"]


def test_the_first_role_is_the_primary_one() -> None:
    roles = [AppRole("1", "Manager", "Manager"), AppRole("2", "User", "User")]

    assert [{"primary": True, "value": "Manager"}] == creation_body(profile(TEST_USER, roles), "x")["roles"]


def test_an_id_has_the_form_of_oktas() -> None:
    found = okta_id(TEST_USER.object_id)

    assert (20, "00u", True) == (len(found), found[:3], found.isalnum())


@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [
        ("0", 0),
        (" 120 ", 120_000),
        ("1.5", None),
        ("", None),
        ("-1", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_only_whole_seconds_of_a_retry_after_are_read(retry_after: str, expected: int | None) -> None:
    assert expected == whole_seconds(retry_after)
