"""Many at the same time, over real HTTP: one wins, nothing is lost, and whoever is too slow or too big hears why."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from syncline.bootstrap.gateway import open_gateway
from syncline.clock import SystemClock
from syncline.settings import read_settings
from tests.support.databases import new_gateway
from tests.support.patience import PATIENCE_SECONDS
from tests.support.scim import GROUP, PATCH, USER
from tests.support.serving import serve
from tests.support.tenants import TenantOf, new_tenant

SPELLINGS = [
    "straße@acme.example",
    "STRASSE@ACME.EXAMPLE",
    "Strasse@Acme.Example",
    "ｓｔｒａｓｓｅ@acme.example",
]


@dataclass
class Served:
    """A gateway that listens, and two tenants of it."""

    url: str
    folder: Path
    acme: TenantOf
    other: TenantOf

    def client(self, tenant: TenantOf | None = None) -> aiohttp.ClientSession:
        token = (tenant or self.acme).token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
        return aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0))

    def rows(self, statement: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.folder / "gateway.db")) as database:
            return [*database.execute(statement)]


@contextlib.asynccontextmanager
async def served(folder: Path, **given: str) -> AsyncIterator[Served]:
    settings = read_settings({}, data=str(folder), **given)
    new_gateway(folder)
    addresses: list[str] = []
    async with (
        open_gateway(settings, lambda: addresses[0], deliver=False, clock=SystemClock()) as opened,
        serve(opened.application) as url,
    ):
        addresses.append(url)
        acme, other = await new_tenant(opened, "acme"), await new_tenant(opened, "other")
        yield Served(f"{url}/scim/v2", folder, acme, other)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path / "data") as made:
        yield made


async def answers(client: aiohttp.ClientSession, method: str, url: str, bodies: Iterable[Any]) -> list[Any]:
    """Send all of them at once; return status and document of each."""

    async def one(body: Any) -> tuple[int, Any]:
        async with client.request(method, url, json=body) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    found: list[Any] = await asyncio.gather(*(one(body) for body in bodies))
    return found


async def test_of_fifty_creations_of_one_user_name_one_wins(here: Served) -> None:
    bodies = [
        {"schemas": [USER], "userName": SPELLINGS[number % 4], "externalId": str(number)}
        for number in range(50)
    ]
    async with here.client() as client:
        found = await answers(client, "POST", f"{here.url}/Users", bodies)

    assert {201: 1, 409: 49} == Counter(status for status, _ in found)
    assert {"uniqueness"} == {document["scimType"] for status, document in found if status == 409}
    assert {"409"} == {document["status"] for status, document in found if status == 409}
    (winner,) = [document for status, document in found if status == 201]
    assert [(winner["id"],)] == here.rows("SELECT id FROM users")
    assert [(winner["id"], 1)] == here.rows("SELECT user_id, desired_revision FROM deliveries")
    assert [(1,)] == here.rows("SELECT users FROM counters WHERE users > 0")
    assert [(1,)] == here.rows("SELECT count(*) FROM events WHERE kind = 'user.created'")


async def test_of_fifty_creations_of_one_group_name_one_wins(here: Served) -> None:
    names = ["Sales", "SALES", "sales", "ｓales"]
    bodies = [{"schemas": [GROUP], "displayName": names[number % 4]} for number in range(50)]
    async with here.client() as client:
        found = await answers(client, "POST", f"{here.url}/Groups", bodies)

    assert {201: 1, 409: 49} == Counter(status for status, _ in found)
    assert [(1,)] == here.rows("SELECT count(*) FROM groups")


async def test_two_tenants_race_for_nothing(here: Served) -> None:
    body = {"schemas": [USER], "userName": "ada@acme.example"}
    async with here.client(here.acme) as one, here.client(here.other) as two:
        found = await asyncio.gather(
            *(answers(client, "POST", f"{here.url}/Users", [body] * 10) for client in (one, two))
        )
    assert [{201: 1, 409: 9}] * 2 == [Counter(status for status, _ in each) for each in found]


async def test_parallel_member_changes_lose_nothing(here: Served) -> None:
    chance = random.Random(7)
    async with here.client() as client:
        ((_, group),) = await answers(
            client,
            "POST",
            f"{here.url}/Groups",
            [
                {
                    "schemas": [GROUP],
                    "displayName": "All",
                    "members": [{"value": f"old{n}"} for n in range(40)],
                }
            ],
        )
        changes: list[dict[str, Any]] = [
            {"op": "add", "path": "members", "value": [{"value": f"new{n}"}]} for n in range(40)
        ]
        changes += [{"op": "remove", "path": f'members[value eq "old{n}"]'} for n in range(40)]
        chance.shuffle(changes)
        bodies = [{"schemas": [PATCH], "Operations": [change]} for change in changes]
        found = await answers(client, "PATCH", f"{here.url}/Groups/{group['id']}", bodies)
        ((_, after),) = await answers(client, "GET", f"{here.url}/Groups/{group['id']}", [None])

    assert {204: 80} == Counter(status for status, _ in found)
    assert {f"new{n}" for n in range(40)} == {member["value"] for member in after["members"]}
    assert 'W/"81"' == after["meta"]["version"]


async def test_parallel_changes_of_different_attributes_all_stay(here: Served) -> None:
    async with here.client() as client:
        ((_, ada),) = await answers(
            client, "POST", f"{here.url}/Users", [{"schemas": [USER], "userName": "ada@acme.example"}]
        )
        wanted = {name: f"the {name}" for name in ("nickName", "title", "displayName", "userType", "locale")}
        bodies = [
            {"schemas": [PATCH], "Operations": [{"op": "replace", "path": name, "value": value}]}
            for name, value in wanted.items()
        ]
        found = await answers(client, "PATCH", f"{here.url}/Users/{ada['id']}", bodies)
        ((_, after),) = await answers(client, "GET", f"{here.url}/Users/{ada['id']}", [None])

    assert {200: 5} == Counter(status for status, _ in found)
    assert wanted == {name: after[name] for name in wanted}


async def test_of_two_who_changed_the_same_version_one_is_told(here: Served) -> None:
    async with here.client() as client:
        ((_, ada),) = await answers(
            client, "POST", f"{here.url}/Users", [{"schemas": [USER], "userName": "ada@acme.example"}]
        )
        client.headers["If-Match"] = ada["meta"]["version"]
        bodies = [
            {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": f"t{number}"}]}
            for number in range(20)
        ]
        found = await answers(client, "PATCH", f"{here.url}/Users/{ada['id']}", bodies)

    assert {200: 1, 412: 19} == Counter(status for status, _ in found)


async def raw(url: str, head: str, *parts: bytes) -> tuple[int, dict[str, str], Any]:
    """Send a request as told, perhaps never its end, and return the answer."""
    host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(head.encode())
        with contextlib.suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
        answered = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = answered.split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        return int(status.split()[1]), headers, json.loads(body)
    finally:
        writer.close()


def head(here: Served, path: str, *more: str) -> str:
    lines = [
        f"POST /scim/v2{path} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {here.acme.token}",
        "Content-Type: application/scim+json",
        *more,
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


@pytest.mark.parametrize(("path", "limit"), [("/Users", 1_000_000), ("/Groups", 8_000_000)])
async def test_a_body_over_its_limit_is_refused_while_it_arrives(here: Served, path: str, limit: int) -> None:
    piece = b"x" * 50_000
    chunk = b"c350\r\n" + piece + b"\r\n"
    start = b'9\r\n{"pad": "\r\n'
    chunks = [start, *([chunk] * (limit // len(piece) + 1))]

    status, headers, error = await raw(here.url, head(here, path, "Transfer-Encoding: chunked"), *chunks)

    assert (413, "application/scim+json") == (status, headers["content-type"].partition(";")[0])
    assert ("413", True) == (error["status"], str(limit) in error["detail"])
    assert [(0, 0)] * 2 == here.rows("SELECT users, groups FROM counters")


async def test_an_announced_body_over_the_limit_is_refused_unread(here: Served) -> None:
    status, _, error = await raw(here.url, head(here, "/Users", "Content-Length: 1000001"))

    assert (413, "413") == (status, error["status"])


async def endless(here: Served) -> tuple[int, dict[str, str], Any]:
    """Begin a body and never end it; return the answer."""
    return await raw(here.url, head(here, "/Users", "Content-Length: 500"), b'{"schemas"')


async def test_bodies_that_never_end_keep_nobody_waiting(tmp_path: Path) -> None:
    async with served(tmp_path / "data", request_seconds="300") as here, here.client() as client:
        slow = [asyncio.create_task(endless(here)) for _ in range(20)]
        body = {"schemas": [USER], "userName": "ada@acme.example"}
        ((status, _),) = await answers(client, "POST", f"{here.url}/Users", [body])
        waiting = [task for task in slow if task.cancel()]
        await asyncio.gather(*slow, return_exceptions=True)

    assert (201, 20) == (status, len(waiting))


async def test_a_body_that_never_ends_is_given_up(tmp_path: Path) -> None:
    async with served(tmp_path / "data", request_seconds="1") as here:
        found = await asyncio.gather(*(endless(here) for _ in range(20)))

    assert {503: 20} == Counter(status for status, _, _ in found)
    _, headers, error = found[0]
    assert ("503", "application/scim+json") == (
        error["status"],
        headers["content-type"].partition(";")[0],
    )
    assert 1 <= int(headers["retry-after"]) <= 60


@contextlib.asynccontextmanager
async def occupying(here: Served, count: int) -> AsyncIterator[None]:
    """Have so many requests of acme under way, soon; one that is turned away comes again."""

    async def one() -> None:
        while True:
            await endless(here)

    slow = [asyncio.create_task(one()) for _ in range(count)]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield
    finally:
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def status_when_busy(here: Served, tenant: TenantOf, wanted: int) -> tuple[int, dict[str, str], Any]:
    """Ask until the requests under way have been counted; return the answer."""
    async with here.client(tenant) as client:
        while True:
            async with client.get(f"{here.url}/Users") as response:
                if response.status == wanted:
                    return response.status, dict(response.headers), json.loads(await response.text())
            await asyncio.sleep(0.01)


async def test_a_tenant_over_its_share_is_told_when_to_come_back_and_others_are_served(
    tmp_path: Path,
) -> None:
    async with served(tmp_path / "data", tenant_in_flight="3") as here, occupying(here, 3):
        _, headers, error = await status_when_busy(here, here.acme, 429)
        assert "1" == headers["Retry-After"]
        assert ["urn:ietf:params:scim:api:messages:2.0:Error"] == error["schemas"]
        assert "429" == error["status"]
        async with here.client(here.other) as client, client.get(f"{here.url}/Users") as response:
            assert 200 == response.status


async def test_a_share_is_given_back_with_every_answer(tmp_path: Path) -> None:
    async with (
        served(tmp_path / "data", tenant_in_flight="1") as here,
        here.client(here.acme) as client,
    ):
        asked = ("/Users", "/Users/nobody", "/Nothing", "/Users?filter=(", "/Users?count=1")
        answers = []
        for path in asked:
            async with client.get(here.url + path) as response:
                answers.append(response.status)

        assert [200, 404, 404, 400, 200] == answers


async def test_a_full_server_says_so_before_it_looks_at_anything(tmp_path: Path) -> None:
    async with served(tmp_path / "data", total_in_flight="2") as here, occupying(here, 2):
        _, headers, error = await status_when_busy(here, here.other, 503)
        assert "1" == headers["Retry-After"]
        assert ["urn:ietf:params:scim:api:messages:2.0:Error"] == error["schemas"]
        assert "503" == error["status"]
        alive = here.url.removesuffix("/scim/v2") + "/livez"
        async with here.client() as client, client.get(alive) as response:
            assert 200 == response.status
