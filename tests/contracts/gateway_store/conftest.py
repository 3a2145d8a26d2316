from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from syncline.gateway.services.ports import Store
from tests.support.acme import Acme
from tests.support.databases import migrate_at, new_gateway
from tests.support.gateway_stores import database_store, store_in_memory
from tests.support.postgres import PostgresServer, postgres_server

__all__ = ["postgres_server"]

SQLITE = pytest.param("sqlite")
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgres)
MEMORY = pytest.param("memory")


@pytest.fixture
def gateway_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database with the gateway's tables, empty."""
    with postgres_server.database(postgres_server.template("gateway", migrate_at)) as url:
        yield url


@pytest.fixture(params=[SQLITE, POSTGRESQL, MEMORY])
async def gateway_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """The gateway's store, empty, in each kind of memory."""
    if request.param == "memory":
        yield store_in_memory()
        return
    url = f"sqlite:///{new_gateway(tmp_path)}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("gateway_postgres_url"))
    async with database_store(url) as opened:
        yield opened


@pytest.fixture
async def acme(gateway_store: Store) -> Acme:
    """A tenant in an empty store."""
    return await Acme(gateway_store).found()
