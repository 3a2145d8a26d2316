"""Roles and groups as they arrive: counted as people come and go, and how Entra sends them."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.errors import NotFound
from syncline.rehearsal.dialect import Dialect
from syncline.rehearsal.objects import AppRole
from syncline.rehearsal.roles import RoleExpression, creation, operations
from syncline.scim.dialects import Notes
from syncline.scim.patch import parse_patch
from syncline.scim.schemas import GROUP, USER
from tests.support.world import TENANT, World, exchange

LEAD, BOSS = (AppRole(id=f"id-{name}", value=name, display_name=name) for name in ("Lead", "Boss"))


async def seen(acme: World, **arguments: Any) -> dict[str, Any]:
    return await acme.run("roles.seen", tenant=TENANT, **arguments)


async def counted(acme: World) -> dict[str, int]:
    return {each["role"]: each["people"] for each in (await seen(acme, everything=True))["roles"]}


def roles(*names: str) -> list[dict[str, str]]:
    return [{"value": name} for name in names]


@pytest.mark.each_database
async def test_roles_are_counted_as_people_come_change_and_go(acme: World) -> None:
    ada = await acme.add_user("ada@acme.example", roles=roles("Lead", "Boss"))
    await acme.add_user("bob@acme.example", roles=roles("Lead"))
    assert {"Boss": 1, "Lead": 2} == await counted(acme)

    await acme.set_user(ada.id, "roles", roles("Seller"))
    assert {"Lead": 1, "Seller": 1} == await counted(acme)
    await acme.set_user(ada.id, "title", "Countess")
    await acme.delete_user(ada.id)

    assert {"Lead": 1} == await counted(acme)


async def test_only_what_nothing_matches_is_listed_with_what_it_may_mean(acme: World) -> None:
    await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
    await acme.run("policy.set", tenant=TENANT, match_role_names=True)
    await acme.add_user("ada@acme.example", roles=roles("Lead", "Sales User", "sales user ", "Unheard of"))
    group = await acme.add_group("Sales", "nobody")
    other = await acme.add_group("Ops")
    await acme.run("rule.add", tenant=TENANT, group=group.id, primary_team="Sales")

    found = await seen(acme)
    everything = await seen(acme, everything=True)

    assert [("Unheard of", None), ("sales user ", "Sales User")] == [
        (each["role"], each["did_you_mean"]) for each in found["roles"]
    ]
    assert [(other.id, 0)] == [(each["id"], each["members"]) for each in found["groups"]]
    assert (1, 4) == (found["role_rules"], found["roles_received"])
    assert {"Lead", "Sales User"} == {each["role"] for each in everything["roles"] if each["matched_by"]}
    assert 1 == everything["groups"][0]["members"]


async def test_a_rule_and_a_look_take_a_group_by_its_name_as_by_its_id(acme: World) -> None:
    group = await acme.add_group("Sales")
    for name in (group.id, "Sales", "SALES"):
        await acme.run("rule.add", tenant=TENANT, group=name, primary_team="Sales")
        assert group.id == (await acme.run("groups.show", tenant=TENANT, group=name))["id"]

    rules = (await acme.run("rule.list", tenant=TENANT))["rules"]
    assert ["group = Sales"] * 3 == [each["when"] for each in rules]


async def test_a_rule_on_a_group_that_is_not_there_is_refused(acme: World) -> None:
    with pytest.raises(NotFound, match=r"`groups list acme`"):
        await acme.run("rule.add", tenant=TENANT, group="Sales", primary_team="Sales")


async def test_rules_on_roles_that_never_come_are_reported(acme: World) -> None:
    for name in ("Lead", "Boss", "Seller"):
        await acme.run("rule.add", tenant=TENANT, role=name, permission_set="Manager")
    await acme.add_user("ada@acme.example")

    assert ["3 role rules, 0 roles received: add the role expression in Entra."] == (
        (await seen(acme))["findings"]
    )


@pytest.mark.parametrize("expression", list(RoleExpression))
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_each_of_entras_expressions_is_recognised(
    acme: World, expression: RoleExpression, dialect: Dialect
) -> None:
    ada = await acme.add_user("ada@acme.example", roles=creation(expression, [LEAD]))
    target = {"roles": [{"value": "Lead", "primary": expression is RoleExpression.SINGLE}]}
    sent = operations(expression, [BOSS], target, dialect)
    body = {"Operations": [each.wire() for each in sent]}
    patch = parse_patch(USER, body, Notes())
    await acme.directory.patch(exchange(), USER, ada.id, patch, None, frozenset())

    found = (await seen(acme))["expression"]

    assert (expression.value, expression is RoleExpression.COMPLEX) == (found["name"], found["only_adds"])


async def test_roles_and_groups_are_read_in_pages(acme: World) -> None:
    await acme.add_user("ada@acme.example", roles=roles("A", "B", "C"))
    for name in ("One", "Two", "Three"):
        await acme.add_group(name)

    first = await seen(acme, limit=2)
    second = await seen(acme, limit=2, after=first["next"], groups_after=first["next_group"])

    assert ["A", "B"] == [each["role"] for each in first["roles"]]
    assert (["C"], ["Three"], None, None) == (
        [each["role"] for each in second["roles"]],
        [each["display_name"] for each in second["groups"]],
        second["next"],
        second["next_group"],
    )


@pytest.mark.each_database
async def test_roles_and_groups_are_searched_by_a_part_of_their_name_in_any_case(acme: World) -> None:
    await acme.add_user("ada@acme.example", roles=roles("Sales Lead", "Boss"))
    for name in ("EMEA sales", "APAC Sales_50%", "Ops"):
        await acme.add_group(name)

    found = await seen(acme, search="SALES")
    special = await seen(acme, search="s_5")

    assert ["Sales Lead"] == [each["role"] for each in found["roles"]]
    assert ["APAC Sales_50%", "EMEA sales"] == [each["display_name"] for each in found["groups"]]
    assert ["APAC Sales_50%"] == [each["display_name"] for each in special["groups"]]
    assert (None, None) == (found["next"], found["next_group"])


async def test_values_that_arrive_are_told_by_attribute_the_most_frequent_first(acme: World) -> None:
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    for name, department in (("ada", "Sales"), ("bob", "Sales"), ("eve", "Legal")):
        await acme.add_user(f"{name}@acme.example", title="Lead", **{enterprise: {"department": department}})

    assert {
        "looked_at": 3,
        "attributes": [
            {
                "attribute": "department",
                "values": [{"value": "Sales", "people": 2}, {"value": "Legal", "people": 1}],
            },
            {"attribute": "title", "values": [{"value": "Lead", "people": 3}]},
        ],
    } == await acme.run("roles.attributes", tenant=TENANT)


@pytest.mark.each_database
async def test_a_rule_is_made_by_the_groups_name_and_keeps_to_its_id(acme: World) -> None:
    group = await acme.add_group("Sales EMEA")
    made = await acme.run("rule.add", tenant=TENANT, group="sales emea", primary_team="Sales")
    before = (made["when"], made["group"])
    await acme.patch_group(group.id, {"op": "replace", "path": "displayName", "value": "Field"})
    (listed,) = (await acme.run("rule.list", tenant=TENANT))["rules"]

    assert ("group = Sales EMEA", group.id) == before
    assert ("group = Field", group.id) == (listed["when"], listed["group"])


async def test_a_group_that_is_not_there_is_refused_with_those_that_may_be_meant(acme: World) -> None:
    await acme.add_group("Sales EMEA")
    with pytest.raises(NotFound, match=r"No group 'Sales' has arrived\. There is 'Sales EMEA'\."):
        await acme.run("rule.add", tenant=TENANT, group="Sales", primary_team="Sales")


async def test_a_rule_whose_group_is_gone_shows_the_id_it_keeps(acme: World) -> None:
    group = await acme.add_group("Sales EMEA")
    await acme.run("rule.add", tenant=TENANT, group=group.id, primary_team="Sales")
    await acme.directory.delete(exchange(), GROUP, group.id, None)
    (listed,) = (await acme.run("rule.list", tenant=TENANT))["rules"]

    assert (f"group = {group.id}", group.id) == (listed["when"], listed["group"])
