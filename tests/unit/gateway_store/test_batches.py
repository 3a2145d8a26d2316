"""A batch asks the database as often for many commands as for two, and a command as often for many people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.rules import Rule, RuleKind
from syncline.gateway.services.ports import Actor, Cause
from syncline.gateway.store.commands.choices import AddRule
from syncline.gateway.store.commands.groups import CreateGroup, DeleteGroup, PatchGroup, ReplaceGroup
from syncline.gateway.store.commands.users import CreateUser, DeleteUser, PatchUser, ReplaceUser
from syncline.scim.attributes import ResourceType
from syncline.scim.patch import Patch, parse_patch
from syncline.scim.resource import Notes, Resource, read
from syncline.scim.schemas import GROUP, USER
from syncline.sql.rows import Command
from tests.unit.gateway_store.stores import TENANT, BothStores

FEW, MANY = 2, 40
PEOPLE = range(FEW + MANY)
WATCHED, UNWATCHED = "g-watched", "g-other"
CAUSE = Cause(5_000, "c0ffee")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[BothStores]:
    """People with a role and an address each, all in one group; a rule looks at another."""
    made = BothStores(tmp_path)
    made.carry_out([CreateUser(TENANT, f"u{number}", user(number), CAUSE) for number in PEOPLE])
    everybody = [{"value": f"u{number}"} for number in PEOPLE]
    for group_id, listed in ((WATCHED, []), (UNWATCHED, everybody)):
        made.carry_out([CreateGroup(TENANT, group_id, group(group_id, listed), CAUSE)])
    rule = Rule(id="r1", position=1, kind=RuleKind.GROUP, match=WATCHED, permission_set_id="7")
    made.carry_out([AddRule(TENANT, rule, None, Actor("test", 1))])
    yield made
    made.close()


def user(number: int, title: str = "Engineer") -> Resource:
    body = {
        "schemas": [USER.schema.id],
        "userName": f"u{number}@acme.example",
        "title": title,
        "emails": [{"type": "work", "value": f"u{number}@acme.example"}],
        "roles": [{"value": f"role {number}"}],
    }
    return read(USER, body, Notes())


def group(name: str, listed: Sequence[dict[str, str]] = ()) -> Resource:
    body = {"schemas": [GROUP.schema.id], "displayName": name, "members": list(listed)}
    return read(GROUP, body, Notes())


def patch(resource_type: ResourceType, *operations: dict[str, Any]) -> Patch:
    schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    return parse_patch(resource_type, {"schemas": schemas, "Operations": list(operations)}, Notes())


def retitled(title: str) -> Patch:
    return patch(USER, {"op": "replace", "path": "title", "value": title})


def members_of(count: int) -> list[dict[str, str]]:
    return [{"value": f"u{number}"} for number in range(count)]


OF_USERS: dict[str, Callable[[int], Command[Any]]] = {
    "create": lambda number: CreateUser(TENANT, f"new{number}", user(1_000 + number), CAUSE),
    "replace": lambda number: ReplaceUser(TENANT, f"u{number}", user(number, "Lead"), None, CAUSE),
    "patch": lambda number: PatchUser(TENANT, f"u{number}", retitled("Lead"), None, CAUSE),
    "deactivate": lambda number: PatchUser(
        TENANT, f"u{number}", patch(USER, {"op": "replace", "path": "active", "value": False}), None, CAUSE
    ),
    "delete": lambda number: DeleteUser(TENANT, f"u{number}", None, CAUSE),
}
OF_A_GROUP: dict[str, Callable[[str, int], Command[Any]]] = {
    "add": lambda group_id, count: PatchGroup(
        TENANT,
        group_id,
        patch(GROUP, {"op": "add", "path": "members", "value": members_of(count)}),
        None,
        CAUSE,
    ),
    "replace": lambda group_id, count: ReplaceGroup(
        TENANT, group_id, group(group_id, members_of(count)), None, CAUSE
    ),
    "create": lambda _group_id, count: CreateGroup(
        TENANT, f"new-{count}", group(f"New {count}", members_of(count)), CAUSE
    ),
}


@pytest.mark.parametrize("kind", OF_USERS)
def test_what_a_batch_reads_does_not_grow_with_its_users(stores: BothStores, kind: str) -> None:
    command = OF_USERS[kind]

    few = stores.selects([command(number) for number in range(FEW)])
    many = stores.selects([command(number) for number in range(FEW, FEW + MANY)])

    assert few == many


@pytest.mark.parametrize("group_id", [WATCHED, UNWATCHED])
@pytest.mark.parametrize("kind", OF_A_GROUP)
def test_what_a_group_s_change_reads_does_not_grow_with_its_members(
    stores: BothStores, kind: str, group_id: str
) -> None:
    command = OF_A_GROUP[kind]

    few = stores.selects([command(group_id, FEW)])
    many = stores.selects([command(group_id, MANY)])

    assert few == many


def test_what_the_end_of_a_group_reads_does_not_grow_with_its_members(stores: BothStores) -> None:
    stores.carry_out([OF_A_GROUP["add"](WATCHED, FEW)])

    few = stores.selects([DeleteGroup(TENANT, WATCHED, None, CAUSE)])
    many = stores.selects([DeleteGroup(TENANT, UNWATCHED, None, CAUSE)])

    assert few >= many
