"""The writer brings SQLite's log into the database by itself, and nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection

from syncline.sql import writer
from syncline.sql.engines import carry_over
from syncline.sql.writer import CARRIED_EVERY
from tests.support.ledger_tables import Do, OpenAccount
from tests.support.ledger_worlds import SqlWorld, sql_world
from tests.support.patience import PATIENCE_SECONDS

MB = 1 << 20


async def fill(world: SqlWorld, batches: int) -> None:
    for _ in range(batches):
        await asyncio.wait_for(world.submit(Do(lambda _rows: None)), PATIENCE_SECONDS)


async def test_the_log_stays_short_however_much_is_written(tmp_path: Path) -> None:
    async with sql_world(f"sqlite:///{tmp_path}/ledger.db") as world:
        for number in range(10 * CARRIED_EVERY):
            await world.submit(OpenAccount(str(number), str(number)))

        assert (tmp_path / "ledger.db-wal").stat().st_size < 2 * MB


async def test_whoever_is_answered_does_not_wait_until_the_log_is_carried_over(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(connection: Connection) -> None:
        begun.set()
        assert go_on.wait(PATIENCE_SECONDS)
        carry_over(connection)

    monkeypatch.setattr(writer, "carry_over", slowly)
    async with sql_world(database_url) as world:
        await fill(world, CARRIED_EVERY)
        assert await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)

        late = asyncio.ensure_future(world.submit(OpenAccount("a", "Anna")))
        go_on.set()
        assert "a" == await asyncio.wait_for(late, PATIENCE_SECONDS)


async def test_writing_goes_on_when_the_log_cannot_be_carried_over(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_connection: Connection) -> None:
        raise OSError("canary")

    monkeypatch.setattr(writer, "carry_over", broken)
    async with sql_world(database_url) as world:
        with caplog.at_level(logging.WARNING):
            await fill(world, 2 * CARRIED_EVERY)
            assert "a" == await world.submit(OpenAccount("a", "Anna"))

    warnings = [each for each in caplog.messages if "could not be brought into the database" in each]
    assert 2 == len(warnings)
