"""Seats and native SCIM: a permission set brings one, or under seats-based pricing a user must have it first."""

from __future__ import annotations

from syncline.portal import administration
from tests.integration.portal.conftest import SCIM_USER, World
from tests.integration.portal.test_scim import replace


async def test_a_paid_set_brings_its_seat_where_pricing_is_not_by_seats(world: World) -> None:
    await world.change(seats={"Sales Hub": "1"})

    await world.provision("ada@acme.example", "Sales Hub Seat")
    full = await world.scim.post(
        "/Users",
        {"schemas": [SCIM_USER], "userName": "bob@acme.example", "roles": [{"value": "Sales Hub Seat"}]},
    )

    assert ["Sales Hub"] == (await world.user("ada@acme.example"))["seats"]
    assert (400, "There is no seat available") == (full.status, full.body["detail"][:26])


async def test_under_seats_based_pricing_the_seat_comes_before_the_role(world: World) -> None:
    await world.change(seats_pricing=True)
    created = await world.provision("ada@acme.example")
    role = replace("roles", [{"value": "Sales Hub Seat"}])

    refused = await world.scim.patch(f"/Users/{created['id']}", role)
    await administration.change_user(
        world.store, world.clock, "acme", "ada@acme.example", seats=["Sales Hub"]
    )
    taken = await world.scim.patch(f"/Users/{created['id']}", role)

    assert (400, "invalidValue") == (refused.status, refused.body["scimType"])
    assert "Set the user's seat in HubSpot first" in refused.body["detail"]
    assert 200 == taken.status
    user = await world.user("ada@acme.example")
    assert (["Sales Hub Seat"], ["Sales Hub"]) == (user["permission_sets"], user["seats"])


async def test_under_seats_based_pricing_an_unpaid_role_needs_no_seat(world: World) -> None:
    await world.change(seats_pricing=True)

    await world.provision("ada@acme.example", "Manager")

    assert ["Manager"] == (await world.user("ada@acme.example"))["permission_sets"]


async def test_moving_to_seats_based_pricing_leaves_everybody_the_seat_they_have(world: World) -> None:
    await world.provision("ada@acme.example", "Sales Hub Seat")

    await world.change(seats_pricing=True)

    assert ["Sales Hub"] == (await world.user("ada@acme.example"))["seats"]
    shown = await administration.show_account(world.store, "acme")
    assert {"name": "Sales Hub", "purchased": None, "used": 1} in shown["seats"]
