"""post: what the log of reads has as rows of their own moves to where it keeps them together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
phase = "post"

TOGETHER = 500
KEPT = ("at", "correlation_id", "operation", "path", "status", "duration_us", "client", "user_agent")
"""The columns of a read, in the order in which it is kept."""

_before = sa.table("reads", sa.column("tenant_id"), *map(sa.column, KEPT))
_batches = sa.table(
    "read_batches", *map(sa.column, ("tenant_id", "first_at", "id", "last_at", "count", "reads"))
)


def upgrade() -> None:
    """Write up to 500 reads of a tenant into a row, in the order of time; drop the table they were in."""
    connection = op.get_bind()
    in_order = sa.select(_before).order_by(*map(sa.column, ("tenant_id", "at", "correlation_id")))
    found = connection.execute(in_order.execution_options(yield_per=TOGETHER))
    for tenant_id, reads in _parts(found):
        connection.execute(sa.insert(_batches).values(_batch(tenant_id, reads)))
    op.drop_table("reads")


def _parts(rows: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    for tenant_id, of_tenant in groupby(rows, key=lambda row: str(row.tenant_id)):
        while part := list(islice(of_tenant, TOGETHER)):
            yield tenant_id, part


def _batch(tenant_id: str, reads: list[Any]) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "first_at": reads[0].at,
        "id": reads[0].correlation_id,
        "last_at": reads[-1].at,
        "count": len(reads),
        "reads": json.dumps([list(read[1:]) for read in reads], separators=(",", ":")).encode(),
    }
