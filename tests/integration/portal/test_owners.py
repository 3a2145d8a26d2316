"""Owners: the same people under another id, and the place where deactivated ones show."""

from __future__ import annotations

import pytest

from syncline.portal import administration
from tests.integration.portal.conftest import USERS, World

OWNERS = "/crm/v3/owners"


async def _deactivate(world: World, email: str) -> None:
    await administration.set_access(world.store, world.clock, "acme", email, active=False)


async def test_an_active_user_is_an_owner_with_teams(world: World) -> None:
    teams = await world.team_ids()
    user = await world.add(
        "ada@acme.example",
        firstName="Ada",
        primaryTeamId=teams["Sales"],
        secondaryTeamIds=[teams["Service"]],
    )

    reply = await world.api.get(f"{OWNERS}/?email=ADA@acme.example")

    (owner,) = reply.body["results"]
    assert ("PERSON", "ada@acme.example", "Ada", "", False) == (
        owner["type"],
        owner["email"],
        owner["firstName"],
        owner["lastName"],
        owner["archived"],
    )
    assert int(user["id"]) == owner["userId"] == owner["userIdIncludingInactive"]
    assert owner["id"] != user["id"]
    assert [
        {"id": teams["Sales"], "name": "Sales", "primary": True},
        {"id": teams["Service"], "name": "Service", "primary": False},
    ] == owner["teams"]


@pytest.mark.parametrize("prefix", [OWNERS, "/crm/owners/2026-03"])
async def test_a_deactivated_user_is_an_archived_owner_without_user_id(world: World, prefix: str) -> None:
    user = await world.add("ada@acme.example")
    await _deactivate(world, "ada@acme.example")

    current = (await world.api.get(prefix)).body["results"]
    archived = (await world.api.get(f"{prefix}/?archived=True&limit=100")).body["results"]

    assert ["admin@acme.example"] == [owner["email"] for owner in current]
    assert [("ada@acme.example", None, int(user["id"]), True)] == [
        (owner["email"], owner["userId"], owner["userIdIncludingInactive"], owner["archived"])
        for owner in archived
    ]


@pytest.mark.parametrize(("flag", "expected"), [("off", []), ("on", ["ada@acme.example"])])
async def test_removed_users_are_archived_owners_only_by_flag(
    world: World, flag: str, expected: list[str]
) -> None:
    await world.flag(removed_owners_archived=flag)
    user = await world.add("ada@acme.example")
    await world.api.delete(f"{USERS}/{user['id']}")

    reply = await world.api.get(f"{OWNERS}?archived=true")

    assert expected == [owner["email"] for owner in reply.body["results"]]


async def test_one_owner_is_read_by_either_id(world: World) -> None:
    user = await world.add("ada@acme.example")
    owner = (await world.api.get(f"{OWNERS}?email=ada@acme.example")).body["results"][0]

    by_owner_id = await world.api.get(f"{OWNERS}/{owner['id']}")
    by_user_id = await world.api.get(f"{OWNERS}/{user['id']}?idProperty=userId")

    assert owner == by_owner_id.body == by_user_id.body
    assert 404 == (await world.api.get(f"{OWNERS}/{user['id']}")).status
    assert 404 == (await world.api.get(f"{OWNERS}/{owner['id']}?archived=true")).status
    assert 400 == (await world.api.get(f"{OWNERS}/{owner['id']}?idProperty=name")).status
    assert 400 == (await world.api.get(f"{OWNERS}?archived=perhaps")).status


async def test_owner_pages_keep_the_other_parameters(world: World) -> None:
    for number in range(5):
        await world.add(f"user{number}@acme.example")
        await _deactivate(world, f"user{number}@acme.example")
    seen: list[str] = []
    path = f"{OWNERS}/?archived=true&limit=2"

    while path:
        body = (await world.api.get(path)).body
        seen += [owner["email"] for owner in body["results"]]
        path = body.get("paging", {}).get("next", {}).get("link", "").removeprefix(world.base_url)

    assert [f"user{number}@acme.example" for number in range(5)] == seen
