"""What HubSpot shows outranks what we once did; what was done by a policy outlasts a change of the policy."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from syncline.portal import administration
from tests.support.faults import Fault, lose, troubled_world
from tests.support.world import TENANT, World, world

ADA = "ada@acme.example"
DAY = 86_400_000


async def reactivate_by_hand(acme: World, email: str) -> None:
    found = await acme.hubspot.scim("GET", f'/Users?filter=userName%20eq%20"{email}"')
    patch = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": True}],
    }
    await acme.hubspot.scim("PATCH", f"/Users/{found['Resources'][0]['id']}", patch)


async def test_a_leaver_let_in_again_by_hand_leaves_again_with_the_next_reading(acme: World) -> None:
    await acme.go_live()
    ada = await acme.add_user(ADA)
    await acme.drain()
    await acme.set_user(ada.id, "active", False)
    await acme.drain()
    assert (await acme.hubspot.users())[ADA]["active"] is False
    await reactivate_by_hand(acme, ADA)
    assert (await acme.hubspot.users())[ADA]["active"] is True

    await acme.run("connection.check", tenant=TENANT)
    assert await acme.drain() is None

    assert (await acme.hubspot.users())[ADA]["active"] is False
    assert {} == await acme.held()


async def test_a_stronger_policy_leaves_those_alone_who_left_before_it(acme: World) -> None:
    await acme.go_live()
    people = [await acme.add_user(f"user{number}@acme.example") for number in range(3)]
    await acme.drain()
    await acme.set_user(people[0].id, "active", False)
    await acme.delete_user(people[1].id)
    await acme.drain()
    acme.clock.leap(40 * DAY)

    await acme.run("policy.set", tenant=TENANT, deactivated="remove")
    await acme.drain()
    left_before = set(await acme.hubspot.users())
    await acme.set_user(people[2].id, "active", False)
    await acme.delete_user(people[0].id)
    await acme.drain()

    assert {f"user{number}@acme.example" for number in range(3)} <= left_before
    assert left_before - set(await acme.hubspot.users()) == {"user0@acme.example", "user2@acme.example"}
    assert {} == await acme.held()


@pytest.mark.parametrize("leaves", ["deactivated", "deleted"])
async def test_whom_we_brought_leaves_though_the_domains_were_narrowed_since(
    acme: World, leaves: str
) -> None:
    await acme.go_live(deactivated="remove")
    guest = await acme.add_user("guest@agency.example")
    await acme.drain()
    await acme.run("policy.set", tenant=TENANT, domains=["acme.example"])
    await acme.drain()

    if leaves == "deleted":
        await acme.delete_user(guest.id)
    else:
        await acme.set_user(guest.id, "active", False)
    await acme.drain()

    assert "guest@agency.example" not in await acme.hubspot.users()
    assert {} == await acme.held()


async def shown(acme: World, user_id: str) -> dict[str, Any]:
    return await acme.run("users.show", tenant=TENANT, user=user_id)


async def test_a_name_that_waits_for_the_first_sign_in_goes_out_after_it(tmp_path: Path) -> None:
    async with world(tmp_path, scim=False, account={"invites": "120"}) as acme:
        await acme.go_live(deactivated="remove")
        ada = await acme.add_user(ADA, name={"givenName": "Ada", "familyName": "Vance"})
        await acme.drain()
        await acme.set_user(ada.id, "name.familyName", "Lovelace")

        due = await acme.drain()

        waiting = await shown(acme, ada.id)
        assert due is not None
        assert 7 * 60_000 <= due - acme.clock.now() <= 15 * 60_000
        assert ("retrying", "Vance") == (waiting["delivery"]["state"], waiting["hubspot"]["last_name"])
        assert "first sign-in" in waiting["delivery"]["last_error"]

        acme.clock.leap(DAY)
        assert await acme.drain() is None

        assert "Ada Lovelace" == (await acme.hubspot.users())[ADA]["name"]
        assert "in-step" == (await shown(acme, ada.id))["delivery"]["state"]


async def deactivated_since_the_last_reading(acme: World) -> None:
    store, clock = acme.hubspot.store, acme.clock
    await administration.add_user(store, clock, TENANT, email=ADA, first_name="Ada")
    await administration.set_access(store, clock, TENANT, ADA, active=False)


async def test_whom_a_create_finds_deactivated_stays_so_until_he_is_released(acme: World) -> None:
    await acme.go_live()
    await deactivated_since_the_last_reading(acme)

    await acme.add_user(ADA, name={"givenName": "Augusta"})
    assert await acme.drain() is None

    assert {ADA: "deactivated-at-hubspot"} == await acme.held()
    assert "deactivated" == (await acme.hubspot.shown())[ADA]["standing"]
    await acme.run("users.release", tenant=TENANT, user=ADA)
    assert await acme.drain() is None
    found = (await acme.hubspot.shown())[ADA]
    assert ("active", "Augusta") == (found["standing"], found["first_name"])


async def test_a_delivery_that_returns_while_rows_are_read_is_decided_in_the_same_run(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await acme.go_live()
    await deactivated_since_the_last_reading(acme)
    backlog = acme.gateway.store.backlog
    read_stale, settle = backlog.stale, backlog.settle
    read_before, returned = asyncio.Event(), asyncio.Event()
    readings = 0

    async def settle_once_the_rows_were_read(*arguments: Any, patient: bool = False) -> None:
        await read_before.wait()
        await settle(*arguments, patient=patient)
        returned.set()

    async def read_until_it_has_returned(*arguments: Any) -> Any:
        nonlocal readings
        readings += 1
        if readings == 2:  # in the first round it was sent, in this one it is in flight
            read_before.set()
            await returned.wait()
            await asyncio.sleep(0.01)
        return await read_stale(*arguments)

    await acme.add_user(ADA)
    monkeypatch.setattr(backlog, "settle", settle_once_the_rows_were_read)
    monkeypatch.setattr(backlog, "stale", read_until_it_has_returned)

    assert await acme.drain() is None

    assert {ADA: "deactivated-at-hubspot"} == await acme.held()


async def test_somebody_deactivated_whom_hubspot_does_not_list_is_held(acme: World) -> None:
    await acme.hubspot.change(flags={"deactivated_listed": "off"})
    await acme.go_live()
    await deactivated_since_the_last_reading(acme)

    await acme.add_user(ADA)
    assert await acme.drain() is None

    assert {ADA: "refused-by-hubspot"} == await acme.held()
    assert "Reactivate him in HubSpot" in (await acme.delivery(ADA))["hold"]["sentence"]


async def test_whom_a_lost_create_did_not_make_is_not_let_in(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.go_live()
        await deactivated_since_the_last_reading(acme)
        acme.front.faults = [Fault("POST /settings/users/2026-03", lose("502"), times=1)]

        await acme.add_user(ADA)
        await acme.rest()

        assert {ADA: "deactivated-at-hubspot"} == await acme.held()
        assert "deactivated" == (await acme.hubspot.shown())[ADA]["standing"]
