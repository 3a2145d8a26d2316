"""`kill -9` at the worst moment of a call: HubSpot has done it, and the gateway never hears of it."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from syncline.localsocket import OperationFailed
from syncline.scimserver.asgi import Receive, Scope, Send
from tests.support.clock import LeapingClock
from tests.support.faults import Fault, Front, silence
from tests.support.programs import Server, Syncline, wait_for
from tests.support.world import HubSpotAccount, portal

TENANT = "acme"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PEOPLE = [f"user{number}@acme.example" for number in range(12)]
LEAVERS = PEOPLE[:4]
"""So few that they are no mass of leavers, which would be kept back for somebody to look at."""


@pytest.mark.parametrize(
    ("pattern", "after", "leaving"),
    [
        (r"POST /settings/users/2026-03", 5, False),
        (r"POST /scim/v2/Users", 1, True),
        (r"PATCH /scim/v2/Users/.+", 1, True),
    ],
)
async def test_a_call_that_was_done_but_never_answered_is_not_done_twice(
    tmp_path: Path, pattern: str, after: int, leaving: bool
) -> None:
    fronts: list[Front] = []

    def front(application: Any) -> Front:
        fronts.append(Front(application))
        return fronts[0]

    syncline = Syncline(tmp_path / "data")
    async with portal(tmp_path / "portal", LeapingClock(), front=front) as hubspot:
        with syncline.gateway() as server:
            token = await asyncio.to_thread(set_up, server, hubspot)
            ids = await provision(server, token)
            await until_rest(server)
            await asyncio.to_thread(server.ask, "tenant.mode", tenant=TENANT, mode="plan")
            if leaving:
                await deactivate(server, token, ids[: len(LEAVERS)])
            else:
                await provision(server, token, "late")
            fronts[0].faults = [Fault(pattern, killing(server), times=1, after=after)]
            with contextlib.suppress(OperationFailed):
                await asyncio.to_thread(server.ask, "tenant.mode", tenant=TENANT, mode="live")
            await asyncio.to_thread(server.process.wait, 60)
        assert 0 == fronts[0].faults[0].times, "the call at which to die was never made"
        with syncline.gateway() as server:
            await until_rest(server)
            shown = await asyncio.to_thread(server.ask, "tenant.show", tenant=TENANT)
            adopted = await asyncio.to_thread(server.ask, "events.list", tenant=TENANT, kind="delivery.adopt")
        seen = await hubspot.users()

    late = [] if leaving else [f"late-{name}" for name in PEOPLE]
    assert sorted([*PEOPLE, *late, "admin@acme.example"]) == sorted(seen)
    assert (LEAVERS if leaving else []) == [name for name in PEOPLE if not seen[name]["active"]]
    assert {"in_step": len(seen) - 1, "waiting": 0, "retrying": 0, "held": 0} == shown["deliveries"]
    assert [] == adopted["events"]


def killing(server: Server) -> Any:
    """Return the answer that does what was asked, kills the gateway, and says nothing."""

    async def answer(scope: Scope, receive: Receive, _send: Send, application: Any) -> None:
        async def nowhere(_message: Any) -> None:
            return

        await application(scope, receive, nowhere)
        server.process.kill()
        await silence(receive)

    return answer


def set_up(server: Server, hubspot: HubSpotAccount) -> str:
    server.ask("tenant.create", name=TENANT)
    server.ask(
        "connection.set",
        tenant=TENANT,
        base_url=hubspot.url,
        access_token=hubspot.credentials["access_token"],
        scim_base_url=f"{hubspot.url}/scim/v2",
        scim_token=hubspot.credentials["scim_token"],
    )
    server.ask("role.default", tenant=TENANT, name="Standard User")
    server.ask("policy.set", tenant=TENANT, deactivated="deactivate")
    server.ask("tenant.mode", tenant=TENANT, mode="live")
    return str(server.ask("token.create", tenant=TENANT)["token"])


async def provision(server: Server, token: str, prefix: str = "") -> list[str]:
    """Create the people, or more of them, and return their ids."""
    ids = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for name in PEOPLE:
            body = {"schemas": [USER], "userName": f"{prefix}-{name}" if prefix else name}
            async with session.post(f"{server.address}/scim/v2/Users", json=body) as response:
                assert 201 == response.status
                ids.append((await response.json(content_type=None))["id"])
    return ids


async def deactivate(server: Server, token: str, ids: list[str]) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    }
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for user_id in ids:
            async with session.patch(f"{server.address}/scim/v2/Users/{user_id}", json=body) as response:
                assert 200 == response.status


async def until_rest(server: Server) -> None:
    def rests() -> bool:
        deliveries = server.ask("tenant.show", tenant=TENANT)["deliveries"]
        return not deliveries["waiting"] + deliveries["retrying"]

    await asyncio.to_thread(wait_for, rests, "the backlog never came to rest")
