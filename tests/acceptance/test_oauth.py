"""Connecting by OAuth as people do: a command that waits, a super admin with a browser, and the page at its end."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.integration.portal.browser import Browser
from tests.support.patience import PATIENCE_SECONDS
from tests.support.programs import COMMAND, Syncline

SCOPES = ("oauth", "settings.users.read", "settings.users.write")
OPTIONAL = ("crm.objects.owners.read", "settings.users.teams.read", "settings.billing.write")


@pytest.fixture
def syncline(tmp_path: Path) -> Syncline:
    return Syncline(tmp_path / "data")


@pytest.fixture
def account(syncline: Syncline) -> Iterator[dict[str, Any]]:
    with syncline.portal():
        yield syncline.json("portal", "account", "create", "acme")


def register(syncline: Syncline, address: str) -> dict[str, Any]:
    words = ["--redirect-uri", f"{address}/oauth/callback"]
    words += [word for scope in SCOPES for word in ("--scope", scope)]
    words += [word for scope in OPTIONAL for word in ("--optional-scope", scope)]
    app: dict[str, Any] = syncline.json("portal", "app", "create", "acme", *words)
    return app


async def grant(url: str, password: str) -> tuple[int, str]:
    """Sign in, approve, and return the page the browser ends on."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        browser = Browser(session, url)
        page = await browser.sign_in("admin@acme.example", password)
        location = (await browser.approve(page)).location
        async with session.get(location) as answer:
            return answer.status, await answer.text()


def test_a_person_connects_looks_and_disconnects(syncline: Syncline, account: dict[str, Any]) -> None:
    with syncline.gateway() as server:
        app = register(syncline, server.address)
        syncline.json("tenant", "create", "acme")
        words = ["connection", "authorize", "acme", "--base-url", account["base_url"]]
        words += ["--client-id", app["client_id"], "--client-secret", "-", "--json"]
        with subprocess.Popen(
            [*COMMAND, *words],
            env=syncline._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as waiting:
            assert waiting.stdin is not None
            assert waiting.stderr is not None
            waiting.stdin.write(app["client_secret"] + "\n")
            waiting.stdin.close()
            url = next(line.strip() for line in waiting.stderr if line.startswith("http"))

            status, page = asyncio.run(grant(url, account["admin_password"]))

            assert 0 == waiting.wait(PATIENCE_SECONDS), waiting.stderr.read()
        assert (200, True) == (status, "admin@acme.example granted it" in page)
        shown = syncline.json("connection", "show", "acme")
        assert ("healthy", account["portal_id"]) == (shown["health"], shown["portal_id"])

        assert syncline.json("connection", "revoke", "acme")["revoked_at_hubspot"]
        assert "not connected to HubSpot" in syncline.run("connection", "show", "acme").err
