"""What an operator says is kept as it was meant: two at once, for one person, for one occasion."""

from __future__ import annotations

import asyncio

import pytest

from syncline.gateway.domain.errors import NotFound, Refused
from tests.support.world import TENANT, World

LEAD = [{"value": "Lead", "primary": True}]
QUARTER = 90 * 24 * 3_600_000


async def test_five_rules_added_at_once_are_all_kept(acme: World) -> None:
    roles = [f"Role {number}" for number in range(5)]
    await asyncio.gather(
        *(acme.run("rule.add", tenant=TENANT, role=role, permission_set="Manager") for role in roles)
    )

    rules = (await acme.run("rule.list", tenant=TENANT))["rules"]

    assert {f"role = {role}" for role in roles} == {rule["when"] for rule in rules}
    assert [1, 2, 3, 4, 5] == [rule["position"] for rule in rules]


async def test_a_rule_removed_while_others_are_added_and_moved_takes_nothing_with_it(acme: World) -> None:
    first, second = [
        await acme.run("rule.add", tenant=TENANT, role=role, permission_set="Manager") for role in "AB"
    ]
    await asyncio.gather(
        acme.run("rule.remove", tenant=TENANT, rule_id=first["id"]),
        acme.run("rule.add", tenant=TENANT, role="C", permission_set="Manager"),
        acme.run("rule.move", tenant=TENANT, rule_id=second["id"], position=2),
    )

    rules = (await acme.run("rule.list", tenant=TENANT))["rules"]

    assert ["role = C", "role = B"] == [rule["when"] for rule in rules]
    with pytest.raises(NotFound, match="rule list"):
        await acme.run("rule.remove", tenant=TENANT, rule_id=first["id"])


async def test_choices_made_at_once_do_not_undo_each_other(acme: World) -> None:
    await asyncio.gather(
        acme.run("policy.set", tenant=TENANT, deactivated="deactivate"),
        acme.run("policy.set", tenant=TENANT, domains=["acme.example"]),
        acme.run("role.default", tenant=TENANT, name="Manager"),
    )

    policy = await acme.run("policy.show", tenant=TENANT)

    assert ("deactivate", ["acme.example"], "Manager") == tuple(
        policy[name] for name in ("deactivated", "domains", "default_permission_set")
    )


async def test_a_choice_that_cannot_be_carried_out_changes_nothing(acme: World) -> None:
    before = await acme.run("policy.show", tenant=TENANT)
    with pytest.raises(Refused, match="--strip-to"):
        await acme.run("policy.set", tenant=TENANT, deactivated="strip", welcome_email=True)
    await acme.add_user("ada@acme.example")
    with pytest.raises(Refused, match="before the first user"):
        await acme.run("policy.set", tenant=TENANT, email_from="work", welcome_email=True)

    assert before == await acme.run("policy.show", tenant=TENANT)


async def test_whoever_gets_an_address_does_not_inherit_what_was_approved_for_another(acme: World) -> None:
    await acme.run("privileged.mark", tenant=TENANT, permission_set="Manager")
    await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example", roles=LEAD)
    await acme.drain()
    await acme.run("approvals.grant", tenant=TENANT, user="ada@acme.example")
    await acme.set_user(ada.id, "userName", "countess@acme.example")
    await acme.add_user("ada@acme.example", roles=LEAD)

    await acme.drain()

    held = {"ada@acme.example": "privileged-grant", "countess@acme.example": "privileged-grant"}
    assert held == await acme.held()
    await acme.run("approvals.grant", tenant=TENANT, everybody=True)
    await acme.drain()
    assert {} == await acme.held()


async def test_a_leaver_let_go_who_came_back_is_staged_again_the_next_time(acme: World) -> None:
    await acme.go_live(deletion_threshold=0)
    ada = await acme.add_user("ada@acme.example")
    await acme.drain()
    await acme.set_user(ada.id, "active", False)
    await acme.drain()
    await acme.run("leavers.release", tenant=TENANT, user="ada@acme.example")
    await acme.set_user(ada.id, "active", True)
    await acme.drain()

    acme.clock.leap(QUARTER)
    await acme.set_user(ada.id, "active", False)
    await acme.drain()

    assert {"ada@acme.example": "staged-deletion"} == await acme.held()
    assert (await acme.hubspot.users())["ada@acme.example"]["active"]


async def test_only_somebody_deactivated_at_hubspot_is_released(acme: World) -> None:
    await acme.go_live()
    await acme.add_user("ada@acme.example")
    await acme.drain()
    with pytest.raises(Refused, match="is not held"):
        await acme.run("users.release", tenant=TENANT, user="ada@acme.example")

    await acme.run("protect.add", tenant=TENANT, email="bob@acme.example")
    await acme.add_user("bob@acme.example")
    await acme.drain()
    with pytest.raises(Refused, match="is held as protected"):
        await acme.run("users.release", tenant=TENANT, user="bob@acme.example")
