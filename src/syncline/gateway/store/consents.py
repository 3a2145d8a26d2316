"""What people have agreed to: approvals given, first approvals that wait for a second, exceptions of leavers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select

from syncline.clock import Milliseconds
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor
from syncline.gateway.services.ports.consents import Approval, FirstApproval, LeaverException
from syncline.gateway.store import statements
from syncline.gateway.store.commands.exceptions import EndException, KeepLeaver
from syncline.sql.looking import rows_of
from syncline.sql.reader import Reader
from syncline.sql.rows import Row
from syncline.sql.writer import Writer


class SqlConsents:
    """Implements `services.ports.ConsentStore`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def keep_leaver(
        self, tenant_id: TenantId, key: str, until: Milliseconds, because: str, owner: str, actor: Actor
    ) -> None:
        """Keep somebody who has left until a moment; raises `Refused` for who has not."""
        await self._writer.submit(KeepLeaver(tenant_id, key, until, because, owner, actor, uuid.uuid4().hex))

    async def end_exception(self, tenant_id: TenantId, key: str, because: str, actor: Actor) -> bool:
        """End an exception now; returns whether there was one."""
        return await self._writer.submit(EndException(tenant_id, key, because, actor, uuid.uuid4().hex))

    async def exceptions(self, tenant_id: TenantId, after: str, limit: int) -> list[LeaverException]:
        """Return the last exception of everybody who ever had one, ended ones included, in order of key."""
        rows = await self._rows(statements.EXCEPTIONS, _page(tenant_id, after, limit))
        return [LeaverException(**_without_tenant(row)) for row in rows]

    async def exception(self, tenant_id: TenantId, key: str) -> LeaverException | None:
        """Return somebody's last exception, ended or not."""
        rows = await self._rows(statements.EXCEPTION, {"tenant_id": tenant_id, "key": key})
        return LeaverException(**_without_tenant(rows[0])) if rows else None

    async def approvals(self, tenant_id: TenantId, after: str, limit: int) -> list[Approval]:
        """Return the approvals that are not used up, of deliveries whose key comes after `after`."""
        return [
            Approval(
                key=row["key"],
                what=row["what"],
                approved_at=row["approved_at"],
                approved_by=row["approved_by"],
                because=row["because"] or "",
                expires_at=row["expires_at"],
            )
            for row in await self._rows(statements.APPROVALS_GIVEN, _page(tenant_id, after, limit))
        ]

    async def first_approvals(self, tenant_id: TenantId, after: str, limit: int) -> list[FirstApproval]:
        """Return what waits for a second person, expired ones included, in order of `what`."""
        rows = await self._rows(statements.FIRST_APPROVALS, _page(tenant_id, after, limit))
        return [FirstApproval(**_without_tenant(row)) for row in rows]

    async def _rows(self, statement: Select[Any], parameters: Mapping[str, Any]) -> list[Row]:
        return await self._reader.point(lambda database: rows_of(database, statement, parameters))


def _without_tenant(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "tenant_id"}


def _page(tenant_id: TenantId, after: str, limit: int) -> Mapping[str, Any]:
    return {"tenant_id": tenant_id, "after": after, "limit": limit}
