"""Reading an account: whole, in few calls, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.account import PermissionSet, Team
from syncline.gateway.hubspot.account import (
    NO_OWNERS,
    NO_TEAMS,
    AccountReading,
    AccountUnread,
    find_user,
    read_account,
)
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.failures import Failure, FailureKind
from syncline.gateway.hubspot.limits import Limits
from tests.unit.hubspot.talking import (
    ADA,
    EMAIL,
    LOST,
    NOT_FOUND,
    answer,
    asked,
    hold,
    refusal,
    user_body,
)

DETAILS = answer(200, {"portalId": 4711, "accountType": "STANDARD", "timeZone": "Europe/Paris"})
ROLES = answer(
    200,
    {
        "results": [
            {"id": "1", "name": "Standard User", "requiresBillingWrite": False},
            {"id": 2, "name": "Sales", "requiresBillingWrite": True},
        ]
    },
)
TEAMS = answer(200, {"results": [{"id": "10", "name": "North", "userIds": [], "secondaryUserIds": []}]})
NOBODY = answer(200, {"results": []})
NO_SCOPE = refusal(403, "Scopes.", "MISSING_SCOPES")


def users(*bodies: dict[str, Any], after: str | None = None) -> Answer:
    body: dict[str, Any] = {"results": list(bodies)}
    return answer(200, body if after is None else body | {"paging": {"next": {"after": after, "link": "x"}}})


def owner(user_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"o{user_id}",
        "userId": None,
        "userIdIncludingInactive": int(user_id),
        "archived": True,
    } | changed


def read(*answers: Answer) -> tuple[AccountReading, list[Call]]:
    reading, calls = hold(read_account(), *answers)
    assert isinstance(reading, AccountReading), reading
    return reading, calls


def unread(*answers: Answer) -> Failure:
    reading, _ = hold(read_account(), *answers)
    assert isinstance(reading, AccountUnread), reading
    return reading.failure


def test_an_account_is_read_whole_in_five_calls() -> None:
    bob = user_body(id="78", email="bob@acme.example", superAdmin=True)
    reading, calls = read(DETAILS, ROLES, TEAMS, users(user_body(), bob), users(owner("77")))

    assert asked(calls) == [
        "GET account.details",
        "GET roles.list",
        "GET teams.list",
        "GET users.list",
        "GET owners.list",
    ]
    account = reading.account
    assert (account.portal_id, account.time_zone, account.super_admin_count) == (4711, "Europe/Paris", 1)
    assert account.permission_sets == (PermissionSet("1", "Standard User"), PermissionSet("2", "Sales", True))
    assert account.teams == (Team("10", "North"),)
    assert [(user.hubspot_id, user.active) for user in reading.users] == [("77", False), ("78", True)]
    assert (reading.missing, reading.calls) == ((), 5)


def test_a_list_is_read_to_its_last_page() -> None:
    first, second = users(user_body(), after="a"), users(user_body(id="78"))
    reading, calls = read(DETAILS, ROLES, TEAMS, first, second, NOBODY)

    assert [call.query for call in calls if call.purpose == "users.list"] == [
        (("limit", "100"),),
        (("limit", "100"), ("after", "a")),
    ]
    assert [user.hubspot_id for user in reading.users] == ["77", "78"]


def test_somebody_on_two_pages_is_one_person() -> None:
    reading, _ = read(DETAILS, ROLES, TEAMS, users(user_body(), after="a"), users(user_body()), NOBODY)

    assert len(reading.users) == 1


def test_pages_that_lead_back_to_themselves_are_no_list() -> None:
    page = users(user_body(), after="a")

    assert unread(DETAILS, ROLES, TEAMS, page, page).code == "UNREADABLE_LIST"


def test_an_account_without_permission_sets_is_read_all_the_same() -> None:
    reading, _ = read(DETAILS, refusal(400, "Account doesn't have access to roles."), TEAMS, users(), NOBODY)

    assert (reading.account.has_permission_sets, reading.account.permission_sets) == (False, ())


def test_a_credential_that_may_not_see_teams_and_owners_leaves_them_unknown() -> None:
    reading, _ = read(DETAILS, ROLES, NO_SCOPE, users(user_body()), NO_SCOPE)

    assert reading.missing == (NO_TEAMS, NO_OWNERS)
    assert reading.users[0].active is None


def test_an_archived_owner_whose_user_is_active_deactivates_nobody() -> None:
    reading, _ = read(DETAILS, ROLES, TEAMS, users(user_body()), users(owner("77", userId=77)))

    assert reading.users[0].active is True


def test_a_deactivated_super_admin_does_not_count_as_one() -> None:
    admin = user_body(superAdmin=True)
    reading, _ = read(DETAILS, ROLES, TEAMS, users(admin), users(owner("77")))

    assert reading.account.super_admin_count == 0


def test_the_limits_the_account_states_are_kept() -> None:
    headers = {"x-hubspot-ratelimit-max": "190", "x-hubspot-ratelimit-interval-milliseconds": "10000"}
    details = answer(200, DETAILS.body, headers)
    reading, _ = read(details, ROLES, TEAMS, users(), NOBODY)

    assert reading.limits == Limits(maximum=190, interval=10_000)


@pytest.mark.parametrize(
    "answers",
    [
        [LOST],
        [answer(200, {"portalId": "4711"})],
        [answer(200)],
        [DETAILS, answer(500)],
        [DETAILS, answer(200, {"results": [{"id": "1"}]})],
        [DETAILS, ROLES, answer(200, {"results": ["North"]})],
        [DETAILS, ROLES, TEAMS, NO_SCOPE],
        [DETAILS, ROLES, TEAMS, answer(200, {})],
        [DETAILS, ROLES, TEAMS, users(user_body(), {"id": "78"})],
        [DETAILS, ROLES, TEAMS, users(user_body(), after="a"), LOST],
        [DETAILS, ROLES, TEAMS, Answer(status=200, error="the reply was too long")],
        [DETAILS, ROLES, TEAMS, users(user_body()), answer(502)],
        [DETAILS, ROLES, TEAMS, users(user_body()), answer(200, {"results": [{}]})],
    ],
)
def test_anything_but_a_complete_reading_is_none(answers: list[Answer]) -> None:
    assert unread(*answers).sentence


def test_one_person_is_found_in_one_call() -> None:
    found, calls = hold(find_user(email=EMAIL), answer(200, user_body(active=None)))

    assert found == AccountUserWithoutAccess
    assert calls[0].query == (("idProperty", "EMAIL"),)


def test_nobody_there_is_a_failure_of_its_own_kind() -> None:
    found, _ = hold(find_user(hubspot_id="77"), NOT_FOUND)

    assert isinstance(found, Failure)
    assert found.kind is FailureKind.GONE


AccountUserWithoutAccess = type(ADA)(
    hubspot_id="77",
    email=EMAIL,
    first_name="Ada",
    last_name="Byron",
    permission_set_ids=("1",),
    primary_team_id="10",
)
