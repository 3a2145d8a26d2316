"""`kill -9` in the middle of a backlog: after a restart everything arrives, once in effect; nothing is forgotten."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from syncline.demo.account import AccountReader
from tests.support.programs import Server, Syncline, linger, wait_for

TENANT = "acme"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
DEPARTMENTS = {"Sales": "Sales", "Field": "Marketing", "Elsewhere": None}
ROLES = {"Manager": "Manager", "Sales User": "Sales User", "Nobody's": "Standard User"}
PEOPLE = 150
IN_FLIGHT = 12
"""The most calls that can be under way when the gateway dies: each may have to be made again."""


def user(number: int) -> dict[str, Any]:
    """Return the body of one SCIM user; role and department follow from the number."""
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": f"user{number:03}@acme.example",
        "externalId": f"x{number}",
        "name": {"givenName": "User", "familyName": f"No {number}"},
        "roles": [{"value": list(ROLES)[number % 3], "primary": True}],
        ENTERPRISE: {"department": list(DEPARTMENTS)[number // 3 % 3]},
    }


def wanted(number: int) -> tuple[str, str, str | None]:
    body = user(number)
    role, department = body["roles"][0]["value"], body[ENTERPRISE]["department"]
    return f"User No {number}", ROLES[role], DEPARTMENTS[department]


async def provision(server: Server, token: str, numbers: range) -> None:
    """Create users as an identity provider does, ten at a time."""
    gate = asyncio.Semaphore(10)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}

    async def create(session: aiohttp.ClientSession, number: int) -> None:
        async with gate, session.post(f"{server.address}/scim/v2/Users", json=user(number)) as response:
            assert 201 == response.status, await response.text()

    async with aiohttp.ClientSession(headers=headers) as session:
        await asyncio.gather(*(create(session, number) for number in numbers))


def set_up(server: Server, account: dict[str, Any]) -> str:
    """Connect the tenant, set rules and policy; returns a SCIM token."""
    server.ask("tenant.create", name=TENANT)
    server.ask(
        "connection.set",
        tenant=TENANT,
        base_url=account["base_url"],
        access_token=account["access_token"],
        scim_base_url=account["scim_base_url"],
        scim_token=account["scim_token"],
    )
    for department, team in DEPARTMENTS.items():
        if team is not None:
            server.ask(
                "rule.add", tenant=TENANT, attribute="department", equals=department, primary_team=team
            )
    server.ask("role.default", tenant=TENANT, name="Standard User")
    server.ask("policy.set", tenant=TENANT, deactivated="deactivate", match_role_names=True)
    return str(server.ask("token.create", tenant=TENANT)["token"])


def left(server: Server) -> int:
    deliveries = server.ask("tenant.show", tenant=TENANT)["deliveries"]
    return int(deliveries["waiting"] + deliveries["retrying"])


def calls(data: Path) -> Counter[str]:
    """Return how many calls the gateway has written down, by purpose."""
    with closing(sqlite3.connect(data / "gateway.db")) as database, database:
        return Counter(purpose for (purpose,) in database.execute("SELECT purpose FROM calls"))


def portal_users(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "portal.db")) as database, database:
        return [email for (email,) in database.execute("SELECT email FROM account_users")]


async def read_account(account: dict[str, Any]) -> dict[str, Any]:
    async with AccountReader(account["base_url"], account["access_token"]) as reader:
        return dict(await reader.users())


def test_a_gateway_killed_in_mid_backlog_finishes_after_restart(tmp_path: Path) -> None:
    chance = random.Random(20261)
    syncline = Syncline(tmp_path / "data")
    with syncline.portal():
        account = syncline.json("portal", "account", "create", TENANT, "--with-scim")
        with syncline.gateway() as server:
            token = set_up(server, account)
            before = calls(syncline.data).total()
            asyncio.run(provision(server, token, range(PEOPLE)))
            wait_for(lambda: left(server) == 0, "the plan was never decided")
            (held,) = server.ask("tenant.show", tenant=TENANT)["held"]
            assert ("plan-mode", PEOPLE) == (held["reason"], held["count"])
            server.ask("tenant.mode", tenant=TENANT, mode="live")
            kill_at(server, chance.randrange(110, 140), chance)
        for backlog in (chance.randrange(70, 100), chance.randrange(20, 50)):
            with syncline.gateway() as server:
                kill_at(server, backlog, chance)
        with syncline.gateway() as server:
            wait_for(lambda: left(server) == 0, "the backlog was never finished")
            shown = server.ask("tenant.show", tenant=TENANT)
            page = server.ask("events.list", tenant=TENANT, kind="delivery.adopt")
        seen = asyncio.run(read_account(account))

    assert {"in_step": PEOPLE, "waiting": 0, "retrying": 0, "held": 0} == shown["deliveries"]
    people = {email: person for email, person in seen.items() if email.startswith("user")}
    found = {email: (each.name, each.permission_set, each.team) for email, each in people.items()}
    assert {user(number)["userName"]: wanted(number) for number in range(PEOPLE)} == found
    assert not any(person.deactivated for person in people.values())
    assert sorted({*people, "admin@acme.example"}) == sorted(portal_users(syncline.data))
    assert [] == page["events"]
    spent = calls(syncline.data)
    assert PEOPLE <= spent["users.create"] <= PEOPLE + 3 * IN_FLIGHT
    assert spent.total() - before <= PEOPLE + 10 + 3 * 3 * IN_FLIGHT, spent


def kill_at(server: Server, backlog: int, chance: random.Random) -> None:
    """Kill the gateway a moment after its backlog has come down to that size."""
    wait_for(lambda: left(server) <= backlog, "the backlog does not shrink")
    linger(chance, 100)
    server.kill()


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_was_acknowledged_to_the_identity_provider_survives_kill_9(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    syncline = Syncline(tmp_path / "data")
    with syncline.gateway() as server:
        server.ask("tenant.create", name=TENANT)
        token = str(server.ask("token.create", tenant=TENANT)["token"])
        acknowledged = asyncio.run(write_until_killed(server, token, chance.randrange(40, 200)))
    with syncline.gateway() as server:
        found = asyncio.run(read_back(server, token, list(acknowledged)))
        total = asyncio.run(read_back(server, token, ["?count=0"]))["?count=0"]["totalResults"]
        events = server.ask("events.list", tenant=TENANT, limit=500, kind="user.created")["events"]
        counted = server.ask("tenant.show", tenant=TENANT)["counts"]["users"]

    assert acknowledged == {key: each["userName"] for key, each in found.items()}
    assert total == counted == len(events)
    assert len(acknowledged) <= total <= len(acknowledged) + 10


async def write_until_killed(server: Server, token: str, count: int) -> dict[str, str]:
    """Create users from ten clients until the server dies; kill it after so many answers. Return what was 201."""
    acknowledged: dict[str, str] = {}
    numbers = iter(range(100_000))

    async def client(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            try:
                async with session.post(f"{server.address}/scim/v2/Users", json=user(number)) as response:
                    created = await response.json(content_type=None)
            except (aiohttp.ClientError, OSError):
                return
            assert 201 == response.status
            acknowledged[created["id"]] = created["userName"]
            if len(acknowledged) == count:
                server.kill()

    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        await asyncio.gather(*(client(session) for _ in range(10)))
    assert len(acknowledged) >= count
    return acknowledged


async def read_back(server: Server, token: str, targets: list[str]) -> dict[str, dict[str, Any]]:
    found = {}
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for target in targets:
            path = target if target.startswith("?") else f"/{target}"
            async with session.get(f"{server.address}/scim/v2/Users{path}") as response:
                assert 200 == response.status, target
                found[target] = await response.json(content_type=None)
    return found
