"""The compiled statements: made once, meant as written, and led by an index."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, select, text

from syncline.sql.arrays import array_maker
from syncline.sql.engines import open_engine
from syncline.sql.layout import Row, layout_of
from syncline.sql.statements import (
    MOST_FORMS,
    MOST_ROWS,
    MOST_VALUES,
    Insertion,
    SqliteInsert,
    SqliteStatement,
    delete_rows,
    insert_rows,
    select_rows,
    update_rows,
    way_to,
)
from tests.support.ledger_tables import TENANT, accounts, metadata


def test_statements_are_made_once() -> None:
    assert insert_rows(accounts, "sqlite") is insert_rows(accounts, "sqlite")
    assert update_rows(accounts, "sqlite", ("name",)) is update_rows(accounts, "sqlite", ("name",))
    assert delete_rows(accounts, "sqlite") is delete_rows(accounts, "sqlite")
    assert select_rows(accounts, "sqlite", ("tenant_id",), 2) is select_rows(
        accounts, "sqlite", ("tenant_id",), 2
    )


def test_an_update_names_its_columns_and_its_key() -> None:
    update = update_rows(accounts, "sqlite", ("name", "active"))
    assert (
        update.text == "UPDATE accounts SET name=?, active=? WHERE accounts.tenant_id = ? AND accounts.id = ?"
    )
    rows = [{"name": "Anna", "active": True, "_key_tenant_id": "t1", "_key_id": "a"}]
    assert isinstance(update, SqliteStatement)
    assert update.bind(rows) == [("Anna", 1, "t1", "a")]


def test_only_postgresql_locks_what_it_reads_and_in_key_order() -> None:
    for count in (1, 4):
        locking = select_rows(accounts, "postgresql", ("tenant_id",), count).text
        assert " ".join(locking.split()).endswith(
            "ORDER BY accounts.tenant_id, accounts.id FOR NO KEY UPDATE OF accounts"
        )
        assert "FOR" not in select_rows(accounts, "sqlite", ("tenant_id",), count).text


@pytest.mark.parametrize(
    "columns", [("tenant_id", "id"), ("tenant_id", "name"), ("tenant_id", "external_id")]
)
@pytest.mark.parametrize("count", [1, 2, MOST_VALUES])
def test_sqlite_finds_rows_by_an_index_and_never_scans(
    tmp_path: Path, columns: tuple[str, ...], count: int
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.db")
    metadata.create_all(engine)
    with engine.begin() as connection:
        statement = select_rows(accounts, "sqlite", columns, count)
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {statement.text}", (TENANT, "a") * count
        ).fetchall()
    engine.dispose()
    steps = [row.detail for row in plan]
    assert [step for step in steps if step.startswith("SCAN accounts")] == []
    assert [step for step in steps if step.startswith("SEARCH accounts USING INDEX")] != []


@pytest.mark.postgres
def test_postgresql_finds_rows_of_a_large_table_by_an_index(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO accounts SELECT 't1', n, n, n, 0, true FROM generate_series(1, 20000) n")
        )
        connection.execute(text("ANALYZE accounts"))
        lookup = select_rows(accounts, "postgresql", ("tenant_id", "name"), 64)
        tenants = array_maker(accounts.c.tenant_id)(["t1"] * 64)
        names = array_maker(accounts.c.name)([str(n) for n in range(64)])
        with way_to(connection) as way:
            fetch = way.ask(f"EXPLAIN {lookup.text}".encode(), [tenants, names])
        plan = "\n".join(line for (line,) in fetch())
    engine.dispose()
    assert "accounts_name" in plan
    assert "Seq Scan" not in plan


@pytest.mark.postgres
def test_postgresql_plans_by_the_present_size_of_a_table(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    with engine.connect() as connection:
        modes = [connection.execute(text(f"SHOW {name}")).scalar() for name in ("plan_cache_mode", "jit")]
    engine.dispose()
    assert modes == ["force_custom_plan", "off"]


@pytest.mark.parametrize("number", [1, 7, MOST_ROWS, 2 * MOST_ROWS + 3])
def test_any_number_of_rows_is_inserted_on_sqlite_each_once(tmp_path: Path, number: int) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.db")
    metadata.create_all(engine)
    blank = {"tenant_id": TENANT, "name": "n", "active": True}
    rows = [
        layout_of(accounts).complete({**blank, "id": f"{at:04d}", "name": f"n{at}"}) for at in range(number)
    ]
    with engine.begin() as connection:
        with way_to(connection) as way:
            insert_rows(accounts, "sqlite").execute(way, rows)
        kept = connection.execute(select(accounts.c.id).order_by(accounts.c.id)).scalars().all()
    engine.dispose()
    assert [row["id"] for row in rows] == kept


def test_what_is_empty_stays_empty_whatever_the_column_would_take_by_itself(tmp_path: Path) -> None:
    notes = Table(
        "notes",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("text", Text),
        Column("author", Text),
        Column("mood", Text, server_default="good"),
    )
    rows: list[Row] = [
        {"id": 1, "text": None, "author": None, "mood": None},
        {"id": 2, "text": "Hello", "author": None, "mood": "bad"},
        {"id": 3, "text": None, "author": None, "mood": None},
    ]
    engine = open_engine(f"sqlite:///{tmp_path}/notes.db")
    notes.create(engine)
    with engine.begin() as connection:
        insertion = insert_rows(notes, "sqlite")
        with way_to(connection) as way:
            insertion.execute(way, rows[:1])
            insertion.execute(way, rows[1:])
        kept = connection.execute(select(notes).order_by(notes.c.id)).mappings().all()
    engine.dispose()

    assert rows == [dict(row) for row in kept]


def test_few_forms_of_an_insertion_are_kept() -> None:
    insertion = Insertion(accounts, SqliteInsert)

    kept = [insertion.without((f"c{number}",)) for number in range(MOST_FORMS)]
    assert kept[0] is insertion.without(("c0",))
    insertion.without(("one more",))

    assert kept[0] is not insertion.without(("c0",))
