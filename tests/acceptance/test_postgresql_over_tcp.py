"""PostgreSQL over TCP with a password, and its server ending and starting again while an identity provider writes."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import aiohttp
import pytest

from tests.support.conditions import ERROR_SCHEMA
from tests.support.postgres_tcp import PASSWORD, TcpServer, tcp_server
from tests.support.programs import Syncline, wait_for

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CLIENTS = 8
LOAD = 120
"""How many users are acknowledged before the server ends, and how many after it is back."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[TcpServer]:
    # Not in pytest's folders: PostgreSQL must not run as root, and another user cannot read those.
    with tempfile.TemporaryDirectory(prefix="syncline-tcp-") as folder:
        Path(folder).chmod(0o755)
        with tcp_server(Path(folder)) as server:
            yield server


@pytest.fixture
def database(postgres: TcpServer) -> TcpServer:
    """The server, with an empty database."""
    postgres.empty()
    return postgres


class Load:
    """Clients that create users one after the other, whatever the answers are, and what those were."""

    def __init__(self, base_url: str, token: str) -> None:
        self._users = f"{base_url}/scim/v2/Users"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._numbers = iter(range(1_000_000))
        self._done = False
        self.acknowledged: dict[str, str] = {}
        self.asked = 0
        self.refusals: list[tuple[str, str, Any]] = []

    async def run(self, database: TcpServer) -> None:
        """Load the gateway, end the database in the middle, and start it again once that was noticed."""
        async with aiohttp.ClientSession(headers=self._headers) as session, asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._client(session))
            await self._until(lambda: len(self.acknowledged) >= LOAD)
            await asyncio.to_thread(database.crash)
            await self._until(lambda: len(self.refusals) >= 3 * CLIENTS)
            async with session.get(self._users) as response:
                await self._refused(response)
            await asyncio.to_thread(database.start)
            before = len(self.acknowledged)
            await self._until(lambda: len(self.acknowledged) >= before + LOAD)
            self._done = True

    async def _client(self, session: aiohttp.ClientSession) -> None:
        for number in self._numbers:
            if self._done:
                return
            self.asked += 1
            body = {"schemas": [USER], "userName": f"user{number}@acme.example"}
            async with session.post(self._users, json=body) as response:
                if response.status == 201:
                    created = await response.json(content_type=None)
                    self.acknowledged[created["id"]] = created["userName"]
                else:
                    await self._refused(response)
                    await asyncio.sleep(0.02)  # another process has to come back

    async def _refused(self, response: aiohttp.ClientResponse) -> None:
        assert 503 == response.status, await response.text()
        content_type, retry_after = response.content_type, response.headers.get("Retry-After", "")
        self.refusals.append((content_type, retry_after, await response.json(content_type=None)))

    async def _until(self, holds: Callable[[], bool]) -> None:
        await asyncio.to_thread(wait_for, holds, "the gateway never came so far")

    async def read_back(self) -> tuple[dict[str, str], int]:
        """Return who of the acknowledged is there, and how many there are in all."""
        found = {}
        async with aiohttp.ClientSession(headers=self._headers) as session:
            for user_id in self.acknowledged:
                async with session.get(f"{self._users}/{user_id}") as response:
                    assert 200 == response.status
                    found[user_id] = (await response.json(content_type=None))["userName"]
            async with session.get(f"{self._users}?count=0") as response:
                return found, (await response.json(content_type=None))["totalResults"]


@pytest.mark.postgres
def test_a_database_server_that_goes_and_comes_back_costs_patience_and_nothing_else(
    tmp_path: Path, database: TcpServer
) -> None:
    syncline = Syncline(tmp_path / "data")
    with syncline.gateway("--database-url", database.url) as server:
        server.ask("tenant.create", name="acme")
        token = str(server.ask("token.create", tenant="acme")["token"])
        load = Load(server.address, token)

        asyncio.run(load.run(database))
        found, total = asyncio.run(load.read_back())
        counted = server.ask("tenant.show", tenant="acme")["counts"]["users"]

    assert load.acknowledged == found
    assert total == counted
    assert len(found) <= total <= len(found) + len(load.refusals)
    for content_type, retry_after, error in load.refusals:
        assert "application/scim+json" == content_type
        assert 1 <= int(retry_after) <= 60
        assert ([ERROR_SCHEMA], "503") == (error["schemas"], error["status"])
        assert PASSWORD not in str(error)
    logged = "".join(path.read_text() for path in syncline.data.glob("*.log"))
    assert PASSWORD not in logged


@pytest.mark.postgres
def test_a_wrong_password_is_told_without_being_repeated(tmp_path: Path, database: TcpServer) -> None:
    wrong = database.url.replace(PASSWORD, "not-the-password")
    said = Syncline(tmp_path / "data").run("serve", "--port", "0", "--database-url", wrong)

    assert 0 != said.status
    assert "password authentication failed" in said.err
    assert "not-the-password" not in said.out + said.err


@pytest.mark.postgres
def test_the_probe_for_readiness_tells_when_the_database_is_away(tmp_path: Path, database: TcpServer) -> None:
    syncline = Syncline(tmp_path / "data", {"SYNCLINE_DATABASE_URL": database.url})
    with syncline.gateway() as server:
        wait_for(lambda: status(f"{server.address}/readyz") == 200, "it never was ready")
        database.crash()
        wait_for(lambda: status(f"{server.address}/readyz") == 503, "it did not notice")
        alive = status(f"{server.address}/livez")
        database.start()
        wait_for(lambda: status(f"{server.address}/readyz") == 200, "it was never ready again")

    assert 200 == alive


def status(url: str) -> int:
    try:
        with urlopen(url) as response:
            return int(response.status)
    except HTTPError as error:
        return error.code
