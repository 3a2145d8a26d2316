"""What the log of reads had as rows of their own is there after the migration that keeps reads together."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.upkeep import Read
from syncline.gateway.store.logs import SqlLogs
from syncline.gateway.store.tables import metadata
from syncline.sql.engines import open_engine
from syncline.sql.reader import Reader
from syncline.sql.writer import Writer

VERSIONS = "syncline.gateway.store.migrations.versions"
COLUMNS = ("tenant_id", *Read.__struct_fields__)


async def test_reads_move_to_where_they_are_kept_together(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/gateway.db")
    metadata.create_all(engine)
    kept = {TenantId("acme"): [read(number) for number in range(1203)], TenantId("other"): [read(7)]}
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE reads ({', '.join(COLUMNS)})"))
        marks = ", ".join(f":{name}" for name in COLUMNS)
        connection.execute(
            text(f"INSERT INTO reads VALUES ({marks})"),
            [row(tenant, each) for tenant, reads in kept.items() for each in reads],
        )
        with Operations.context(MigrationContext.configure(connection)):
            importlib.import_module(f"{VERSIONS}.0014_reads_moved").upgrade()
        sizes = connection.execute(
            text("SELECT tenant_id, count FROM read_batches ORDER BY 1, first_at")
        ).all()

    assert [("acme", 500), ("acme", 500), ("acme", 203), ("other", 1)] == [tuple(each) for each in sizes]
    reader = Reader(engine)
    logs = SqlLogs(Writer(engine), reader)
    for tenant, reads in kept.items():
        assert reads[::-1] == await logs.reads(tenant, before=None, limit=2000)
    await reader.close()
    engine.dispose()


def read(number: int) -> Read:
    return Read(
        at=1000 + number,
        correlation_id=f"{number:08}",
        operation="users.list",
        path="/scim/v2/Users",
        status=200,
        duration_us=number,
        client=None if number % 2 else "192.0.2.1",
        user_agent='Azure "AD" \u00fc',
    )


def row(tenant: str, entry: Read) -> dict[str, Any]:
    return {"tenant_id": tenant, **{name: getattr(entry, name) for name in Read.__struct_fields__}}
