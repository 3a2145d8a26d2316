"""PostgreSQL as a person uses it: the same commands, a move from SQLite, and errors that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.acceptance.test_cli import connect, provision, refused
from tests.support.postgres import postgres_server, postgres_url
from tests.support.programs import Syncline, wait_for

__all__ = ["postgres_server", "postgres_url"]

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
def on_postgresql(tmp_path: Path, postgres_url: str) -> Syncline:
    return Syncline(tmp_path / "data", {"SYNCLINE_DATABASE_URL": postgres_url.replace("+psycopg", "")})


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[dict[str, str]]:
    program = Syncline(tmp_path / "portal")
    with program.portal():
        yield program.json("portal", "account", "create", "acme", "--with-scim")


@pytest.mark.postgres
def test_the_main_job_on_postgresql_with_and_without_a_server(
    on_postgresql: Syncline, portal: dict[str, str]
) -> None:
    program = on_postgresql
    program.json("tenant", "create", "acme")
    with program.gateway() as server:
        token = program.json("token", "create", "acme")
        program.json(*connect(portal))
        program.json("policy", "set", "acme", "--deactivated", "deactivate")
        program.json("plan", "approve", "acme")
        program.json("tenant", "mode", "acme", "live")
        provision(token["scim_base_url"], token["token"], {"schemas": [USER], "userName": "ada@acme.example"})

        def delivered() -> bool:
            shown = server.ask("users.show", tenant="acme", user="ada@acme.example")
            return bool(shown["delivery"]["access"] == "active")

        wait_for(delivered, "Ada never arrived")
    assert {"server.lock", "secret.key"} <= {path.name for path in program.data.iterdir()}
    assert not (program.data / "gateway.db").exists()

    users = program.json("users", "list", "acme")["users"]

    assert ["in-step"] == [user["state"] for user in users]
    assert [] == program.json("connection", "check", "acme")["missing"]
    checked = program.run("database", "check", "--json")
    assert '"address": "postgresql://' in checked.out


@pytest.mark.postgres
def test_moving_an_installation_keeps_tokens_connections_and_people(
    tmp_path: Path, postgres_url: str, portal: dict[str, str]
) -> None:
    before = Syncline(tmp_path / "data")
    with before.gateway() as server:
        before.json("tenant", "create", "acme")
        token = before.json("token", "create", "acme")
        before.json(*connect(portal))
        body = {"schemas": [USER], "userName": "ada@acme.example"}
        provision(token["scim_base_url"], token["token"], body)
        refused(before.run("database", "move", "--to", postgres_url), "already running", server.address)

    moved = before.run("database", "move", "--to", "-", stdin=postgres_url + "\n")

    assert (0, "") == (moved.status, moved.err)
    for fragment in ("users", "the same", "SYNCLINE_DATABASE_URL", str(before.data)):
        assert fragment in moved.out
    refused(before.run("database", "move", "--to", postgres_url), "not empty", "empty database")
    after = Syncline(before.data, {"SYNCLINE_DATABASE_URL": postgres_url})
    with after.gateway() as server:
        body = {"schemas": [USER], "userName": "bob@acme.example"}
        provision(f"{server.address}/scim/v2", token["token"], body)
        assert [] == after.json("connection", "check", "acme")["missing"]
        assert 2 == len(after.json("users", "list", "acme")["users"])
    assert 1 == len(before.json("users", "list", "acme")["users"])
    refused(after.run("database", "move", "--to", postgres_url), "SYNCLINE_DATABASE_URL unset")


def test_without_the_driver_the_command_that_helps_is_named(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError('no driver')\n")
    environment = {
        "PYTHONPATH": str(tmp_path),
        "SYNCLINE_DATABASE_URL": "postgresql://anna:hunter2@127.0.0.1:1/acme",
    }
    program = Syncline(tmp_path / "data", environment)

    for words in (("serve", "--port", "0"), ("tenant", "list"), ("database", "check")):
        refused(program.run(*words), "pip install 'syncline[postgres]'")


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://anna:hunter2@127.0.0.1:1/acme?password=hunter3"
    program = Syncline(tmp_path / "data", {"SYNCLINE_DATABASE_URL": url})

    for words in (("serve", "--port", "0"), ("tenant", "list"), ("database", "check")):
        said = program.run(*words)
        refused(
            said, "postgresql://anna@127.0.0.1:1/acme cannot be opened", "refused", "SYNCLINE_DATABASE_URL"
        )
        assert "hunter" not in said.err


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_named(on_postgresql: Syncline, postgres_url: str) -> None:
    missing = make_url(postgres_url).set(database="nowhere").render_as_string()
    program = Syncline(on_postgresql.data, {"SYNCLINE_DATABASE_URL": missing})

    refused(program.run("tenant", "create", "acme"), "nowhere", "does not exist")


def test_a_move_that_cannot_begin_says_why(tmp_path: Path) -> None:
    program = Syncline(tmp_path / "data")
    program.json("tenant", "create", "acme")

    refused(
        program.run("database", "move", "--to", "mysql://u:hunter2@db/x"), "--to must be", "postgresql://"
    )
    refused(
        program.run("database", "move", "--to", "postgresql://u:hunter2@127.0.0.1:1/x"), "cannot be opened"
    )
    with closing(sqlite3.connect(program.data / "gateway.db")) as database, database:
        database.execute("UPDATE counters SET users = 7")
    checked = program.run("database", "check")
    assert (1, True) == (checked.status, "count other users" in checked.out), checked
