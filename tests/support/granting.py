"""A gateway with an app at a portal, a super admin with a browser, and a token endpoint that can be made to fail."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from syncline.bootstrap.gateway import Gateway, open_gateway
from syncline.gateway.domain.tenant import TenantId
from syncline.portal import administration
from syncline.portal.store.store import Store as PortalStore
from syncline.portal.web.application import create_application
from syncline.portal.web.call import Surroundings
from syncline.settings import read_settings
from tests.integration.portal.browser import Browser
from tests.support.clock import LeapingClock
from tests.support.databases import new_gateway, new_portal
from tests.support.serving import serve
from tests.support.world import TENANT, HubSpotAccount, World
from tests.unit.web.asking import Answer, ask

GATEWAY = "http://gateway.test"
CALLBACK = f"{GATEWAY}/oauth/callback"
ADMIN = "admin@acme.example"
REQUIRED = ("oauth", "settings.users.read", "settings.users.write")
OPTIONAL = ("crm.objects.owners.read", "settings.users.teams.read", "settings.billing.write")


@dataclass
class TokenEndpoint:
    """Stands before the portal: counts what goes to its token endpoint, and answers in its place when told to."""

    portal: Any
    calls: int = 0
    status: int | None = None
    revocation_status: int | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/oauth/2026-03/token":
            self.calls += 1
            if self.status is not None:
                await _refuse(send, self.status)
                return
        if self.revocation_status is not None and "/revoke" in scope["path"]:
            await _refuse(send, self.revocation_status)
            return
        await self.portal(scope, receive, send)


async def _refuse(send: Any, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@dataclass
class GrantingWorld(World):
    """A world whose tenant connects by OAuth."""

    portal_store: PortalStore = field(kw_only=True)
    endpoint: TokenEndpoint = field(kw_only=True)
    app: dict[str, Any] = field(kw_only=True)
    http: aiohttp.ClientSession = field(kw_only=True)

    async def authorize(self, tenant: str = TENANT, **arguments: Any) -> dict[str, Any]:
        """Begin to ask for a grant."""
        return await self.run(
            "connection.authorize", tenant=tenant, **{"base_url": self.hubspot.url, **arguments}
        )

    async def consent(self, url: str) -> str:
        """Sign in at the portal and approve; returns where the browser is sent to."""
        browser = Browser(self.http, url)
        page = await browser.sign_in(ADMIN, self.hubspot.credentials["admin_password"])
        return (await browser.approve(page)).location

    async def deny(self, url: str) -> str:
        """Sign in at the portal and refuse; returns where the browser is sent to."""
        browser = Browser(self.http, url)
        page = await browser.sign_in(ADMIN, self.hubspot.credentials["admin_password"])
        return (await browser.press("deny", page)).location

    async def come_back(self, location: str, *, method: str = "GET") -> Answer:
        """Open the address the browser was sent to."""
        assert location.startswith(CALLBACK + "?")
        return await ask(self.gateway.application, location.removeprefix(GATEWAY), method=method)

    async def grant(self, tenant: str = TENANT, **arguments: Any) -> Answer:
        """Connect the tenant: ask, consent, come back."""
        return await self.come_back(await self.consent((await self.authorize(tenant, **arguments))["url"]))

    async def uninstall(self) -> None:
        """Take the app out of the account, as a super admin does at HubSpot."""
        await administration.uninstall_app(self.portal_store, self.clock, TENANT, self.app["client_id"])


@contextlib.asynccontextmanager
async def granting_world(folder: Path) -> AsyncIterator[GrantingWorld]:
    """Yield a gateway with one tenant that is not connected, and an account whose app it is set up for."""
    clock, addresses = LeapingClock(), list[str]()
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(new_portal(folder / "portal"))
        endpoint = TokenEndpoint(create_application(Surroundings(store, clock, lambda: addresses[0])))
        url = await stack.enter_async_context(serve(endpoint))
        addresses.append(url)
        credentials = await administration.open_account(
            store, clock, name=TENANT, address=url, with_scim=True
        )
        app = await administration.create_app(
            store, clock, TENANT, redirect_uris=[CALLBACK], scopes=REQUIRED, optional_scopes=OPTIONAL
        )
        jar = aiohttp.DummyCookieJar()
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        gateway = await stack.enter_async_context(opened_gateway(folder / "gateway", clock, app))
        world = GrantingWorld(
            gateway,
            HubSpotAccount(url, credentials, clock, store),
            clock,
            portal_store=store,
            endpoint=endpoint,
            app=app,
            http=http,
        )
        world.tenant_id = TenantId((await world.run("tenant.create", name=TENANT))["id"])
        yield world


@contextlib.asynccontextmanager
async def opened_gateway(
    data: Path, clock: LeapingClock, app: dict[str, Any] | None
) -> AsyncIterator[Gateway]:
    """Open a gateway whose settings name that app."""
    new_gateway(data)
    settings = read_settings(
        {},
        data=str(data),
        hubspot_client_id=app and app["client_id"],
        hubspot_client_secret=app and app["client_secret"],
    )
    async with open_gateway(settings, lambda: GATEWAY, deliver=False, clock=clock) as opened:
        yield opened
