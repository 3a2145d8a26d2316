"""The doctor, looking at a gateway and a portal that really are there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncline.clock import SystemClock
from syncline.gateway.domain.errors import NotFound
from syncline.gateway.domain.grant import StaticToken
from syncline.gateway.hubspot.client import open_session
from syncline.gateway.services.ports import Actor
from syncline.gateway.web.visits import HttpVisitor
from tests.support.serving import serve
from tests.support.world import TENANT, World, gateway, world


def found(result: dict[str, Any], check: str) -> list[tuple[str, str]]:
    return [(each["level"], each["says"]) for each in result["findings"] if each["check"] == check]


async def test_what_is_well_and_what_is_missing_are_told_apart(acme: World, tmp_path: Path) -> None:
    (tmp_path / "gateway").chmod(0o700)

    result = await acme.run("doctor.run")

    levels = {each["check"]: each["level"] for each in result["findings"]}
    assert {
        "database": "ok",
        "revision": "ok",
        "write-ahead log": "ok",
        "data folder": "ok",
        "key": "ok",
        "server": "warn",
        "hubspot api": "ok",
        "hubspot scim": "ok",
        "mode": "warn",
        "token": "warn",
        "identity provider": "warn",
        "deliveries": "ok",
    }.items() <= levels.items()
    assert all(each["fix"] for each in result["findings"] if each["level"] != "ok")


async def test_a_credential_that_stopped_working_is_bad(acme: World) -> None:
    setup = acme.gateway.store.setup
    connection = await setup.connection(acme.tenant_id)
    assert connection is not None
    other = replace(connection, credential=StaticToken("pat-na1-wrong"))
    await setup.set_connection(other, Actor("test", acme.clock.now()))

    result = await acme.run("doctor.run", tenant=TENANT)

    assert "bad" == result["worst"]
    assert ["bad"] == [level for level, _ in found(result, "hubspot api")]


async def test_holds_are_counted_with_what_releases_them(acme: World) -> None:
    await acme.add_user("ada@acme.example")
    await acme.drain()

    result = await acme.run("doctor.run", tenant=TENANT)

    ((level, says),) = found(result, "deliveries")
    assert "warn" == level
    assert says.startswith("1 held: ")


async def test_silence_after_a_day_is_noticed(acme: World) -> None:
    token = await acme.run("token.create", tenant=TENANT)
    await acme.gateway.store.setup.note_token_use(token["token_id"], acme.clock.now(), "192.0.2.1")
    assert "ok" == found(await acme.run("doctor.run", tenant=TENANT), "identity provider")[0][0]

    acme.clock.leap(25 * 3_600_000)

    assert "warn" == found(await acme.run("doctor.run", tenant=TENANT), "identity provider")[0][0]


async def test_a_tenant_without_connection_is_told_how_to_get_one(tmp_path: Path) -> None:
    async with world(tmp_path, connected=False) as made:
        result = await made.run("doctor.run")

    ((level, says),) = found(result, "hubspot")
    assert ("warn", True) == (level, says.startswith("Not connected"))


async def test_a_visit_knows_a_scim_endpoint_and_what_time_it_is(tmp_path: Path) -> None:
    clock = SystemClock()
    session = open_session()
    try:
        async with gateway(tmp_path, clock) as opened, serve(opened.application) as url:
            visit = await HttpVisitor(session, clock)(f"{url}/scim/v2/ServiceProviderConfig")
            plain = await HttpVisitor(session, clock)(f"{url}/livez")
        gone = await HttpVisitor(session, clock)("http://127.0.0.1:9/")
    finally:
        await session.close()

    assert (401, True, None) == (visit.status, visit.scim, visit.fault)
    assert (200, False) == (plain.status, plain.scim)
    assert (None, "no connection could be made") == (gone.status, gone.fault)


async def test_a_tenant_that_is_not_there_is_not_found(acme: World) -> None:
    with pytest.raises(NotFound):
        await acme.run("doctor.run", tenant="nobody")
