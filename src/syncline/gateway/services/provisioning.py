"""What a SCIM client does to one tenant's directory: the gateway's `ResourceStore`.

Nothing here waits for HubSpot. A write is durable when it returns; then the dispatcher is told that there is something
to deliver.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from msgspec import Struct

from syncline.clock import Clock
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Cause, DirectoryStore, Wake
from syncline.scim.attributes import ResourceType
from syncline.scim.errors import NotFound
from syncline.scim.patch import Patch
from syncline.scim.resource import Resource
from syncline.scim.schemas import GROUP, USER
from syncline.scimserver.identifiers import time_ordered
from syncline.scimserver.store import Exchange, Page, Query, Stored

_COMPUTED = frozenset({"groups", "members"})
_RESOURCE_TYPES = MappingProxyType({"User": USER, "Group": GROUP})


class Remembered(Struct, frozen=True):
    """The token that opened a directory, where it may have been revoked since it was read.

    `confirm` reads it, and raises `Unauthorized` for one that is not alive any more.
    """

    token_id: str
    confirm: Callable[[], Awaitable[None]]


class TenantDirectory:
    """Implements `scimserver.ResourceStore` for the tenant a token opened.

    A remembered token is confirmed before anything is read, and in the transaction of whatever is written.
    """

    resource_types: Mapping[str, ResourceType] = _RESOURCE_TYPES

    def __init__(
        self,
        tenant_id: TenantId,
        store: DirectoryStore,
        clock: Clock,
        wake: Wake,
        remembered: Remembered | None = None,
    ) -> None:
        self._tenant_id = tenant_id
        self._store = store
        self._clock = clock
        self._wake = wake
        self._remembered = remembered

    async def create(self, exchange: Exchange, resource_type: ResourceType, resource: Resource) -> Stored:
        """Keep a new resource; raises `Uniqueness`."""
        cause = self._cause(exchange)
        new_id = time_ordered(cause.at)
        if resource_type is USER:
            stored = await self._store.create_user(self._tenant_id, new_id, resource, cause)
        else:
            stored = await self._store.create_group(self._tenant_id, new_id, resource, cause)
        self._wake(self._tenant_id)
        return stored

    async def get(
        self, exchange: Exchange, resource_type: ResourceType, resource_id: str, include: frozenset[str]
    ) -> Stored:
        """Return one resource; raises `NotFound`."""
        if self._remembered is not None:
            await self._remembered.confirm()
        return await self._get(resource_type, resource_id, include)

    async def _get(self, resource_type: ResourceType, resource_id: str, include: frozenset[str]) -> Stored:
        stored = await self._store.get(self._tenant_id, resource_type, resource_id, include)
        if stored is None:
            raise NotFound(f"No {resource_type.name.lower()} has the id {resource_id!r}.")
        return stored

    async def replace(
        self,
        exchange: Exchange,
        resource_type: ResourceType,
        resource_id: str,
        resource: Resource,
        if_match: int | None,
    ) -> Stored:
        """Put a resource in the place of another; raises `NotFound`, `Uniqueness`, `PreconditionFailed`."""
        cause = self._cause(exchange)
        change = self._store.replace_user if resource_type is USER else self._store.replace_group
        await change(self._tenant_id, resource_id, resource, if_match, cause)
        self._wake(self._tenant_id)
        return await self._get(resource_type, resource_id, _COMPUTED)

    async def patch(
        self,
        exchange: Exchange,
        resource_type: ResourceType,
        resource_id: str,
        patch: Patch,
        if_match: int | None,
        include: frozenset[str],
    ) -> Stored:
        """Apply all operations or none."""
        cause = self._cause(exchange)
        change = self._store.patch_user if resource_type is USER else self._store.patch_group
        stored = await change(self._tenant_id, resource_id, patch, if_match, cause, exchange.notes)
        self._wake(self._tenant_id)
        return await self._get(resource_type, resource_id, include) if include else stored

    async def delete(
        self, exchange: Exchange, resource_type: ResourceType, resource_id: str, if_match: int | None
    ) -> None:
        """Forget the resource and its memberships."""
        remove = self._store.delete_user if resource_type is USER else self._store.delete_group
        await remove(self._tenant_id, resource_id, if_match, self._cause(exchange))
        self._wake(self._tenant_id)

    async def query(
        self, exchange: Exchange, resource_type: ResourceType, query: Query, include: frozenset[str]
    ) -> Page:
        """Return one page of the matches; raises `TooMany`."""
        if self._remembered is not None:
            await self._remembered.confirm()
        return await self._store.query(self._tenant_id, resource_type, query, include)

    def _cause(self, exchange: Exchange) -> Cause:
        detail = {
            "request": f"{exchange.method} {exchange.path}",
            "client": exchange.client,
            "user_agent": exchange.user_agent,
            "normalised": exchange.notes,
        }
        token_id = None if self._remembered is None else self._remembered.token_id
        return Cause(self._clock.now(), exchange.correlation_id, detail, token_id)
