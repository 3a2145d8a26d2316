"""Entra's cycles over real HTTP, as the application sees and records them."""

from syncline.clock import ManualClock
from syncline.rehearsal import AttributeMapping, Directory, EntraSimulator, Progress
from tests.integration.rehearsal.recording_server import (
    ENTERPRISE,
    TOKEN,
    Application,
)


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


async def test_a_manager_outside_the_application_cannot_be_sent(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    before = application.users[company.people()[10].user_principal_name]
    company.move(company.people()[10], manager=company.join(role=None))
    await entra.incremental_cycle()

    assert application.users[company.people()[10].user_principal_name] == before


async def test_a_renamed_group_keeps_its_members(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    members = application.groups["HubSpot Sales"]["members"]
    company.rename_group("HubSpot Sales", 'HubSpot "Sales" \\ EMEA')
    await entra.incremental_cycle()

    assert application.groups['HubSpot "Sales" \\ EMEA']["members"] == members


async def test_an_odd_id_is_encoded_in_the_path(application: Application, company: Directory) -> None:
    name = company.people()[0].user_principal_name
    application.shelves["Users"]["a/b c"] = {"id": "a/b c", "userName": name, "active": True}
    await EntraSimulator(company, application.base_url, TOKEN).initial_cycle()

    assert application.of("PATCH", "/Users/a%2Fb%20c") != []


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
