"""Creating somebody: one call, and what every other answer to it means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.domain.delivery import Access
from syncline.gateway.hubspot.call import Answer
from syncline.gateway.hubspot.conversation import OURS, WITHOUT_SET
from syncline.gateway.hubspot.failures import FailureKind
from syncline.gateway.hubspot.outcome import Delivered, Existing, Failed
from tests.unit.hubspot.talking import (
    ADA,
    EMAIL,
    EXISTS,
    LOST,
    NEVER_SENT,
    NOT_FOUND,
    answer,
    asked,
    carry_out,
    change,
    delivered,
    refusal,
    user_body,
)

CREATE = change(
    ChangeKind.CREATE,
    hubspot_id=None,
    first_name="Ada",
    last_name="Byron",
    permission_set_id="1",
    primary_team_id="10",
    secondary_team_ids=(),
    access_after=Access.ACTIVE,
)
CREATED = answer(201, user_body())
NO_OWNERS = answer(200, {"results": []})
ARCHIVED = {"id": "9", "email": EMAIL, "userId": None, "userIdIncludingInactive": 77}


def test_a_create_is_one_call_that_says_everything_at_once() -> None:
    outcome, calls = delivered(CREATE, CREATED, known=None)

    assert asked(calls) == ["POST users.create"]
    assert calls[0].body == {
        "email": EMAIL,
        "sendWelcomeEmail": False,
        "firstName": "Ada",
        "lastName": "Byron",
        "roleId": "1",
        "primaryTeamId": "10",
    }
    assert Delivered(user=ADA, access=Access.ACTIVE, hubspot_id="77", pending=False) == outcome


def test_the_welcome_mail_is_sent_only_when_the_change_says_so() -> None:
    _, calls = delivered(structs.replace(CREATE, send_welcome_email=True), CREATED, known=None)

    assert calls[0].body is not None
    assert calls[0].body["sendWelcomeEmail"] is True


def test_what_is_not_known_of_a_person_is_left_out_of_the_create() -> None:
    bare = change(ChangeKind.CREATE, hubspot_id=None, secondary_team_ids=("11",))
    _, calls = delivered(bare, answer(201, {"id": 77, "email": EMAIL}), known=None)

    assert calls[0].body == {"email": EMAIL, "sendWelcomeEmail": False, "secondaryTeamIds": ["11"]}


def test_a_created_user_without_the_set_asked_for_is_noted() -> None:
    outcome, _ = delivered(CREATE, answer(201, user_body(roleIds=[], roleId=None)), known=None)

    assert (outcome.notes, outcome.pending) == ((WITHOUT_SET,), True)
    assert outcome.user is not None
    assert outcome.user.permission_set_ids == ()


@pytest.mark.parametrize(
    "exists",
    [
        EXISTS,
        refusal(409, "Conflict."),
        refusal(400, "A user with the email ada@acme.example already exists in this account."),
        refusal(400, "Invalid.", errors=[{"message": "No.", "code": "USER_ALREADY_EXISTS", "in": "email"}]),
        refusal(400, "Invalid.", category="OBJECT_ALREADY_EXISTS"),
    ],
)
def test_a_create_that_meets_somebody_reads_him_and_changes_nothing(exists: Answer) -> None:
    outcome, calls = carry_out(CREATE, exists, answer(200, user_body()), NO_OWNERS, known=None)

    assert asked(calls) == ["POST users.create", "GET users.get", "GET owners.find"]
    assert calls[1].path == "/settings/users/2026-03/ada%40acme.example"
    assert calls[1].query == (("idProperty", "EMAIL"),)
    assert calls[2].query == (("archived", "true"), ("email", EMAIL))
    assert Existing(ADA) == outcome


@pytest.mark.parametrize(
    ("owners", "active"),
    [
        (NO_OWNERS, True),
        (answer(200, {"results": [ARCHIVED]}), False),
        (answer(200, {"results": [{**ARCHIVED, "userIdIncludingInactive": 5}]}), True),
        (answer(200, {"results": [], "paging": {"next": {"after": "9"}}}), None),
        (refusal(403, "No.", "MISSING_SCOPES"), None),
    ],
    ids=["no owner", "his owner", "another owner", "more than asked for", "no scope"],
)
def test_whom_a_create_meets_may_be_deactivated(owners: Answer, active: bool | None) -> None:
    outcome, _ = carry_out(CREATE, EXISTS, answer(200, user_body()), owners, known=None)

    assert Existing(replace(ADA, active=active)) == outcome


def test_somebody_deactivated_whom_hubspot_does_not_list_is_held() -> None:
    owners = answer(200, {"results": [ARCHIVED]})
    outcome, _ = carry_out(CREATE, EXISTS, NOT_FOUND, owners, known=None)

    assert isinstance(outcome, Failed)
    assert (FailureKind.HELD, "DEACTIVATED_AND_UNLISTED") == (outcome.failure.kind, outcome.failure.code)


def test_somebody_who_exists_and_cannot_be_found_is_tried_again() -> None:
    outcome, _ = carry_out(CREATE, EXISTS, NOT_FOUND, NO_OWNERS, known=None)

    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.RETRY, "EXISTS_BUT_UNREADABLE")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (LOST, FailureKind.UNKNOWN_OUTCOME),
        (NEVER_SENT, FailureKind.RETRY),
        (answer(500), FailureKind.UNKNOWN_OUTCOME),
        (answer(504), FailureKind.UNKNOWN_OUTCOME),
        (answer(503), FailureKind.RETRY),
        (Answer(status=201, error="the reply broke off"), FailureKind.UNKNOWN_OUTCOME),
        (answer(201, {"unexpected": True}), FailureKind.UNKNOWN_OUTCOME),
    ],
)
def test_a_create_is_repeated_blindly_only_when_it_surely_had_no_effect(
    reply: Answer, kind: FailureKind
) -> None:
    outcome, calls = carry_out(CREATE, reply, known=None)

    assert isinstance(outcome, Failed)
    assert kind == outcome.failure.kind
    assert len(calls) == 1


def test_after_a_lost_answer_the_user_found_is_ours_for_one_call() -> None:
    outcome, calls = carry_out(CREATE, answer(200, user_body()), known=None, ours_if_found=True)

    assert asked(calls) == ["GET users.get"]
    assert isinstance(outcome, Delivered)
    assert (outcome.hubspot_id, outcome.access, outcome.notes) == ("77", Access.ACTIVE, (OURS,))


def test_after_a_lost_answer_the_user_found_is_brought_in_line() -> None:
    found: AccountUser = replace(ADA, permission_set_ids=("2",))
    outcome, calls = carry_out(
        CREATE, answer(200, user_body(found)), answer(200, user_body()), known=None, ours_if_found=True
    )

    assert asked(calls) == ["GET users.get", "PUT users.update"]
    assert calls[1].body == {"roleId": "1"}
    assert isinstance(outcome, Delivered)


def test_after_a_lost_answer_nobody_found_means_create_again() -> None:
    outcome, calls = carry_out(CREATE, NOT_FOUND, CREATED, known=None, ours_if_found=True)

    assert asked(calls) == ["GET users.get", "POST users.create"]
    assert isinstance(outcome, Delivered)
    assert outcome.notes == ()


def test_after_a_lost_answer_nothing_is_created_while_nobody_can_look() -> None:
    outcome, calls = carry_out(CREATE, answer(503), known=None, ours_if_found=True)

    assert asked(calls) == ["GET users.get"]
    assert isinstance(outcome, Failed)
