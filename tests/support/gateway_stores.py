"""The gateway's store in each kind of memory, so that one suite of tests runs over all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from syncline.gateway.services.ports import Store
from syncline.gateway.store.memory import memory_store
from syncline.gateway.store.store import MIGRATIONS, sql_store
from syncline.sql.engines import open_engine
from syncline.sql.migrations import migrate
from syncline.sql.reader import Reader
from syncline.sql.sealing import Key, Sealer
from syncline.sql.writer import Writer
from tests.support.ledger_worlds import forget_the_disk

KEY = Key(bytes(range(32)))


@asynccontextmanager
async def database_store(url: str) -> AsyncIterator[Store]:
    """Open the store on a database, migrated if need be."""
    engine = open_engine(url)
    forget_the_disk(engine)
    reader = Reader(engine)
    try:
        migrate(engine, MIGRATIONS)
        async with Writer(engine) as writer:
            yield sql_store(writer, reader, Sealer(KEY))
    finally:
        await reader.close()
        engine.dispose()


def store_in_memory() -> Store:
    """Return a store that is gone with the test."""
    return memory_store(Sealer(KEY))
