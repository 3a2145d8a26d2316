"""Opening databases: what every connection is set to, and which URLs are refused."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from syncline.sql.engines import connected, is_sqlite, open_engine
from syncline.sql.errors import DatabaseUrlRefused, StoreUnavailable
from syncline.sql.migrations import migrate
from syncline.sql.reader import Reader
from syncline.sql.writer import Writer
from tests.support import ledger_migrations
from tests.support.ledger_tables import OpenAccount

PROMISED = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "fullfsync": 1,
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "query_only": 0,
    "wal_autocheckpoint": 8000,  # pages: in between the writer sees to it
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.dispose()


def settings_of(connection: Any) -> dict[str, Any]:
    return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PROMISED}


async def test_every_sqlite_connection_is_durable_when_opened_and_when_given_back(engine: Engine) -> None:
    opened: list[dict[str, Any]] = []
    returned: list[dict[str, Any]] = []
    event.listen(engine, "connect", lambda connection, _record: opened.append(settings_of(connection)))
    event.listen(engine, "checkin", lambda connection, _record: returned.append(settings_of(connection)))

    migrate(engine, ledger_migrations.__name__)
    reader = Reader(engine)
    async with Writer(engine) as writer:
        await writer.submit(OpenAccount("a", "Anna"))
        await reader.point(lambda connection: connection.execute(text("SELECT 1")).scalar())
        await reader.scan(lambda connection: connection.execute(text("SELECT 1")).scalar())
    await reader.close()

    assert len(opened) >= 3  # the writer's, the reader's own, and one for the scan
    assert [PROMISED] * len(opened) == opened
    assert [PROMISED] * len(returned) == returned


def test_a_new_database_file_is_for_its_owner_alone(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a)"))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes.keys() >= {"ledger.db", "ledger.db-wal"}
    assert {0o600} == set(modes.values())


def test_the_transaction_of_a_reader_takes_no_lock(engine: Engine, tmp_path: Path) -> None:
    other = open_engine(str(engine.url))
    with engine.begin() as writing, other.begin() as reading:
        writing.execute(text("CREATE TABLE t (a)"))
        assert reading.execute(text("SELECT count(*) FROM sqlite_master")).scalar() == 0
    other.dispose()


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("sqlite://", "plain file"),
        ("sqlite:///:memory:", "plain file"),
        ("sqlite:///file:ledger.db?uri=true", "plain file"),
        ("sqlite:////no/such/folder/ledger.db", "cannot be opened: No such file or directory"),
        ("mysql://host/name", "use sqlite or postgresql"),
        ("postgresql+asyncpg://host/name", r"use postgresql\+psycopg"),
        ("not a url", "looks like sqlite:///file"),
    ],
)
def test_a_database_url_that_cannot_work_is_refused_with_advice(url: str, advice: str) -> None:
    with pytest.raises(DatabaseUrlRefused, match=advice):
        open_engine(url)


def test_a_damaged_file_is_refused_with_what_helps(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    file.write_bytes(b"no database, but as long as the head of one: " * 10)
    with (
        pytest.raises(StoreUnavailable, match="restore the last backup"),
        connected(open_engine(f"sqlite:///{file}")),
    ):
        pass


def test_a_refused_url_does_not_show_its_password() -> None:
    with pytest.raises(DatabaseUrlRefused) as caught:
        open_engine("mysql://user:s3cret@host/name")
    assert "s3cret" not in str(caught.value)


def test_postgresql_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseUrlRefused, match=r"pip install 'syncline\[postgres\]'"):
        open_engine("postgresql://user@host/name")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_usual_ways_to_write_a_postgresql_url_all_mean_the_same_driver(scheme: str) -> None:
    engine = open_engine(f"{scheme}://user@host/name")
    assert not is_sqlite(engine)
    assert engine.url.drivername == "postgresql+psycopg"


@pytest.mark.postgres
def test_every_postgresql_connection_commits_durably_even_where_the_role_says_otherwise(
    postgres_url: str,
) -> None:
    engine = open_engine(postgres_url)
    with engine.begin() as connection:
        database = connection.execute(text("SELECT current_database()")).scalar()
        connection.execute(text(f'ALTER DATABASE "{database}" SET synchronous_commit = off'))
        connection.execute(text(f"ALTER DATABASE \"{database}\" SET timezone = 'Asia/Tokyo'"))
    engine.dispose()
    with engine.connect() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
        assert connection.execute(text("SHOW timezone")).scalar() == "UTC"
        assert connection.execute(text("SHOW transaction_isolation")).scalar() == "read committed"
    engine.dispose()
