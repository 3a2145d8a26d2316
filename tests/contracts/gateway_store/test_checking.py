"""Looking a database over: what it says of a sound one, and what it finds."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from syncline.gateway.domain.errors import NotFound
from syncline.gateway.store.checking import check_database, recount_database
from syncline.sql.engines import open_engine
from tests.contracts.gateway_store.conftest import POSTGRESQL, SQLITE
from tests.support.acme import Acme
from tests.support.gateway_stores import database_store


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/gateway.db"
    return str(request.getfixturevalue("gateway_postgres_url"))


async def test_a_sound_database_is_counted_while_a_server_uses_it(database_url: str) -> None:
    async with database_store(database_url) as store:
        acme = await Acme(store).found()
        await acme.add("ada@acme.example")
        checked = check_database(database_url)

    assert ((), 1, 1, 0) == (
        tuple(finding for finding in checked.findings if "fsync" not in finding),
        checked.rows["users"],
        checked.rows["deliveries"],
        checked.rows["groups"],
    )
    assert checked.latest == checked.revision
    assert checked.version.startswith(("SQLite 3.", "PostgreSQL "))


async def test_what_a_server_writes_meanwhile_is_no_disagreement(database_url: str) -> None:
    async with database_store(database_url) as store:
        acme = await Acme(store).found()

        async def write() -> None:
            for number in range(60):
                await acme.add(f"user{number}@acme.example")

        writing = asyncio.create_task(write())
        findings: set[str] = set()
        while not writing.done():
            checked = await asyncio.to_thread(check_database, database_url)
            findings |= {each for each in checked.findings if "fsync" not in each}
        await writing

    assert set() == findings


async def test_what_disagrees_is_found(database_url: str) -> None:
    async with database_store(database_url) as store:
        acme = await Acme(store).found()
        for name in ("ada", "bob"):
            await acme.add(f"{name}@acme.example", emails=[{"value": f"{name}@acme.example"}])
    engine = open_engine(database_url)
    with engine.begin() as database:
        for damage in (
            "DELETE FROM deliveries WHERE key = 'ada@acme.example'",
            "UPDATE counters SET users = 3, event_seq = 0",
            "INSERT INTO groups VALUES ('t1', 'g1', 1, 9, 'sales', NULL, '', 0, 0, 7)",
            "INSERT INTO user_emails VALUES ('t1', 'x@acme.example', 'nobody')",
            "UPDATE alembic_version SET version_num = '0000'",
        ):
            database.execute(text(damage))
    engine.dispose()

    findings = "\n".join(check_database(database_url).findings)

    for sentence in (
        "at revision 0000",
        "1 tenants count other users",
        "1 groups count other members",
        "1 tenants count other deliveries",
        "1 tenants would number an event twice",
        "1 users have no row",
        "1 addresses belong to no user",
    ):
        assert sentence in findings


async def test_what_is_kept_counted_is_counted_anew(database_url: str) -> None:
    async with database_store(database_url) as store:
        acme = await Acme(store).found()
        await acme.add("ada@acme.example")
    engine = open_engine(database_url)
    with engine.begin() as database:
        for damage in (
            "UPDATE counters SET users = 3, groups = 0, event_seq = 0, backlog = '{}'",
            "INSERT INTO groups VALUES ('t1', 'g1', 1, 9, 'sales', NULL, '', 0, 0, 7)",
        ):
            database.execute(text(damage))
    engine.dispose()
    assert 4 == len([each for each in check_database(database_url).findings if "fsync" not in each])

    recount_database(database_url)

    assert [] == [each for each in check_database(database_url).findings if "fsync" not in each]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="--data"):
        check_database(f"sqlite:///{tmp_path}/nothing.db")

    assert [] == list(tmp_path.iterdir())
