"""A gateway and a portal put together in one process: a real database, real HTTP between them, time that leaps.

Nothing is delivered by itself: a test says when the drain runs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from syncline.bootstrap.gateway import Gateway, open_gateway
from syncline.clock import Clock
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.client import TOTAL_SECONDS, open_session
from syncline.gateway.services.operations import run_operation
from syncline.gateway.services.provisioning import TenantDirectory
from syncline.portal import administration
from syncline.portal.store.store import Store as PortalStore
from syncline.portal.web.application import create_application
from syncline.portal.web.call import Surroundings
from syncline.scim.dialects import Notes
from syncline.scim.patch import parse_patch
from syncline.scim.resource import read
from syncline.scim.schemas import GROUP, USER
from syncline.scimserver.store import Exchange, Stored
from syncline.settings import read_settings
from tests.support.clock import LeapingClock
from tests.support.databases import new_gateway, new_portal
from tests.support.serving import serve

TENANT = "acme"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class HubSpotAccount:
    """The account at the portal, and the portal's own view of it."""

    url: str
    credentials: dict[str, Any]
    clock: LeapingClock
    store: PortalStore

    async def order(self, kind: str, **details: Any) -> None:
        """Order a fault."""
        await administration.add_fault(self.store, self.clock, TENANT, kind, **details)

    async def change(self, **settings: Any) -> None:
        """Change settings of the account."""
        await administration.change_account(self.store, self.clock, TENANT, **settings)

    async def shown(self) -> dict[str, dict[str, Any]]:
        """Return every user by e-mail as the account's owner sees them, whatever the API leaves out."""
        found = await administration.list_users(self.store, self.clock, TENANT)
        return {each["email"]: each for each in found["users"]}

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Make one call of the public API, as somebody else than the gateway."""
        self.clock.leap(10_001)  # the rate limit's window is the gateway's alone
        headers = {"Authorization": f"Bearer {self.credentials['access_token']}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, self.url + path, json=body, params=query) as response,
        ):
            assert response.status < 300, (method, path, response.status, await response.text())
            return await response.json() if response.status != 204 else None

    async def users(self) -> dict[str, dict[str, Any]]:
        """Return every user by e-mail, with permission set and team by name, and whether he is active."""
        sets = {
            each["id"]: each["name"]
            for each in (await self.call("GET", "/settings/users/2026-03/roles"))["results"]
        }
        teams = {
            each["id"]: each["name"]
            for each in (await self.call("GET", "/settings/users/2026-03/teams"))["results"]
        }
        archived = await self.call("GET", "/crm/v3/owners/", archived="true", limit="100")
        gone = {str(each["userIdIncludingInactive"]) for each in archived["results"]}
        listed = await self.call("GET", "/settings/users/2026-03", limit="100")
        assert "paging" not in listed
        return {
            each["email"]: {
                "id": each["id"],
                "name": f"{each.get('firstName')} {each.get('lastName')}",
                "permission_set": ", ".join(sets[role] for role in each["roleIds"]),
                "team": teams.get(each.get("primaryTeamId")),
                "active": each["id"] not in gone,
            }
            for each in listed["results"]
        }

    async def scim(self, method: str, path: str, body: Any = None) -> Any:
        """Make one call of the native SCIM endpoint."""
        headers = {"Authorization": f"Bearer {self.credentials['scim_token']}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"{self.url}/scim/v2{path}", json=body) as response,
        ):
            return await response.json() if response.status != 204 else None


@dataclass
class World:
    """The gateway with one tenant, and the account it keeps in line."""

    gateway: Gateway
    hubspot: HubSpotAccount
    clock: LeapingClock
    tenant_id: TenantId = field(default_factory=lambda: TenantId(""))

    async def run(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Run one operation of the gateway."""
        return await run_operation(self.gateway.operations, operation, "test", arguments)

    @property
    def directory(self) -> TenantDirectory:
        """What the identity provider's requests reach."""
        return TenantDirectory(self.tenant_id, self.gateway.store.directory, self.clock, lambda _tenant: None)

    async def drain(self) -> int | None:
        """Deliver what is due; returns the moment something is next due."""
        return await self.gateway.drain(self.tenant_id)

    async def rest(self) -> None:
        """Drain, and let time pass, until nothing is due any more."""
        for _ in range(500):
            due = await self.drain()
            if due is None:
                return
            self.clock.leap(max(0, due - self.clock.now()) + 1)
        raise AssertionError("the backlog never came to rest")

    async def add_user(self, user_name: str, **attributes: Any) -> Stored:
        """Create a SCIM user."""
        body = {"schemas": [USER.schema.id, ENTERPRISE], "userName": user_name, **attributes}
        return await self.directory.create(exchange(), USER, read(USER, body, Notes()))

    async def add_group(self, display_name: str, *members: str) -> Stored:
        """Create a SCIM group."""
        body = {
            "schemas": [GROUP.schema.id],
            "displayName": display_name,
            "members": [{"value": member} for member in members],
        }
        return await self.directory.create(exchange(), GROUP, read(GROUP, body, Notes()))

    async def patch_user(self, user_id: str, *operations: dict[str, Any]) -> Stored:
        """PATCH a SCIM user."""
        patch = parse_patch(USER, {"schemas": [_PATCH], "Operations": list(operations)}, Notes())
        return await self.directory.patch(exchange(), USER, user_id, patch, None, frozenset())

    async def set_user(self, user_id: str, path: str, value: Any) -> Stored:
        """Replace one attribute of a SCIM user."""
        return await self.patch_user(user_id, {"op": "replace", "path": path, "value": value})

    async def patch_group(self, group_id: str, *operations: dict[str, Any]) -> Stored:
        """PATCH a SCIM group."""
        patch = parse_patch(GROUP, {"schemas": [_PATCH], "Operations": list(operations)}, Notes())
        return await self.directory.patch(exchange(), GROUP, group_id, patch, None, frozenset())

    async def delete_user(self, user_id: str) -> None:
        """DELETE a SCIM user."""
        await self.directory.delete(exchange(), USER, user_id, None)

    async def delivery(self, user: str) -> dict[str, Any]:
        """Return what is known of the delivery of a person."""
        shown = await self.run("users.show", tenant=TENANT, user=user)
        found: dict[str, Any] = shown["delivery"]
        return found

    async def held(self) -> dict[str, str]:
        """Return who is held and why, by e-mail or key."""
        users = (await self.run("users.list", tenant=TENANT, limit=500))["users"]
        return {each["user_name"] or each["email"]: each["hold"]["reason"] for each in users if each["hold"]}

    async def connect(self, *, scim: bool = True) -> None:
        """Connect the tenant to the account; without `scim` by the API channel alone."""
        credentials = self.hubspot.credentials
        channel = {
            "scim_base_url": f"{self.hubspot.url}/scim/v2",
            "scim_token": credentials["scim_token"],
        }
        await self.run(
            "connection.set",
            tenant=TENANT,
            base_url=self.hubspot.url,
            access_token=credentials["access_token"],
            **(channel if scim else {"drop_scim": True}),
        )

    async def go_live(self, *, approve: bool = True, **policy: Any) -> None:
        """Choose a leaver policy, approve the plan and set the tenant live."""
        await self.run("policy.set", tenant=TENANT, **{"deactivated": "deactivate", **policy})
        if approve:
            await self.run("plan.approve", tenant=TENANT)
        await self.run("tenant.mode", tenant=TENANT, mode="live")


def exchange() -> Exchange:
    """Return the request everything here is said to have come with."""
    return Exchange(correlation_id="c0ffee", method="TEST", path="/")


@contextlib.asynccontextmanager
async def portal(
    data: Path, clock: LeapingClock, *, front: Callable[[Any], Any] | None = None, **account: Any
) -> AsyncIterator[HubSpotAccount]:
    """Serve a portal with one account; `front` wraps its application."""
    addresses: list[str] = []
    async with new_portal(data) as store:
        application = create_application(Surroundings(store, clock, lambda: addresses[0]))
        async with serve(application if front is None else front(application)) as url:
            addresses.append(url)
            credentials = await administration.open_account(
                store, clock, name=TENANT, address=url, with_scim=True, **account
            )
            yield HubSpotAccount(url, credentials, clock, store)


@contextlib.asynccontextmanager
async def gateway(
    data: Path,
    clock: Clock,
    session: aiohttp.ClientSession | None = None,
    *,
    database_url: str | None = None,
) -> AsyncIterator[Gateway]:
    """Open a gateway that delivers only when told to; without a URL on SQLite in its data folder."""
    await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
    if database_url is None:
        new_gateway(data)
    settings = read_settings({}, data=str(data), database_url=database_url)
    async with open_gateway(
        settings, lambda: "http://gateway.test", deliver=False, clock=clock, session=session
    ) as opened:
        yield opened


@contextlib.asynccontextmanager
async def world(
    folder: Path,
    *,
    connected: bool = True,
    scim: bool = True,
    account: dict[str, Any] | None = None,
    database_url: str | None = None,
    patience_seconds: float = TOTAL_SECONDS,
) -> AsyncIterator[World]:
    """Yield a gateway with one tenant, connected to an account unless told otherwise.

    Calls to HubSpot are given up after `patience_seconds` of real time.
    """
    clock = LeapingClock()
    async with (
        portal(folder / "portal", clock, **(account or {})) as hubspot,
        open_session(total_seconds=patience_seconds) as session,
        gateway(folder / "gateway", clock, session, database_url=database_url) as opened,
    ):
        made = World(opened, hubspot, clock)
        created = await made.run("tenant.create", name=TENANT)
        made.tenant_id = TenantId(created["id"])
        if connected:
            await made.connect(scim=scim)
        yield made
