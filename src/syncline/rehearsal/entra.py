"""The wire as Entra's provisioning service speaks it: the requests, their encoding, and what it needs back.

Default dialect (no `aadOptscim062020`). Entra never lists all users: it filters by one matching attribute, reads
by the id it cached, and writes. What it cannot read it calls incompatible, in its own words.
"""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import quote, quote_plus, urlsplit

import aiohttp
import orjson
from yarl import URL

from syncline.rehearsal.failures import Reply, failure_of, incompatible, no_endpoint, several_matches
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.operations import Operation, patch_body
from syncline.rehearsal.paths import Resource, member

ENDPOINTS = {ObjectKind.USER: "/Users", ObjectKind.GROUP: "/Groups"}

CONCURRENCY = 10
"""Requests under way at once. Entra's own figure is not published; it reaches 25 requests a second and more."""

TIMEOUT_SECONDS = 60
"""How long one answer may take. Entra's own figure is not published."""

_LARGEST_ANSWER = 8 * 1024 * 1024


class AddressError(ValueError):
    """A tenant URL or a secret token that cannot be used; the message says what is expected."""


def check_address(base_url: str, token: str) -> str:
    """Return the tenant URL without a trailing slash; raises AddressError for one that cannot be used."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressError(f"{base_url!r} is no tenant URL. Give one like https://host/scim/v2.")
    if parts.query or parts.fragment:
        raise AddressError(
            "The tenant URL carries a flag. This rehearsal speaks the default dialect: leave it off."
        )
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise AddressError(
            "The secret token is empty or holds characters no token has. Copy it again, whole."
        )
    return base_url.rstrip("/")


class EntraClient:
    """A conversation with one application. Use as an async context manager; safe for concurrent requests.

    Every method raises ProvisioningFailure for an answer Entra would not accept, CredentialsRefused for a 401.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        concurrency: int = CONCURRENCY,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.base_url = check_address(base_url, token)
        self.requests = 0
        self.concurrency = concurrency
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/scim+json; charset=utf-8",
            "Accept": "application/scim+json",
            "User-Agent": "Syncline-Rehearsal (as Entra)",
        }
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

    async def find(self, kind: ObjectKind, attribute: str, value: str) -> Resource | None:
        """Return the one resource whose attribute equals the value, or None; groups come without members."""
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        filtered = "filter=" + quote_plus(f'{attribute} eq "{escaped}"')
        query = f"excludedAttributes=members&{filtered}" if kind is ObjectKind.GROUP else filtered
        request = f"GET {ENDPOINTS[kind]}?{filtered}"
        reply = await self._send("GET", f"{ENDPOINTS[kind]}?{query}")
        if reply.status == 404:
            raise no_endpoint(request, kind.value)
        if reply.status != 200:
            raise failure_of(reply, request)
        return _only_resource(reply.body, kind, request)

    async def read(self, kind: ObjectKind, target_id: str) -> Resource | None:
        """Return the resource with the cached id, or None when it is gone; a group without members."""
        query = "?excludedAttributes=members" if kind is ObjectKind.GROUP else ""
        request = f"GET {ENDPOINTS[kind]}/{target_id}"
        reply = await self._send("GET", _resource_path(kind, target_id) + query)
        if reply.status == 404:
            return None
        if reply.status != 200:
            raise failure_of(reply, request)
        return _resource(reply.body, kind, request)

    async def create(self, kind: ObjectKind, body: Resource) -> Resource:
        """Create a resource and return it as the application stored it; only a 201 with an id will do."""
        request = f"POST {ENDPOINTS[kind]}"
        reply = await self._send("POST", ENDPOINTS[kind], body)
        if reply.status != 201:
            raise failure_of(reply, request)
        return _resource(reply.body, kind, request)

    async def patch(self, kind: ObjectKind, target_id: str, operations: list[Operation]) -> None:
        """Apply the operations in one request; 200 and 204 are both fine, a body is not needed."""
        reply = await self._send("PATCH", _resource_path(kind, target_id), patch_body(operations))
        if reply.status not in (200, 204):
            raise failure_of(reply, f"PATCH {ENDPOINTS[kind]}/{target_id}")

    async def delete(self, kind: ObjectKind, target_id: str) -> None:
        """Delete the resource; one that is gone already is as good."""
        reply = await self._send("DELETE", _resource_path(kind, target_id))
        if reply.status not in (200, 204, 404):
            raise failure_of(reply, f"DELETE {ENDPOINTS[kind]}/{target_id}")

    async def _send(self, method: str, path: str, body: Resource | None = None) -> Reply:
        if self._session is None:
            raise RuntimeError("The client is used outside its `async with` block.")
        self.requests += 1
        content = orjson.dumps(body) if body is not None else None
        # The path is sent exactly as encoded here: `+` and `%22` are part of what is rehearsed.
        url = URL(self.base_url + path, encoded=True)
        try:
            async with self._session.request(method, url, data=content, allow_redirects=False) as response:
                return _reply(response.status, await _bounded(response))
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


def _reply(status: int, raw: bytes) -> Reply:
    try:
        body = orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        body = None
    return Reply(status, body, raw[:400].decode("utf-8", "replace"))


def _resource_path(kind: ObjectKind, target_id: str) -> str:
    return f"{ENDPOINTS[kind]}/{quote(target_id, safe='')}"


def _resource(body: Any, kind: ObjectKind, request: str) -> Resource:
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"]:
        raise incompatible(request, "the answer is no resource with an id.")
    if kind is ObjectKind.GROUP and request.startswith("GET") and member(body, "members"):
        raise incompatible(request, "the answer holds members although they were excluded.")
    return body


def _only_resource(body: Any, kind: ObjectKind, request: str) -> Resource | None:
    total, resources = member(body, "totalResults"), member(body, "Resources")
    if not isinstance(total, int) or isinstance(total, bool):
        raise incompatible(request, "the answer is no ListResponse with a whole-number totalResults.")
    if total == 0:
        return None
    if total > 1:
        raise several_matches(request, total)
    if not isinstance(resources, list) or len(resources) != 1:
        raise incompatible(request, "totalResults says 1, but Resources does not hold one resource.")
    return _resource(resources[0], kind, request)
