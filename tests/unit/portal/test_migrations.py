"""The migrations lead to exactly the tables the code speaks of."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect

from syncline.portal.store.store import MIGRATIONS
from syncline.portal.store.tables import metadata
from syncline.sql.engines import open_engine
from syncline.sql.migrations import migrate


def described(engine: Engine) -> dict[str, object]:
    inspector = inspect(engine)
    return {
        table: (
            [
                (column["name"], str(column["type"]), column["nullable"])
                for column in inspector.get_columns(table)
            ],
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted(
                (index["name"] or "", index["column_names"], bool(index["unique"]))
                for index in inspector.get_indexes(table)
            ),
        )
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_migrating_an_empty_database_makes_the_declared_tables(tmp_path: Path) -> None:
    migrated = open_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    declared = create_engine("sqlite:///" + str(tmp_path / "declared.db"))

    assert migrate(migrated, MIGRATIONS)
    assert [] == migrate(migrated, MIGRATIONS)
    metadata.create_all(declared)

    assert described(declared) == described(migrated)
    migrated.dispose()
    declared.dispose()


def test_what_belongs_to_an_account_is_kept_under_its_id() -> None:
    shared = {"sequences", "tokens", "identities", "apps", "oauth_codes"}

    for table in metadata.tables.values():
        first = next(iter(table.primary_key.columns))
        assert (table.name in shared) is (first.name != "portal_id")
