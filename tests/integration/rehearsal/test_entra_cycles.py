"""Entra's cycles over real HTTP, as the application sees and records them."""

import uuid

import pytest
from aiohttp import web

from syncline.clock import ManualClock
from syncline.rehearsal import Action, AttributeMapping, Directory, EntraSimulator, Leaving, Progress, Status
from tests.integration.rehearsal.recording_server import (
    ENTERPRISE,
    TOKEN,
    Application,
    Request,
    answer,
    error,
)


async def test_the_connection_test_asks_for_a_random_guid(
    application: Application, entra: EntraSimulator
) -> None:
    first, second = await entra.test_connection(), await entra.test_connection()
    users = [r.target.removeprefix("/Users?filter=userName+eq+%22") for r in application.of("GET", "/Users")]

    assert first.ok
    assert second.ok
    assert len({uuid.UUID(target.removesuffix("%22")) for target in users}) == 2


async def test_requests_carry_the_token_and_the_scim_media_type(
    application: Application, entra: EntraSimulator
) -> None:
    await entra.test_connection()
    headers = application.requests[0].headers

    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Accept"] == "application/scim+json"
    assert headers["Content-Type"] == "application/scim+json; charset=utf-8"


async def test_a_wrong_token_is_told_in_a_sentence_with_the_fix(
    application: Application, company: Directory
) -> None:
    result = await EntraSimulator(company, application.base_url, "wrong").test_connection()

    assert (result.ok, result.code) == (False, "Unauthorized")
    assert "401" in result.sentence
    assert "new token" in result.fix


async def test_an_application_that_answers_404_to_an_empty_match_fails_the_connection_test(
    application: Application, entra: EntraSimulator
) -> None:
    application.trouble = lambda _: error(404, "No such user.")
    result = await entra.test_connection()

    assert result.code == "SystemForCrossDomainIdentityManagementServiceIncompatible"
    assert "an empty match is 200" in result.sentence


async def test_an_application_that_ignores_the_filter_fails_the_connection_test(
    application: Application, entra: EntraSimulator
) -> None:
    everybody = {"totalResults": 1, "Resources": [{"id": "u1"}]}
    application.trouble = lambda _: answer(200, everybody)
    result = await entra.test_connection()

    assert "ignores the filter" in result.sentence


async def test_a_count_that_is_no_whole_number_is_incompatible(
    application: Application, entra: EntraSimulator
) -> None:
    application.trouble = lambda _: answer(200, {"totalResults": "0", "Resources": []})
    result = await entra.test_connection()

    assert result.code == "SystemForCrossDomainIdentityManagementServiceIncompatible"


async def test_nobody_listening_is_told_in_a_sentence(company: Directory) -> None:
    result = await EntraSimulator(company, "http://127.0.0.1:9", TOKEN).test_connection()

    assert (result.ok, result.code) == (False, "WebExceptionProtocolError")
    assert "reachable" in result.fix


async def test_the_initial_cycle_creates_everybody_in_scope_and_their_groups(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    company.join(role=None)
    result = await entra.initial_cycle()

    assert result.ok
    assert set(application.users) == {user.user_principal_name for user in company.in_scope()}
    assert set(application.groups) == {group.display_name for group in company.groups.values()}
    assert (result.users.created, result.groups.created) == (12, 5)


async def test_somebody_is_looked_for_by_user_name_then_external_id_before_they_are_created(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    chief = company.people()[0]
    concerning = [r for r in application.requests if chief.mail_nickname in f"{r.target} {r.body}"][:3]

    assert [f"{r.method} {r.target}" for r in concerning] == [
        "GET /Users?filter=userName+eq+%22ruben.ibanez%40acme.example%22",
        "GET /Users?filter=externalId+eq+%22ruben.ibanez%22",
        "POST /Users",
    ]


async def test_groups_are_matched_without_members_created_without_and_filled_in_a_second_pass(
    application: Application, entra: EntraSimulator
) -> None:
    await entra.initial_cycle()
    first_patch = next(i for i, r in enumerate(application.requests) if r.method == "PATCH")
    posts = [i for i, r in enumerate(application.requests) if r.method == "POST"]

    assert max(posts) < first_patch
    assert all("members" not in r.body for r in application.of("POST", "/Groups"))
    assert [r.target for r in application.of("GET", "/Groups")][:1] == [
        "/Groups?excludedAttributes=members&filter=displayName+eq+%22HubSpot+Sales%22"
    ]


async def test_the_second_pass_sends_managers_as_bare_ids(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    chief, head = (application.users[u.user_principal_name] for u in company.people()[:2])
    managers = [op for op in application.operations() if op["path"] == f"{ENTERPRISE}:manager"]

    assert {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": chief["id"]} in managers
    assert head[ENTERPRISE]["manager"] == chief["id"]
    assert len(managers) == 11


async def test_an_existing_user_is_matched_and_updated_instead_of_created(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    chief = company.people()[0]
    existing = {"id": "u1", "userName": chief.user_principal_name.upper(), "active": True, "title": "Boss"}
    application.shelves["Users"]["u1"] = existing
    result = await entra.initial_cycle()

    assert (result.users.created, application.shelves["Users"]["u1"]["title"]) == (11, chief.job_title)


async def test_two_objects_that_match_fail_as_duplicates(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    nickname = company.people()[0].mail_nickname
    for number in ("u1", "u2"):
        application.shelves["Users"][number] = {"id": number, "userName": number, "externalId": nickname}
    result = await entra.initial_cycle()

    assert [entry.code for entry in result.failures] == ["DuplicateTargetEntries"]


async def test_a_blocked_person_is_never_created(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    blocked = company.leave(company.people()[9], Leaving.BLOCK)
    result = await entra.initial_cycle()

    assert blocked.user_principal_name not in application.users
    assert [e.code for e in result.entries if e.source.object_id == blocked.object_id] == [
        "NotEffectivelyEntitled"
    ]


async def test_an_incremental_cycle_without_changes_sends_nothing(
    application: Application, entra: EntraSimulator
) -> None:
    await entra.initial_cycle()
    application.forget_requests()
    result = await entra.incremental_cycle()

    assert (application.requests, len(result.entries)) == ([], 0)


async def test_a_move_reads_by_the_cached_id_and_patches_what_differs(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    application.forget_requests()
    user = company.people()[11]
    target_id = application.users[user.user_principal_name]["id"]
    company.move(user, department="Marketing", job_title="SEO Analyst")
    await entra.incremental_cycle()

    assert f"{application.requests[0].method} {application.requests[0].target}" == f"GET /Users/{target_id}"
    assert application.of("PATCH", "/Users")[0].body["Operations"] == [
        {"op": "Replace", "path": "title", "value": "SEO Analyst"},
        {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "Marketing"},
    ]


async def test_a_move_between_groups_adds_one_member_and_removes_one(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    application.forget_requests()
    user = next(u for u in company.people()[6:] if u.department == "Sales")
    target_id = application.users[user.user_principal_name]["id"]
    company.move(user, department="Marketing")
    await entra.incremental_cycle()
    sent = [op for r in application.of("PATCH", "/Groups") for op in r.body["Operations"]]

    assert sorted(sent, key=lambda op: str(op["op"])) == [
        {"op": "Add", "path": "members", "value": [{"$ref": None, "value": target_id}]},
        {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": target_id}]},
    ]


async def test_a_rename_keeps_the_id_and_changes_the_user_name(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    before = company.people()[10]
    target_id = application.users[before.user_principal_name]["id"]
    after = company.rename(before)
    await entra.incremental_cycle()

    assert application.users[after.user_principal_name]["id"] == target_id
    assert before.user_principal_name not in application.users


async def test_a_new_role_replaces_the_primary_one(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    user = company.people()[1]
    company.assign_role(user, "User")
    await entra.incremental_cycle()

    assert application.users[user.user_principal_name]["roles"] == [
        {"primary": True, "type": "WindowsAzureActiveDirectoryRole", "value": "User"}
    ]


async def test_a_soft_delete_deactivates_and_sends_the_mangled_name(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    gone = company.leave(company.people()[10])
    application.forget_requests()
    result = await entra.incremental_cycle()

    assert application.operations() == [
        {"op": "Replace", "path": "userName", "value": gone.user_principal_name},
        {"op": "Replace", "path": "active", "value": "False"},
    ]
    assert [entry.action for entry in result.entries] == [Action.DISABLE]


async def test_a_restore_reactivates_and_sends_no_membership_again(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    company.leave(company.people()[10])
    await entra.incremental_cycle()
    company.restore(company.people()[10])
    application.forget_requests()
    await entra.incremental_cycle()

    assert {"op": "Replace", "path": "active", "value": "True"} in application.operations()
    assert application.of("PATCH", "/Groups") == []


async def test_an_unassigned_person_is_deactivated_and_then_left_alone(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    user = company.people()[10]
    company.unassign(user)
    await entra.incremental_cycle()
    application.forget_requests()
    company.move(user, job_title="Gardener")
    company.purge(user)
    result = await entra.incremental_cycle()

    assert application.users[user.user_principal_name]["active"] is False
    assert application.of("DELETE") == application.of("PATCH", "/Users") == []
    assert [e.code for e in result.entries if e.source.object_id == user.object_id] == [
        "NotEffectivelyEntitled"
    ]


async def test_changes_of_an_unassigned_person_are_not_even_looked_up(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    user = company.people()[10]
    company.unassign(user)
    await entra.incremental_cycle()
    application.forget_requests()
    company.move(user, job_title="Gardener", manager=company.people()[0])
    await entra.incremental_cycle()

    assert application.requests == []


async def test_a_manager_outside_the_application_cannot_be_sent(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    before = application.users[company.people()[10].user_principal_name]
    company.move(company.people()[10], manager=company.join(role=None))
    await entra.incremental_cycle()

    assert application.users[company.people()[10].user_principal_name] == before


async def test_a_person_assigned_again_is_reactivated_under_the_same_id(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    user = company.people()[10]
    target_id = application.users[user.user_principal_name]["id"]
    company.unassign(user)
    await entra.incremental_cycle()
    company.assign_role(user, "Manager")
    await entra.incremental_cycle()
    back = application.users[user.user_principal_name]

    assert (back["id"], back["active"]) == (target_id, True)


async def test_a_purge_deletes(application: Application, entra: EntraSimulator, company: Directory) -> None:
    await entra.initial_cycle()
    user = company.people()[10]
    company.leave(user)
    await entra.incremental_cycle()
    company.purge(user)
    result = await entra.incremental_cycle()

    assert len(application.users) == 11
    assert [e.source.display_name for e in result.entries if e.action is Action.DELETE] == [user.display_name]


async def test_a_purged_manager_is_removed_from_the_reports(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    chief, head = company.people()[:2]
    company.purge(chief)
    application.forget_requests()
    await entra.incremental_cycle()

    assert {"op": "Remove", "path": f"{ENTERPRISE}:manager"} in application.operations()
    assert "manager" not in application.users[head.user_principal_name][ENTERPRISE]


async def test_a_group_out_of_scope_is_deleted_and_its_members_deactivated(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    guests = company.create_group("Guests")
    guest = company.join(role=None)
    company.assign_group(guests)
    company.add_member(guests, guest)
    await entra.incremental_cycle()
    present = application.users[guest.user_principal_name]["active"]
    company.unassign_group(guests)
    await entra.incremental_cycle()

    assert (present, application.users[guest.user_principal_name]["active"]) == (True, False)
    assert "Guests" not in application.groups


async def test_a_renamed_group_keeps_its_members(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    members = application.groups["HubSpot Sales"]["members"]
    company.rename_group("HubSpot Sales", 'HubSpot "Sales" \\ EMEA')
    await entra.incremental_cycle()

    assert application.groups['HubSpot "Sales" \\ EMEA']["members"] == members


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


async def test_only_the_deactivation_of_an_unassigned_person_is_sent(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    user = company.people()[10]
    company.move(user, job_title="Gardener")
    company.unassign(user)
    application.forget_requests()
    await entra.incremental_cycle()

    assert [r.body["Operations"] for r in application.of("PATCH", "/Users")] == [
        [{"op": "Replace", "path": "active", "value": "False"}]
    ]


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


async def test_an_odd_id_is_encoded_in_the_path(application: Application, company: Directory) -> None:
    name = company.people()[0].user_principal_name
    application.shelves["Users"]["a/b c"] = {"id": "a/b c", "userName": name, "active": True}
    await EntraSimulator(company, application.base_url, TOKEN).initial_cycle()

    assert application.of("PATCH", "/Users/a%2Fb%20c") != []


async def test_a_group_read_with_members_although_they_were_excluded_is_incompatible(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    company.rename_group("HubSpot Sales", "Sales")
    chatty = {"id": "groups-1", "displayName": "HubSpot Sales", "members": [{"value": "u1"}]}
    application.trouble = lambda r: answer(200, chatty) if r.method == "GET" else None
    (failure,) = (await entra.incremental_cycle()).failures

    assert "although they were excluded" in failure.reason


async def test_an_answer_without_end_is_cut_and_incompatible(
    application: Application, entra: EntraSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline.rehearsal.entra._LARGEST_ANSWER", 1000)
    padded = {"totalResults": 0, "Resources": [], "padding": "x" * 300_000}
    application.trouble = lambda _: answer(200, padded)

    assert not (await entra.test_connection()).ok


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


async def test_groups_can_be_switched_off(application: Application, company: Directory) -> None:
    entra = EntraSimulator(company, application.base_url, TOKEN, groups=False)
    await entra.test_connection()
    company.move(company.people()[10], department="Operations")
    await entra.initial_cycle()
    await entra.incremental_cycle()

    assert [r for r in application.requests if "Groups" in r.target] == []
    assert len(application.users) == 12


async def test_a_restarted_job_matches_everybody_and_creates_nobody(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    again = EntraSimulator(company, application.base_url, TOKEN, ManualClock())
    application.forget_requests()
    result = await again.initial_cycle()

    assert result.ok
    assert application.of("POST") == application.of("PATCH", "/Users") == []
    assert result.users.skipped == 12


async def test_the_external_id_can_be_the_object_id(application: Application, company: Directory) -> None:
    mapping = AttributeMapping("objectId")
    await EntraSimulator(company, application.base_url, TOKEN, mapping=mapping).initial_cycle()

    assert {u["externalId"] for u in application.users.values()} == set(company.users)


async def test_the_members_of_a_large_group_travel_in_bounded_requests(application: Application) -> None:
    company = Directory.seeded(size=1, clock=ManualClock())
    everybody = company.create_group("Everybody")
    company.assign_group(everybody)
    for _ in range(230):
        company.add_member(everybody, company.join(role=None))
    await EntraSimulator(company, application.base_url, TOKEN).initial_cycle()
    target = f"/Groups/{application.groups['Everybody']['id']}"

    assert [len(r.body["Operations"][0]["value"]) for r in application.of("PATCH", target)] == [100, 100, 30]
    assert {m["value"] for m in application.groups["Everybody"]["members"]} == {
        application.users[user.user_principal_name]["id"] for user in company.people()[1:]
    }


async def test_outcomes_are_counted_by_users_groups_and_references(entra: EntraSimulator) -> None:
    result = await entra.initial_cycle()

    assert (result.users.created, result.users.updated) == (12, 0)
    assert (result.groups.created, result.groups.updated) == (5, 0)
    assert (result.references.updated, result.counts.updated) == (16, 16)


async def test_progress_is_told_for_each_phase_up_to_its_end(entra: EntraSimulator) -> None:
    told: list[Progress] = []
    await entra.initial_cycle(told.append)

    assert list(dict.fromkeys(p.phase for p in told)) == ["users", "groups", "references"]
    assert [p for p in told if p.phase == "users"] == [Progress("users", n, 12) for n in range(13)]


async def test_one_request_at_a_time_finishes_a_person_before_the_next(
    application: Application, company: Directory
) -> None:
    entra = EntraSimulator(company, application.base_url, TOKEN, concurrency=1)
    await entra.initial_cycle()

    assert [r.method for r in application.requests][:6] == ["GET", "GET", "POST", "GET", "GET", "POST"]
