"""The console over real HTTP, and a browser without pictures: it keeps cookies and fills in forms as people do."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp

from syncline.bootstrap.gateway import Gateway, open_gateway
from syncline.clock import ManualClock
from syncline.gateway.services.operations import run_operation
from syncline.settings import read_settings
from tests.support.databases import new_gateway
from tests.support.serving import serve

PASSWORD = "rain falls on tin roofs"


@dataclass
class Seen:
    """A page as it came."""

    status: int
    path: str
    text: str
    headers: Any
    location: str | None

    @property
    def csrf(self) -> str:
        """The token of the page's forms."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        assert found is not None, "the page has no form"
        return found[1]

    @property
    def hidden(self) -> dict[str, str]:
        """What its forms keep without showing it, but for their token."""
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.text)
        return {unescape(name): unescape(value) for name, value in found if name != "csrf"}

    @property
    def words(self) -> str:
        """The text a reader sees, without markup."""
        return unescape(re.sub(r"<[^>]*>", " ", self.text))


@dataclass
class Browser:
    """Somebody at the console."""

    base: str
    session: aiohttp.ClientSession
    page: Seen | None = None

    async def open(self, path: str, *, follow: bool = True, headers: Mapping[str, str] | None = None) -> Seen:
        """Open a page by its path."""
        async with self.session.get(self.base + path, allow_redirects=follow, headers=headers) as answer:
            self.page = await self._seen(answer)
        return self.page

    async def send(self, path: str, *, follow: bool = True, csrf: str | None = None, **fields: str) -> Seen:
        """Send a form with the token of the page that is open."""
        if csrf is None:
            csrf = self.page.csrf if self.page is not None else ""
        headers = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        if self.page is not None:
            headers["Referer"] = self.base + self.page.path
        async with self.session.post(
            self.base + path, data={"csrf": csrf, **fields}, allow_redirects=follow, headers=headers
        ) as answer:
            self.page = await self._seen(answer)
        return self.page

    async def prove(self, password: str = PASSWORD) -> Seen:
        """Give the password that the open page asks for, with the form it keeps."""
        assert self.page is not None
        kept: dict[str, Any] = {**self.page.hidden, "password-again": password}
        return await self.send(self.page.path, **kept)

    async def sign_in(self, email: str, password: str = PASSWORD) -> Seen:
        """Sign in at the front page."""
        await self.open("/")
        return await self.send("/sign-in", email=email, password=password)

    async def _seen(self, answer: aiohttp.ClientResponse) -> Seen:
        return Seen(
            answer.status,
            answer.url.path,
            "" if answer.content_type == "text/event-stream" else await answer.text(),
            answer.headers,
            answer.headers.get("location"),
        )


@dataclass
class World:
    """A gateway being served, with its console and API."""

    gateway: Gateway
    clock: ManualClock
    base: str
    sessions: list[aiohttp.ClientSession] = field(default_factory=list)

    async def run(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Run an operation as the command line does."""
        return await run_operation(self.gateway.operations, operation, "test", arguments)

    def browser(self) -> Browser:
        """Return a browser without cookies."""
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.sessions.append(session)
        return Browser(self.base, session)

    async def owner(self, email: str = "anna@acme.example") -> Browser:
        """Return the browser of the first owner, who comes in by the link."""
        made = await self.run("operator.link")
        return await self._join(made["link"], email=email, name="Anna")

    async def operator(self, email: str, role: str, tenant: str | None = None) -> Browser:
        """Return the browser of somebody who was invited."""
        made = await self.run("operator.invite", email=email, role=role, tenant=tenant)
        return await self._join(made["link"], name=email.partition("@")[0].title())

    async def _join(self, link: str, *, name: str, email: str = "") -> Browser:
        browser = self.browser()
        path = "/" + link.split("/", 3)[3]
        await browser.open(path)
        seen = await browser.send(path, password=PASSWORD, name=name, email=email)
        assert seen.status == 200, seen.words
        return browser

    async def tenant(self, name: str) -> str:
        """Make a tenant; returns its id."""
        return str((await self.run("tenant.create", name=name))["id"])

    async def api(self, method: str, path: str, key: str | None, body: Any = None, **headers: str) -> Any:
        """Ask the admin API; returns status, body and headers."""
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.base}/api/v1{path}", json=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json(content_type=None), answer.headers


@asynccontextmanager
async def console_world(
    folder: Path, clock: Any = None, session: Any = None, **settings: Any
) -> AsyncIterator[World]:
    """Serve a gateway on an empty database, with its console; `session` is its way to HubSpot."""
    clock = clock or ManualClock()
    address = ""
    new_gateway(folder)
    given = read_settings({}, data=str(folder), port="0", **settings)
    async with AsyncExitStack() as stack:
        opened = open_gateway(
            given, lambda: address, deliver=False, serving=True, clock=clock, session=session
        )
        gateway = await stack.enter_async_context(opened)
        address = await stack.enter_async_context(serve(gateway.application))
        world = World(gateway, clock, address)
        try:
            yield world
        finally:
            for session in world.sessions:
                await session.close()
