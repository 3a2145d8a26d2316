"""What only the SCIM channel can do, and the care with which somebody becomes a SCIM user."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.change import Change, ChangeKind
from syncline.gateway.domain.delivery import Access
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.failures import FailureKind
from tests.unit.hubspot.talking import (
    ADA,
    EMAIL,
    LOST,
    NO_CONTENT,
    NOT_FOUND,
    OK,
    answer,
    asked,
    change,
    delivered,
    failed,
    scim_body,
    scim_refusal,
    user_body,
)

DEACTIVATE = change(ChangeKind.DEACTIVATE, access_after=Access.DEACTIVATED)
KNOWN_TO_SCIM = structs.replace(DEACTIVATE, scim_id="s-1")
CONVERTED = answer(201, scim_body())
DEACTIVATED = answer(200, scim_body(active=False))
ALREADY_SCIM = scim_refusal(409, "userName is taken", "uniqueness")


def found(*resources: dict[str, Any]) -> Answer:
    return answer(200, {"totalResults": len(resources), "Resources": list(resources)})


def operations(call: Call) -> Any:
    assert call.body is not None
    return call.body["Operations"]


def test_a_scim_user_is_deactivated_by_one_call() -> None:
    outcome, calls = delivered(KNOWN_TO_SCIM, DEACTIVATED)

    assert asked(calls) == ["PATCH scim.users.update"]
    assert calls[0].path == "/Users/s-1"
    assert operations(calls[0]) == [{"op": "replace", "path": "active", "value": False}]
    assert (Access.DEACTIVATED, "s-1", replace(ADA, active=False)) == (
        outcome.access,
        outcome.scim_id,
        outcome.user,
    )


def test_an_answer_without_a_body_is_confirmed_by_reading() -> None:
    outcome, calls = delivered(KNOWN_TO_SCIM, NO_CONTENT, DEACTIVATED)

    assert asked(calls) == ["PATCH scim.users.update", "GET scim.users.get"]
    assert outcome.access == Access.DEACTIVATED


@pytest.mark.parametrize(
    "answers",
    [
        [answer(200, scim_body(active=True))],
        [NO_CONTENT, answer(200, scim_body(active=True))],
        [NO_CONTENT, answer(200, scim_body(active=None))],
        [answer(200, scim_body(active=None)), answer(200, {"detail": "?"})],
    ],
)
def test_only_a_confirmed_inactive_is_a_deactivation(answers: list[Answer]) -> None:
    outcome, _ = failed(KNOWN_TO_SCIM, *answers)

    assert (
        outcome.failure.kind,
        outcome.failure.code,
        outcome.scim_id,
    ) == (FailureKind.RETRY, "NOT_CONFIRMED", "s-1")


def test_the_first_use_makes_a_scim_user_saying_what_holds_already() -> None:
    outcome, calls = delivered(DEACTIVATE, OK, CONVERTED, OK, DEACTIVATED)

    assert asked(calls) == [
        "GET users.get",
        "POST scim.users.create",
        "GET users.get",
        "PATCH scim.users.update",
    ]
    assert calls[1].body == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": EMAIL,
        "active": True,
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "emails": [{"value": EMAIL, "type": "work", "primary": True}],
        "roles": [{"value": "Standard User", "primary": True}],
    }
    assert (outcome.scim_id, outcome.access) == ("s-1", Access.DEACTIVATED)


def test_somebody_without_a_permission_set_is_converted_without_roles() -> None:
    bare = answer(200, user_body(replace(ADA, permission_set_ids=())))
    _, calls = delivered(DEACTIVATE, bare, CONVERTED, bare, DEACTIVATED)

    assert calls[1].body is not None
    assert "roles" not in calls[1].body


def test_what_holds_is_read_at_the_time_and_not_taken_from_an_old_picture() -> None:
    promoted = answer(200, user_body(replace(ADA, permission_set_ids=("2",))))
    _, calls = delivered(DEACTIVATE, promoted, CONVERTED, promoted, DEACTIVATED)

    assert calls[1].body is not None
    assert calls[1].body["roles"] == [{"value": "Manager", "primary": True}]


def test_somebody_who_is_gone_is_never_made_anew() -> None:
    outcome, calls = failed(DEACTIVATE, NOT_FOUND)

    assert asked(calls) == ["GET users.get"]
    assert outcome.failure.kind == FailureKind.GONE


def test_somebody_deactivated_at_hubspot_is_not_reactivated_on_the_way() -> None:
    known = replace(ADA, active=False)
    _, calls = delivered(DEACTIVATE, OK, CONVERTED, OK, DEACTIVATED, known=known)

    assert calls[1].body is not None
    assert calls[1].body["active"] is False


def test_a_scim_user_of_old_is_found_by_his_email() -> None:
    outcome, calls = delivered(DEACTIVATE, OK, ALREADY_SCIM, found(scim_body("s-9")), OK, DEACTIVATED)

    assert asked(calls)[:4] == [
        "GET users.get",
        "POST scim.users.create",
        "GET scim.users.list",
        "GET users.get",
    ]
    assert ("filter", f'userName eq "{EMAIL}"') == calls[2].query[0]
    assert (calls[4].path, outcome.scim_id) == ("/Users/s-9", "s-9")


@pytest.mark.parametrize(
    "reply",
    [found(), found(scim_body(userName="bob@acme.example")), found(scim_body("s-1"), scim_body("s-2"))],
)
def test_nobody_else_is_taken_for_the_one_looked_for(reply: Answer) -> None:
    outcome, calls = failed(DEACTIVATE, OK, ALREADY_SCIM, reply)

    assert len(calls) == 3
    assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.HELD, "SCIM_USER_NOT_FOUND")


@pytest.mark.parametrize("after", [(), ("2",), ("1", "2")])
def test_a_permission_set_nobody_asked_to_change_holds_the_tenant(after: tuple[str, ...]) -> None:
    changed = answer(200, user_body(replace(ADA, permission_set_ids=after)))
    outcome, calls = failed(DEACTIVATE, OK, CONVERTED, changed)

    assert len(calls) == 3
    assert (
        outcome.failure.kind,
        outcome.failure.code,
        outcome.scim_id,
    ) == (FailureKind.HELD_TENANT, "PERMISSION_SET_CHANGED_BY_SCIM", None)
    assert "Standard User" in outcome.failure.sentence


def test_a_lost_answer_to_the_conversion_is_looked_into_at_once() -> None:
    changed = answer(200, user_body(replace(ADA, permission_set_ids=())))
    outcome, calls = failed(DEACTIVATE, OK, LOST, changed)

    assert asked(calls) == ["GET users.get", "POST scim.users.create", "GET users.get"]
    assert outcome.failure.kind == FailureKind.HELD_TENANT


def test_a_lost_answer_to_the_conversion_that_changed_nothing_is_tried_again() -> None:
    outcome, _ = failed(DEACTIVATE, OK, LOST, OK)

    assert outcome.failure.kind == FailureKind.UNKNOWN_OUTCOME


def test_a_patch_that_fails_after_the_conversion_remembers_the_scim_user() -> None:
    outcome, _ = failed(DEACTIVATE, OK, CONVERTED, OK, answer(503))

    assert (outcome.scim_id, outcome.failure.kind) == ("s-1", FailureKind.RETRY)


def test_an_id_that_scim_no_longer_knows_is_found_anew_once() -> None:
    gone = scim_refusal(404, "No such user")
    outcome, calls = delivered(KNOWN_TO_SCIM, gone, OK, answer(201, scim_body("s-2")), OK, DEACTIVATED)

    assert len(calls) == 5
    assert outcome.scim_id == "s-2"


def test_an_id_that_scim_no_longer_knows_of_somebody_who_is_gone_makes_nobody() -> None:
    outcome, calls = failed(KNOWN_TO_SCIM, scim_refusal(404, "No such user"), NOT_FOUND)

    assert asked(calls) == ["PATCH scim.users.update", "GET users.get"]
    assert outcome.failure.kind == FailureKind.GONE


def test_two_sets_of_one_name_are_not_trusted_to_a_name() -> None:
    twin = answer(200, user_body(replace(ADA, permission_set_ids=("3",))))
    outcome, calls = failed(DEACTIVATE, twin)

    assert len(calls) == 1
    assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.HELD, "PERMISSION_SET_AMBIGUOUS")


def test_a_set_that_is_not_in_the_account_waits_for_the_next_reading() -> None:
    outcome, calls = failed(DEACTIVATE, answer(200, user_body(replace(ADA, permission_set_ids=("99",)))))

    assert (
        len(calls),
        outcome.failure.kind,
        outcome.failure.code,
    ) == (1, FailureKind.RETRY, "PERMISSION_SET_UNKNOWN")


def test_somebody_with_several_sets_may_lose_one_when_he_is_deactivated_and_it_is_noted() -> None:
    before = answer(200, user_body(replace(ADA, permission_set_ids=("1", "2"))))
    outcome, calls = delivered(DEACTIVATE, before, CONVERTED, OK, DEACTIVATED)

    assert calls[1].body is not None
    assert [role["value"] for role in calls[1].body["roles"]] == ["Standard User", "Manager"]
    assert len(outcome.notes) == 1


def test_somebody_with_several_sets_is_not_converted_for_anything_else() -> None:
    before = answer(200, user_body(replace(ADA, permission_set_ids=("1", "2"))))
    outcome, calls = failed(RENAME, before)

    assert (len(calls), outcome.failure.code) == (1, "SEVERAL_PERMISSION_SETS")


NEW = "ada.king@acme.example"
RENAME = change(
    ChangeKind.RENAME, email=NEW, renamed_from=EMAIL, last_name="King", access_after=Access.ACTIVE
)


def test_a_rename_carries_email_and_name_in_one_patch() -> None:
    renamed = answer(200, scim_body(userName=NEW))
    outcome, calls = delivered(structs.replace(RENAME, scim_id="s-1"), renamed)

    assert asked(calls) == ["PATCH scim.users.update"]
    assert operations(calls[0]) == [
        {"op": "replace", "path": "userName", "value": NEW},
        {"op": "replace", "path": "emails", "value": [{"value": NEW, "type": "work", "primary": True}]},
        {"op": "replace", "path": "name.familyName", "value": "King"},
    ]
    assert replace(ADA, email=NEW, last_name="King") == outcome.user
    assert outcome.access == Access.ACTIVE


def test_a_rename_of_somebody_new_to_scim_converts_him_under_his_old_address() -> None:
    outcome, calls = delivered(RENAME, OK, CONVERTED, OK, answer(200, scim_body(userName=NEW)))

    assert calls[1].body is not None
    assert calls[1].body["userName"] == EMAIL
    assert outcome.user is not None
    assert outcome.user.email == NEW


def test_a_rename_that_is_not_shown_is_not_delivered() -> None:
    outcome, _ = failed(structs.replace(RENAME, scim_id="s-1"), answer(200, scim_body()))

    assert outcome.failure.code == "NOT_CONFIRMED"


def test_a_rename_to_an_address_somebody_has_is_for_an_admin() -> None:
    outcome, _ = failed(structs.replace(RENAME, scim_id="s-1"), ALREADY_SCIM)

    assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.HELD, "ALREADY_EXISTS")


def test_a_rename_with_a_move_sends_the_move_by_the_api() -> None:
    wanted = structs.replace(RENAME, scim_id="s-1", permission_set_id="2")
    after = replace(ADA, email=NEW, last_name="King", permission_set_ids=("2",))
    outcome, calls = delivered(wanted, answer(200, scim_body(userName=NEW)), answer(200, user_body(after)))

    assert asked(calls) == ["PATCH scim.users.update", "PUT users.update"]
    assert calls[1].body == {"roleId": "2"}
    assert after == outcome.user


REACTIVATE = change(ChangeKind.REACTIVATE, scim_id="s-1", access_after=Access.ACTIVE)
AWAY: AccountUser = replace(ADA, active=False)


def test_a_reactivation_of_a_scim_user_is_one_call() -> None:
    outcome, calls = delivered(REACTIVATE, answer(200, scim_body(active=True)), known=AWAY)

    assert operations(calls[0]) == [{"op": "replace", "path": "active", "value": True}]
    assert (len(calls), outcome.access, outcome.user) == (1, Access.ACTIVE, ADA)


def test_a_reactivation_under_another_name_address_and_role_is_two_calls() -> None:
    wanted: Change = structs.replace(
        REACTIVATE, email=NEW, renamed_from=EMAIL, first_name="Augusta", permission_set_id="2"
    )
    after = replace(ADA, email=NEW, first_name="Augusta", permission_set_ids=("2",))
    patched = answer(200, scim_body(active=True, userName=NEW))
    outcome, calls = delivered(wanted, patched, answer(200, user_body(after)), known=AWAY)

    assert [each["path"] for each in operations(calls[0])] == [
        "active",
        "userName",
        "emails",
        "name.givenName",
    ]
    assert calls[1].body == {"roleId": "2"}
    assert after == outcome.user


def test_a_reactivation_of_somebody_new_to_scim_converts_him_first() -> None:
    wanted = structs.replace(REACTIVATE, scim_id=None)
    outcome, calls = delivered(wanted, OK, CONVERTED, OK, answer(200, scim_body(active=True)), known=AWAY)

    assert calls[1].body is not None
    assert calls[1].body["active"] is True
    assert outcome.scim_id == "s-1"


def test_a_reactivation_of_somebody_no_list_shows_is_by_his_id() -> None:
    outcome, calls = delivered(REACTIVATE, answer(200, scim_body(active="True")), known=None)

    assert (len(calls), outcome.hubspot_id, outcome.access) == (1, "77", Access.ACTIVE)


def test_scim_that_refuses_for_its_prerequisites_says_which() -> None:
    outcome, _ = failed(DEACTIVATE, OK, scim_refusal(403, "SCIM needs single sign-on, which is off."))

    assert outcome.failure.kind == FailureKind.HELD
    assert "single sign-on" in outcome.failure.sentence
