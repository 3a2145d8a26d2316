"""The counts that pages show are kept as rows are written: on both databases, by several writers, from the start."""

from __future__ import annotations

import asyncio
import importlib
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from syncline.gateway.services.ports import Cause, Settlement
from syncline.gateway.store.checking import check_database
from syncline.sql.engines import open_engine
from tests.contracts.gateway_store.conftest import POSTGRESQL, SQLITE
from tests.support.acme import Acme
from tests.support.gateway_stores import database_store

MIGRATION = "syncline.gateway.store.migrations.versions.0009_kept_counts"
PEOPLE = 12
KEPT = "SELECT backlog FROM counters UNION ALL SELECT CAST(members AS VARCHAR) FROM groups"


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/gateway.db"
    return str(request.getfixturevalue("gateway_postgres_url"))


def disagreements(url: str) -> list[str]:
    return [finding for finding in check_database(url).findings if "count other" in finding]


def settlement(number: int, revision: int) -> Settlement:
    how: list[dict[str, Any]] = [
        {},
        {"hold_reason": "protected"},
        {"retry_at": 9, "attempts": 1},
        {"retry_at": 9, "attempts": 20},
    ]
    told: dict[str, Any] = {"epoch": 1, "kind": "k", "summary": "", **how[number % len(how)]}
    return Settlement(key=f"p{number}@acme.example", revision=revision, **told)


async def test_two_servers_that_write_for_one_tenant_keep_one_count(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(database_store(database_url)) for _ in range(2)]
        acme = await Acme(one).found()

        async def live(number: int) -> None:
            mine, theirs = (one, other) if number % 2 else (other, one)
            name = f"p{number}@acme.example"
            await Acme(mine, users=number).add(name)
            await theirs.backlog.settle(acme.id, [settlement(number, 1)], Cause(number, "c"))
            await mine.backlog.make_due(acme.id, [name], 1, number)
            await theirs.backlog.settle(acme.id, [settlement(number, 2)], Cause(number, "c"))

        await asyncio.gather(*(live(number) for number in range(PEOPLE)))
        totals = await other.backlog.totals(acme.id)

    assert (PEOPLE, 3, 0, 6, 3, {"protected": 3}) == (
        totals.users,
        totals.in_step,
        totals.waiting,
        totals.retrying,
        totals.failing,
        totals.held,
    )
    assert [] == disagreements(database_url)


async def test_what_is_there_before_the_first_count_is_counted(database_url: str) -> None:
    async with database_store(database_url) as store:
        acme = await Acme(store).found()
        for number in range(PEOPLE):
            await acme.add(f"p{number}@acme.example")
        await acme.add_group("Sellers", "u1", "u2")
        done = [settlement(number, 1) for number in range(PEOPLE - 1)]
        await store.backlog.settle(acme.id, done, Cause(1, "c"))
    engine = open_engine(database_url)
    with engine.begin() as connection:
        kept = connection.execute(text(KEPT)).all()
        for table, column in (("counters", "backlog"), ("groups", "members")):
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        with Operations.context(MigrationContext.configure(connection)):
            importlib.import_module(MIGRATION).upgrade()
        counted = connection.execute(text(KEPT)).all()
    engine.dispose()

    assert kept == counted
    assert [] == disagreements(database_url)
