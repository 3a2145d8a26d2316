"""Four eyes: what one person approves counts only once another one has approved the same."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.errors import Refused
from syncline.gateway.services.operations import run_operation
from tests.support.world import TENANT, World

DAY = 24 * 3_600_000


async def says(acme: World, actor: str, operation: str, **arguments: Any) -> dict[str, Any]:
    """Run an operation as somebody."""
    return await run_operation(acme.gateway.operations, operation, actor, {"tenant": TENANT, **arguments})


async def active(acme: World) -> set[str]:
    users = await acme.hubspot.users()
    return {email for email, user in users.items() if user["active"]} - {"admin@acme.example"}


async def pending(acme: World) -> list[tuple[str, str, bool]]:
    """Return what waits besides the plan, which nobody else has approved yet."""
    found = (await says(acme, "test", "approvals.pending"))["pending"]
    shown = [(each["subject"], each["by"], each["expired"]) for each in found]
    return [each for each in shown if not each[0].startswith("the plan")]


async def staged(acme: World) -> list[str]:
    """Have two people leave where one may, with four eyes on; returns who is staged."""
    await acme.go_live(deletion_threshold=0, four_eyes=True)
    for email in ("ada@acme.example", "bob@acme.example"):
        created = await acme.add_user(email)
        await acme.drain()
        await acme.set_user(created.id, "active", False)
    await acme.drain()
    return sorted(await active(acme))


async def test_a_leaver_goes_once_two_people_have_said_so(acme: World) -> None:
    ada, bob = await staged(acme)
    first = await says(acme, "grace", "leavers.release", user=ada, because="left for good")
    await acme.drain()
    assert {"released": [], "pending": [ada]} == first
    assert {ada, bob} == await active(acme)
    assert [(f"leaving for {ada}", "grace", False)] == await pending(acme)

    second = await says(acme, "linus", "leavers.release", user=ada)
    await acme.drain()
    assert {"released": [ada], "pending": []} == second
    assert {bob} == await active(acme)
    assert [] == await pending(acme)


async def test_one_person_is_never_enough_however_often_he_says_it(acme: World) -> None:
    ada, bob = await staged(acme)
    for _ in range(3):
        assert [ada, bob] == (await says(acme, "grace", "leavers.release", everybody=True))["pending"]
        await acme.drain()

    assert {ada, bob} == await active(acme)


async def test_who_made_an_api_key_is_not_a_second_person(acme: World) -> None:
    ada, _ = await staged(acme)
    made = await run_operation(
        acme.gateway.operations, "api_key.create", "grace", {"role": "approver", "tenant": TENANT}
    )
    await says(acme, "grace", "leavers.release", user=ada)

    again = await says(acme, f"api-key:{made['key_id']}", "leavers.release", user=ada)

    assert [ada] == again["pending"]


async def test_a_key_made_by_means_of_a_key_is_not_a_second_person(acme: World) -> None:
    ada, _ = await staged(acme)
    actor = "grace"
    for _ in range(2):
        made = await run_operation(acme.gateway.operations, "api_key.create", actor, {"role": "owner"})
        actor = f"api-key:{made['key_id']}"
    await says(acme, "grace", "leavers.release", user=ada)

    again = await says(acme, actor, "leavers.release", user=ada)

    assert [ada] == again["pending"]


async def test_a_first_word_ends_and_counts_for_nothing(acme: World) -> None:
    ada, _ = await staged(acme)
    await says(acme, "grace", "leavers.release", user=ada)
    acme.clock.leap(30 * DAY + 1)
    assert [(f"leaving for {ada}", "grace", True)] == await pending(acme)

    assert [ada] == (await says(acme, "linus", "leavers.release", user=ada))["pending"]
    assert [(f"leaving for {ada}", "linus", False)] == await pending(acme)


async def test_a_privileged_grant_needs_two(acme: World) -> None:
    await acme.run("privileged.mark", tenant=TENANT, permission_set="Manager")
    await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
    await acme.go_live(four_eyes=True)
    await acme.add_user("ada@acme.example", roles=[{"value": "Lead", "primary": True}])
    await acme.drain()
    await says(acme, "grace", "approvals.grant", user="ada@acme.example")
    await acme.drain()
    assert {"ada@acme.example": "privileged-grant"} == await acme.held()

    await says(acme, "linus", "approvals.grant", user="ada@acme.example")
    await acme.drain()

    assert "Manager" == (await acme.hubspot.users())["ada@acme.example"]["permission_set"]


async def test_two_people_approve_the_same_plan_or_none(acme: World) -> None:
    await acme.run("policy.set", tenant=TENANT, deactivated="deactivate", four_eyes=True)
    await acme.add_user("ada@acme.example")
    assert (await says(acme, "grace", "plan.approve"))["pending"] > 0
    await acme.add_user("bob@acme.example")
    assert (await says(acme, "linus", "plan.approve"))["pending"] > 0
    assert None is (await acme.run("plan.show", tenant=TENANT))["approved_at"]

    agreed = await says(acme, "grace", "plan.approve")

    assert 0 == agreed["pending"]
    assert (await acme.run("plan.show", tenant=TENANT))["approved_at"] is not None


async def test_on_demand_delivery_needs_two(acme: World) -> None:
    await acme.run("policy.set", tenant=TENANT, deactivated="deactivate", four_eyes=True)
    await acme.run("tenant.mode", tenant=TENANT, mode="plan")
    await acme.add_user("ada@acme.example")
    shown = await says(acme, "grace", "plan.deliver", user="ada@acme.example")
    await acme.drain()
    assert "second person" in shown["pending"]
    assert set() == await active(acme)

    await says(acme, "linus", "plan.deliver", user="ada@acme.example")
    await acme.drain()

    assert {"ada@acme.example"} == await active(acme)


async def test_a_protection_goes_with_two_and_is_not_shortened_by_one(acme: World) -> None:
    await acme.run("policy.set", tenant=TENANT, deactivated="deactivate", four_eyes=True)
    await says(acme, "grace", "protect.add", email="boss@acme.example", reason="owner")
    assert (await says(acme, "grace", "protect.remove", email="boss@acme.example"))["protected"]
    assert (await says(acme, "grace", "protect.remove", email="boss@acme.example"))["protected"]
    with pytest.raises(Refused, match="second person"):
        await says(acme, "grace", "protect.add", email="boss@acme.example", until="2027-01-31")

    assert not (await says(acme, "linus", "protect.remove", email="boss@acme.example"))["protected"]


async def test_four_eyes_are_taken_off_by_two(acme: World) -> None:
    await acme.run("policy.set", tenant=TENANT, deactivated="deactivate", four_eyes=True)
    alone = await says(acme, "grace", "policy.set", four_eyes=False, welcome_email=True)
    assert (True, True) == (alone["four_eyes"], alone["welcome_email"])
    assert "second person" in alone["waiting"]
    assert (await says(acme, "grace", "policy.set", four_eyes=False))["four_eyes"]

    assert not (await says(acme, "linus", "policy.set", four_eyes=False))["four_eyes"]


async def test_four_eyes_are_taken_off_by_two_through_previews(acme: World) -> None:
    await acme.go_live(four_eyes=True)
    change = {"change": "policy.set", "arguments": {"four_eyes": False}, "confirmed": True}
    alone = await says(acme, "grace", "plan.change", **change)
    assert alone["saved"]["four_eyes"]

    both = await says(acme, "linus", "plan.change", **change)

    assert not both["saved"]["four_eyes"]


async def test_a_mark_on_a_permission_set_goes_with_two(acme: World) -> None:
    await acme.run("policy.set", tenant=TENANT, deactivated="deactivate", four_eyes=True)
    await says(acme, "grace", "privileged.mark", permission_set="Manager")
    assert (await says(acme, "grace", "privileged.unmark", permission_set="Manager"))["marked"]
    assert (await says(acme, "grace", "privileged.unmark", permission_set="Manager"))["marked"]

    assert not (await says(acme, "linus", "privileged.unmark", permission_set="Manager"))["marked"]
