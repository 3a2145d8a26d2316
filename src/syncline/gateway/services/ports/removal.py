"""The end of a tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports.records import Actor


class RemovalStore(Protocol):
    """Ends tenants at once, and forgets what they have a bounded number of rows at a time."""

    async def remove(self, tenant_id: TenantId, actor: Actor, detail: Mapping[str, Any]) -> None: ...
    async def forget(self, tenant_id: TenantId, limit: int) -> int: ...
    async def leftovers(self) -> list[TenantId]: ...
