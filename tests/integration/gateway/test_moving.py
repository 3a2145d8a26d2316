"""Moving from SQLite to PostgreSQL: everything or nothing, and the source stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from syncline.gateway.domain.errors import Conflict, DomainError, Invalid, NotFound, Refused, Unavailable
from syncline.gateway.store.checking import check_database
from syncline.gateway.store.moving import move_database
from syncline.gateway.store.tables import metadata
from syncline.sql.engines import open_engine
from tests.support.acme import Acme, at_hubspot, connection
from tests.support.databases import migrate_at
from tests.support.gateway_stores import database_store
from tests.support.postgres import PostgresServer, postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

pytestmark = pytest.mark.postgres
PEOPLE = 1_200


def quietly(stage: str, done: int, total: int) -> None:
    """Take progress without showing it."""


def rows_at(url: str) -> dict[str, list[Any]]:
    engine = open_engine(url)
    with engine.connect() as database:
        rows = {
            name: sorted(map(repr, database.execute(table.select())))
            for name, table in metadata.tables.items()
        }
    engine.dispose()
    return rows


def execute(url: str, *commands: str) -> None:
    engine = open_engine(url)
    with engine.begin() as database:
        for command in commands:
            database.execute(text(command))
    engine.dispose()


@pytest.fixture
async def source(tmp_path: Path) -> str:
    """A gateway on SQLite with something in it, in several chunks."""
    url = f"sqlite:///{tmp_path}/gateway.db"
    async with database_store(url) as store:
        acme = await Acme(store).found("Ácme 😀")
        for number in range(PEOPLE):
            await acme.add(f"user{number}@acme.example", active=number % 3 > 0, title='O\'Hara \\ "x"\n\t%')
        await acme.add_group("Sellers", "u1", "u2")
        await acme.connect()
        await acme.keep([at_hubspot("11", "user1@acme.example")])
        await acme.arrive("user1@acme.example", "11")
        await store.backlog.log_call(acme.id, "api", "users.create", "user1@acme.example", acme.cause())
    return url


async def test_everything_is_there_afterwards_and_goes_on_working(source: str, postgres_url: str) -> None:
    told: list[tuple[str, int, int]] = []
    before = rows_at(source)

    moved = move_database(source, postgres_url, lambda *each: told.append(each))

    assert before == rows_at(postgres_url) == rows_at(source)
    assert PEOPLE == moved.tables["users"].rows
    assert ("Copying users", 1_000, PEOPLE) in told
    assert ("Checking users", PEOPLE, PEOPLE) in told
    assert [] == [finding for finding in check_database(postgres_url).findings if "fsync" not in finding]
    async with database_store(postgres_url) as store:
        acme = Acme(store, users=PEOPLE)
        assert connection(acme.id).credential == (await store.setup.connection(acme.id)).credential  # type: ignore[union-attr]
        assert at_hubspot("11", "user1@acme.example") == (await acme.item("user1@acme.example")).known
        await acme.add("new@acme.example")
        assert PEOPLE + 1 == (await store.backlog.totals(acme.id)).users


@pytest.mark.parametrize("stage", ["Copying users", "Checking users"])
def test_a_move_stopped_halfway_leaves_the_target_empty(source: str, postgres_url: str, stage: str) -> None:
    before = rows_at(source)

    def stop(at: str, done: int, total: int) -> None:
        if at == stage:
            assert {0} == {len(rows) for rows in rows_at(postgres_url).values()}
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_database(source, postgres_url, stop)

    assert {0} == {len(rows) for rows in rows_at(postgres_url).values()}
    assert before == rows_at(source)
    move_database(source, postgres_url, quietly)
    assert before == rows_at(postgres_url)


def test_a_target_that_changes_rows_is_found_out(source: str, postgres_url: str) -> None:
    migrate_at(postgres_url)
    execute(
        postgres_url,
        "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.version := NEW.version + 1; RETURN NEW; END $$",
        "CREATE TRIGGER meddle BEFORE INSERT ON users FOR EACH ROW WHEN (NEW.id = 'u7') EXECUTE FUNCTION meddle()",
    )

    with pytest.raises(Unavailable, match="users came out different"):
        move_database(source, postgres_url, quietly)

    assert {0} == {len(rows) for rows in rows_at(postgres_url).values()}


def test_a_row_the_target_refuses_stops_the_move_without_a_word_of_what_is_in_it(
    source: str, postgres_url: str
) -> None:
    migrate_at(postgres_url)
    execute(postgres_url, "ALTER TABLE users ADD CHECK (id <> 'u1100')")

    with pytest.raises(Unavailable, match="as empty as before") as failure:
        move_database(source, postgres_url, quietly)

    assert "u1100" not in str(failure.value)
    assert {0} == {len(rows) for rows in rows_at(postgres_url).values()}


async def test_a_target_with_rows_is_refused_untouched(source: str, postgres_url: str) -> None:
    async with database_store(postgres_url) as store:
        await Acme(store).found("other")
    before = rows_at(postgres_url)

    with pytest.raises(Conflict, match="is not empty"):
        move_database(source, postgres_url, quietly)

    assert before == rows_at(postgres_url)


def test_a_target_of_something_else_is_refused(source: str, postgres_url: str) -> None:
    execute(postgres_url, "CREATE TABLE invoices (id integer)")

    with pytest.raises(Conflict, match=r"invoices.*for Syncline alone"):
        move_database(source, postgres_url, quietly)


@pytest.fixture
def ascii_url(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database(encoding="SQL_ASCII") as url:
        yield url


def test_a_target_that_cannot_hold_every_name_is_refused(source: str, ascii_url: str) -> None:
    with pytest.raises(Refused, match=r"SQL_ASCII.*ENCODING 'UTF8'"):
        move_database(source, ascii_url, quietly)

    assert any("server_encoding is SQL_ASCII" in finding for finding in check_database(ascii_url).findings)


def test_a_source_of_another_version_is_refused(source: str, postgres_url: str) -> None:
    execute(source, "UPDATE alembic_version SET version_num = '0000'")

    with pytest.raises(Refused, match=r"revision 0000.*tenant list"):
        move_database(source, postgres_url, quietly)


def test_only_sqlite_to_postgresql_is_a_move(source: str, postgres_url: str, tmp_path: Path) -> None:
    wrong: list[tuple[str, str, type[DomainError], str]] = [
        (postgres_url, postgres_url, Refused, "leave SYNCLINE_DATABASE_URL unset"),
        (source, f"sqlite:///{tmp_path}/other.db", Invalid, "--to postgresql"),
        (f"sqlite:///{tmp_path}/nothing.db", postgres_url, NotFound, "--data"),
    ]
    for before, after, error, words in wrong:
        with pytest.raises(error, match=words):
            move_database(before, after, quietly)

    assert not (tmp_path / "nothing.db").exists()
