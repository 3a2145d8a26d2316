"""A gateway with its console, a portal as its HubSpot account, and a Chromium in front of both."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.client import open_session
from tests.support.browser import browser, chromium, screenshot
from tests.support.clock import AheadClock
from tests.support.console import PASSWORD, World, console_world
from tests.support.world import TENANT, HubSpotAccount, portal

__all__ = ["browser", "chromium"]

SCREENSHOTS = "SYNCLINE_TEST_SCREENSHOTS"
"""The variable that names the folder for the pictures of the documentation; unset, they go with the test."""
SERIOUS = ("serious", "critical")
OWNER = "anna@acme.example"
ADMIN = "admin@acme.example"
SCOPES = ["settings.billing.write"]


@dataclass
class Stage:
    """The console of a tenant in step with its account."""

    world: World
    hubspot: HubSpotAccount
    clock: AheadClock
    tenant: TenantId
    pictures: Path
    token: str = ""
    """What the identity provider signs in with."""
    users: dict[str, str] = field(default_factory=dict)

    async def run(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Run an operation about the tenant."""
        return await self.world.run(operation, tenant=TENANT, **arguments)

    async def scim(self, method: str, path: str, body: Any) -> int:
        """Ask as the identity provider does; returns the status."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"{self.world.base}/scim/v2{path}", json=body) as answer,
        ):
            if answer.status == 201:
                self.users[body["userName"]] = (await answer.json())["id"]
            return answer.status

    async def join(self, user_name: str, role: str = "User", **attributes: Any) -> int:
        """Have the identity provider send somebody."""
        given = user_name.partition("@")[0].title()
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": user_name,
            "name": {"givenName": given, "familyName": "Example"},
            "roles": [{"value": role, "primary": "True"}],
            **attributes,
        }
        return await self.scim("POST", "/Users", body)

    async def group(self, display_name: str) -> str:
        """Have the identity provider send a group; returns its id."""
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": display_name}
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.token}"}) as session,
            session.post(f"{self.world.base}/scim/v2/Groups", json=body) as answer,
        ):
            return str((await answer.json())["id"])

    async def leave(self, user_name: str, active: str = "False") -> int:
        """Have the identity provider deactivate somebody, or bring him back, written as Entra writes it."""
        operations = [{"op": "Replace", "path": "active", "value": active}]
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
        return await self.scim("PATCH", f"/Users/{self.users[user_name]}", body)

    async def standings(self, standing: str) -> set[str]:
        """Return whom HubSpot shows so: active or deactivated."""
        shown = await self.hubspot.shown()
        return {name for name, user in shown.items() if user["standing"] == standing}

    async def drain(self) -> None:
        """Deliver what is due."""
        self.clock.leap(11_000)  # a fresh window of calls
        await self.world.gateway.drain(self.tenant)

    async def at_portal(self, context: BrowserContext, place: str) -> Page:
        """Open a page of the account's settings in a tab of its own, as its super admin."""
        page = await context.new_page()
        path = f"/settings/{self.hubspot.credentials['portal_id']}/{place}"
        await page.goto(self.hubspot.url + path)
        if await page.get_by_role("button", name="Sign in").is_visible():
            await self.sign_in_at_portal(page)
            await page.goto(self.hubspot.url + path)
        return page

    async def sign_in_at_portal(self, page: Page) -> None:
        """Sign in at HubSpot as the super admin."""
        await page.get_by_label("E-mail address").fill(ADMIN)
        await page.get_by_label("Password", exact=True).fill(self.hubspot.credentials["admin_password"])
        await page.get_by_role("button", name="Sign in").click()

    async def sign_in(self, page: Page) -> None:
        """Sign in as the owner."""
        await page.goto(self.world.base)
        await page.get_by_label("E-mail").fill(OWNER)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()

    async def open(self, page: Page, place: str) -> None:
        """Open a page of the tenant; axe finds nothing serious on it."""
        await page.goto(f"{self.world.base}/tenants/{self.tenant}/{place}")
        found = (await Axe().run(page)).response["violations"]
        assert [] == [each["id"] for each in found if each["impact"] in SERIOUS], place

    async def picture(self, page: Page, name: str) -> None:
        """Take a picture of what the page shows, light and dark."""
        wide = page.viewport_size
        await page.set_viewport_size({"width": 960, "height": 600})
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            await screenshot(page, self.pictures, f"console-{name}-{theme}")
        await page.emulate_media(color_scheme="light")
        if wide is not None:
            await page.set_viewport_size(wide)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Forty people, in step with the account."""
    clock: Any = AheadClock()
    async with (
        portal(tmp_path / "portal", clock, scopes=SCOPES) as hubspot,
        open_session() as session,
        console_world(tmp_path, clock, session) as world,
    ):
        await world.owner(OWNER)
        tenant = TenantId(await world.tenant(TENANT))
        pictures = Path(os.environ.get(SCREENSHOTS, tmp_path))
        stage = Stage(world, hubspot, clock, tenant, pictures)
        stage.token = (await stage.run("token.create", expires_in_days=60))["token"]
        credentials = hubspot.credentials
        await stage.run(
            "connection.set",
            base_url=hubspot.url,
            access_token=credentials["access_token"],
            scim_base_url=f"{hubspot.url}/scim/v2",
            scim_token=credentials["scim_token"],
        )
        await stage.run("policy.set", deactivated="deactivate")
        await stage.run("rule.add", role="User", permission_set="Sales User")
        await stage.run("role.default", name="Standard User")
        await stage.run("plan.approve")
        await stage.run("tenant.mode", mode="live")
        for name in PEOPLE:
            assert 201 == await stage.join(name)
        await stage.drain()
        yield stage


PEOPLE = tuple(
    f"{given}.{family}@acme.example"
    for family in ("byron", "haddad", "okafor", "lindqvist")
    for given in ("ada", "grace", "noor", "lena", "omar", "ines")
)
