"""A gateway and a portal in processes of their own, rehearsal as Entra, and a Chromium in front of the console."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.support.browser import browser, chromium, screenshot
from tests.support.programs import Server, Syncline

__all__ = ["browser", "chromium"]

SCREENSHOTS = "SYNCLINE_TEST_SCREENSHOTS"
"""The variable that names the folder for the pictures of the documentation; unset, they go with the test."""
REQUIRED = ("oauth", "settings.users.read", "settings.users.write")
OPTIONAL = ("crm.objects.owners.read", "settings.users.teams.read", "settings.billing.write")
SERIOUS = ("serious", "critical")


@dataclass(frozen=True, slots=True)
class Stage:
    """A gateway nobody owns yet, a HubSpot account with an app, and a simulated Entra."""

    syncline: Syncline
    server: Server
    account: dict[str, Any]
    app: dict[str, Any]
    pictures: Path
    state: Path
    script: bool
    wrong: dict[str, list[str]] = field(default_factory=dict)

    @property
    def link(self) -> str:
        """The link the server has printed for its first owner."""
        printed = (self.syncline.data / "server.json.log").read_text()
        found = re.search(rf"{re.escape(self.server.address)}/link/synclinelink_\S+", printed)
        assert found is not None, printed
        return found[0]

    def entra(self, token: str, *words: str) -> Any:
        """Have Entra run one cycle, or what the words say, over HTTP."""
        url = ("--base-url", f"{self.server.address}/scim/v2", "--token", token)
        founding = () if self.state.exists() else ("--users", "20")
        company = ("--state", str(self.state), *founding)
        return self.syncline.json("rehearse", "entra", *url, *company, *words)

    async def judge(self, page: Page, name: str, *, picture: bool = False) -> None:
        """Note what axe finds serious on the page; take pictures of it in both themes when it is a main one.

        Where pages run no script, axe cannot either.
        """
        if not self.script:
            return
        checked = await Axe().run(page)
        found = [each["id"] for each in checked.response["violations"] if each["impact"] in SERIOUS]
        if found:
            self.wrong[name] = found
        if picture:
            for theme in ("light", "dark"):
                await page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
                await screenshot(page, self.pictures, f"set-up-{name}-{theme}")
            await page.evaluate("document.documentElement.dataset.theme = 'auto'")


@pytest.fixture(params=[True, False], ids=["with a script", "without"])
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    syncline = Syncline(tmp_path / "data")
    with syncline.portal():
        account = syncline.json("portal", "account", "create", "acme", "--with-scim")
        with syncline.gateway() as server:
            words = ["--redirect-uri", f"{server.address}/oauth/callback"]
            words += [word for scope in REQUIRED for word in ("--scope", scope)]
            words += [word for scope in OPTIONAL for word in ("--optional-scope", scope)]
            app = syncline.json("portal", "app", "create", "acme", *words)
            pictures = Path(os.environ.get(SCREENSHOTS) or tmp_path)
            yield Stage(syncline, server, account, app, pictures, tmp_path / "company.json", request.param)
