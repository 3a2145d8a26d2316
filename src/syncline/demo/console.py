"""The demo's own operator: an owner who is ready, so that whoever watches only has to sign in."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

import aiohttp

EMAIL = "owner@acme.example"
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class ConsoleRefused(Exception):
    """The console did not take the owner; the message says what it answered."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What to sign in with."""

    email: str
    password: str


async def become_owner(link: str) -> Owner:
    """Use the one-time link as a person would, in a form; raises `ConsoleRefused`."""
    owner = Owner(EMAIL, secrets.token_urlsafe(12))
    jar = aiohttp.CookieJar(unsafe=True)  # the console is at an address without a name
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(link) as page:
            token = _CSRF.search(await page.text())
        form = {
            "csrf": "" if token is None else token[1],
            "name": "Demo",
            "email": owner.email,
            "password": owner.password,
        }
        async with session.post(link, data=form, allow_redirects=False) as answer:
            if answer.status != 303:
                raise ConsoleRefused(f"The console answered {answer.status} to its first owner.")
    return owner
