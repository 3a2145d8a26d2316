"""HTTP as every simulated provider uses it: one address, one token, bounded answers, no redirects.

What an answer means is each provider's own affair; here it only becomes a `Reply`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import quote, urlsplit

import aiohttp
import orjson
from yarl import URL

from syncline.rehearsal.failures import Reply, incompatible
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.paths import Resource, member

ENDPOINTS = {ObjectKind.USER: "/Users", ObjectKind.GROUP: "/Groups"}

CONCURRENCY = 10
"""Requests under way at once. No provider publishes its figure; Entra reaches 25 requests a second and more."""

TIMEOUT_SECONDS = 60
"""How long one answer may take: Okta's documented limit; the others publish none."""

_LARGEST_ANSWER = 8 * 1024 * 1024


class AddressError(ValueError):
    """An address or a token that cannot be used; the message says what is expected."""


def check_address(base_url: str, token: str) -> str:
    """Return the address without a trailing slash; raises AddressError for one that cannot be used."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressError(f"{base_url!r} is no tenant URL. Give one like https://host/scim/v2.")
    if parts.query or parts.fragment:
        raise AddressError(f"{base_url!r} carries a query no provider sends. Give the address alone.")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise AddressError(
            "The secret token is empty or holds characters no token has. Copy it again, whole."
        )
    return base_url.rstrip("/")


class ScimWire:
    """A conversation with one application. Use as an async context manager; safe for concurrent requests.

    `requests` counts what was sent, repeats included. `headers` come on top of the bearer token.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        headers: Mapping[str, str],
        *,
        concurrency: int = CONCURRENCY,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.base_url = check_address(base_url, token)
        self.requests = 0
        self.concurrency = concurrency
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._headers = {"Authorization": f"Bearer {token}", **headers}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=self.concurrency)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, headers=self._headers, auto_decompress=True
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, method: str, path: str, body: Resource | None = None) -> Reply:
        """Send one request and return what came back; a transport's trouble is a reply without a status."""
        if self._session is None:
            raise RuntimeError("The client is used outside its `async with` block.")
        self.requests += 1
        content = orjson.dumps(body) if body is not None else None
        # The path is sent exactly as encoded here: `+` and `%22` are part of what is rehearsed.
        url = URL(self.base_url + path, encoded=True)
        try:
            async with self._session.request(method, url, data=content, allow_redirects=False) as response:
                retry_after = response.headers.get("Retry-After", "")
                return _reply(response.status, await _bounded(response), retry_after)
        except TimeoutError:
            return Reply(None, trouble="timeout")
        except (aiohttp.ClientError, OSError) as error:
            return Reply(None, trouble=str(error) or type(error).__name__)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """Read the answer to its end; one past 8 MB is cut, and so no JSON any more."""
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > _LARGEST_ANSWER:
            break
    return b"".join(parts)


def _reply(status: int, raw: bytes, retry_after: str) -> Reply:
    try:
        body = orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        body = None
    return Reply(status, body, raw[:400].decode("utf-8", "replace"), retry_after=retry_after)


def resource_path(kind: ObjectKind, target_id: str) -> str:
    """Return the path of a resource, whatever characters its id has."""
    return f"{ENDPOINTS[kind]}/{quote(target_id, safe='')}"


def equality(attribute: str, value: str) -> str:
    """Return the filter `attribute eq "value"` (RFC 7644 §3.4.2.2), not yet percent-encoded."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{attribute} eq "{escaped}"'


def resource_of(body: Any, request: str) -> Resource:
    """Return a body that is a resource; raises Incompatible for one without an id."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"]:
        raise incompatible(request, "the answer is no resource with an id.")
    return body


def whole_number(body: Any, name: str, request: str) -> int:
    """Return a count of a list; raises Incompatible when it is missing or no integer."""
    count = member(body, name)
    if not isinstance(count, int) or isinstance(count, bool):
        raise incompatible(request, f"the answer is no ListResponse with a whole-number {name}.")
    return count


def listed(body: Any, request: str) -> list[Resource]:
    """Return the resources of a list, an absent array as none; raises Incompatible for anything else."""
    found = member(body, "Resources")
    if found is None:
        return []
    if not isinstance(found, list):
        raise incompatible(request, "Resources is no array.")
    return [resource_of(each, request) for each in found]
