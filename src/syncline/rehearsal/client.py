"""Requests about one resource by its id, and its creation: alike for every simulated provider."""

from __future__ import annotations

from syncline.rehearsal.failures import failure_of
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.paths import Resource
from syncline.rehearsal.wire import ENDPOINTS, ScimWire, resource_of, resource_path


class ScimClient(ScimWire):
    """The requests all providers share.

    Every method raises ProvisioningFailure for an unwelcome answer, CredentialsRefused for a 401 and Incompatible
    for one that is no SCIM.
    """

    async def read(self, kind: ObjectKind, target_id: str, query: str = "") -> Resource | None:
        """Return the resource with this id, or None when it is gone."""
        request = f"GET {ENDPOINTS[kind]}/{target_id}"
        reply = await self.send("GET", resource_path(kind, target_id) + query)
        if reply.status == 404:
            return None
        if reply.status != 200:
            raise failure_of(reply, request)
        return resource_of(reply.body, request)

    async def create(self, kind: ObjectKind, body: Resource) -> Resource:
        """Create a resource and return it as the application stored it; only a 201 with an id will do."""
        request = f"POST {ENDPOINTS[kind]}"
        reply = await self.send("POST", ENDPOINTS[kind], body)
        if reply.status != 201:
            raise failure_of(reply, request)
        return resource_of(reply.body, request)

    async def change(self, method: str, kind: ObjectKind, target_id: str, body: Resource) -> None:
        """Send a PATCH or a PUT; 200 and 204 are both fine, a body is not needed."""
        reply = await self.send(method, resource_path(kind, target_id), body)
        if reply.status not in (200, 204):
            raise failure_of(reply, f"{method} {ENDPOINTS[kind]}/{target_id}")

    async def delete(self, kind: ObjectKind, target_id: str) -> None:
        """Delete the resource; one that is gone already is as good."""
        reply = await self.send("DELETE", resource_path(kind, target_id))
        if reply.status not in (200, 204, 404):
            raise failure_of(reply, f"DELETE {ENDPOINTS[kind]}/{target_id}")
