"""Deleting a tenant: what makes it one goes at once, its rows in chunks that nobody has to wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from syncline.gateway.domain.errors import NotFound, Refused
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor
from syncline.gateway.store.commands.operators import record
from syncline.gateway.store.tables import connections, counters, operator_roles, scim_tokens, tenants
from syncline.sql.rows import Key, Need, Rows


@dataclass(frozen=True, slots=True)
class RemoveTenant:
    """End the tenant, its tokens, its roles and its connection; what it has is nobody's from then on.

    Nothing can be written for it any more: every command looks for the tenant or for its counters first.
    """

    event_id: str
    tenant_id: TenantId
    detail: Mapping[str, Any]
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (
            Need(tenants, ("id",), (self.tenant_id,)),
            Need(counters, ("tenant_id",), (self.tenant_id,)),
            Need(connections, ("tenant_id",), (self.tenant_id,)),
            Need(scim_tokens, ("tenant_id",), (self.tenant_id,)),
            Need(operator_roles, ("tenant_id",), (self.tenant_id,)),
        )

    def apply(self, rows: Rows) -> None:
        tenant, counted = rows.get(tenants, self.tenant_id), rows.get(counters, self.tenant_id)
        if tenant is None:
            raise NotFound("The tenant no longer exists.")
        sizes = {} if counted is None else {name: counted[name] for name in ("users", "groups")}
        for token in rows.find(scim_tokens, tenant_id=self.tenant_id):
            rows.delete(scim_tokens, token["id"])
        for role in rows.find(operator_roles, tenant_id=self.tenant_id):
            rows.delete(operator_roles, self.tenant_id, role["operator_id"])
        for table in (connections, counters, tenants):
            rows.delete(table, self.tenant_id)
        told = {"tenant": self.tenant_id, "name": tenant["name"], **sizes, **self.detail}
        record(rows, self.event_id, self.actor, "tenant.deleted", **told)


@dataclass(frozen=True, slots=True)
class ForgetRows:
    """Delete rows of a tenant that is deleted; `Refused` while there is one of that id."""

    tenant_id: TenantId
    table: Table
    keys: tuple[Key, ...]

    def prefetch(self) -> Iterable[Need]:
        columns = tuple(column.name for column in self.table.primary_key)
        yield Need(tenants, ("id",), (self.tenant_id,))
        for key in self.keys:
            yield Need(self.table, columns, key)

    def apply(self, rows: Rows) -> None:
        if rows.get(tenants, self.tenant_id) is not None:
            raise Refused("The tenant is still there.")
        for key in self.keys:
            rows.delete(self.table, *key)
