from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.databases import migrate_at
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.world import World, world

__all__ = ["postgres_server"]

EVERYTHING_ON_POSTGRESQL = os.environ.get("SYNCLINE_TEST_POSTGRES") == "all"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked `each_database` on PostgreSQL too; with SYNCLINE_TEST_POSTGRES=all the whole file."""
    if "acme_url" not in metafunc.fixturenames:
        return
    on = ["sqlite"]
    if EVERYTHING_ON_POSTGRESQL or metafunc.definition.get_closest_marker("each_database"):
        on.append(pytest.param("postgresql", marks=pytest.mark.postgres))  # type: ignore[arg-type]
    metafunc.parametrize("acme_url", on, indirect=True)


@pytest.fixture
def acme_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The database of the gateway; None for SQLite in its data folder."""
    if request.param == "sqlite":
        yield None
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(server.template("gateway", migrate_at)) as url:
        yield url


@pytest.fixture
async def acme(tmp_path: Path, acme_url: str | None) -> AsyncIterator[World]:
    """A tenant connected by both channels, in plan mode, without any rule."""
    async with world(tmp_path, database_url=acme_url) as made:
        yield made
