"""What is left of tenants that are deleted: found by their rows alone, so that it can be gone on with at any time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table

from syncline.gateway.domain.operators import EVERYWHERE
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor
from syncline.gateway.store import statements
from syncline.gateway.store.commands.removal import ForgetRows, RemoveTenant
from syncline.gateway.store.operators import event_id
from syncline.gateway.store.removal_statements import KEYS_OF_TENANT, NEXT_TENANT, OWNED
from syncline.sql.reader import Reader
from syncline.sql.rows import Key
from syncline.sql.writer import Writer


class SqlRemoval:
    """Implements `services.ports.RemovalStore`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def remove(self, tenant_id: TenantId, actor: Actor, detail: Mapping[str, Any]) -> None:
        """End the tenant; its rows are nobody's from then on. Raises `NotFound`."""
        await self._writer.submit(RemoveTenant(event_id(actor), tenant_id, detail, actor))

    async def forget(self, tenant_id: TenantId, limit: int) -> int:
        """Delete up to so many rows of a tenant that is deleted; 0 when none is left."""
        table, keys = await self._reader.scan(lambda connection: _keys(connection, tenant_id, limit))
        if table is not None:
            await self._writer.submit(ForgetRows(tenant_id, table, keys))
        return len(keys)

    async def leftovers(self) -> list[TenantId]:
        """Return the ids that rows belong to and no tenant has; costs a look-up for each table and tenant."""
        return await self._reader.scan(_leftovers)


def _keys(connection: Connection, tenant_id: TenantId, limit: int) -> tuple[Table | None, tuple[Key, ...]]:
    for table in OWNED:
        found = connection.execute(KEYS_OF_TENANT[table], {"tenant_id": tenant_id, "limit": limit})
        keys = tuple(tuple(row) for row in found)
        if keys:
            return table, keys
    return None, ()


def _leftovers(connection: Connection) -> list[TenantId]:
    there = {str(row["id"]) for row in connection.execute(statements.ALL_TENANTS).mappings()}
    lost = {each for table in OWNED for each in _owners(connection, table)} - there - {EVERYWHERE}
    return [TenantId(each) for each in sorted(lost)]


def _owners(connection: Connection, table: Table) -> list[str]:
    found: list[str] = []
    while True:
        after = found[-1] if found else ""
        owner = connection.execute(NEXT_TENANT[table], {"after": after}).scalar()
        if owner is None:
            return found
        found.append(owner)
