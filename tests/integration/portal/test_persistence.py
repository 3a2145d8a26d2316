"""What the portal answered is there after `kill -9`, read by a new process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp

from syncline.clock import SystemClock
from syncline.portal import administration
from syncline.portal.program import open_portal_store, recorded_address
from tests.integration.portal.conftest import SCIM_USER, USERS, Client, World
from tests.support.patience import PATIENCE_SECONDS

PROGRAM = "from syncline.portal.cli import portal; portal()"


async def _start(data: Path) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        "serve",
        "--port",
        "0",
        "--data",
        str(data),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS)).decode()
    address = recorded_address(data)
    assert address is not None
    assert line.startswith(f"REHEARSAL portal listening on {address} ")
    return process, address


async def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    async with open_portal_store(tmp_path) as store:
        account = await administration.open_account(
            store, SystemClock(), name="acme", address="", with_scim=True
        )
    process, address = await _start(tmp_path)
    answered: dict[str, str] = {}
    provisioned: list[str] = []

    async with aiohttp.ClientSession() as session:
        api = Client(session, address, account["access_token"])
        scim = Client(session, address + "/scim/v2", account["scim_token"])

        async def write(number: int) -> None:
            email = f"user{number}@acme.example"
            reply = await api.post(USERS, {"email": email, "firstName": f"N{number}"})
            answered[email] = reply.body["id"]
            body = {"schemas": [SCIM_USER], "userName": f"scim{number}@acme.example"}
            provisioned.append((await scim.post("/Users", body)).body["id"])
            if len(provisioned) == 20:
                os.kill(process.pid, signal.SIGKILL)

        await asyncio.gather(*(write(number) for number in range(60)), return_exceptions=True)
    assert -signal.SIGKILL == await process.wait()

    process, address = await _start(tmp_path)
    try:
        async with aiohttp.ClientSession() as session:
            api = Client(session, address, account["access_token"])
            scim = Client(session, address + "/scim/v2", account["scim_token"])
            for email, user_id in answered.items():
                reply = await api.get(f"{USERS}/{email}?idProperty=EMAIL")
                assert (200, user_id) == (reply.status, reply.body["id"])
            for scim_id in provisioned:
                assert 200 == (await scim.get(f"/Users/{scim_id}")).status
    finally:
        process.terminate()
        assert 0 == await process.wait()
    assert len(provisioned) >= 20
    assert recorded_address(tmp_path) is None


async def test_an_account_opened_beside_a_running_server_works_at_once(world: World) -> None:
    folder = Path(str(world.store.engine.url.database)).parent
    async with open_portal_store(folder) as beside:
        opened = await administration.open_account(beside, SystemClock(), name="late", address="")

    reply = await world.client(opened["access_token"]).post(USERS, {"email": "ada@late.example"})

    assert 201 == reply.status
