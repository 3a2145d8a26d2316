"""The ledger's tables in each kind of store, so that one suite of tests runs over all of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from sqlalchemy import Engine, Table, event

from syncline.sql.engines import is_sqlite, open_engine
from syncline.sql.layout import Row
from syncline.sql.memory import MemoryWriter
from syncline.sql.rows import Command, Rows
from syncline.sql.writer import Writer
from tests.support.ledger_tables import Do, metadata
from tests.support.patience import PATIENCE_SECONDS


class World(Protocol):
    """A store with the ledger's tables, empty at first."""

    async def submit(self, command: Command[Any]) -> Any: ...

    async def together(self, *commands: Command[Any]) -> list[Any]:
        """Submit the commands so that they are one batch; return results and exceptions in order."""
        ...

    async def all(self, table: Table) -> list[Row]:
        """Return every row, ordered by key."""
        ...


class Gate:
    """A command that holds up the writer until it is opened, so that what comes after is one batch."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def prefetch(self) -> tuple[()]:
        return ()

    def apply(self, rows: Rows) -> None:
        self.entered.set()
        assert self.opened.wait(PATIENCE_SECONDS)


@asynccontextmanager
async def held(writer: Writer) -> AsyncIterator[None]:
    """Hold up the writer while the block runs."""
    gate = Gate()
    waiting = asyncio.ensure_future(writer.submit(gate))
    await asyncio.to_thread(gate.entered.wait, PATIENCE_SECONDS)
    try:
        yield
    finally:
        gate.opened.set()
        await waiting


async def submit_together(writer: Writer, *commands: Command[Any]) -> list[Any]:
    """Submit the commands in one batch; return results and exceptions in order."""
    async with held(writer):
        tasks = [asyncio.ensure_future(writer.submit(command)) for command in commands]
        await asyncio.sleep(0)
    return await asyncio.gather(*tasks, return_exceptions=True)


class SqlWorld:
    """The ledger in a database."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self.engine = engine
        self.writer = writer

    async def submit(self, command: Command[Any]) -> Any:
        return await self.writer.submit(command)

    async def together(self, *commands: Command[Any]) -> list[Any]:
        return await submit_together(self.writer, *commands)

    async def all(self, table: Table) -> list[Row]:
        with self.engine.connect() as connection:
            rows = connection.execute(table.select().order_by(*table.primary_key.columns)).mappings()
            return [dict(row) for row in rows]


class MemoryWorld:
    """The ledger in dicts."""

    def __init__(self) -> None:
        self.writer = MemoryWriter()

    async def submit(self, command: Command[Any]) -> Any:
        return await self.writer.submit(command)

    async def together(self, *commands: Command[Any]) -> list[Any]:
        outcomes = [self.writer.submit(command) for command in commands]
        return await asyncio.gather(*outcomes, return_exceptions=True)

    async def all(self, table: Table) -> list[Row]:
        tenants = sorted({key[0] for key in self.writer.rows._rows(table)})
        found = [
            await self.submit(Do(lambda rows, tenant=tenant: rows.find(table, tenant_id=tenant)))
            for tenant in tenants
        ]
        return [row for rows in found for row in rows]


def forget_the_disk(engine: Engine) -> None:
    """Do not wait for the disk: for tests of logic, of which there are many, not of durability."""
    if is_sqlite(engine):
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))


@asynccontextmanager
async def sql_world(url: str) -> AsyncIterator[SqlWorld]:
    """Open a database, make the tables, run a writer."""
    engine = open_engine(url)
    forget_the_disk(engine)
    metadata.create_all(engine)
    try:
        async with Writer(engine) as writer:
            yield SqlWorld(engine, writer)
    finally:
        engine.dispose()
