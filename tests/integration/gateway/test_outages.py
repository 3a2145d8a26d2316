"""HubSpot is down for minutes, or for a day: the identity provider does not notice, and afterwards leavers go first."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from syncline.gateway.domain.health import HOUR, MINUTE, QUARANTINE_AFTER
from syncline.scim.schemas import USER
from tests.support.faults import Fault, TroubledWorld, refuse, troubled_world
from tests.support.serving import serve
from tests.support.world import TENANT

DOWN = [Fault(r".*", refuse(503))]
SCIM_DOWN = [Fault(r"\w+ /scim/v2/.*", refuse(503))]
ONE_USER = re.compile(r"(DELETE|PUT|POST) /settings/users/2026-03(/\d+)?")


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[TroubledWorld]:
    async with troubled_world(tmp_path) as made:
        yield made


@contextlib.asynccontextmanager
async def identity_provider(acme: TroubledWorld) -> AsyncIterator[aiohttp.ClientSession]:
    """Yield a client of the tenant's SCIM endpoint, over real HTTP."""
    token = (await acme.run("token.create", tenant=TENANT))["token"]
    async with (
        serve(acme.gateway.application) as url,
        aiohttp.ClientSession(
            url, headers={"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
        ) as session,
    ):
        yield session


async def create(idp: aiohttp.ClientSession, user_name: str) -> tuple[int, str]:
    body = {"schemas": [USER.schema.id], "userName": user_name, "name": {"familyName": "One"}}
    async with idp.post("/scim/v2/Users", json=body) as answer:
        return answer.status, (await answer.json())["id"]


async def replace(idp: aiohttp.ClientSession, user_id: str, path: str, value: Any) -> int:
    schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    operations = [{"op": "replace", "path": path, "value": value}]
    body = {"schemas": schemas, "Operations": operations}
    async with idp.patch(f"/scim/v2/Users/{user_id}", json=body) as answer:
        return answer.status


async def everybody(acme: TroubledWorld) -> set[str]:
    """Return the e-mail of every user of the account, page by page."""
    found: set[str] = set()
    after: dict[str, str] = {}
    while True:
        page = await acme.hubspot.call("GET", "/settings/users/2026-03", limit="100", **after)
        found |= {each["email"] for each in page["results"]}
        if "paging" not in page:
            return found - {"admin@acme.example"}
        after = {"after": page["paging"]["next"]["after"]}


async def live_through(acme: TroubledWorld, span: int, *, step: int) -> None:
    """Let that span pass, draining as often as the step says."""
    end = acme.clock.now() + span
    while acme.clock.now() < end:
        await acme.drain()
        acme.clock.leap(step)


async def test_a_day_without_hubspot_is_invisible_outside_and_drains_leavers_first(
    acme: TroubledWorld,
) -> None:
    await acme.go_live(deactivated="remove", deletion_threshold=50)
    leavers, movers, joiners = range(30), range(30, 100), range(100, 200)
    async with identity_provider(acme) as idp:
        ids = [(await create(idp, f"u{number}@acme.example"))[1] for number in (*leavers, *movers)]
        await acme.rest()
        acme.front.faults = list(DOWN)
        answers = [(await create(idp, f"u{number}@acme.example"))[0] for number in joiners]
        answers += [
            await replace(idp, ids[number], "userName", f"m{number}@acme.example") for number in range(30, 31)
        ]
        answers += [await replace(idp, ids[number], "name.familyName", "Two") for number in range(31, 100)]
        answers += [await replace(idp, ids[number], "active", False) for number in leavers]

        await live_through(acme, QUARANTINE_AFTER, step=10 * MINUTE)

        assert [201] * 100 + [200] * 100 == answers
    shown = await acme.run("connection.show", tenant=TENANT)
    assert "degraded" == shown["health"]
    assert "503" in shown["trouble"]
    assert {} == await acme.held()
    acme.front.faults.clear()
    acme.front.calls.clear()

    await acme.rest()

    sent = [call for call in acme.front.calls if ONE_USER.fullmatch(call)]
    assert ["DELETE"] * 30 == [call.split()[0] for call in sent][:30], "leavers go before everybody else"
    there = {f"u{number}@acme.example" for number in (*movers, *joiners)} - {"u30@acme.example"}
    assert there | {"m30@acme.example"} == await everybody(acme)
    assert "healthy" == (await acme.run("connection.show", tenant=TENANT))["health"]


async def test_an_outage_costs_a_call_a_minute_and_a_blip_costs_seconds(acme: TroubledWorld) -> None:
    await acme.go_live()
    for number in range(40):
        await acme.add_user(f"u{number}@acme.example")
    acme.front.faults = list(DOWN)
    begun = acme.clock.now()
    before = len(await acme.calls())
    due = await acme.drain()
    noticed = len(await acme.calls()) - before

    assert noticed <= 12, "what is in flight when three have failed, and no more"
    assert due is not None
    assert due - begun < 10_000
    while acme.clock.now() - begun < HOUR:
        acme.clock.leap(max(1, (due or 0) - acme.clock.now()))
        due = await acme.drain()
    assert len(await acme.calls()) - before - noticed <= 64


async def test_one_person_hubspot_fails_on_stops_nobody_else(acme: TroubledWorld) -> None:
    await acme.go_live(deactivated="remove")
    ada = await acme.add_user("ada@acme.example")
    await acme.rest()
    acme.front.faults = [Fault(r"DELETE .*", refuse(500))]
    await acme.set_user(ada.id, "active", False)

    await live_through(acme, HOUR, step=MINUTE)

    assert "healthy" == (await acme.run("connection.show", tenant=TENANT))["health"]
    await acme.add_user("bob@acme.example")
    await acme.drain()
    assert {"ada@acme.example", "bob@acme.example"} == await everybody(acme)


async def test_an_outage_of_the_scim_channel_alone_stops_only_leavers(acme: TroubledWorld) -> None:
    await acme.go_live(deletion_threshold=50)
    leavers = [await acme.add_user(f"u{number}@acme.example") for number in range(4)]
    await acme.rest()
    acme.front.faults = list(SCIM_DOWN)
    for each in leavers:
        await acme.set_user(each.id, "active", False)
    await acme.drain()
    await acme.add_user("joiner@acme.example")
    await acme.drain()

    shown = await acme.run("connection.show", tenant=TENANT)
    assert "degraded" == shown["health"]
    assert "joiner@acme.example" in await everybody(acme)
    acme.front.faults.clear()
    await acme.run("connection.check", tenant=TENANT)
    await acme.drain()
    users = await acme.hubspot.users()
    assert [False] * 4 == [users[f"u{number}@acme.example"]["active"] for number in range(4)]


async def test_resuming_a_connection_that_is_well_is_refused(acme: TroubledWorld) -> None:
    with pytest.raises(Exception, match="is healthy"):
        await acme.run("connection.resume", tenant=TENANT)


async def test_how_a_connection_is_survives_a_restart(acme: TroubledWorld) -> None:
    await acme.go_live()
    for number in range(9):
        await acme.add_user(f"u{number}@acme.example")
    acme.front.faults = list(DOWN)
    await acme.drain()
    before = await acme.run("connection.show", tenant=TENANT)
    calls = len(await acme.calls())

    await acme.restart()
    await acme.drain()

    assert before == await acme.run("connection.show", tenant=TENANT)
    assert calls == len(await acme.calls()), "the next try has its moment, restart or not"
    assert ["trouble"] == [turn["what"] for turn in before["history"]]
