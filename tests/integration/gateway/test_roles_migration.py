"""Counting roles begins with those of the people who are there already."""

from __future__ import annotations

import importlib
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from syncline.sql.engines import open_engine
from tests.support.world import TENANT, World, world

MIGRATION = "syncline.gateway.store.migrations.versions.0006_roles_seen"


async def test_the_roles_of_people_who_are_there_are_counted(tmp_path: Path) -> None:
    async with world(tmp_path) as acme:
        counted = await a_few_people(acme)
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway' / 'gateway.db'}")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE roles_seen"))
        with Operations.context(MigrationContext.configure(connection)):
            importlib.import_module(MIGRATION).upgrade()
        found = connection.execute(
            text("SELECT name, count FROM roles_seen WHERE kind = 'role' ORDER BY name")
        )

        assert counted == [tuple(row) for row in found]
    engine.dispose()


async def a_few_people(acme: World) -> list[tuple[str, int]]:
    """Add people; return how many have which role."""
    for number, names in enumerate([("Lead", "Boss"), ("Lead",), ()]):
        roles = [{"value": name} for name in names]
        await acme.add_user(f"user{number}@acme.example", roles=roles)
    found = (await acme.run("roles.seen", tenant=TENANT))["roles"]
    return [(each["role"], each["people"]) for each in found]
