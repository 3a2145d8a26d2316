"""What becomes of people at HubSpot: from a SCIM write through decision, gate and calls to the account itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from syncline.gateway.domain.errors import NotFound, Refused
from tests.support.world import TENANT, World

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def role(value: str) -> list[dict[str, Any]]:
    return [{"value": value, "primary": True}]


def person(given: str, family: str, **attributes: Any) -> dict[str, Any]:
    return {"name": {"givenName": given, "familyName": family}, **attributes}


async def calls_of(acme: World) -> int:
    tenant = acme.tenant_id
    return len(await acme.gateway.store.backlog.calls_since(tenant, 0))


@pytest.mark.each_database
async def test_a_new_user_arrives_with_name_permission_set_and_team(acme: World) -> None:
    await acme.run("rule.add", tenant=TENANT, role="Manager", permission_set="Manager")
    await acme.run("rule.add", tenant=TENANT, attribute="department", equals="Sales", primary_team="Sales")
    await acme.go_live()
    await acme.add_user(
        "ada@acme.example",
        **person("Ada", "Vance", roles=role("Manager"), **{ENTERPRISE: {"department": "Sales"}}),
    )

    assert await acme.drain() is None

    found = (await acme.hubspot.users())["ada@acme.example"]
    found.pop("id")
    assert {"name": "Ada Vance", "permission_set": "Manager", "team": "Sales", "active": True} == found


async def test_nothing_leaves_in_plan_mode(acme: World) -> None:
    await acme.add_user("ada@acme.example")
    before = await calls_of(acme)

    await acme.drain()

    assert before == await calls_of(acme)
    assert {"ada@acme.example": "plan-mode"} == await acme.held()


async def test_live_is_refused_without_a_leaver_policy(acme: World) -> None:
    with pytest.raises(Refused, match="--deactivated"):
        await acme.run("tenant.mode", tenant=TENANT, mode="live")


async def test_an_unchanged_write_costs_no_call(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example", **person("Ada", "Vance"))
    await acme.drain()
    before = await calls_of(acme)

    await acme.set_user(ada.id, "name.givenName", "Ada")
    await acme.set_user(ada.id, "nickName", "Countess")
    await acme.drain()

    assert before == await calls_of(acme)


async def test_ten_changes_are_one_call(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example", **person("Ada", "Vance"))
    await acme.drain()
    before = await calls_of(acme)

    for number in range(10):
        await acme.set_user(ada.id, "name.familyName", f"Vance {number}")
    await acme.drain()

    assert before + 1 == await calls_of(acme)
    assert "Ada Vance 9" == (await acme.hubspot.users())["ada@acme.example"]["name"]


@pytest.mark.each_database
async def test_somebody_who_was_there_before_waits_for_an_approved_plan(acme: World) -> None:
    await acme.hubspot.call(
        "POST", "/settings/users/2026-03", {"email": "old@acme.example", "sendWelcomeEmail": False}
    )
    await acme.run("connection.check", tenant=TENANT)
    await acme.go_live(approve=False, match_role_names=True)
    await acme.add_user("old@acme.example", roles=role("Manager"))
    await acme.add_user("new@acme.example")
    await acme.drain()
    assert {"old@acme.example": "adoption-not-approved"} == await acme.held()
    assert "new@acme.example" in await acme.hubspot.users()

    await acme.run("plan.approve", tenant=TENANT)
    await acme.drain()

    assert {} == await acme.held()
    assert "Manager" == (await acme.hubspot.users())["old@acme.example"]["permission_set"]


async def test_somebody_adopted_without_a_matching_rule_keeps_what_he_has(acme: World) -> None:
    roles = (await acme.hubspot.call("GET", "/settings/users/2026-03/roles"))["results"]
    marketing = next(each["id"] for each in roles if each["name"] == "Marketing User")
    await acme.hubspot.call(
        "POST",
        "/settings/users/2026-03",
        {"email": "old@acme.example", "sendWelcomeEmail": False, "roleId": marketing},
    )
    await acme.run("connection.check", tenant=TENANT)
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.go_live()
    await acme.add_user("old@acme.example")
    await acme.drain()

    assert "Marketing User" == (await acme.hubspot.users())["old@acme.example"]["permission_set"]


async def test_a_leaver_is_deactivated_and_his_record_stays(acme: World) -> None:
    await acme.run("role.default", tenant=TENANT, name="Sales User")
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.drain()

    await acme.set_user(ada.id, "active", False)
    await acme.drain()

    found = (await acme.hubspot.users())["ada@acme.example"]
    assert (False, "Sales User") == (found["active"], found["permission_set"])


@pytest.mark.each_database
async def test_a_rejoiner_is_the_same_hubspot_user(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.drain()
    before = (await acme.hubspot.users())["ada@acme.example"]["id"]

    await acme.set_user(ada.id, "active", False)
    await acme.drain()
    await acme.set_user(ada.id, "active", True)
    await acme.drain()

    found = (await acme.hubspot.users())["ada@acme.example"]
    assert (before, True) == (found["id"], found["active"])


@pytest.mark.each_database
async def test_deleting_and_recreating_somebody_ends_with_him_active(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.drain()
    await acme.delete_user(ada.id)
    await acme.add_user("ada@acme.example", **person("Ada", "Again"))

    await acme.drain()

    found = (await acme.hubspot.users())["ada@acme.example"]
    assert (True, "Ada Again") == (found["active"], found["name"])


async def test_a_person_who_left_before_he_was_delivered_never_appears_at_hubspot(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.set_user(ada.id, "active", False)
    await acme.drain()

    assert "ada@acme.example" not in await acme.hubspot.users()


async def test_removal_is_final_when_the_policy_says_so(acme: World) -> None:
    await acme.go_live(deactivated="remove")
    ada = await acme.add_user("ada@acme.example")
    await acme.drain()
    await acme.set_user(ada.id, "active", False)
    await acme.drain()

    assert "ada@acme.example" not in await acme.hubspot.users()


async def test_stripping_leaves_the_named_set_and_no_team(acme: World) -> None:
    await acme.run("rule.add", tenant=TENANT, role="Manager", permission_set="Manager", primary_team="Sales")
    await acme.go_live(deactivated="strip", strip_to="Standard User")
    ada = await acme.add_user("ada@acme.example", roles=role("Manager"))
    await acme.drain()
    await acme.set_user(ada.id, "active", False)
    await acme.drain()

    found = (await acme.hubspot.users())["ada@acme.example"]
    assert (True, "Standard User", None) == (found["active"], found["permission_set"], found["team"])
    shown = await acme.run("users.show", tenant=TENANT, user="ada@acme.example")
    assert "stripped" == shown["delivery"]["access"]


async def test_entras_soft_delete_name_never_reaches_hubspot(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.drain()
    await acme.set_user(ada.id, "userName", "0123456789abcdef0123456789abcdefada@acme.example")
    await acme.set_user(ada.id, "active", False)
    await acme.drain()

    users = await acme.hubspot.users()
    assert {"admin@acme.example", "ada@acme.example"} == set(users)
    assert users["ada@acme.example"]["active"] is False


@pytest.mark.each_database
async def test_a_renamed_person_keeps_his_hubspot_user(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.drain()
    before = (await acme.hubspot.users())["ada@acme.example"]["id"]
    await acme.set_user(ada.id, "userName", "ada.lovelace@acme.example")
    await acme.drain()

    users = await acme.hubspot.users()
    assert "ada@acme.example" not in users
    assert before == users["ada.lovelace@acme.example"]["id"]


async def test_two_people_who_swap_addresses_are_both_held(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example", **person("Ada", "A"))
    bob = await acme.add_user("bob@acme.example", **person("Bob", "B"))
    await acme.drain()
    before = await acme.hubspot.users()
    await acme.set_user(ada.id, "userName", "temporary")
    await acme.set_user(bob.id, "userName", "ada@acme.example")
    await acme.set_user(ada.id, "userName", "bob@acme.example")
    await acme.drain()

    assert before == await acme.hubspot.users()
    assert {"email-claimed"} == set((await acme.held()).values())


@pytest.mark.each_database
async def test_of_two_claimants_the_first_keeps_the_address_until_he_goes(acme: World) -> None:
    await acme.go_live(email_from="work")
    emails = [{"type": "work", "value": "shared@acme.example"}]
    first = await acme.add_user("first", emails=emails, **person("First", "One"))
    second = await acme.add_user("second", emails=emails, **person("Second", "One"))
    await acme.drain()
    assert "First One" == (await acme.hubspot.users())["shared@acme.example"]["name"]
    assert {"second": "email-claimed"} == await acme.held()
    shown = await acme.run("users.show", tenant=TENANT, user=second.id)
    assert "first" in shown["delivery"]["hold"]["sentence"]

    await acme.delete_user(first.id)
    await acme.drain()

    assert "Second One" == (await acme.hubspot.users())["shared@acme.example"]["name"]
    assert {} == await acme.held()


async def test_the_last_super_admin_and_protected_people_are_never_touched(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    admin = await acme.add_user("admin@acme.example", **person("Not", "Me"))
    await acme.drain()
    await acme.run("protect.add", tenant=TENANT, email="ada@acme.example", reason="works council")
    await acme.set_user(ada.id, "active", False)
    await acme.set_user(admin.id, "active", False)
    before = await acme.hubspot.users()
    await acme.drain()

    assert before == await acme.hubspot.users()
    assert {"ada@acme.example": "protected", "admin@acme.example": "last-super-admin"} == await acme.held()


async def test_people_outside_the_listed_domains_are_fenced_out(acme: World) -> None:
    await acme.go_live(domains=["acme.example"])
    await acme.add_user("guest@agency.example")
    await acme.drain()

    assert {"guest@agency.example": "outside-domains"} == await acme.held()


@pytest.mark.each_database
async def test_a_rule_change_reaches_everybody_it_concerns(acme: World) -> None:
    await acme.go_live()
    for number in range(5):
        await acme.add_user(f"user{number}@acme.example", roles=role("Lead" if number % 2 else "Other"))
    await acme.drain()
    await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
    await acme.drain()

    users = await acme.hubspot.users()
    sets = [users[f"user{number}@acme.example"]["permission_set"] for number in range(5)]
    assert ["", "Manager", "", "Manager", ""] == sets


@pytest.mark.each_database
async def test_a_group_rule_follows_membership(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    group = await acme.add_group("Sellers")
    await acme.run("rule.add", tenant=TENANT, group=group.id, primary_team="Sales")
    await acme.drain()
    assert (await acme.hubspot.users())["ada@acme.example"]["team"] is None

    await acme.patch_group(group.id, {"op": "add", "path": "members", "value": [{"value": ada.id}]})
    await acme.drain()

    assert "Sales" == (await acme.hubspot.users())["ada@acme.example"]["team"]


async def test_without_the_scim_channel_a_deactivation_is_held_with_the_fix(acme: World) -> None:
    await acme.connect(scim=False)
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.drain()
    await acme.set_user(ada.id, "active", False)
    await acme.drain()
    assert {"ada@acme.example": "leaver-needs-scim-channel"} == await acme.held()

    await acme.connect()
    await acme.drain()

    assert (await acme.hubspot.users())["ada@acme.example"]["active"] is False


@pytest.mark.each_database
async def test_an_initial_sync_costs_a_call_a_person(acme: World) -> None:
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.go_live()
    for number in range(60):
        await acme.add_user(f"user{number:02}@acme.example", **person("User", str(number)))
    before = await calls_of(acme)
    await acme.drain()

    assert 60 == await calls_of(acme) - before
    assert 61 == len(await acme.hubspot.users())


async def test_a_person_is_found_by_e_mail_by_user_name_and_by_id(acme: World) -> None:
    await acme.run("policy.set", tenant=TENANT, email_from="work")
    emails = [{"type": "work", "value": "ada@acme.example"}]
    ada = await acme.add_user("alovelace", emails=emails)
    nobody = await acme.add_user("7")
    for number in range(20):
        await acme.add_user(f"user{number}", emails=[{"type": "work", "value": f"u{number}@acme.example"}])

    for name in ("ada@acme.example", "ADA@acme.example", "alovelace", "ALovelace", ada.id):
        assert ada.id == (await acme.run("users.show", tenant=TENANT, user=name))["id"], name
    assert nobody.id == (await acme.run("users.show", tenant=TENANT, user="7"))["id"]
    with pytest.raises(NotFound, match="users list"):
        await acme.run("users.show", tenant=TENANT, user="user")


@pytest.mark.each_database
async def test_somebody_who_arrives_while_the_backlog_is_read_is_not_sent_again(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await acme.go_live()
    for number in range(12):
        await acme.add_user(f"user{number:02}@acme.example")
    backlog = acme.gateway.store.backlog
    due, log_call, settle = backlog.due, backlog.log_call, backlog.settle
    sent, settled, one_more, rows_taken = 0, 0, asyncio.Event(), asyncio.Event()

    async def reads_slowly(*args: Any, **options: Any) -> Any:
        items = await due(*args, **options)
        rows_taken.set()
        while settled < sent:
            one_more.clear()
            await one_more.wait()
        return items

    async def counting_calls(tenant: Any, channel: str, purpose: str, *rest: Any) -> int:
        nonlocal sent
        if not sent:
            rows_taken.clear()
        sent += purpose == "users.create"
        return await log_call(tenant, channel, purpose, *rest)

    async def settles_meanwhile(tenant: Any, settlements: Any, cause: Any, *, patient: bool = False) -> None:
        nonlocal settled
        if settled:
            await rows_taken.wait()
        await settle(tenant, settlements, cause, patient=patient)
        settled += len(settlements)
        one_more.set()

    monkeypatch.setattr(backlog, "due", reads_slowly)
    monkeypatch.setattr(backlog, "log_call", counting_calls)
    monkeypatch.setattr(backlog, "settle", settles_meanwhile)

    assert await acme.drain() is None

    assert (12, 13) == (sent, len(await acme.hubspot.users()))
