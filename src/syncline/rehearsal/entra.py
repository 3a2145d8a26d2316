"""The wire as Entra's provisioning service speaks it: the requests, their encoding, and what it needs back.

Entra never lists all users: it filters by one matching attribute, reads by the id it cached, and writes. What it
cannot read it calls incompatible, in its own words.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

from syncline.rehearsal.client import ScimClient
from syncline.rehearsal.dialect import Dialect, patch_body
from syncline.rehearsal.failures import failure_of, incompatible, no_endpoint, several_matches
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.operations import Operation
from syncline.rehearsal.paths import Resource, member
from syncline.rehearsal.wire import (
    CONCURRENCY,
    ENDPOINTS,
    TIMEOUT_SECONDS,
    equality,
    resource_of,
    whole_number,
)

HEADERS = {
    "Content-Type": "application/scim+json; charset=utf-8",
    "Accept": "application/scim+json",
    "User-Agent": "Syncline-Rehearsal (as Entra)",
}


class EntraClient(ScimClient):
    """Entra's requests to one application.

    Every method raises ProvisioningFailure for an answer Entra would not accept, CredentialsRefused for a 401.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        dialect: Dialect = Dialect.DEFAULT,
        concurrency: int = CONCURRENCY,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        super().__init__(base_url, token, HEADERS, concurrency=concurrency, timeout_seconds=timeout_seconds)
        self.dialect = dialect

    async def find(self, kind: ObjectKind, attribute: str, value: str) -> Resource | None:
        """Return the one resource whose attribute equals the value, or None; groups come without members."""
        filtered = "filter=" + quote_plus(equality(attribute, value))
        query = f"excludedAttributes=members&{filtered}" if kind is ObjectKind.GROUP else filtered
        request = f"GET {ENDPOINTS[kind]}?{filtered}"
        reply = await self.send("GET", f"{ENDPOINTS[kind]}?{query}")
        if reply.status == 404:
            raise no_endpoint(request, kind.value)
        if reply.status != 200:
            raise failure_of(reply, request)
        return _only_resource(reply.body, kind, request)

    async def read(self, kind: ObjectKind, target_id: str, query: str = "") -> Resource | None:
        """Return the resource with the cached id, or None when it is gone; a group without members."""
        if kind is ObjectKind.USER:
            return await super().read(kind, target_id, query)
        found = await super().read(kind, target_id, "?excludedAttributes=members")
        return None if found is None else _without_members(found, f"GET {ENDPOINTS[kind]}/{target_id}")

    async def patch(self, kind: ObjectKind, target_id: str, operations: list[Operation]) -> None:
        """Apply the operations in one request."""
        await self.change("PATCH", kind, target_id, patch_body(operations, self.dialect))


def _without_members(group: Resource, request: str) -> Resource:
    if member(group, "members"):
        raise incompatible(request, "the answer holds members although they were excluded.")
    return group


def _only_resource(body: Any, kind: ObjectKind, request: str) -> Resource | None:
    total, resources = whole_number(body, "totalResults", request), member(body, "Resources")
    if total == 0:
        return None
    if total > 1:
        raise several_matches(request, total)
    if not isinstance(resources, list) or len(resources) != 1:
        raise incompatible(request, "totalResults says 1, but Resources does not hold one resource.")
    found = resource_of(resources[0], request)
    return _without_members(found, request) if kind is ObjectKind.GROUP else found
