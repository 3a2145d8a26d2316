"""What goes wrong at the application, and what Entra makes of it in this cycle and the next."""

import pytest
from aiohttp import web

from syncline.clock import ManualClock
from syncline.rehearsal import Action, Directory, EntraSimulator, Status
from tests.integration.rehearsal.recording_server import (
    ENTERPRISE,
    TOKEN,
    Application,
    Request,
    answer,
    error,
)


async def test_two_objects_that_match_fail_as_duplicates(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    nickname = company.people()[0].mail_nickname
    for number in ("u1", "u2"):
        application.shelves["Users"][number] = {"id": number, "userName": number, "externalId": nickname}
    result = await entra.initial_cycle()

    assert [entry.code for entry in result.failures] == ["DuplicateTargetEntries"]


async def test_a_failed_object_is_tried_again_in_the_next_cycle(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    unlucky = company.people()[10]

    def trouble(request: Request) -> web.Response | None:
        if request.method == "POST" and request.body.get("userName") == unlucky.user_principal_name:
            return error(503, "Come back later.")
        return None

    application.trouble = trouble
    first = await entra.initial_cycle()
    application.trouble = None
    second = await entra.incremental_cycle()
    third = await entra.incremental_cycle()
    ids = {member["value"] for group in application.groups.values() for member in group["members"]}

    assert [(e.action, e.code) for e in first.failures] == [(Action.CREATE, "InternalServerError")]
    assert second.ok
    assert third.entries == ()
    assert application.users[unlucky.user_principal_name]["id"] in ids


async def test_a_failed_membership_is_tried_again_in_the_next_cycle(
    application: Application, entra: EntraSimulator
) -> None:
    application.trouble = lambda r: error(429, "Too fast.") if r.method == "PATCH" else None
    first = await entra.initial_cycle()
    application.trouble = None
    application.forget_requests()
    second = await entra.incremental_cycle()

    assert {entry.code for entry in first.failures} == {"TooManyRequests"}
    assert second.ok
    assert {request.method for request in application.requests} == {"PATCH"}
    assert sum(len(group["members"]) for group in application.groups.values()) == 12


async def test_a_manager_created_late_is_sent_to_the_reports_then(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    chief, head = (user.user_principal_name for user in company.people()[:2])

    def trouble(request: Request) -> web.Response | None:
        late = request.method == "POST" and request.body.get("userName") == chief
        return error(500, "Not now.") if late else None

    application.trouble = trouble
    await entra.initial_cycle()
    application.trouble = None
    await entra.incremental_cycle()

    assert application.users[head][ENTERPRISE]["manager"] == application.users[chief]["id"]


@pytest.mark.parametrize("endpoint", ["Users", "Groups"])
async def test_an_object_that_vanishes_under_a_patch_is_created_again_in_the_next_cycle(
    application: Application, entra: EntraSimulator, company: Directory, endpoint: str
) -> None:
    await entra.initial_cycle()
    user = next(u for u in company.people()[6:] if u.department == "Sales")
    company.move(user, department="Marketing")

    def vanish(request: Request) -> None:
        path = request.target.split("/")
        if request.method == "PATCH" and path[1] == endpoint:
            application.shelves[endpoint].pop(path[2], None)

    application.trouble = vanish
    first = await entra.incremental_cycle()
    application.trouble = None
    second = await entra.incremental_cycle()

    assert {entry.code for entry in first.failures} == {"InvalidAnchor"}
    assert second.ok
    members = [m["value"] for group in application.groups.values() for m in group["members"]]
    assert (len(application.users), len(application.groups)) == (12, 5)
    assert {user["id"] for user in application.users.values()} <= set(members)


async def test_a_group_read_with_members_although_they_were_excluded_is_incompatible(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    company.rename_group("HubSpot Sales", "Sales")
    chatty = {"id": "groups-1", "displayName": "HubSpot Sales", "members": [{"value": "u1"}]}
    application.trouble = lambda r: answer(200, chatty) if r.method == "GET" else None
    (failure,) = (await entra.incremental_cycle()).failures

    assert "although they were excluded" in failure.reason


async def test_a_token_refused_in_the_second_pass_loses_no_reference(
    application: Application, company: Directory
) -> None:
    entra = EntraSimulator(company, application.base_url, TOKEN, ManualClock(), concurrency=1)
    application.trouble = lambda r: error(429, "Too fast.") if r.method == "PATCH" else None
    await entra.initial_cycle()
    application.trouble = lambda r: error(401, "Revoked.") if r.method == "PATCH" else None
    broken = await entra.incremental_cycle()
    application.trouble = None
    mended = await entra.incremental_cycle()

    assert broken.quarantine
    assert mended.ok
    assert sum(len(group["members"]) for group in application.groups.values()) == 12
    assert sum("manager" in user[ENTERPRISE] for user in application.users.values()) == 11


async def test_a_refused_token_breaks_the_cycle_off_and_loses_nothing(
    application: Application, company: Directory
) -> None:
    entra = EntraSimulator(company, application.base_url, TOKEN, ManualClock(), concurrency=1)
    refusing = iter([False] * 7)

    def trouble(request: Request) -> web.Response | None:
        return error(401, "Revoked.") if next(refusing, True) else None

    application.trouble = trouble
    broken = await entra.initial_cycle()
    application.trouble = None
    mended = await entra.incremental_cycle()

    assert "Revoked." in broken.quarantine
    assert not broken.ok
    assert len(broken.failures) == 1
    assert mended.ok
    assert len(application.users) == 12


async def test_an_object_lost_at_the_application_is_created_again_with_its_references(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    chief, head = company.people()[:2]
    lost = application.users[chief.user_principal_name]["id"]
    del application.shelves["Users"][lost]
    company.edit(chief, mobile="+31 6 555 0100")
    result = await entra.incremental_cycle()
    found = application.users[chief.user_principal_name]

    assert result.ok
    assert found["id"] != lost
    assert application.users[head.user_principal_name][ENTERPRISE]["manager"] == found["id"]
    assert {"value": found["id"]} in application.groups["HubSpot Operations"]["members"]


async def test_a_conflict_is_logged_with_what_was_attempted(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    application.shelves["Users"]["stranger"] = {"id": "stranger", "userName": "new.name@acme.example"}
    company.rename(company.people()[10], user_principal_name="new.name@acme.example")
    (failure,) = (await entra.incremental_cycle()).failures

    assert (failure.action, failure.code, failure.status) == (Action.UPDATE, "Conflict", Status.FAILURE)
    assert "userName" in {op.path for op in failure.modified}
    assert "new.name@acme.example is taken" in failure.reason


async def test_a_created_user_without_an_id_is_incompatible(
    application: Application, entra: EntraSimulator
) -> None:
    application.trouble = lambda r: web.Response(status=201) if r.method == "POST" else None
    result = await entra.initial_cycle()

    assert {e.code for e in result.failures} == {"SystemForCrossDomainIdentityManagementServiceIncompatible"}
