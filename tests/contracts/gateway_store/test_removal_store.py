"""What a deleted tenant leaves behind: nothing in any table, and all others as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Integer, LargeBinary, Table, insert, select

from syncline.gateway.domain.errors import NotFound, Refused
from syncline.gateway.domain.operators import EVERYWHERE
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor
from syncline.gateway.store.memory import ANSWERS
from syncline.gateway.store.removal_statements import KEYS_OF_TENANT, NEXT_TENANT, OWNED
from syncline.gateway.store.tables import metadata, operator_events
from syncline.sql.engines import open_engine
from tests.contracts.gateway_store.conftest import POSTGRESQL, SQLITE
from tests.support.acme import START, Acme
from tests.support.databases import new_gateway
from tests.support.gateway_stores import database_store

GONE, STAYS = TenantId("gone"), TenantId("stays")
PLACES = {GONE: 1, STAYS: 2, EVERYWHERE: 3}
BY = Actor("anna", START)
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{new_gateway(tmp_path)}"
    return str(request.getfixturevalue("gateway_postgres_url"))


def a_row(table: Table, place: str) -> dict[str, Any]:
    """Return a row of that place with something in every column."""

    def value(column: Any) -> Any:
        if column.name in ("tenant_id", "id" if table.name == "tenants" else ""):
            return place
        if isinstance(column.type, Boolean):
            return False
        if isinstance(column.type, Integer):
            return PLACES[place]
        text = "{}" if column.name in ("policy", "backlog", "document") else f"{place} {column.name}"
        return text.encode() if isinstance(column.type, LargeBinary) else text

    return {column.name: value(column) for column in table.columns}


def fill(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        for table in (metadata.tables["tenants"], *OWNED):
            places = [each for each in PLACES if each != EVERYWHERE or table.name == "operator_roles"]
            connection.execute(insert(table), [a_row(table, place) for place in places])
    engine.dispose()


def rows_of(url: str, place: str) -> Rows:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(select(table)) if place in tuple(row)]
            for table in metadata.sorted_tables
            if table is not operator_events
        }
    engine.dispose()
    return found


async def test_nothing_of_a_deleted_tenant_stays_and_nobody_else_loses_anything(database_url: str) -> None:
    fill(database_url)
    others = {place: rows_of(database_url, place) for place in (STAYS, EVERYWHERE)}
    async with database_store(database_url) as store:
        await store.removal.remove(GONE, BY, {"mode": "plan"})
        assert [GONE] == await store.removal.leftovers()
        while await store.removal.forget(GONE, 1):
            pass
        assert [] == await store.removal.leftovers()
        [event] = await store.operators.operator_events(before="~", limit=5)

    assert {table.name: [] for table in metadata.sorted_tables if table is not operator_events} == rows_of(
        database_url, GONE
    )
    assert others == {place: rows_of(database_url, place) for place in (STAYS, EVERYWHERE)}
    assert ("tenant.deleted", "anna", GONE, "gone name", "plan", 1) == (
        event.action,
        event.actor,
        *(event.detail[name] for name in ("tenant", "name", "mode", "users")),
    )


async def test_a_deleted_tenant_takes_nothing_in_and_what_is_left_goes_in_chunks(acme: Acme) -> None:
    for name in ("ada", "bob", "cyd"):
        await acme.add(f"{name}@acme.example")
    removal = acme.store.removal
    await removal.remove(acme.id, acme.actor, {})

    with pytest.raises(Exception, match="The tenant no longer exists"):
        await acme.add("dan@acme.example")
    with pytest.raises(NotFound, match="The tenant no longer exists"):
        await removal.remove(acme.id, acme.actor, {})
    assert None is await acme.store.setup.tenant(acme.id)
    chunks = []
    while chunk := await removal.forget(acme.id, 2):
        chunks.append(chunk)
    assert {1, 2} == set(chunks)
    assert [] == await removal.leftovers()


async def test_no_row_of_a_tenant_who_is_there_is_forgotten(acme: Acme) -> None:
    await acme.add("ada@acme.example")

    with pytest.raises(Refused, match="still there"):
        await acme.store.removal.forget(acme.id, 10)
    assert [] == await acme.store.removal.leftovers()
    assert 1 == (await acme.store.backlog.totals(acme.id)).users


def test_every_query_is_answered_in_memory_and_every_table_is_looked_at() -> None:
    assert set() == {*NEXT_TENANT.values(), *KEYS_OF_TENANT.values()} - set(ANSWERS)
    assert {table for table in metadata.sorted_tables if "tenant_id" in table.columns} == set(OWNED)
