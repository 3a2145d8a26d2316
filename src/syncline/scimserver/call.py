"""One authenticated, routed request, as the operations see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct

from syncline.scim.attributes import ResourceType
from syncline.scim.errors import PreconditionFailed
from syncline.scim.json import decode
from syncline.scimserver.asgi import Receive
from syncline.scimserver.body import read_body
from syncline.scimserver.deadline import Deadlines
from syncline.scimserver.discovery import Discovery, Documents
from syncline.scimserver.etag import versions_named
from syncline.scimserver.limits import Limits
from syncline.scimserver.parameters import Parameters, parse_parameters
from syncline.scimserver.responses import Response
from syncline.scimserver.store import Exchange, ResourceStore

_NO_VERSION = 0
"""Versions start at 1, so a store that is asked to overwrite this one always refuses."""


class Call(Struct):
    """What an operation works with; `target` is what the path names in the collection, if anything."""

    exchange: Exchange
    store: ResourceStore
    target: str
    headers: Mapping[bytes, bytes]
    query_string: bytes
    receive: Receive
    limits: Limits
    body_deadlines: Deadlines
    base_url: str
    discovery: Discovery

    def documents(self) -> Documents:
        """Return what the discovery endpoints say about this call's store."""
        return self.discovery.documents(self.store.resource_types, self.base_url)

    def parameters(self) -> Parameters:
        """Return the query parameters; see `parse_parameters`."""
        return parse_parameters(self.query_string, limit=self.limits.query_bytes)

    def header(self, name: bytes) -> str | None:
        """Return a request header's value, or None."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    async def json(self, limit: int | None = None) -> Any:
        """Read and decode the body; the errors of `read_body` and of the kernel's strict decoder."""
        body = await read_body(
            self.receive,
            self.headers,
            limit=limit or self.limits.body_bytes,
            deadlines=self.body_deadlines,
        )
        return decode(body, max_depth=self.limits.json_depth)

    async def version_to_overwrite(self, resource_type: ResourceType) -> int | None:
        """Return the one version If-Match allows to be overwritten, or None for any.

        Where the header lists several, the present one is chosen if it is among them; the store still
        compares when it writes. Raises `PreconditionFailed` or `NotFound`.
        """
        versions = versions_named(self.header(b"if-match"))
        if versions is None:
            return None
        if len(versions) <= 1:
            return next(iter(versions), _NO_VERSION)
        present = await self.store.get(self.exchange, resource_type, self.target, frozenset())
        if present.version not in versions:
            raise PreconditionFailed("The resource has changed since the version named in If-Match.")
        return present.version


Operation = Callable[[Call, ResourceType], Awaitable[Response]]
"""An operation on the resources of one type."""
