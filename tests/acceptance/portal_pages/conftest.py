"""A portal in a process of its own, a DNS server beside it, and a Chromium in front of both."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.support.browser import browser, chromium, screenshot
from tests.support.dns_server import RunningDns, running_dns
from tests.support.programs import Syncline

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

    folder = tmp_path / "scim-app"
    for words in (
        ("create", "scim-app", "--dest", str(folder), "--role-sync"),
        ("upload", "acme", str(folder)),
    ):
        done = syncline.run("portal", "project", *words)
        assert 0 == done.status, done.err
    pictures = Path(os.environ.get(SCREENSHOTS) or tmp_path)
    with (
        running_dns(tmp_path, {"corp.test": []}) as dns,
        syncline.portal("--resolver", dns.address) as address,
    ):
        yield Stage(syncline, address, account, dns, pictures)
