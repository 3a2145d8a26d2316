"""A person with a browser at the portal's pages: keeps cookies, reads the form, presses a button."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import aiohttp
from yarl import URL

_CSRF = re.compile(r'name="csrf" value="([^"]*)"')
_NEXT = re.compile(r'name="next" value="([^"]*)"')
_ACCOUNT = re.compile(r'name="portal_id" value="(\d+)"')
_ADDRESSES = {"sign-in": "/sign-in", "sign-out": "/sign-out"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the browser got: a page, or a redirect it did not follow."""

    status: int
    headers: Any
    text: str

    @property
    def location(self) -> str:
        return str(self.headers.get("Location", ""))

    @property
    def answer(self) -> dict[str, str]:
        """The parameters of the redirect."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.location).query).items()}

    @property
    def csrf(self) -> str:
        found = _CSRF.search(self.text)
        return found[1] if found else ""

    @property
    def onward(self) -> str:
        """Where the page leads after a sign-in, or a sign-out."""
        found = _NEXT.search(self.text)
        return unescape(found[1]) if found else ""

    @property
    def accounts(self) -> list[str]:
        return _ACCOUNT.findall(self.text)


@dataclass(slots=True)
class Browser:
    """One browser, with the address of one consent page."""

    session: aiohttp.ClientSession
    address: str
    cookies: dict[str, str] = field(default_factory=dict)

    async def open(self) -> Shown:
        """Open the page; whoever is not signed in gets the sign-in instead."""
        shown = await self._request("GET", self.address, None)
        if shown.location.startswith("/sign-in"):
            shown = await self._request("GET", urljoin(self.address, shown.location), None)
        return shown

    async def press(self, button: str, page: Shown, **fields: str) -> Shown:
        form = {"csrf": page.csrf, "action": button, "next": page.onward, **fields}
        address = urljoin(self.address, _ADDRESSES.get(button, self.address))
        return await self._request("POST", address, urlencode(form).encode())

    async def sign_in(self, email: str, password: str) -> Shown:
        """Open the page, sign in and return the page after it."""
        done = await self.press("sign-in", await self.open(), email=email, password=password)
        return await self.open() if done.status == 303 else done

    async def approve(self, page: Shown) -> Shown:
        return await self.press("approve", page, portal_id=page.accounts[0])

    async def _request(self, method: str, address: str, content: bytes | None) -> Shown:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if content is not None else {}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self.session.request(
            method, URL(address, encoded=True), data=content, headers=headers, allow_redirects=False
        ) as response:
            for name, morsel in response.cookies.items():
                self.cookies[name] = morsel.value
            return Shown(response.status, response.headers, await response.text())
