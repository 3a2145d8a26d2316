"""Adopting and updating: only what differs is sent, by the channel that may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncline.gateway.domain.change import NO_TEAM, ChangeKind
from syncline.gateway.domain.delivery import Access
from syncline.gateway.hubspot.conversation import WAITS_FOR_SIGN_IN
from syncline.gateway.hubspot.failures import FailureKind
from syncline.gateway.hubspot.outcome import Delivered
from tests.unit.hubspot.talking import (
    ADA,
    NO_CONTENT,
    NOT_FOUND,
    answer,
    asked,
    change,
    delivered,
    failed,
    refusal,
    scim_body,
    user_body,
)

NAMES_REFUSED = refusal(
    400, "Invalid.", errors=[{"message": "No.", "context": {"reason": ["USER_NOT_ON_ANY_HUBS"]}}]
)
MANAGED = refusal(400, "Managed.", errors=[{"message": "x", "code": "USER_MANAGED_BY_SCIM", "in": "roleId"}])


@pytest.mark.parametrize("kind", [ChangeKind.ADOPT, ChangeKind.UPDATE])
def test_nothing_that_differs_costs_no_call(kind: ChangeKind) -> None:
    same = change(kind, first_name="Ada", last_name="Byron", permission_set_id="1", primary_team_id="10")
    outcome, calls = delivered(same)

    assert calls == []
    assert Delivered(user=ADA, access=Access.ACTIVE, hubspot_id="77") == outcome


def test_the_kind_none_costs_no_call_and_leaves_access_as_it_stands() -> None:
    outcome, calls = delivered(change(ChangeKind.NONE, access_after=Access.DEACTIVATED))

    assert (calls, outcome.access) == ([], Access.DEACTIVATED)


def test_only_the_fields_that_differ_are_sent() -> None:
    moved = change(
        ChangeKind.UPDATE,
        first_name="Ada",
        permission_set_id="2",
        primary_team_id="11",
        secondary_team_ids=(),
    )
    after = replace(ADA, permission_set_ids=("2",), primary_team_id="11")
    outcome, calls = delivered(moved, answer(200, user_body(after)))

    assert asked(calls) == ["PUT users.update"]
    assert calls[0].path == "/settings/users/2026-03/77"
    assert calls[0].body == {"roleId": "2", "primaryTeamId": "11"}
    assert after == outcome.user


def test_teams_are_taken_away_by_null_and_by_an_empty_list() -> None:
    known = replace(ADA, secondary_team_ids=("11",))
    bare = change(ChangeKind.UPDATE, primary_team_id=NO_TEAM, secondary_team_ids=())
    _, calls = delivered(bare, answer(200, user_body(primaryTeamId=None)), known=known)

    assert calls[0].body == {"primaryTeamId": None, "secondaryTeamIds": []}


def test_the_order_of_secondary_teams_is_no_difference() -> None:
    known = replace(ADA, secondary_team_ids=("11", "12"))
    _, calls = delivered(change(ChangeKind.UPDATE, secondary_team_ids=("12", "11")), known=known)

    assert calls == []


def test_somebody_unknown_is_updated_by_his_email_with_all_that_is_asked() -> None:
    moved = change(ChangeKind.UPDATE, hubspot_id=None, permission_set_id="1")
    outcome, calls = delivered(moved, answer(200, user_body()), known=None)

    assert calls[0].path == "/settings/users/2026-03/ada%40acme.example"
    assert calls[0].query == (("idProperty", "EMAIL"),)
    assert outcome.hubspot_id == "77"


def test_refused_names_are_left_out_of_a_second_call_and_wait_for_the_first_sign_in() -> None:
    moved = change(ChangeKind.UPDATE, first_name="Augusta", permission_set_id="2")
    after = replace(ADA, permission_set_ids=("2",))
    outcome, calls = delivered(moved, NAMES_REFUSED, answer(200, user_body(after)))

    assert [call.body for call in calls] == [{"firstName": "Augusta", "roleId": "2"}, {"roleId": "2"}]
    assert (outcome.notes, outcome.pending) == ((WAITS_FOR_SIGN_IN,), True)
    assert after == outcome.user


def test_refused_names_alone_wait_after_one_call() -> None:
    outcome, calls = delivered(change(ChangeKind.UPDATE, last_name="King"), NAMES_REFUSED)

    assert len(calls) == 1
    assert (outcome.notes, outcome.pending, outcome.user) == ((WAITS_FOR_SIGN_IN,), True, ADA)


def test_the_name_of_a_scim_user_goes_by_the_scim_channel_and_the_rest_by_the_api() -> None:
    moved = change(
        ChangeKind.UPDATE, scim_id="s-1", first_name="Augusta", last_name="King", permission_set_id="2"
    )
    after = replace(ADA, permission_set_ids=("2",))
    outcome, calls = delivered(moved, answer(200, user_body(after)), answer(200, scim_body()))

    assert asked(calls) == ["PUT users.update", "PATCH scim.users.update"]
    assert calls[0].body == {"roleId": "2"}
    assert calls[1].body is not None
    assert calls[1].body["Operations"] == [
        {"op": "replace", "path": "name.givenName", "value": "Augusta"},
        {"op": "replace", "path": "name.familyName", "value": "King"},
    ]
    assert replace(after, first_name="Augusta", last_name="King") == outcome.user
    assert outcome.scim_id == "s-1"


def test_a_permission_set_the_api_may_not_change_goes_by_the_scim_channel() -> None:
    moved = change(ChangeKind.UPDATE, scim_id="s-1", permission_set_id="2", primary_team_id="11")
    after = replace(ADA, permission_set_ids=("2",), primary_team_id="11")
    outcome, calls = delivered(moved, MANAGED, answer(200, scim_body()), answer(200, user_body(after)))

    assert asked(calls) == ["PUT users.update", "PATCH scim.users.update", "PUT users.update"]
    assert calls[1].body is not None
    assert calls[1].body["Operations"] == [
        {"op": "replace", "path": "roles", "value": [{"value": "Manager", "primary": True}]}
    ]
    assert calls[2].body == {"primaryTeamId": "11"}
    assert after == outcome.user


def test_a_permission_set_that_went_by_the_scim_channel_alone_is_read_back() -> None:
    moved = change(ChangeKind.UPDATE, scim_id="s-1", permission_set_id="2")
    outcome, calls = failed(moved, MANAGED, answer(200, scim_body()), answer(200, user_body()))

    assert asked(calls) == ["PUT users.update", "PATCH scim.users.update", "GET users.get"]
    assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.RETRY, "NOT_CONFIRMED")


def test_without_a_scim_user_a_refusal_for_scim_is_for_an_admin() -> None:
    outcome, calls = failed(change(ChangeKind.UPDATE, permission_set_id="2"), MANAGED)

    assert (
        len(calls),
        outcome.failure.kind,
        outcome.failure.code,
    ) == (1, FailureKind.HELD, "MANAGED_BY_SCIM")


def test_a_permission_set_that_the_answer_does_not_show_is_not_delivered() -> None:
    outcome, _ = failed(change(ChangeKind.UPDATE, permission_set_id="2"), answer(200, user_body()))

    assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.RETRY, "NOT_CONFIRMED")


def test_an_update_of_somebody_who_is_gone_asks_to_read_again() -> None:
    outcome, _ = failed(change(ChangeKind.UPDATE, permission_set_id="2"), NOT_FOUND)

    assert outcome.failure.kind == FailureKind.GONE


def test_removing_is_one_call_and_somebody_who_is_not_there_is_removed() -> None:
    for reply in (NO_CONTENT, NOT_FOUND):
        outcome, calls = delivered(change(ChangeKind.REMOVE, scim_id="s-1"), reply)

        assert asked(calls) == ["DELETE users.remove"]
        assert calls[0].path == "/settings/users/2026-03/77"
        assert Delivered(user=None, access=Access.REMOVED, hubspot_id="77") == outcome


def test_stripping_leaves_the_named_set_and_no_team_in_one_call() -> None:
    strip = change(ChangeKind.STRIP, permission_set_id="2", primary_team_id=NO_TEAM, secondary_team_ids=())
    after = replace(ADA, permission_set_ids=("2",), primary_team_id=None)
    outcome, calls = delivered(strip, answer(200, user_body(after)), known=None)

    assert calls[0].body == {"roleId": "2", "primaryTeamId": None, "secondaryTeamIds": []}
    assert (len(calls), outcome.access) == (1, Access.STRIPPED)


def test_somebody_who_keeps_another_set_is_not_stripped() -> None:
    strip = change(ChangeKind.STRIP, permission_set_id="2")
    outcome, _ = failed(strip, answer(200, user_body(roleIds=["2", "1"])))

    assert outcome.failure.code == "NOT_CONFIRMED"


def test_where_the_scim_channel_gives_the_permission_set_the_seat_comes_first() -> None:
    moved = change(ChangeKind.UPDATE, scim_id="s-1", permission_set_id="2", seat_names=("Core",))
    after = replace(ADA, permission_set_ids=("2",), seat_names=("Core",))
    outcome, calls = delivered(
        moved,
        MANAGED,
        answer(200, user_body(seatNames=["Core"])),
        answer(200, scim_body()),
        answer(200, user_body(after)),
    )

    assert ["PUT users.update", "PUT users.update", "PATCH scim.users.update", "GET users.get"] == asked(
        calls
    )
    assert {"seatNames": ["Core"]} == calls[1].body
    assert after == outcome.user
