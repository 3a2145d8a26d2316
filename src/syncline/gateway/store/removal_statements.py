"""The queries behind the deletion of a tenant: for each table with a `tenant_id`, whose rows there are, and which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, Table, bindparam, func, select

from syncline.gateway.store.tables import metadata

OWNED: Final[tuple[Table, ...]] = tuple(
    table for table in metadata.sorted_tables if "tenant_id" in table.columns
)
"""Every table whose rows belong to tenants."""

NEXT_TENANT: Final[Mapping[Table, Select[Any]]] = {
    table: select(func.min(table.c.tenant_id)).where(table.c.tenant_id > bindparam("after"))
    for table in OWNED
}
KEYS_OF_TENANT: Final[Mapping[Table, Select[Any]]] = {
    table: select(*table.primary_key.columns)
    .where(table.c.tenant_id == bindparam("tenant_id"))
    .limit(bindparam("limit"))
    for table in OWNED
}
