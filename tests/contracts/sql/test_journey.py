"""What PostgreSQL is asked in one journey: sent together, answered together, and done whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Boolean, Column, Connection, Engine, Integer, LargeBinary, String, text

from syncline.sql.arrays import Array, array_maker
from syncline.sql.engines import open_engine
from syncline.sql.journey import AFRESH_EVERY, Prepared
from syncline.sql.layout import Row, layout_of
from syncline.sql.statements import Lookup, insert_rows, select_rows, way_to
from tests.support.ledger_tables import TENANT, accounts, metadata

pytestmark = pytest.mark.postgres

TEXTS = array_maker(Column("texts", String))
NUMBERS = array_maker(Column("numbers", Integer))
TRUTHS = array_maker(Column("truths", Boolean))
BYTES = array_maker(Column("bytes", LargeBinary))
INSERT = b"INSERT INTO notes SELECT * FROM unnest($1::VARCHAR[])"


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = open_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (note VARCHAR UNIQUE DEFERRABLE INITIALLY IMMEDIATE)"))
    yield engine
    engine.dispose()


def send(connection: Connection, *notes: str, commit: bool = False) -> None:
    """Write notes, each by a statement of its own."""
    with way_to(connection, commit=commit) as way:
        for note in notes:
            way.ask(INSERT, [TEXTS([note])])


def kept(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT note FROM notes ORDER BY note")).scalars())


def test_arrays_of_every_kind_arrive_as_they_are(engine: Engine) -> None:
    arrays: list[tuple[str, Array, list[Any]]] = [
        ("VARCHAR", TEXTS(["", "a", "Zoë 💙", None]), ["", "a", "Zoë 💙", None]),
        ("INTEGER", NUMBERS([0, -7, None, 2**31 - 1]), [0, -7, None, 2**31 - 1]),
        ("BIGINT", NUMBERS([2**63 - 1, -(2**63)]), [2**63 - 1, -(2**63)]),
        ("BOOLEAN", TRUTHS([True, False, None]), [True, False, None]),
        ("BYTEA", BYTES([b"", b"\0\xff", None]), [b"", b"\0\xff", None]),
    ]
    with engine.connect() as connection:
        with way_to(connection) as way:
            fetches = [way.ask(f"SELECT $1::{kind}[]".encode(), [array]) for kind, array, _ in arrays]
        found = [fetch() for fetch in fetches]
    assert [[(values,)] for _, _, values in arrays] == found


def test_one_journey_may_open_its_transaction_write_and_commit(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        send(connection, "a", "b", commit=True)
        assert kept(engine) == ["a", "b"]


def test_without_commit_nothing_is_kept_until_the_transaction_ends(engine: Engine) -> None:
    with engine.connect() as connection:
        with connection.begin():
            send(connection, "a")
            send(connection, "b")
            assert kept(engine) == []
        assert kept(engine) == ["a", "b"]


def test_of_a_journey_with_a_bad_statement_nothing_is_done_and_its_error_is_told(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(psycopg.errors.UniqueViolation), connection.begin():
            send(connection, "a", "b", "a", "c", commit=True)
        assert kept(engine) == []
        with connection.begin():
            send(connection, "c", commit=True)
    assert kept(engine) == ["c"]


def test_a_commit_that_is_refused_is_told(engine: Engine) -> None:
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        with pytest.raises(psycopg.errors.UniqueViolation):
            send(connection, "a", "a", commit=True)
        transaction.rollback()
        assert kept(engine) == []


def test_a_text_that_the_database_cannot_keep_is_refused_not_cut(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(psycopg.DataError), connection.begin():
        send(connection, "before\0after", commit=True)
    assert kept(engine) == []


def test_a_number_that_a_column_cannot_hold_is_refused(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(psycopg.DataError), way_to(connection) as way:
        way.ask(b"SELECT $1::INTEGER[]", [NUMBERS([2**31])])


def test_a_statement_is_made_known_once_for_each_connection(engine: Engine) -> None:
    with engine.connect() as connection:
        for note in ("a", "b", "c"):
            with connection.begin():
                send(connection, note, commit=True)
        known = connection.execute(
            text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT%'")
        )
        assert known.scalar() == 1


def test_statements_are_made_known_anew_after_ever_more_journeys() -> None:
    prepared = Prepared()
    made_anew = []
    for journey in range(1, 3 * AFRESH_EVERY):
        prepared.names[b"SELECT 1"] = b"one"
        if prepared.outdated():
            made_anew.append(journey)

    powers = [1 << exponent for exponent in range(13)]
    assert [*powers, 2 * AFRESH_EVERY] == made_anew


def test_a_look_up_goes_by_its_own_index_however_much_a_table_has_grown(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    metadata.create_all(engine)
    lookup = select_rows(accounts, "postgresql", ("tenant_id", "name"), 1)
    with engine.connect() as connection:
        for start in range(0, 4096, 64):
            rows = [_account(number) for number in range(start, start + 64)]
            with connection.begin():
                with way_to(connection) as way:
                    lookup.ask(way, [(TENANT, f"n{start}")])
                with way_to(connection, commit=True) as way:
                    insert_rows(accounts, "postgresql").execute(way, rows)
        plan = _plan_of(connection, lookup)
    engine.dispose()

    assert "Index Scan using accounts_name" in plan, plan
    assert re.search(r"Index Cond: .*tenant_id.* AND .*name", plan), plan


def _account(number: int) -> Row:
    return layout_of(accounts).complete({"tenant_id": TENANT, "id": f"{number:05d}", "name": f"n{number}"})


def _plan_of(connection: Connection, lookup: Lookup) -> str:
    """Return how the server goes about a look-up that it knows by name."""
    known = text("SELECT name FROM pg_prepared_statements WHERE statement = :text")
    with connection.begin():
        with way_to(connection) as way:
            lookup.ask(way, [(TENANT, "n1")])
        name = connection.execute(known, {"text": lookup.text}).scalar()
        explain = text(f"EXPLAIN EXECUTE {name} (ARRAY['{TENANT}'], ARRAY['n7'])")
        return "\n".join(connection.execute(explain).scalars())


def test_a_journey_larger_than_what_the_line_holds_does_not_stand_still(engine: Engine) -> None:
    heavy = "x" * 2_000_000
    with engine.connect() as connection:
        with way_to(connection) as way:
            fetches = [way.ask(b"SELECT $1::VARCHAR[]", [TEXTS([heavy])]) for _ in range(20)]
        assert {len(fetch()[0][0][0]) for fetch in fetches} == {len(heavy)}


def test_a_server_that_goes_away_is_noticed(engine: Engine) -> None:
    with engine.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        with engine.connect() as other:
            other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
        with pytest.raises(psycopg.OperationalError):
            send(connection, "a", commit=True)
        connection.invalidate()
    assert kept(engine) == []
