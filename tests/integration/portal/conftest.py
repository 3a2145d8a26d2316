"""A portal on loopback with one account, and clients that speak to it over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from syncline.clock import ManualClock
from syncline.portal import administration
from syncline.portal.store.store import Store
from syncline.portal.web.application import create_application
from syncline.portal.web.call import Surroundings
from tests.support.databases import new_portal
from tests.support.serving import serve

USERS = "/settings/users/2026-03"
SCIM_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
SCIM_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back over the wire; `body` is parsed JSON, None where it was empty."""

    status: int
    headers: Any
    body: Any


@dataclass(slots=True)
class Client:
    """Calls a base address with a token."""

    session: aiohttp.ClientSession
    base_url: str
    token: str | None

    async def call(
        self, method: str, path: str, body: Any = None, *, data: bytes | None = None, **headers: str
    ) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        async with self.session.request(
            method, URL(self.base_url + path, encoded=True), json=body, data=data, headers=sent
        ) as response:
            return Reply(
                response.status,
                response.headers,
                await response.json(content_type=None) if await response.read() else None,
            )

    async def get(self, path: str) -> Reply:
        return await self.call("GET", path)

    async def post(self, path: str, body: Any) -> Reply:
        return await self.call("POST", path, body)

    async def put(self, path: str, body: Any) -> Reply:
        return await self.call("PUT", path, body)

    async def delete(self, path: str) -> Reply:
        return await self.call("DELETE", path)

    async def patch(self, path: str, *operations: Any) -> Reply:
        return await self.call("PATCH", path, {"schemas": [SCIM_PATCH], "Operations": operations})


@dataclass(slots=True)
class World:
    """A running portal, its store and clock, and one account with its clients."""

    store: Store
    clock: ManualClock
    session: aiohttp.ClientSession
    base_url: str
    account: dict[str, Any]
    api: Client
    scim: Client

    def client(self, token: str | None, path: str = "") -> Client:
        return Client(self.session, self.base_url + path, token)

    async def open_account(self, name: str, *, with_scim: bool = True, **settings: Any) -> dict[str, Any]:
        return await administration.open_account(
            self.store, self.clock, name=name, address=self.base_url, with_scim=with_scim, **settings
        )

    async def change(self, **settings: Any) -> None:
        await administration.change_account(self.store, self.clock, "acme", **settings)

    async def flag(self, **flags: str) -> None:
        await self.change(flags=flags)

    async def set_ids(self) -> dict[str, str]:
        reply = await self.api.get(USERS + "/roles")
        return {one["name"]: one["id"] for one in reply.body["results"]}

    async def team_ids(self) -> dict[str, str]:
        reply = await self.api.get(USERS + "/teams")
        return {one["name"]: one["id"] for one in reply.body["results"]}

    async def add(self, email: str, **fields: Any) -> dict[str, Any]:
        """Create a user by the API and return it."""
        reply = await self.api.post(USERS, {"email": email, "sendWelcomeEmail": False, **fields})
        assert reply.status == 201, reply.body
        created: dict[str, Any] = reply.body
        return created

    async def user(self, email: str) -> dict[str, Any]:
        """Return a user as the portal's owner sees it."""
        return await administration.show_user(self.store, self.clock, "acme", email)

    async def provision(self, email: str, *roles: str, **attributes: Any) -> dict[str, Any]:
        """Create or convert a user by SCIM and return the resource."""
        body = {"schemas": [SCIM_USER], "userName": email, **attributes}
        if roles:
            body["roles"] = [{"value": role} for role in roles]
        reply = await self.scim.post("/Users", body)
        assert reply.status == 201, reply.body
        resource: dict[str, Any] = reply.body
        return resource


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Serve a portal with the account acme, domain acme.example, every default."""
    clock = ManualClock()
    addresses: list[str] = []
    async with new_portal(tmp_path) as store:
        application = create_application(Surroundings(store, clock, lambda: addresses[0]))
        async with serve(application) as base_url, aiohttp.ClientSession() as session:
            addresses.append(base_url)
            account = await administration.open_account(
                store, clock, name="acme", address=base_url, with_scim=True
            )
            yield World(
                store,
                clock,
                session,
                base_url,
                account,
                api=Client(session, base_url, account["access_token"]),
                scim=Client(session, base_url + "/scim/v2", account["scim_token"]),
            )
