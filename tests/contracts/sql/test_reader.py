"""What the Reader promises on each database: one snapshot per read, no writing, never in the writer's way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial

import pytest
from sqlalchemy import Connection, Engine, bindparam, event, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from syncline.sql.engines import open_engine
from syncline.sql.errors import StoreUnavailable
from syncline.sql.reader import Reader
from tests.support.ledger_tables import TENANT, OpenAccount, accounts
from tests.support.ledger_worlds import SqlWorld, sql_world
from tests.support.patience import PATIENCE_SECONDS

COUNT = select(func.count()).select_from(accounts)
NAME_OF = select(accounts.c.name).where(accounts.c.tenant_id == TENANT, accounts.c.id == bindparam("id"))

READS = pytest.mark.parametrize("way", ["point", "scan"])


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[SqlWorld]:
    async with sql_world(database_url) as opened:
        yield opened


@pytest.fixture
async def reader(world: SqlWorld) -> AsyncIterator[Reader]:
    opened = Reader(world.engine)
    yield opened
    await opened.close()


def name_of(account_id: str, connection: Connection) -> str | None:
    return connection.execute(NAME_OF, {"id": account_id}).scalar()


def count(connection: Connection) -> int:
    return connection.execute(COUNT).scalar_one()


@READS
async def test_what_was_answered_is_read(world: SqlWorld, reader: Reader, way: str) -> None:
    read = getattr(reader, way)
    for number in range(20):
        await world.submit(OpenAccount(str(number), f"n{number}"))
        assert await read(count) == number + 1
        assert await read(partial(name_of, str(number))) == f"n{number}"


@READS
async def test_a_read_sees_one_moment_however_much_is_written_meanwhile(
    world: SqlWorld, reader: Reader, way: str
) -> None:
    elsewhere = open_engine(str(world.engine.url.render_as_string(hide_password=False)))

    def read_twice(connection: Connection) -> tuple[int, int]:
        before = count(connection)
        write_account(elsewhere, "a")
        return before, count(connection)

    assert await getattr(reader, way)(read_twice) == (0, 0)
    assert await getattr(reader, way)(count) == 1
    elsewhere.dispose()


def write_account(engine: Engine, name: str) -> None:
    with engine.begin() as connection:
        connection.execute(insert(accounts).values(tenant_id=TENANT, id=name, name=name))


@READS
async def test_a_reader_cannot_write(world: SqlWorld, reader: Reader, way: str) -> None:
    def write(connection: Connection) -> None:
        connection.execute(insert(accounts).values(tenant_id=TENANT, id="a", name="Anna"))

    with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        await getattr(reader, way)(write)
    assert await getattr(reader, way)(count) == 0
    assert await world.submit(OpenAccount("a", "Anna")) == "a"


@READS
async def test_an_error_of_the_read_function_reaches_its_caller_and_ends_the_snapshot(
    world: SqlWorld, reader: Reader, way: str
) -> None:
    def fail(connection: Connection) -> None:
        count(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await getattr(reader, way)(fail)
    await world.submit(OpenAccount("a", "Anna"))
    assert await getattr(reader, way)(count) == 1


@READS
async def test_a_closed_reader_is_unavailable(world: SqlWorld, way: str) -> None:
    reader = Reader(world.engine)
    assert await getattr(reader, way)(count) == 0
    await reader.close()
    with pytest.raises(StoreUnavailable):
        await getattr(reader, way)(count)


async def test_a_long_read_holds_up_neither_the_event_loop_nor_the_writer(
    world: SqlWorld, reader: Reader
) -> None:
    reading, enough = threading.Event(), threading.Event()

    def read_long(connection: Connection) -> int:
        before = count(connection)
        reading.set()
        assert enough.wait(PATIENCE_SECONDS)
        return before

    task = asyncio.ensure_future(reader.scan(read_long))
    await asyncio.to_thread(reading.wait, PATIENCE_SECONDS)
    assert await world.submit(OpenAccount("a", "Anna")) == "a"
    assert await reader.point(count) == 1
    assert not task.done()
    assert 1 == reader.unanswered
    enough.set()
    assert await task == 0
    assert 0 == reader.unanswered


async def test_many_scans_at_once_all_come_to_an_end(world: SqlWorld, reader: Reader) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    assert await asyncio.gather(*(reader.scan(count) for _ in range(40))) == [1] * 40


@pytest.mark.postgres
async def test_a_connection_the_server_has_closed_is_replaced_unnoticed(postgres_url: str) -> None:
    async with sql_world(postgres_url) as world:
        reader = Reader(world.engine)
        assert await reader.scan(count) == 0
        with world.engine.connect() as connection:
            own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> :own"
                ),
                {"own": own},
            )
        assert await reader.scan(count) == 0
        await reader.close()


@READS
async def test_a_database_that_is_in_trouble_is_unavailable(
    world: SqlWorld, reader: Reader, way: str
) -> None:
    def break_down(*_arguments: object) -> None:
        raise world.engine.dialect.loaded_dbapi.OperationalError("cannot connect")

    event.listen(world.engine, "do_connect", break_down)
    await asyncio.to_thread(world.engine.dispose)
    with pytest.raises(StoreUnavailable):
        await getattr(reader, way)(count)
    event.remove(world.engine, "do_connect", break_down)
    assert await getattr(reader, way)(count) == 0
