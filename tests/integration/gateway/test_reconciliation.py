"""Somebody else changes people at HubSpot: found by reading the account, told with who did it, settled as chosen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.errors import Invalid, NotFound, Refused, Unavailable
from syncline.gateway.services.ports import Cause
from tests.support.faults import Fault, TroubledWorld, rate_limit, refuse, troubled_world
from tests.support.world import TENANT, World

ADA, BOB = "ada@acme.example", "bob@acme.example"
ADMIN = "admin@acme.example"
USERS = "/settings/users/2026-03"
USERS_PAGE = rf"GET {USERS}"


@pytest.fixture
async def troubled(tmp_path: Path) -> AsyncIterator[TroubledWorld]:
    async with troubled_world(tmp_path) as made:
        yield made


async def ids(acme: World, what: str) -> dict[str, str]:
    found = (await acme.hubspot.call("GET", f"{USERS}/{what}"))["results"]
    return {each["name"]: each["id"] for each in found}


async def by_hand(acme: World, email: str, **fields: Any) -> None:
    """Change a user as somebody at HubSpot does; permission sets and teams by name."""
    if "role" in fields:
        fields["roleId"] = (await ids(acme, "roles"))[fields.pop("role")]
    if "team" in fields:
        fields["primaryTeamId"] = (await ids(acme, "teams"))[fields.pop("team")]
    await acme.hubspot.call("PUT", f"{USERS}/{email}", fields, idProperty="EMAIL")


async def ada_at_hubspot(acme: World, **policy: Any) -> str:
    """Bring Ada to HubSpot as a sales user of the sales team, and return her SCIM id."""
    await acme.run("rule.add", tenant=TENANT, role="Sales", permission_set="Sales User", primary_team="Sales")
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.go_live(**policy)
    ada = await acme.add_user(
        ADA, name={"givenName": "Ada", "familyName": "Vance"}, roles=[{"value": "Sales", "primary": True}]
    )
    await acme.drain()
    assert "Sales User" == (await acme.hubspot.users())[ADA]["permission_set"]
    return ada.id


async def reconcile(acme: World) -> dict[str, Any]:
    acme.clock.leap(60_000)
    told = await acme.run("reconcile.run", tenant=TENANT)
    await acme.drain()
    return told


async def drift(acme: World, **arguments: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await acme.run("drift.list", tenant=TENANT, **arguments))["drift"]
    return found


async def shown_drift(acme: World) -> dict[str, Any]:
    found: dict[str, Any] = (await acme.run("users.show", tenant=TENANT, user=ADA))["why"]["drift"]
    return found


async def events(acme: World, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await acme.run("events.list", tenant=TENANT, kind=kind))["events"]
    return found


@pytest.mark.each_database
async def test_what_was_changed_by_hand_stays_and_is_reported_with_who_did_it(acme: World) -> None:
    await ada_at_hubspot(acme)
    await by_hand(acme, ADA, role="Manager", team="Service", firstName="Augusta")

    told = await reconcile(acme)

    at_hubspot = (await acme.hubspot.users())[ADA]
    assert ("Manager", "Service", "Augusta Vance") == (
        at_hubspot["permission_set"],
        at_hubspot["team"],
        at_hubspot["name"],
    )
    assert 1 == told["changed"]
    found = await drift(acme)
    assert [
        ("first_name", "Ada", "Augusta"),
        ("permission_set", "Sales User", "Manager"),
        ("primary_team", "Sales", "Service"),
    ] == [(each["field"], each["wanted"], each["at_hubspot"]) for each in found]
    assert {ADMIN} == {each["by"]["actor"] for each in found}
    assert all("audit log" in each["by"]["how"] and each["by"]["at"] for each in found)
    told_of = await events(acme, "drift.found")
    assert 3 == len(told_of)
    assert any("from Sales User to Manager by admin@acme.example" in each["summary"] for each in told_of)
    assert {told["correlation_id"]} == {each["correlation_id"] for each in told_of}


async def test_a_person_is_shown_with_what_others_changed_and_what_becomes_of_it(acme: World) -> None:
    await ada_at_hubspot(acme)
    await acme.run("policy.set", tenant=TENANT, drift={"first_name": "enforce"})
    before = await shown_drift(acme)
    await by_hand(acme, ADA, role="Manager", team="Service")
    told = await reconcile(acme)
    by_name = {each["field"]: each for each in (await shown_drift(acme))["fields"]}
    await acme.run("drift.accept", tenant=TENANT, user=ADA, fields=["primary_team"])
    await acme.run("drift.enforce", tenant=TENANT, user=ADA, fields=["permission_set"])
    decided = (await shown_drift(acme))["fields"]

    assert "Nothing was changed at HubSpot by others." == before["sentence"]
    assert {"permission_set", "primary_team"} == set(by_name)
    found = by_name["permission_set"]
    assert ("Sales User", "Manager", "report", "report", ADMIN) == (
        found["agreed"],
        found["at_hubspot"],
        found["policy"],
        found["becomes"],
        found["by"]["actor"],
    )
    assert told["begun_at"] <= found["since"]
    assert found["sentence"].startswith(
        "permission_set: HubSpot has Manager, agreed was Sales User. Changed at 2"
    )
    assert f"by {ADMIN}; found at" in found["sentence"]
    assert [("permission_set", "enforce"), ("primary_team", "accept")] == [
        (each["field"], each["becomes"]) for each in decided
    ]


async def test_a_second_reading_tells_of_nothing_twice(acme: World) -> None:
    await ada_at_hubspot(acme)
    await by_hand(acme, ADA, role="Manager")
    await reconcile(acme)

    told = await reconcile(acme)

    assert 0 == told["changed"]
    assert 1 == len(await events(acme, "drift.found"))
    assert 1 == len(await drift(acme))


async def test_enforced_by_policy_it_is_delivered_again_and_told(acme: World) -> None:
    await ada_at_hubspot(acme)
    await acme.run("policy.set", tenant=TENANT, drift={"permission_set": "enforce"})
    await by_hand(acme, ADA, role="Standard User", firstName="Augusta")

    await reconcile(acme)

    at_hubspot = (await acme.hubspot.users())[ADA]
    assert ("Sales User", "Augusta Vance") == (at_hubspot["permission_set"], at_hubspot["name"])
    assert ["first_name"] == [each["field"] for each in await drift(acme)]


async def test_enforcing_goes_by_the_gate_as_ever(acme: World) -> None:
    await ada_at_hubspot(acme)
    await acme.run("policy.set", tenant=TENANT, drift={"permission_set": "enforce"})
    await acme.run("protect.add", tenant=TENANT, email=ADA)
    await by_hand(acme, ADA, role="Standard User")

    await reconcile(acme)

    assert "Standard User" == (await acme.hubspot.users())[ADA]["permission_set"]
    assert {ADA: "protected"} == await acme.held()
    assert "protected" == (await drift(acme))[0]["hold"]["reason"]


async def test_one_person_is_enforced_by_word_of_an_operator(acme: World) -> None:
    await ada_at_hubspot(acme)
    await by_hand(acme, ADA, role="Standard User", team="Service")
    await reconcile(acme)

    told = await acme.run("drift.enforce", tenant=TENANT, user=ADA, fields=["permission_set"])
    await acme.drain()

    assert ["permission_set"] == told["fields"]
    at_hubspot = (await acme.hubspot.users())[ADA]
    assert ("Sales User", "Service") == (at_hubspot["permission_set"], at_hubspot["team"])
    assert ["primary_team"] == [each["field"] for each in await drift(acme)]


@pytest.mark.each_database
async def test_what_is_accepted_stays_until_the_identity_provider_wants_something_else(acme: World) -> None:
    ada = await ada_at_hubspot(acme)
    await by_hand(acme, ADA, role="Standard User")
    await reconcile(acme)

    await acme.run("drift.accept", tenant=TENANT, user=ADA)
    await acme.drain()
    await acme.set_user(ada, "name.familyName", "Lovelace")
    await acme.drain()
    await reconcile(acme)
    kept = (await acme.hubspot.users())[ADA]
    await acme.run("rule.add", tenant=TENANT, role="Boss", permission_set="Marketing User")
    await acme.set_user(ada, "roles", [{"value": "Boss", "primary": True}])
    await acme.drain()

    assert ("Standard User", "Ada Lovelace") == (kept["permission_set"], kept["name"])
    assert [] == await drift(acme)
    assert "Marketing User" == (await acme.hubspot.users())[ADA]["permission_set"]


async def test_a_new_wish_goes_out_though_the_old_one_drifted(acme: World) -> None:
    ada = await ada_at_hubspot(acme)
    await by_hand(acme, ADA, role="Manager")
    await reconcile(acme)

    await acme.run("rule.add", tenant=TENANT, role="Boss", permission_set="Marketing User")
    await acme.set_user(ada, "roles", [{"value": "Boss", "primary": True}])
    await acme.drain()

    assert "Marketing User" == (await acme.hubspot.users())[ADA]["permission_set"]
    assert [] == await drift(acme)
    assert 1 == len(await events(acme, "drift.over"))


async def test_accepted_by_policy_nothing_is_listed_but_told_once(acme: World) -> None:
    await ada_at_hubspot(acme)
    await acme.run("policy.set", tenant=TENANT, drift={"permission_set": "accept"})
    await by_hand(acme, ADA, role="Manager")

    await reconcile(acme)
    await reconcile(acme)

    assert "Manager" == (await acme.hubspot.users())[ADA]["permission_set"]
    assert [] == await drift(acme)
    assert 1 == len(await events(acme, "drift.accepted"))


async def test_another_change_of_the_person_leaves_the_drifted_field_alone(acme: World) -> None:
    ada = await ada_at_hubspot(acme)
    await by_hand(acme, ADA, role="Manager")
    await reconcile(acme)

    await acme.set_user(ada, "name.familyName", "Lovelace")
    await acme.drain()

    at_hubspot = (await acme.hubspot.users())[ADA]
    assert ("Manager", "Ada Lovelace") == (at_hubspot["permission_set"], at_hubspot["name"])
    assert ["permission_set"] == [each["field"] for each in await drift(acme)]


async def test_somebody_deactivated_by_hand_is_found_and_stays_so_until_released(acme: World) -> None:
    ada = await ada_at_hubspot(acme)
    for active in (False, True):  # makes her a SCIM user, as a whole
        await acme.set_user(ada, "active", active)
        await acme.drain()
    await switch_access(acme, ADA, active=False)

    await reconcile(acme)
    await acme.set_user(ada, "name.familyName", "Lovelace")
    await acme.drain()

    assert (await acme.hubspot.users())[ADA]["active"] is False
    assert {ADA: "deactivated-at-hubspot"} == await acme.held()
    (found,) = await drift(acme, field="access")
    assert ("active", "deactivated", "fixed") == (found["wanted"], found["at_hubspot"], found["policy"])
    assert "DEACTIVATE_USER" in found["by"]["how"]
    with pytest.raises(Refused, match="users release"):
        await acme.run("drift.enforce", tenant=TENANT, user=ADA, fields=["access"])

    await acme.run("users.release", tenant=TENANT, user=ADA)
    await acme.drain()
    assert (await acme.hubspot.users())[ADA]["active"] is True
    assert [] == await drift(acme)


async def test_who_deactivated_somebody_is_known_although_he_was_written_to_since(acme: World) -> None:
    ada = await ada_at_hubspot(acme)
    await switch_access(acme, ADA, active=False)
    acme.clock.leap(1_000)
    await acme.set_user(ada, "roles", [{"value": "Another", "primary": True}])
    await acme.drain()
    assert "Standard User" == (await acme.hubspot.users())[ADA]["permission_set"]

    await reconcile(acme)

    (found,) = await drift(acme, field="access")
    assert (ADMIN, True) == (found["by"]["actor"], "DEACTIVATE_USER" in found["by"]["how"])


async def test_somebody_removed_by_hand_is_not_created_again_by_surprise(acme: World) -> None:
    await ada_at_hubspot(acme)
    await acme.hubspot.call("DELETE", f"{USERS}/{ADA}", idProperty="EMAIL")

    await reconcile(acme)

    assert ADA not in await acme.hubspot.users()
    assert {ADA: "removed-at-hubspot"} == await acme.held()
    (found,) = await drift(acme)
    assert ("presence", "absent", ADMIN) == (found["field"], found["at_hubspot"], found["by"]["actor"])

    await acme.run("drift.enforce", tenant=TENANT, user=ADA)
    await acme.drain()
    assert ADA in await acme.hubspot.users()
    assert {} == await acme.held()


async def test_somebody_whose_absence_is_accepted_is_in_step_and_leaves_in_peace(acme: World) -> None:
    ada = await ada_at_hubspot(acme)
    await acme.hubspot.call("DELETE", f"{USERS}/{ADA}", idProperty="EMAIL")
    await reconcile(acme)

    await acme.run("drift.accept", tenant=TENANT, user=ADA)
    await acme.drain()
    assert {} == await acme.held()
    assert ADA not in await acme.hubspot.users()
    await acme.set_user(ada, "active", False)
    await acme.drain()
    await acme.set_user(ada, "active", True)
    await acme.drain()

    assert ADA in await acme.hubspot.users()


async def test_without_the_scope_nobody_is_named_and_the_scope_is(troubled: TroubledWorld) -> None:
    lacking = {
        "status": "error",
        "message": "This app hasn't been granted all required scopes to make this call.",
        "category": "MISSING_SCOPES",
        "errors": [{"message": "x", "context": {"requiredScopes": ["account-info.security.read"]}}],
    }
    troubled.front.faults = [Fault(r"GET /account-info/2026-03/activity/.*", refuse(403, lacking))]
    await ada_at_hubspot(troubled)
    await by_hand(troubled, ADA, role="Manager")

    await reconcile(troubled)

    (found,) = await drift(troubled)
    assert (None, "HubSpot does not say who (needs the scope account-info.security.read)") == (
        found["by"]["actor"],
        found["by"]["how"],
    )


async def test_a_renamed_permission_set_is_known_by_its_id_and_told_with_both_names(acme: World) -> None:
    await ada_at_hubspot(acme)
    sales = (await ids(acme, "roles"))["Sales User"]

    await rename_sets(acme, {"Sales User": "Account Executive"})
    await reconcile(acme)

    told, _ = await events(acme, "account.permission-set-renamed")
    assert (sales, "Account Executive", "Sales User") == (
        told["detail"]["id"],
        told["detail"]["before"],
        told["detail"]["after"],
    )
    assert [] == await drift(acme)


async def test_orphans_are_listed_and_who_is_not_ours_is_only_counted(acme: World) -> None:
    await ada_at_hubspot(acme)
    for email in ("cyd@acme.example", "guest@agency.example", "kept@acme.example", "off@acme.example"):
        await acme.hubspot.call("POST", USERS, {"email": email, "sendWelcomeEmail": False})
    await acme.run("policy.set", tenant=TENANT, domains=["acme.example"])
    await acme.run("protect.add", tenant=TENANT, email="kept@acme.example")
    await switch_access(acme, "off@acme.example", active=False)
    await reconcile(acme)

    told = await acme.run("orphans.list", tenant=TENANT)

    assert ["cyd@acme.example"] == [each["email"] for each in told["orphans"]]
    assert (1, 2, None) == (told["outside_domains"], told["protected"], told["next"])

    await acme.add_user("cyd@acme.example")
    assert [] == (await acme.run("orphans.list", tenant=TENANT))["orphans"]


async def test_a_reading_interrupted_by_faults_and_a_restart_is_gone_on_with(troubled: TroubledWorld) -> None:
    for number in range(205):
        body = {"email": f"user{number}@acme.example", "sendWelcomeEmail": False}
        await troubled.hubspot.call("POST", USERS, body)
    before = len((await users_known(troubled)).keys())
    troubled.front.faults = [Fault(USERS_PAGE, refuse(503), after=2)]
    with pytest.raises(Unavailable):
        await troubled.run("reconcile.run", tenant=TENANT)
    halfway = await troubled.run("reconcile.show", tenant=TENANT)
    assert before == len((await users_known(troubled)).keys())

    troubled.front.faults = []
    await troubled.restart()
    troubled.front.calls.clear()
    told = await troubled.run("reconcile.run", tenant=TENANT)

    assert ("users", 200) == (halfway["step"], halfway["users"])
    assert ("done", 206) == (told["step"], told["users"])
    assert 1 == troubled.front.calls.count(f"GET {USERS}")
    assert halfway["begun_at"] == told["begun_at"]
    assert 206 == len(await users_known(troubled))


async def test_an_interrupted_reading_that_is_too_old_begins_anew(troubled: TroubledWorld) -> None:
    troubled.front.faults = [Fault(r"GET /crm/v3/owners/", refuse(503))]
    with pytest.raises(Unavailable):
        await troubled.run("reconcile.run", tenant=TENANT)
    halfway = await troubled.run("reconcile.show", tenant=TENANT)
    troubled.front.faults = []
    troubled.clock.leap(6 * 60_000)

    told = await troubled.run("reconcile.run", tenant=TENANT)

    assert "deactivated" == halfway["step"]
    assert halfway["begun_at"] < told["begun_at"]


async def test_429s_are_waited_out_within_the_budget(troubled: TroubledWorld) -> None:
    await ada_at_hubspot(troubled)
    await by_hand(troubled, ADA, role="Manager")
    troubled.front.faults = [Fault(USERS_PAGE, rate_limit("TEN_SECONDLY_ROLLING"), times=3)]

    told = await reconcile(troubled)

    assert "done" == told["step"]
    assert ["permission_set"] == [each["field"] for each in await drift(troubled)]
    sent = await troubled.calls()
    assert all(later - first > 10_000 for first, later in zip(sent, sent[171:], strict=False))


async def test_what_was_not_read_to_its_end_makes_nobody_absent(troubled: TroubledWorld) -> None:
    await ada_at_hubspot(troubled)
    await troubled.hubspot.call("DELETE", f"{USERS}/{ADA}", idProperty="EMAIL")
    troubled.front.faults = [Fault(r"GET /crm/v3/owners/", refuse(503))]

    with pytest.raises(Unavailable):
        await troubled.run("reconcile.run", tenant=TENANT)
    await troubled.drain()

    assert ADA in await users_known(troubled)
    assert {} == await troubled.held()


async def test_what_is_asked_for_wrongly_is_refused_in_words(acme: World) -> None:
    await ada_at_hubspot(acme)

    with pytest.raises(Invalid, match="permission_set"):
        await acme.run("policy.set", tenant=TENANT, drift={"hat": "report"})
    with pytest.raises(Invalid, match="report, enforce or accept"):
        await acme.run("policy.set", tenant=TENANT, drift={"email": "undo"})
    with pytest.raises(Invalid, match="There is no field"):
        await acme.run("drift.list", tenant=TENANT, field="hat")
    with pytest.raises(NotFound, match="drifted"):
        await acme.run("drift.accept", tenant=TENANT, user=ADA)
    with pytest.raises(NotFound, match="nobody"):
        await acme.run("drift.enforce", tenant=TENANT, user="nobody@acme.example")


async def users_known(acme: World) -> dict[str, Any]:
    """Return what the gateway knows of HubSpot's users, by e-mail."""
    known: dict[str, Any] = {}
    after: str | None = ""
    while after is not None:
        chunk = await acme.gateway.store.readings.orphans(acme.tenant_id, after, 100)
        known |= {each.user.email: each.user for each in chunk.orphans}
        after = chunk.after
    for email in (ADA, BOB):
        item = await acme.gateway.store.backlog.item(acme.tenant_id, email)
        if item is not None and item.known is not None:
            known[email] = item.known
    return known


async def switch_access(acme: World, email: str, *, active: bool) -> None:
    """Deactivate or reactivate somebody as a super admin does."""
    found = (await acme.hubspot.scim("GET", f'/Users?filter=userName%20eq%20"{email}"'))["Resources"]
    if not found:
        has = (await acme.hubspot.users())[email]["permission_set"]
        body = {"userName": email, "active": True, "roles": [{"value": has}] if has else []}
        found = [await acme.hubspot.scim("POST", "/Users", body)]
    patch = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": active}],
    }
    acme.clock.leap(10_001)
    await acme.hubspot.scim("PATCH", f"/Users/{found[0]['id']}", patch)


async def rename_sets(acme: World, names: dict[str, str]) -> None:
    """Have the gateway remember permission sets under other names than the portal has."""
    connection = await acme.gateway.store.setup.connection(acme.tenant_id)
    assert connection is not None
    assert connection.account is not None
    sets = tuple(
        replace(each, name=names.get(each.name, each.name)) for each in connection.account.permission_sets
    )
    account = replace(connection.account, permission_sets=sets)
    await acme.gateway.store.readings.refresh_lists(
        acme.tenant_id, account, Cause(acme.clock.now(), "renamed")
    )
