"""What HubSpot confirmed before the checklist was remembered is taken from the log."""

from __future__ import annotations

import importlib
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, text

from syncline.sql.engines import open_engine
from tests.support.world import World, world

MIGRATION = "syncline.gateway.store.migrations.versions.0010_confirmations"
ADA, BOB = "ada@acme.example", "bob@acme.example"


async def test_the_log_tells_what_was_confirmed_before(tmp_path: Path) -> None:
    async with world(tmp_path) as acme:
        await changes_of_every_kind(acme)
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway' / 'gateway.db'}")
    remembered = confirmations(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE confirmations"))
        with Operations.context(MigrationContext.configure(connection)):
            importlib.import_module(MIGRATION).upgrade()

    assert ["create", "deactivate", "role", "update"] == [each[0] for each in remembered]
    assert remembered == confirmations(engine)
    engine.dispose()


def confirmations(engine: Engine) -> list[tuple[object, ...]]:
    statement = text('SELECT "key", seq, at, summary FROM confirmations ORDER BY "key"')
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(statement)]


async def changes_of_every_kind(acme: World) -> None:
    """Create two people, one of them by a rule, change one and have one leave."""
    await acme.run("rule.add", tenant="acme", role="Lead", permission_set="Manager")
    await acme.go_live()
    await acme.add_user(ADA, roles=[])
    bob = await acme.add_user(BOB, roles=[{"value": "Lead", "primary": True}])
    await acme.rest()
    await acme.set_user(bob.id, "name.familyName", "Newell")
    await acme.rest()
    await acme.set_user(bob.id, "active", False)
    await acme.rest()
