"""What PostgreSQL is asked in one journey: sent together, answered together, and done whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Boolean, Column, Connection, Engine, Integer, LargeBinary, String, text

from syncline.sql.arrays import Array, array_maker
from syncline.sql.engines import open_engine
from syncline.sql.statements import way_to

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
