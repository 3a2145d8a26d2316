"""The portal's database, opened: one writer, one reader, migrated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from sqlalchemy import Engine

from syncline.sql.engines import open_engine
from syncline.sql.migrations import migrate
from syncline.sql.reader import Reader
from syncline.sql.sealing import Key, Sealer
from syncline.sql.writer import Writer

MIGRATIONS = "syncline.portal.store.migrations"
KEY = "portal.key"


@dataclass(frozen=True, slots=True)
class Store:
    """Commands go to `writer`, reads to `reader`. An async context manager: closing drains the writer.

    `sealer` seals the few credentials that are shown again.
    """

    engine: Engine
    writer: Writer
    reader: Reader
    sealer: Sealer

    async def __aenter__(self) -> Store:
        self.writer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.writer.close()
        await self.reader.close()
        self.engine.dispose()


def open_store(path: Path) -> Store:
    """Open the database file, made and brought up to date if need be; `StoreError` says why it cannot.

    Its key lies beside it, in `portal.key`, and is made with it.
    """
    sealer = Sealer(Key.load(path.with_name(KEY)))
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine, MIGRATIONS)
    return Store(engine, Writer(engine), Reader(engine), sealer)
