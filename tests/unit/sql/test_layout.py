"""Reading a table's definition: keys, defaults, look-ups, what is unique."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, UniqueConstraint, func, text

from syncline.sql.errors import WrongColumns
from syncline.sql.layout import layout_of
from tests.support.ledger_tables import accounts, entries


def test_the_key_keeps_the_order_of_the_primary_key() -> None:
    assert layout_of(accounts).key == ("tenant_id", "id")
    assert layout_of(entries).key_of({"seq": 1, "tenant_id": "t1"}) == ("t1", 1)


def test_a_row_is_completed_by_defaults_and_none() -> None:
    row = layout_of(accounts).complete({"tenant_id": "t1", "id": "a", "name": "Anna", "balance": 3})
    assert row == {
        "tenant_id": "t1",
        "id": "a",
        "name": "Anna",
        "external_id": None,
        "balance": 3,
        "active": True,
    }


def test_parents_rank_before_children() -> None:
    assert layout_of(accounts).rank < layout_of(entries).rank


def test_only_unconditional_uniqueness_is_known_beforehand() -> None:
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("a", Text, unique=True),
        Column("b", Text),
        Column("c", Text),
        UniqueConstraint("a", "b"),
        Index("plain", "b", "c", unique=True),
        Index("not_unique", "c"),
        Index("partial", "c", unique=True, sqlite_where=text("b IS NULL")),
        Index("expression", func.lower(text("c")), unique=True),
    )
    assert list(layout_of(table).uniques) == [("a",), ("a", "b"), ("b", "c")]


def test_a_look_up_of_an_unknown_column_is_a_mistake() -> None:
    table = Table("t", MetaData(), Column("id", Text, primary_key=True), info={"lookups": [("colour",)]})
    with pytest.raises(WrongColumns, match=r"look-up of t names \['colour'\]"):
        layout_of(table)


def test_a_table_without_a_key_is_a_mistake() -> None:
    with pytest.raises(WrongColumns, match="no primary key"):
        layout_of(Table("t", MetaData(), Column("id", Text)))
