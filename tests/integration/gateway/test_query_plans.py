"""No query of the gateway walks a whole tenant on SQLite, which knows nothing yet of how many rows there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BindParameter, Connection, SelectBase, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import visitors

from syncline.gateway.store import reading_statements, seeking_statements, statements, upkeep_statements
from syncline.gateway.store.metadata import metadata
from syncline.gateway.store.tables import deliveries
from syncline.sql.engines import open_engine
from syncline.sql.layout import layout_of
from syncline.sql.statements import select_rows
from tests.support.databases import migrate_at

FEW_A_TENANT = {
    "authorizations",
    "confirmations",
    "connections",
    "counters",
    "notices",
    "privileged_sets",
    "protected_users",
    "readings",
    "rules",
    "scim_tokens",
    "subscriptions",
}
"""Tables an operator fills by hand, or that have a row for each kind of condition: reading all that a tenant has of
them, and sorting it, is what is wanted."""
WALKS = {
    "ALL_TENANTS": "every tenant is what is asked for",
    "DUE_TENANTS": "every tenant is looked at, each with three look-ups that end at the first row",
    "USER_PAGE": "a page at an offset counts its way there, in the order of the index, and stops at its end",
    "GROUP_PAGE": "as USER_PAGE",
    "READINGS_DUE": "every connection is looked at once, there is one a tenant",
    "DELETIONS_COUNTED": "counts what a look-up has found that ends after so many",
}
BARE = re.compile(r"(?:SEARCH|SCAN) (\w+).*\(tenant_id=\?\)")
QUERIES = {
    name: each
    for module in (statements, reading_statements, seeking_statements, upkeep_statements)
    for name, each in vars(module).items()
    if isinstance(each, SelectBase)
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The tables as the migrations make them; ANALYZE has not run."""
    path: Path = tmp_path_factory.mktemp("plans") / "gateway.db"
    migrate_at(f"sqlite:///{path}")
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def plan(database: Connection, statement: Any, listed: int) -> list[str]:
    """Return the steps by which SQLite would answer, with so many values in each list."""
    given = {
        each.key: [str(number) for number in range(listed)] if each.expanding else None
        for each in visitors.iterate(statement)
        if isinstance(each, BindParameter) and each.required
    }
    compiled = statement.params(given).compile(
        dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True}
    )
    nothing = (None,) * len(compiled.positiontup)
    return [row[3] for row in database.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", nothing)]


def walks(steps: list[str]) -> list[str]:
    """Return the steps that look at every row of a table, or of a tenant in a table that grows with its people."""
    bare = [(step, BARE.match(step)) for step in steps]
    whole = [step for step, found in bare if found is not None and found[1] not in FEW_A_TENANT]
    small = any(found is not None and found[1] in FEW_A_TENANT for _, found in bare)
    sorts = [step for step in steps if "TEMP B-TREE" in step and not small]
    return [step for step in steps if step.startswith("SCAN")] + whole + sorts


@pytest.mark.parametrize("listed", [1, 64, 500])
@pytest.mark.parametrize("name", sorted(QUERIES.keys() - WALKS))
def test_a_query_goes_straight_to_what_it_selects(database: Connection, name: str, listed: int) -> None:
    assert [] == walks(plan(database, QUERIES[name], listed))


@pytest.mark.parametrize("name", sorted(WALKS))
def test_a_query_is_excused_only_while_it_needs_to_be(database: Connection, name: str) -> None:
    assert [] != walks(plan(database, QUERIES[name], 1))
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan(database, QUERIES[name], 1)


@pytest.mark.parametrize("name", ["GROUPS_OF", "GROUPS_BY_MEMBER"])
def test_the_groups_of_somebody_are_found_from_him(database: Connection, name: str) -> None:
    first, second = plan(database, QUERIES[name], 64)

    assert "SEARCH members USING COVERING INDEX ix_members_value (tenant_id=? AND value=?)" == first
    assert first.count("?") == second.count("?") == 2
    assert second.startswith("SEARCH groups ")


LOOKUPS = [(table, columns) for table in metadata.sorted_tables for columns in layout_of(table).lookups]


@pytest.mark.parametrize("count", [1, 2, 64])
@pytest.mark.parametrize(
    ("table", "columns"), LOOKUPS, ids=[f"{table}-{'-'.join(by)}" for table, by in LOOKUPS]
)
def test_a_lookup_of_the_writer_seeks_by_every_column_it_is_given(
    database: Connection, table: Table, columns: tuple[str, ...], count: int
) -> None:
    text = select_rows(table, "sqlite", columns, count).text
    nothing = (None,) * (count * len(columns))

    steps = [row[3] for row in database.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", nothing)]

    first = next(step for step in steps if re.match(rf"SEARCH ({table.name}|found) ", step))
    assert set(columns) == set(re.findall(r"(\w+)=\?", first))


def test_no_index_of_deliveries_looks_like_a_way_to_one_by_its_key() -> None:
    """PostgreSQL took one that has other columns between, and walked all of it, while it knew little of the table."""
    key = {"tenant_id", "key"}
    whole = [each for each in deliveries.indexes if each.dialect_options["postgresql"]["where"] is None]

    assert [] == [each.name for each in whole if key.issubset(each.columns.keys())]
