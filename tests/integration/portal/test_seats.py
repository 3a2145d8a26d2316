"""Seats: assigned by name or carried by a permission set, counted, bought, and run out of."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.portal import administration
from tests.integration.portal.conftest import SCIM_USER, Client, World

BETA = "/settings/users/2026-09-beta"
NO_SEAT = "AppUserErrors.NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION"


@pytest.fixture
async def billed(world: World) -> Client:
    """A client of the account billed, with the billing scope."""
    account = await world.open_account("billed", scopes=["settings.billing.write"])
    return world.client(account["access_token"])


async def buy(world: World, **seats: str) -> None:
    bought = {name.replace("_", " "): number for name, number in seats.items()}
    await administration.change_account(world.store, world.clock, "billed", seats=bought)


async def left(client: Client) -> dict[str, int | None]:
    reply = await client.get(f"{BETA}/seats")
    return {one["name"]: one.get("remainingSeats") for one in reply.body["results"]}


async def create(client: Client, name: str, **fields: Any) -> Any:
    return await client.post(BETA, {"email": f"{name}@billed.example", "sendWelcomeEmail": False, **fields})


async def paid_set(client: Client) -> str:
    roles = (await client.get(f"{BETA}/roles")).body["results"]
    return str(next(one["id"] for one in roles if one["requiresBillingWrite"]))


async def test_seats_are_listed_with_what_is_left(world: World, billed: Client) -> None:
    assert {"Core": None, "Sales Hub": None, "Service Hub": None, "View-Only": None} == await left(billed)

    await buy(world, Core="2")
    created = await create(billed, "ada", seatNames=["Core"])

    assert (201, ["Core"]) == (created.status, created.body["seatNames"])
    assert 1 == (await left(billed))["Core"]


async def test_only_versions_that_know_seats_show_and_take_them(world: World, billed: Client) -> None:
    user_id = (await create(billed, "ada", seatNames=["Core"])).body["id"]
    ignored = await billed.put(f"/settings/users/2026-03/{user_id}", {"seatNames": ["Nonsense"]})

    shown = {
        prefix: (await billed.get(f"{prefix}/{user_id}")).body.get("seatNames")
        for prefix in (BETA, "/settings/v3/users", "/settings/users/2026-03")
    }

    assert 200 == ignored.status
    assert [["Core"], ["Core"], None] == list(shown.values())
    assert 400 == (await billed.get("/settings/users/2026-03/seats")).status


async def test_no_seat_left_is_said_and_nobody_is_created(world: World, billed: Client) -> None:
    await buy(world, Core="1")
    first = await create(billed, "ada", seatNames=["Core"])
    second = await create(billed, "bob", seatNames=["Core"])
    swapped = await billed.put(f"{BETA}/{first.body['id']}", {"seatNames": []})
    third = await create(billed, "bob", seatNames=["Core"])

    assert (400, "VALIDATION_ERROR", NO_SEAT) == (
        second.status,
        second.body["category"],
        second.body["subCategory"],
    )
    assert [200, 201] == [swapped.status, third.status]


async def test_a_paid_permission_set_carries_its_seat(world: World, billed: Client) -> None:
    await buy(world, Sales_Hub="1")
    role = await paid_set(billed)

    first = await create(billed, "ada", roleId=role)
    second = await create(billed, "bob", roleId=role)
    await billed.put(f"{BETA}/{first.body['id']}", {"roleId": ""})

    assert (["Sales Hub"], NO_SEAT) == (first.body["seatNames"], second.body["subCategory"])
    assert 1 == (await left(billed))["Sales Hub"]


async def test_a_deactivated_user_keeps_a_seat_that_does_not_count(world: World, billed: Client) -> None:
    await buy(world, Core="1")
    user_id = (await create(billed, "ada", seatNames=["Core"])).body["id"]
    await administration.set_access(world.store, world.clock, "billed", user_id, active=False)

    assert 1 == (await left(billed))["Core"]
    assert ["Core"] == (await billed.get(f"{BETA}/{user_id}")).body["seatNames"]
    await administration.set_access(world.store, world.clock, "billed", user_id, active=True)
    assert 0 == (await left(billed))["Core"]


async def test_a_freed_seat_may_take_a_while_to_be_free(world: World, billed: Client) -> None:
    await buy(world, Core="1")
    await administration.change_account(
        world.store, world.clock, "billed", flags={"seat_release_seconds": "30"}
    )
    user_id = (await create(billed, "ada", seatNames=["Core"])).body["id"]
    await billed.delete(f"{BETA}/{user_id}")

    early = await create(billed, "ada", seatNames=["Core"])
    await world.clock.advance(30_000)
    late = await create(billed, "ada", seatNames=["Core"])

    assert (400, NO_SEAT, 201, user_id) == (
        early.status,
        early.body["subCategory"],
        late.status,
        late.body["id"],
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"seatNames": ["Core"]}, "MISSING_BILLING_SCOPE"), ({"seatNames": ["Sofa"]}, "INVALID_SEAT_NAME")],
)
async def test_a_seat_that_cannot_be_given_is_named(world: World, fields: dict[str, Any], code: str) -> None:
    reply = await world.api.post(BETA, {"email": "ada@acme.example", **fields})

    assert (400, code, "seatNames") == (
        reply.status,
        reply.body["errors"][0]["code"],
        reply.body["errors"][0]["in"],
    )
    assert 403 == (await world.api.get(f"{BETA}/seats")).status


async def test_scim_meets_the_end_of_seats_too(world: World) -> None:
    await administration.change_account(world.store, world.clock, "acme", seats={"Sales Hub": "0"})

    reply = await world.scim.post(
        "/Users",
        {"schemas": [SCIM_USER], "userName": "ada@acme.example", "roles": [{"value": "Sales Hub Seat"}]},
    )

    assert (400, "invalidValue") == (reply.status, reply.body["scimType"])
    assert 404 == (await world.api.get(f"{BETA}/ada@acme.example?idProperty=EMAIL")).status
