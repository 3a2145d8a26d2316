"""A portal in a process of its own, a DNS server beside it, and a Chromium in front of both."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from syncline.clock import SystemClock
from syncline.portal.program import open_portal_store
from tests.support.browser import browser, chromium, screenshot
from tests.support.dns_server import RunningDns, running_dns
from tests.support.programs import Syncline
from tests.support.scim_project import upload_scim_project

__all__ = ["browser", "chromium"]

SCREENSHOTS = "SYNCLINE_TEST_SCREENSHOTS"
"""The variable that names the folder for the pictures of the documentation; unset, they go with the test."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running portal with the account acme and the guide's project, deployed and not yet installed."""

    syncline: Syncline
    address: str
    account: dict[str, Any]
    dns: RunningDns
    pictures: Path

    @property
    def project(self) -> str:
        """The page `hs project open` opens."""
        return f"{self.address}/developer-projects/{self.account['portal_id']}/project/scim-app"

    def page(self, path: str) -> str:
        """The address of a page of the account's settings."""
        return f"{self.address}/settings/{self.account['portal_id']}/{path}"

    async def sign_in(self, page: Page) -> None:
        """Type e-mail address and password where the page asks for them."""
        await page.get_by_label("E-mail address").fill("admin@acme.example")
        await page.get_by_label("Password", exact=True).fill(self.account["admin_password"])
        await page.get_by_role("button", name="Sign in").click()

    async def picture(self, page: Page, name: str) -> None:
        """Take a picture of what the page shows."""
        await screenshot(page, self.pictures, name)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    syncline = Syncline(tmp_path / "data")
    account = syncline.json("portal", "account", "create", "acme")

    async def upload() -> None:
        async with open_portal_store(tmp_path / "data") as store:
            await upload_scim_project(store, SystemClock(), "acme", role_sync=True)

    asyncio.run(upload())
    pictures = Path(os.environ.get(SCREENSHOTS) or tmp_path)
    with (
        running_dns(tmp_path, {"corp.test": []}) as dns,
        syncline.portal("--resolver", dns.address) as address,
    ):
        yield Stage(syncline, address, account, dns, pictures)
