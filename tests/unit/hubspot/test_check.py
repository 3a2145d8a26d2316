"""The connection check: what each channel can do, in words, by calls that change nothing."""

from __future__ import annotations

import pytest

from syncline.gateway.hubspot.account import NO_TEAMS
from syncline.gateway.hubspot.call import Answer, Call, Channel
from syncline.gateway.hubspot.check import NOBODY, CheckReport, check_connection
from tests.unit.hubspot.talking import (
    LOST,
    NOT_FOUND,
    OK,
    answer,
    asked,
    hold,
    refusal,
    scim_body,
    scim_refusal,
    user_body,
)

HEADERS = {"x-hubspot-ratelimit-max": "190", "x-hubspot-ratelimit-interval-milliseconds": "10000"}
DETAILS = answer(200, {"portalId": 4711, "accountType": "STANDARD", "timeZone": "Europe/Paris"}, HEADERS)
ROLES = answer(200, {"results": [{"id": "1", "name": "Standard User"}]})
TEAMS = answer(200, {"results": [{"id": "10", "name": "North"}]})
USERS = answer(200, {"results": [user_body()]})
NONE = answer(200, {"results": []})
API = [DETAILS, ROLES, TEAMS, USERS, NONE, NOT_FOUND]
CONFIGURATION = answer(200, {"patch": {"supported": True}})
NOT_THERE = answer(200, {"totalResults": 0, "Resources": []})
ADA_OVER_SCIM = answer(200, {"Resources": [scim_body()]})
SCIM = [CONFIGURATION, NOT_THERE, ADA_OVER_SCIM]
NO_SCOPE = refusal(
    403,
    "Scopes.",
    "MISSING_SCOPES",
    errors=[{"message": "x", "context": {"requiredGranularScopes": ["settings.users.write"]}}],
)


def check(*answers: Answer, channels: tuple[Channel, ...] = tuple(Channel)) -> tuple[CheckReport, list[Call]]:
    return hold(check_connection(channels), *answers)


def words(report: CheckReport, channel: Channel) -> tuple[bool, str, str]:
    found = next(each for each in report.channels if each.channel is channel)
    return found.ok, " | ".join(found.can), " | ".join(found.cannot)


def test_a_whole_connection_can_do_everything() -> None:
    report, calls = check(*API, *SCIM)

    assert report.shown() == {
        "portal_id": 4711,
        "account_type": "STANDARD",
        "permission_sets": [{"id": "1", "name": "Standard User", "paid": False}],
        "teams": [{"id": "10", "name": "North"}],
        "users": 1,
        "channels": [
            {
                "channel": "api",
                "ok": True,
                "can": [
                    "say which account it is",
                    "read permission sets",
                    "read teams and assign people to them",
                    "read users",
                    "see who is deactivated at HubSpot",
                    "create, update and remove users",
                ],
                "cannot": [],
            },
            {
                "channel": "scim",
                "ok": True,
                "can": [
                    "say what it can do",
                    "deactivate, reactivate and change e-mail addresses",
                    "be seen to belong to the same account",
                ],
                "cannot": [],
            },
        ],
        "same_account": True,
        "missing": [],
        "calls_spent": 9,
    }
    assert report.limits is not None
    assert report.limits.allowance == 171
    assert len(calls) == 9


def test_no_call_of_a_check_can_change_anything() -> None:
    _, calls = check(*API, *SCIM)

    writing = [call for call in calls if call.method != "GET"]
    assert [(call.method, call.path, call.body) for call in writing] == [
        ("PUT", "/settings/users/2026-03/0", {})
    ]
    assert (("filter", f'userName eq "{NOBODY}"'), ("count", "2")) == calls[-2].query


def test_without_the_scim_channel_the_report_says_what_cannot_be_done() -> None:
    report, calls = check(*API, channels=(Channel.API,))

    assert len(calls) == 6
    assert [each.channel for each in report.channels] == [Channel.API]
    assert "only the SCIM channel can" in words(report, Channel.API)[2]
    assert report.missing == ()


def test_a_credential_that_is_not_accepted_is_asked_nothing_more() -> None:
    report, calls = check(refusal(401, "No.", "INVALID_AUTHENTICATION"), CONFIGURATION, NOT_THERE)

    assert asked(calls) == ["GET account.details", "GET scim.configuration", "GET scim.users.list"]
    ok, _, cannot = words(report, Channel.API)
    assert not ok
    assert "does not accept the credential" in cannot
    assert report.permission_sets is None


def test_a_missing_scope_to_write_is_found_without_writing_and_named() -> None:
    report, _ = check(*API[:-1], NO_SCOPE, *SCIM)

    ok, _, cannot = words(report, Channel.API)
    assert not ok
    assert "create, update and remove users" in cannot
    assert "settings.users.write" in report.missing[0]


@pytest.mark.parametrize("reply", [NOT_FOUND, refusal(400, "Empty."), answer(200, {}), refusal(423)])
def test_any_other_answer_to_the_empty_update_means_it_may_write(reply: Answer) -> None:
    report, _ = check(*API[:-1], reply, *SCIM)

    assert words(report, Channel.API)[0]


def test_a_channel_is_of_use_without_teams_and_owners_and_says_so() -> None:
    report, _ = check(DETAILS, ROLES, NO_SCOPE, USERS, NO_SCOPE, NOT_FOUND, *SCIM)

    ok, _, cannot = words(report, Channel.API)
    assert ok
    assert "read teams" in cannot
    assert "see who is deactivated at HubSpot" in cannot
    assert report.teams is None
    assert NO_TEAMS in report.missing


def test_an_account_without_permission_sets_is_no_fault_of_the_connection() -> None:
    none = refusal(400, "Account doesn't have access to roles.")
    report, _ = check(DETAILS, none, TEAMS, USERS, NONE, NOT_FOUND, *SCIM)

    ok, _, cannot = words(report, Channel.API)
    assert ok
    assert "assign permission sets" in cannot
    assert report.permission_sets == ()


def test_paid_sets_come_with_a_word_about_the_scope_they_need() -> None:
    paid = answer(200, {"results": [{"id": "2", "name": "Sales", "requiresBillingWrite": True}]})
    report, _ = check(DETAILS, paid, TEAMS, USERS, NONE, NOT_FOUND, *SCIM)

    assert "settings.billing.write" in words(report, Channel.API)[2]


def test_a_long_account_is_counted_as_more_than_its_first_page() -> None:
    page = answer(200, {"results": [user_body()] * 100, "paging": {"next": {"after": "a"}}})
    report, _ = check(DETAILS, ROLES, TEAMS, page, NONE, NOT_FOUND, *SCIM)

    assert (report.users, report.more_users) == (100, True)


@pytest.mark.parametrize("reply", [scim_refusal(401), LOST])
def test_a_scim_channel_that_cannot_be_spoken_to_is_of_no_use(reply: Answer) -> None:
    report, calls = check(*API, reply)

    assert len(calls) == 7
    assert not words(report, Channel.SCIM)[0]


def test_a_scim_channel_that_forbids_says_why() -> None:
    report, _ = check(*API, CONFIGURATION, scim_refusal(403, "SCIM needs single sign-on, which is off."))

    ok, _, cannot = words(report, Channel.SCIM)
    assert not ok
    assert "single sign-on" in cannot


def test_a_scim_channel_without_a_configuration_may_still_work() -> None:
    report, _ = check(*API, scim_refusal(404), NOT_THERE, ADA_OVER_SCIM)

    ok, can, cannot = words(report, Channel.SCIM)
    assert ok
    assert "deactivate" in can
    assert "say what it can do" in cannot


def test_a_scim_channel_that_ignores_the_search_is_told_apart() -> None:
    report, _ = check(*API, CONFIGURATION, ADA_OVER_SCIM, ADA_OVER_SCIM)

    assert "search by e-mail" in words(report, Channel.SCIM)[2]


def test_a_scim_channel_that_does_not_announce_patch_is_told_apart() -> None:
    report, _ = check(*API, answer(200, {"patch": {"supported": False}}), NOT_THERE, ADA_OVER_SCIM)

    assert "it does not say that it takes PATCH" in words(report, Channel.SCIM)[2]


def page_of(*names: str) -> Answer:
    return answer(200, {"results": [user_body(id=f"{i}", email=name) for i, name in enumerate(names)]})


def scim_page(*names: str, active: bool = True) -> Answer:
    return answer(200, {"Resources": [scim_body(userName=name, active=active) for name in names]})


def compared(users: Answer, *answers: Answer) -> tuple[CheckReport, list[Call]]:
    report, calls = check(DETAILS, ROLES, TEAMS, users, NONE, NOT_FOUND, CONFIGURATION, NOT_THERE, *answers)
    return report, calls[8:]


def test_people_of_the_scim_channel_who_are_not_in_the_account_are_another_accounts() -> None:
    people = scim_page("cyd@b", "dee@b", "ada@a", "eve@b")
    report, calls = compared(page_of("ada@a", "bob@a"), people, NOT_FOUND, NOT_FOUND)

    assert report.same_account is False
    assert not words(report, Channel.SCIM)[0]
    assert "These look like two different accounts" in report.missing[0]
    assert ["GET scim.users.list", "GET users.get", "GET users.get"] == asked(calls)


def test_whom_the_first_page_does_not_show_is_looked_up() -> None:
    people = scim_page("cyd@a", "dee@a", "ada@a")
    report, calls = compared(page_of("ada@a"), people, OK, NOT_FOUND)

    assert report.same_account is True
    assert ["GET scim.users.list", "GET users.get", "GET users.get"] == asked(calls)


def test_while_nobody_is_active_over_scim_people_of_the_account_are_looked_for_there() -> None:
    report, calls = compared(
        page_of("ada@a", "bob@a", "cyd@a", "dee@a"), scim_page("old@b", active=False),
        NOT_THERE, scim_page("CYD@a"), scim_page("dee@a"),
    )  # fmt: skip

    assert report.same_account is True
    assert 4 == len(calls)


def test_one_of_three_found_over_scim_may_be_the_only_one_it_manages() -> None:
    report, _ = compared(
        page_of("ada@a", "bob@a", "cyd@a"), NOT_THERE, scim_page("ada@a"), NOT_THERE, NOT_THERE
    )

    assert report.same_account is None


def test_an_account_of_whom_nobody_is_found_over_scim_says_nothing_and_the_check_says_so() -> None:
    report, _ = compared(page_of("ada@a"), NOT_THERE, NOT_THERE)

    ok, _, cannot = words(report, Channel.SCIM)
    assert (True, None, ()) == (ok, report.same_account, report.missing)
    assert "prove that it belongs to the same account" in cannot


def test_a_comparison_that_fails_says_nothing() -> None:
    report, _ = compared(page_of("ada@a"), scim_refusal(500))

    assert (None, ()) == (report.same_account, report.missing)
