"""Reading by a constant query gives what SQLAlchemy gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    or_,
    select,
)
from sqlalchemy import bindparam as given
from sqlalchemy.exc import DBAPIError

from syncline.sql.engines import open_engine
from syncline.sql.looking import Question, first_of, rows_of, tuples_of

people = Table(
    "people",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("age", Integer),
    Column("active", Boolean, nullable=False),
    Column("document", LargeBinary),
)
BY_NAME = select(people).where(people.c.name == given("name"))
PAGE = select(people).order_by(people.c.name).offset(given("offset")).limit(given("limit"))
FIRST = select(people.c.name).order_by(people.c.name).limit(given("limit"))
AMONG = (
    select(people.c.name, people.c.active)
    .where(people.c.name.in_(given("names", expanding=True)))
    .order_by(people.c.name)
)
NAMED_OR_AGED = (
    select(people.c.name, people.c.age)
    .where(
        people.c.active == given("active"),
        or_(
            people.c.name.in_(given("names", expanding=True)), people.c.age.in_(given("ages", expanding=True))
        ),
    )
    .order_by(people.c.name)
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = open_engine(f"sqlite:///{tmp_path}/people.db")
    with engine.connect() as opened, opened.begin():
        people.metadata.create_all(opened)
        rows: list[dict[str, Any]] = [
            {"name": "ada", "age": 36, "active": True, "document": b"{}"},
            {"name": "bob", "age": None, "active": False, "document": None},
            {"name": "cyd", "age": 5, "active": True, "document": b"\x00"},
        ]
        opened.execute(people.insert(), rows)
        yield opened
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        (BY_NAME, {"name": "ada"}),
        (BY_NAME, {"name": "bob"}),
        (BY_NAME, {"name": "nobody"}),
        (PAGE, {"offset": 1, "limit": 1}),
        (PAGE, {"offset": 5, "limit": 10}),
        (FIRST, {"limit": 2}),
        (AMONG, {"names": ["cyd", "ada"]}),
        (AMONG, {"names": ["bob"]}),
        (AMONG, {"names": ["cyd", "nobody", "ada"]}),
        (NAMED_OR_AGED, {"names": ["cyd", "nobody", "bob"], "ages": [36, 5, 7, 8, 9], "active": True}),
        (AMONG, {"names": []}),
    ],
)
def test_rows_are_those_of_sqlalchemy(
    connection: Connection, statement: Select[Any], parameters: dict[str, Any]
) -> None:
    expected = [dict(row) for row in connection.execute(statement, parameters).mappings()]

    assert expected == rows_of(connection, statement, parameters)
    assert expected == rows_of(connection, statement, parameters)  # as it is remembered
    assert [tuple(row.values()) for row in expected] == tuples_of(connection, statement, parameters)


def test_booleans_are_booleans(connection: Connection) -> None:
    row = first_of(connection, BY_NAME, {"name": "bob"})

    assert row is not None
    assert row["active"] is False


def test_nobody_is_none(connection: Connection) -> None:
    assert first_of(connection, BY_NAME, {"name": "nobody"}) is None


def test_what_the_driver_refuses_is_raised_as_sqlalchemy_raises_it_and_without_values(
    connection: Connection,
) -> None:
    people.drop(connection)

    with pytest.raises(DBAPIError) as refused:
        rows_of(connection, BY_NAME, {"name": "secret-name"})

    assert "secret-name" not in str(refused.value)


def test_a_question_gives_what_its_statement_gives(connection: Connection) -> None:
    question = Question(
        select(people.c.document, people.c.name).where(people.c.name == given("name")), "name"
    )

    assert [(b"{}", "ada")] == question.ask(connection, ("ada",))
    assert [] == question.ask(connection, ("eve",))


@pytest.mark.parametrize(
    "question",
    [
        Question(BY_NAME, "name"),
        Question(select(people.c.name).where(people.c.name == given("name")), "names"),
    ],
    ids=["a column that needs a conversion", "another parameter"],
)
def test_a_question_that_cannot_be_asked_so_says_so(connection: Connection, question: Question) -> None:
    with pytest.raises(TypeError, match=r"\('name',\)"):
        question.ask(connection, ("ada",))


def test_trouble_with_a_question_is_raised_as_sqlalchemy_has_it(connection: Connection) -> None:
    question = Question(select(people.c.name).where(people.c.age == given("age")), "age")

    with pytest.raises(DBAPIError):
        question.ask(connection, (object(),))
