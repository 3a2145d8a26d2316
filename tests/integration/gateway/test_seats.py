"""Seats by rule: given, awaited in order, given back by leavers, never bought; and what happens where none are seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.errors import NotFound, Refused
from tests.support.faults import Fault, TroubledWorld, refuse, troubled_world
from tests.support.world import TENANT, World, world

SALES, SERVICE = "Sales Hub", "Service Hub"
BETA = "/settings/users/2026-09-beta"
PEOPLE = ("ada", "bob", "cyd", "dan", "eve")


SCOPES = ["settings.billing.write"]


@pytest.fixture
async def acme(tmp_path: Path, acme_url: str | None) -> AsyncIterator[World]:
    """A tenant whose credential may see seats."""
    async with world(tmp_path, account={"scopes": SCOPES}, database_url=acme_url) as made:
        yield made


@pytest.fixture
async def troubled(tmp_path: Path) -> AsyncIterator[TroubledWorld]:
    async with troubled_world(tmp_path, scopes=SCOPES) as made:
        yield made


def email(name: str) -> str:
    return f"{name}@acme.example"


async def selling(acme: World, seats: int, *, deactivated: str = "deactivate") -> None:
    """Go live with so many seats, and a rule that gives one to each seller."""
    await acme.hubspot.change(seats={SALES: str(seats)})
    await acme.run("seats.list", tenant=TENANT)
    await acme.run("rule.add", tenant=TENANT, role="Seller", permission_set="Sales User", seat=SALES)
    if deactivated == "strip":
        await acme.run("policy.set", tenant=TENANT, strip_to="Standard User")
    await acme.go_live(deactivated=deactivated)


async def hire(acme: World, *names: str, role: str = "Seller") -> dict[str, str]:
    """Have the identity provider create them; returns their SCIM ids."""
    return {
        name: (await acme.add_user(email(name), roles=[{"value": role, "primary": True}])).id
        for name in names
    }


async def seated(acme: World) -> dict[str, list[str]]:
    """Return who holds which seats by HubSpot's own word, those who hold none left out."""
    listed = await acme.hubspot.call("GET", BETA, limit="100")
    shown = {each["email"]: each["seatNames"] for each in listed["results"]}
    deactivated = {name for name, user in (await acme.hubspot.users()).items() if not user["active"]}
    return {who: names for who, names in sorted(shown.items()) if names and who not in deactivated}


async def remaining(acme: World, seat: str = SALES) -> int | None:
    told = await acme.run("seats.list", tenant=TENANT)
    found: int | None = next(each["remaining"] for each in told["seats"] if each["name"] == seat)
    return found


@pytest.mark.each_database
async def test_a_rule_gives_a_seat_with_the_first_call(acme: World) -> None:
    await selling(acme, 2)
    await hire(acme, "ada")

    await acme.drain()

    assert {email("ada"): [SALES]} == await seated(acme)
    assert 1 == await remaining(acme)


@pytest.mark.each_database
async def test_whoever_finds_no_seat_waits_with_the_reason_and_is_delivered_in_order_when_one_is_free(
    acme: World,
) -> None:
    await selling(acme, 2)
    ids = await hire(acme, *PEOPLE)
    await acme.drain()
    assert [email("ada"), email("bob")] == list(await seated(acme))
    assert {email(name): "no-seat-free" for name in ("cyd", "dan", "eve")} == await acme.held()

    await acme.set_user(ids["ada"], "active", False)
    await acme.drain()

    assert [email("bob"), email("cyd")] == list(await seated(acme))
    assert [email("dan"), email("eve")] == sorted(await acme.held())

    await acme.hubspot.change(seats={SALES: "3"})
    assert 1 == await remaining(acme)
    await acme.drain()

    assert [email("bob"), email("cyd"), email("dan")] == list(await seated(acme))
    assert {email("eve"): "no-seat-free"} == await acme.held()


async def test_of_many_at_once_only_as_many_are_sent_as_seats_are_free(acme: World) -> None:
    await selling(acme, 3)
    await hire(acme, *(f"p{number:02}" for number in range(20)))

    await acme.drain()

    assert [email(f"p{number:02}") for number in range(3)] == list(await seated(acme))
    assert 17 == len(await acme.held())
    assert [] == (await acme.run("events.list", tenant=TENANT, kind="delivery.retry"))["events"]


async def test_nobody_is_decided_again_for_a_seat_but_those_who_wait_for_one(acme: World) -> None:
    await selling(acme, 1)
    await hire(acme, *PEOPLE)
    await hire(acme, "gil", role="Guest")
    await acme.drain()
    before = await acme.gateway.store.backlog.setup(acme.tenant_id, acme.clock.now())
    await acme.hubspot.change(seats={SALES: "2"})
    await remaining(acme)

    await acme.drain()

    after = await acme.gateway.store.backlog.setup(acme.tenant_id, acme.clock.now())
    assert before is not None
    assert after is not None
    assert before.epoch == after.epoch
    assert 2 == len(await seated(acme))
    assert [] == (await acme.run("events.list", tenant=TENANT, kind="delivery.retry"))["events"]


async def test_a_seat_hubspot_counts_otherwise_is_not_asked_for_again_and_again(acme: World) -> None:
    await selling(acme, 5)
    await acme.hubspot.change(seats={SALES: "1"})
    await hire(acme, *PEOPLE)

    await acme.rest()

    assert 1 == len(await seated(acme))
    assert {"no-seat-free"} == set((await acme.held()).values())
    retries = (await acme.run("events.list", tenant=TENANT, kind="delivery.retry", limit=100))["events"]
    assert 1 <= len(retries) <= len(PEOPLE) - 1


async def test_seats_given_by_hand_stay_and_ours_are_taken_back(acme: World) -> None:
    await selling(acme, 5)
    ada = (await hire(acme, "ada"))["ada"]
    await acme.drain()
    await acme.hubspot.call(
        "PUT", f"{BETA}/{email('ada')}", {"seatNames": [SALES, SERVICE]}, idProperty="EMAIL"
    )
    acme.clock.leap(60_000)
    await acme.run("reconcile.run", tenant=TENANT)
    await acme.drain()
    assert {email("ada"): [SALES, SERVICE]} == await seated(acme)

    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.set_user(ada, "roles", [{"value": "Guest", "primary": True}])
    await acme.drain()

    assert {email("ada"): [SERVICE]} == await seated(acme)


async def test_a_seat_taken_away_by_hand_is_drift(acme: World) -> None:
    await selling(acme, 5)
    await hire(acme, "ada")
    await acme.drain()
    await acme.hubspot.call("PUT", f"{BETA}/{email('ada')}", {"seatNames": []}, idProperty="EMAIL")
    acme.clock.leap(60_000)

    await acme.run("reconcile.run", tenant=TENANT)
    await acme.drain()

    found = (await acme.run("drift.list", tenant=TENANT))["drift"]
    assert [("seats", SALES, None)] == [(each["field"], each["wanted"], each["at_hubspot"]) for each in found]
    await acme.run("drift.enforce", tenant=TENANT, user=email("ada"))
    await acme.drain()
    assert {email("ada"): [SALES]} == await seated(acme)


async def test_whoever_was_there_before_gets_the_seat_too(acme: World) -> None:
    await acme.hubspot.call(
        "POST", "/settings/users/2026-03", {"email": email("ada"), "sendWelcomeEmail": False}
    )
    await selling(acme, 5)
    await hire(acme, "ada")

    await acme.drain()

    assert {email("ada"): [SALES]} == await seated(acme)


async def test_stripping_a_leaver_takes_every_seat_away(acme: World) -> None:
    await selling(acme, 5, deactivated="strip")
    ids = await hire(acme, "ada")
    await acme.drain()

    await acme.set_user(ids["ada"], "active", False)
    await acme.drain()

    assert {} == await seated(acme)
    assert 5 == await remaining(acme)


async def test_a_removed_leaver_frees_the_seat(acme: World) -> None:
    await selling(acme, 1, deactivated="remove")
    ids = await hire(acme, "ada", "bob")
    await acme.drain()

    await acme.set_user(ids["ada"], "active", False)
    await acme.drain()

    assert {email("bob"): [SALES]} == await seated(acme)


async def test_the_plan_counts_who_will_have_to_wait(acme: World) -> None:
    await selling(acme, 2)
    await acme.run("tenant.mode", tenant=TENANT, mode="plan")
    await hire(acme, *PEOPLE)
    await acme.drain()

    plan = await acme.run("plan.show", tenant=TENANT)

    assert [{"seat": SALES, "needed": 5, "remaining": 2, "waiting": 3}] == plan["seats"]
    assert {SALES} == {each["seat"] for each in plan["people"]}


async def test_users_show_says_what_is_waited_for(acme: World) -> None:
    await selling(acme, 0)
    await hire(acme, "ada")
    await acme.drain()

    why = (await acme.run("users.show", tenant=TENANT, user=email("ada")))["why"]

    assert "waits for the seat 'Sales Hub'" in why["held"]["sentence"]
    assert "Free or buy a seat" in why["held"]["release"]


async def test_a_rule_names_only_seats_there_are(acme: World) -> None:
    with pytest.raises(Refused, match=r"Read them \(`seats list TENANT`\) first"):
        await acme.run("rule.add", tenant=TENANT, role="Seller", seat=SALES)
    await acme.run("seats.list", tenant=TENANT)

    with pytest.raises(NotFound, match="has no seat 'Sales Hubb'"):
        await acme.run("rule.add", tenant=TENANT, role="Seller", seat="Sales Hubb")


async def test_without_a_rule_or_a_look_nothing_asks_for_seats(troubled: TroubledWorld) -> None:
    acme = troubled
    await acme.run("reconcile.run", tenant=TENANT)
    await acme.go_live()
    await hire(acme, "ada")
    await acme.drain()

    assert email("ada") in await acme.hubspot.users()
    assert [] == [call for call in troubled.front.calls if BETA in call]


async def test_where_the_beta_is_gone_seats_are_held_and_everything_else_goes_on(
    troubled: TroubledWorld,
) -> None:
    acme = troubled
    await selling(acme, 5)
    await acme.run("rule.add", tenant=TENANT, role="Guest", permission_set="Standard User")
    ids = await hire(acme, "ada")
    await acme.drain()
    troubled.front.faults.append(Fault(rf"\w+ {BETA}.*", refuse(404, not_found())))

    await hire(acme, "bob")
    await hire(acme, "gil", role="Guest")
    await acme.set_user(ids["ada"], "active", False)
    await acme.rest()

    assert {email("bob"): "seat-missing"} == await acme.held()
    users = await acme.hubspot.users()
    assert not users[email("ada")]["active"]
    assert "Standard User" == users[email("gil")]["permission_set"]
    with pytest.raises(Refused, match=r"settings\.billing\.write"):
        await acme.run("seats.list", tenant=TENANT)

    troubled.front.faults.clear()
    await acme.run("seats.list", tenant=TENANT)
    await acme.rest()

    assert [SALES] == (await seated(acme))[email("bob")]


def not_found() -> dict[str, Any]:
    return {"status": "error", "message": "No such resource.", "category": "OBJECT_NOT_FOUND"}
