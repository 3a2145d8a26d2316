"""The plan: what it shows, what of it is approved, and what of that leaves."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.errors import Conflict, Invalid, Refused
from tests.support.world import TENANT, World

ROLE = {"value": "Lead", "primary": True}


async def joiners(acme: World, *names: str) -> dict[str, str]:
    return {name: (await acme.add_user(f"{name}@acme.example")).id for name in names}


async def at_hubspot(acme: World) -> set[str]:
    return set(await acme.hubspot.users()) - {"admin@acme.example"}


async def test_nothing_leaves_in_plan_mode_but_the_person_approved(acme: World) -> None:
    await joiners(acme, "ada", "bob", "cyd")

    approved = await acme.run("plan.approve", tenant=TENANT, only=["ada@acme.example"], because="pilot")
    await acme.drain()

    assert (1, {"create": 1}) == (
        approved["people"],
        {kind: count for kind, count in approved["counts"].items() if count},
    )
    assert {"ada@acme.example"} == await at_hubspot(acme)
    assert {"bob@acme.example": "plan-mode", "cyd@acme.example": "plan-mode"} == await acme.held()


async def test_an_approval_is_for_the_change_that_was_shown(acme: World) -> None:
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    people = await joiners(acme, "ada")
    await acme.run("plan.approve", tenant=TENANT, only=["ada@acme.example"])
    await acme.set_user(people["ada"], "name", {"givenName": "Mallory", "familyName": "X"})

    await acme.drain()

    assert set() == await at_hubspot(acme)
    assert {"ada@acme.example": "plan-mode"} == await acme.held()


async def test_an_approval_is_used_up_by_what_it_was_for(acme: World) -> None:
    people = await joiners(acme, "ada")
    await acme.run("plan.approve", tenant=TENANT, only=["create"])
    await acme.drain()
    await acme.set_user(people["ada"], "name", {"givenName": "Ada", "familyName": "X"})
    await acme.drain()

    assert "None None" == (await acme.hubspot.users())["ada@acme.example"]["name"]
    assert {"ada@acme.example": "plan-mode"} == await acme.held()


async def test_kinds_are_approved_but_for_those_who_are_held(acme: World) -> None:
    await joiners(acme, "ada", "bob")
    await acme.add_user("eve@elsewhere.example")
    await acme.run("policy.set", tenant=TENANT, domains=["acme.example"])

    approved = await acme.run("plan.approve", tenant=TENANT, only=["create"])
    await acme.drain()

    assert (2, 1) == (approved["people"], approved["held"])
    assert {"ada@acme.example", "bob@acme.example"} == await at_hubspot(acme)


async def test_whoever_is_held_for_another_reason_is_not_delivered(acme: World) -> None:
    await acme.run("privileged.mark", tenant=TENANT, permission_set="Manager")
    await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
    await acme.add_user("ada@acme.example", roles=[ROLE])

    with pytest.raises(Refused, match="privileged"):
        await acme.run("plan.deliver", tenant=TENANT, user="ada@acme.example")
    await acme.drain()

    assert set() == await at_hubspot(acme)


async def test_one_person_is_delivered_on_demand(acme: World) -> None:
    await joiners(acme, "ada", "bob")

    shown = await acme.run("plan.deliver", tenant=TENANT, user="ada@acme.example")
    await acme.drain()
    again = await acme.run("plan.deliver", tenant=TENANT, user="ada@acme.example")

    assert ("create", "waiting") == (shown["kind"], shown["state"])
    assert {"ada@acme.example"} == await at_hubspot(acme)
    assert ("unchanged", "in-step") == (again["kind"], again["state"])


async def test_waiting_for_a_delivery_ends_with_the_wait(acme: World) -> None:
    await joiners(acme, "ada")
    before = acme.clock.now()

    shown = await acme.run("plan.deliver", tenant=TENANT, user="ada@acme.example", wait_seconds=5)

    assert "waiting" == shown["state"]
    assert 5_000 <= acme.clock.now() - before < 6_000
    with pytest.raises(Invalid, match="60 seconds"):
        await acme.run("plan.deliver", tenant=TENANT, user="ada@acme.example", wait_seconds=61)


async def test_adoption_of_one_person_needs_no_approval_of_the_whole_plan(acme: World) -> None:
    for name in ("ada", "bob"):
        await acme.hubspot.call("POST", "/settings/users/2026-03", {"email": f"{name}@acme.example"})
    await acme.run("connection.check", tenant=TENANT)
    await joiners(acme, "ada", "bob")
    await acme.go_live(approve=False)

    await acme.run("plan.approve", tenant=TENANT, only=["ada@acme.example"])
    await acme.drain()

    assert {"bob@acme.example": "adoption-not-approved"} == await acme.held()


async def test_a_leaver_is_delivered_in_plan_mode_through_the_gate(acme: World) -> None:
    people = await joiners(acme, "ada", "bob")
    await acme.go_live()
    await acme.drain()
    await acme.run("tenant.mode", tenant=TENANT, mode="plan")
    for user_id in people.values():
        await acme.set_user(user_id, "active", False)

    await acme.run("plan.deliver", tenant=TENANT, user="ada@acme.example")
    await acme.drain()

    active = {email for email, user in (await acme.hubspot.users()).items() if user["active"]}
    assert {"bob@acme.example", "admin@acme.example"} == active


async def test_a_plan_is_approved_only_as_it_was_seen(acme: World) -> None:
    await joiners(acme, "ada")
    seen = (await acme.run("plan.show", tenant=TENANT))["fingerprint"]
    assert seen == (await acme.run("plan.show", tenant=TENANT))["fingerprint"]
    await joiners(acme, "bob")

    for only in ([], ["create"]):
        with pytest.raises(Conflict, match="nothing was saved"):
            await acme.run("plan.approve", tenant=TENANT, only=only, expect=seen)

    assert (await acme.run("tenant.show", tenant=TENANT))["plan_approved_at"] is None


async def test_approving_a_plan_makes_hubspot_what_the_plan_showed(acme: World) -> None:
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager", primary_team="Sales")
    await acme.add_user("ada@acme.example", roles=[ROLE])
    await joiners(acme, "bob", "cyd")
    plan = await acme.run("plan.show", tenant=TENANT)

    await acme.go_live()
    await acme.drain()

    seen = await acme.hubspot.users()
    shown = {each["email"]: (each["permission_set"], each["primary_team"]) for each in plan["people"]}
    assert shown == {email: (seen[email]["permission_set"], seen[email]["team"]) for email in shown}
    assert {"unchanged": 3} == {
        kind: count for kind, count in (await acme.run("plan.show", tenant=TENANT))["counts"].items() if count
    }


async def test_the_plan_is_read_in_pages_and_by_kind(acme: World) -> None:
    await joiners(acme, "ada", "bob", "cyd", "dee")
    await acme.add_user("eve@elsewhere.example")
    await acme.run("policy.set", tenant=TENANT, domains=["acme.example"])

    async def page(**arguments: Any) -> tuple[list[str], str | None]:
        found = await acme.run("plan.people", tenant=TENANT, limit=2, **arguments)
        return [each["email"].partition("@")[0] for each in found["people"]], found["next"]

    first = await acme.run("plan.show", tenant=TENANT, limit=2, kinds=["create"])

    assert (4, 1, 1) == (first["counts"]["create"], first["counts"]["held"], first["held_as"]["ignored"])
    assert "bob@acme.example" == first["next"]
    assert (["cyd", "dee"], None) == await page(kinds=["create"], after=first["next"])
    assert (["eve"], None) == await page(kinds=["held"])
    assert (["ada", "bob"], "bob@acme.example") == await page()
    with pytest.raises(Invalid, match="no kind of change"):
        await page(kinds=["creation"])


async def test_a_long_plan_says_how_far_it_is(acme: World) -> None:
    await joiners(acme, "ada", "bob")
    told: list[Any] = []

    await acme.gateway.operations["plan.show"]("test", tenant=TENANT, progress=told.append)

    assert [{"stage": "Deciding", "done": 2, "total": 2}] == told
