"""The gateway's tables are the sum of its migrations, on both databases, and the main job runs on PostgreSQL too."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, insert, inspect, select, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from syncline.bootstrap.gateway import open_gateway
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.client import open_session
from syncline.gateway.store import statements
from syncline.gateway.store.store import MIGRATIONS
from syncline.gateway.store.tables import members, metadata, user_emails, users
from syncline.settings import read_settings
from syncline.sql.engines import open_engine
from syncline.sql.errors import DatabaseTooNew
from syncline.sql.migrations import VERSION_TABLE, migrate, revisions
from tests.support.clock import LeapingClock
from tests.support.postgres import postgres_server, postgres_url
from tests.support.world import TENANT, World, portal

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(
    params=[pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'gateway.db'}"
    return str(request.getfixturevalue("postgres_url"))


def test_the_migrations_add_up_to_the_tables_of_the_code(database_url: str) -> None:
    engine = open_engine(database_url)
    try:
        assert revisions(MIGRATIONS) == migrate(engine, MIGRATIONS)
        assert [] == migrate(engine, MIGRATIONS)
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            assert [] == compare_metadata(context, metadata)
    finally:
        engine.dispose()


def _condition_of(index: ReflectedIndex) -> str:
    """Return which rows the index has; empty for all of them."""
    options = index.get("dialect_options", {})
    return " ".join(str(value) for name, value in options.items() if name.endswith("_where"))


def described(database: Connection) -> dict[str, object]:
    """Return what a comparison by Alembic passes over, too: keys, defaults, the order of columns, partial indexes."""
    inspector = inspect(database)
    return {
        table: (
            [
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            ],
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted(
                (str(index["name"]), index["column_names"], bool(index["unique"]), _condition_of(index))
                for index in inspector.get_indexes(table)
            ),
        )
        for table in inspector.get_table_names()
        if table != VERSION_TABLE
    }


def test_a_migrated_database_is_as_one_made_from_the_tables_of_the_code(database_url: str) -> None:
    engine = open_engine(database_url)
    migrate(engine, MIGRATIONS)
    with engine.begin() as connection:
        migrated = described(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        declared = described(connection)
    engine.dispose()

    assert declared == migrated


async def test_a_database_of_a_newer_version_is_refused_with_a_sentence(
    database_url: str, tmp_path: Path
) -> None:
    engine = open_engine(database_url)
    migrate(engine, MIGRATIONS)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    settings = read_settings({}, data=str(tmp_path), database_url=database_url)

    with pytest.raises(DatabaseTooNew, match=r"9999.*newer version.*backup"):
        async with open_gateway(settings, lambda: "http://gateway.test", deliver=False):
            pass
    assert not (tmp_path / "secret.key").exists()


async def test_the_main_job_runs_on_either_database(database_url: str, tmp_path: Path) -> None:
    clock = LeapingClock()
    settings = read_settings({}, data=str(tmp_path), database_url=database_url)
    async with (
        portal(tmp_path / "portal", clock) as hubspot,
        open_session() as session,
        open_gateway(
            settings, lambda: "http://gateway.test", deliver=False, clock=clock, session=session
        ) as opened,
    ):
        acme = World(opened, hubspot, clock)
        acme.tenant_id = TenantId((await acme.run("tenant.create", name=TENANT))["id"])
        await acme.connect()
        ada = await acme.add_user("ada@acme.example", name={"givenName": "Ada", "familyName": "Vance"})
        bob = await acme.add_user("bob@acme.example", emails=[{"value": "Bob@acme.example"}])
        group = await acme.add_group("Sellers", ada.id)
        await acme.run("rule.add", tenant=TENANT, group=group.id, primary_team="Sales")
        await acme.go_live()
        assert await acme.drain() is None
        before = await acme.hubspot.users()
        assert ("Ada Vance", "Sales") == tuple(before["ada@acme.example"][each] for each in ("name", "team"))

        await acme.patch_group(group.id, {"op": "add", "path": "members", "value": [{"value": bob.id}]})
        await acme.set_user(ada.id, "active", False)
        await acme.drain()
        seen = await acme.hubspot.users()
        assert ("Sales", False) == (seen["bob@acme.example"]["team"], seen["ada@acme.example"]["active"])

        await acme.delete_user(bob.id)
        await acme.drain()
        assert (await acme.hubspot.users())["bob@acme.example"]["active"] is False
        shown = await acme.run("tenant.show", tenant=TENANT)
        assert {"users": 1, "groups": 1} == shown["counts"]
        assert {} == await acme.held()
        events = (await acme.run("events.list", tenant=TENANT, limit=500))["events"]
        assert list(range(len(events), 0, -1)) == [event["seq"] for event in events]


def at_revision(engine: Engine, *names: str) -> None:
    """Run the first scripts alone, as a release before did."""
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            for name in names:
                import_module(f"{MIGRATIONS}.versions.{name}").upgrade()
        context._ensure_version_table()
        context.stamp(ScriptDirectory(str(files(MIGRATIONS))), names[-1].partition("_")[0])


def test_leaner_tables_keep_every_row(database_url: str) -> None:
    engine = open_engine(database_url)
    at_revision(engine, "0001_gateway")
    kept: dict[Table, list[dict[str, Any]]] = {
        user_emails: [{"tenant_id": "t", "user_id": "u", "email_key": f"{n}@acme.example"} for n in range(3)],
        members: [{"tenant_id": "t", "group_id": "g", "value": f"u{n}", "document": b"{}"} for n in range(3)],
    }
    with engine.begin() as connection:
        for table, rows in kept.items():
            connection.execute(insert(table), rows)

    assert "0002" in migrate(engine, MIGRATIONS)
    with engine.connect() as connection:
        found = {table: [dict(row) for row in connection.execute(select(table)).mappings()] for table in kept}
    engine.dispose()
    assert kept == found


EMAILS = {"ada": "ada@acme.example", "bob": "ada@acme.example", "cyd": None}
"""The e-mail each user should have at HubSpot: Ada has hers, Bob waits for it, Cyd should have none."""
DELIVERED_BY = {"ada": "ada@acme.example", "bob": "scim:bob", "cyd": "scim:cyd"}
ADDRESSES = [
    (email, name) for email in ("ada@acme.example", "sales@acme.example") for name in ("ada", "bob", "cyd")
]
"""Two addresses for each user, in the order of the key."""


@pytest.fixture
def brought_up(database_url: str) -> Iterator[Connection]:
    """A database of three users and two deliveries, one of them held, that was at revision 0011."""
    scripts = sorted(path.stem for path in Path(str(files(MIGRATIONS)), "versions").glob("[0-9]*.py"))
    engine = open_engine(database_url)
    at_revision(engine, *(each for each in scripts if each < "0012"))
    with engine.begin() as connection:
        for table, rows in people_before().items():
            before = Table(table, MetaData(), autoload_with=connection)
            connection.execute(insert(before), rows)
    migrate(engine, MIGRATIONS)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def people_before() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the users, of their addresses and of their deliveries as they were at revision 0011."""
    whole: dict[str, Any] = {"tenant_id": "t", "version": 1, "active": True, "document": b"{}"}
    people = [
        {
            **whole,
            "id": name,
            "ordinal": number,
            "user_name_key": name,
            "email_key": EMAILS[name],
            "delivery_key": DELIVERED_BY[name],
            "created_at": 0,
            "modified_at": 0,
        }
        for number, name in enumerate(EMAILS)
    ]
    delivery = dict.fromkeys(
        ["desired_revision", "delivered_revision", "decided_epoch", "urgency", "attempts"], 0
    )
    marks = {
        "intent": "present",
        "correlation_id": "",
        "access": "none",
        "may_reactivate": False,
        "drifted": False,
    }
    held_for = {"ada@acme.example": None, "scim:bob": "email-claimed", "scim:cyd": "no-deliverable-email"}
    return {
        "users": people,
        "user_emails": [
            {"tenant_id": "t", "user_id": name, "email_key": email} for email, name in reversed(ADDRESSES)
        ],
        "deliveries": [
            {"tenant_id": "t", "key": key, "hold_reason": reason, **delivery, **marks}
            for key, reason in held_for.items()
        ],
    }


def test_of_the_email_somebody_should_have_remains_the_one_he_waits_for(brought_up: Connection) -> None:
    found = brought_up.execute(select(users.c.id, users.c.awaited_key).order_by(users.c.id))

    assert [("ada", None), ("bob", "ada@acme.example"), ("cyd", None)] == [tuple(row) for row in found]


def test_every_address_is_kept_and_led_by_its_email(brought_up: Connection) -> None:
    found = brought_up.execute(
        select(user_emails.c.email_key, user_emails.c.user_id).order_by("email_key", "user_id")
    )

    assert ADDRESSES == [tuple(row) for row in found]
    assert ["tenant_id", "email_key", "user_id"] == inspect(brought_up).get_pk_constraint("user_emails")[
        "constrained_columns"
    ]


def test_who_was_held_is_found_by_the_reason(brought_up: Connection) -> None:
    asked = {"tenant_id": "t", "reason": "email-claimed", "after": "", "limit": 9}

    found = brought_up.execute(statements.HELD_FOR, asked).mappings()

    assert ["scim:bob"] == [row["key"] for row in found]
