"""Migrating on each database: from nothing, from any step, twice, at the same time, and not too far."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from syncline.sql.engines import open_engine
from syncline.sql.errors import DatabaseTooNew, MigrationFailed
from syncline.sql.migrations import current_revision, migrate, revisions
from syncline.sql.writer import Writer
from tests.support import ledger_migrations
from tests.support.ledger_tables import Book, OpenAccount, metadata
from tests.support.postgres import PostgresServer

PACKAGE = ledger_migrations.__name__
STEPS = ["0001", "0002", "0003"]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def package_up_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Make packages of migrations that hold only the first steps, as an older program has them."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(last: str, **more: str) -> str:
        name = f"ledger_up_to_{last}_{len(more)}"
        source = Path(ledger_migrations.__file__).parent / "versions"
        versions = tmp_path / name / "versions"
        versions.mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
        for script in source.glob("0*.py"):
            if script.name[:4] <= last:
                shutil.copy(script, versions)
        for file, body in more.items():
            (versions / f"{file[1:]}.py").write_text(body)
        return name

    return make


def execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_an_empty_database_gets_the_schema_of_the_tables(engine: Engine) -> None:
    assert migrate(engine, PACKAGE) == STEPS
    assert current_revision(engine) == "0003"
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


async def test_a_migrated_database_takes_writes(engine: Engine) -> None:
    migrate(engine, PACKAGE)
    async with Writer(engine) as writer:
        assert await writer.submit(OpenAccount("a", "Anna")) == "a"
        assert await writer.submit(Book("a", 1, 5)) == 5


def test_migrating_again_does_nothing(engine: Engine) -> None:
    migrate(engine, PACKAGE)
    assert migrate(engine, PACKAGE) == []


def test_every_older_database_is_brought_up_to_date_with_its_rows(
    engine: Engine, package_up_to: Callable[..., str]
) -> None:
    assert migrate(engine, package_up_to("0002")) == ["0001", "0002"]
    execute(
        engine,
        "INSERT INTO accounts (tenant_id, id, name, active) VALUES ('t1', 'a', NULL, true)",
        "INSERT INTO entries VALUES ('t1', 1, 'a', 5)",
    )
    assert migrate(engine, PACKAGE) == ["0003"]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name, balance FROM accounts")).all() == [("a", 0)]
        # The table they refer to was rebuilt, and they have not gone with the old one.
        assert connection.execute(text("SELECT amount FROM entries")).scalars().all() == [5]


def test_a_database_from_a_newer_program_is_refused_untouched(
    engine: Engine, package_up_to: Callable[..., str]
) -> None:
    migrate(engine, PACKAGE)
    with pytest.raises(
        DatabaseTooNew, match=r"at revision 0003, this program knows up to 0002: run the newer"
    ):
        migrate(engine, package_up_to("0002"))
    assert current_revision(engine) == "0003"


def test_a_failing_step_leaves_the_database_as_it_was(
    engine: Engine, package_up_to: Callable[..., str]
) -> None:
    migrate(engine, package_up_to("0001"))
    broken = package_up_to(
        "0002",
        _0003_broken="from alembic import op\nrevision='0003'\ndown_revision='0002'\n"
        "def upgrade():\n    op.execute('UPDATE no_such_table SET a = 1')\n",
    )
    with pytest.raises(MigrationFailed, match=r"from revision 0001 to 0003 failed .*; nothing was changed"):
        migrate(engine, broken)
    assert current_revision(engine) == "0001"
    assert set(inspect(engine).get_table_names()) == {"accounts", "alembic_version"}
    assert migrate(engine, PACKAGE) == ["0002", "0003"]


def test_a_step_that_leaves_rows_without_parents_is_undone(
    engine: Engine, package_up_to: Callable[..., str]
) -> None:
    migrate(engine, PACKAGE)
    execute(
        engine,
        "INSERT INTO accounts (tenant_id, id, name, active) VALUES ('t1', 'a', 'Anna', true)",
        "INSERT INTO entries VALUES ('t1', 1, 'a', 5)",
    )
    orphaning = package_up_to(
        "0003",
        _0004_orphans="from alembic import op\nrevision='0004'\ndown_revision='0003'\n"
        "def upgrade():\n    op.execute(\"UPDATE entries SET account_id = 'nobody'\")\n",
    )
    with pytest.raises(MigrationFailed):
        migrate(engine, orphaning)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT account_id FROM entries")).scalar() == "a"
        assert current_revision(engine) == "0003"


def test_programs_that_start_together_migrate_once(database_url: str) -> None:
    def start() -> list[str]:
        engine = open_engine(database_url)
        try:
            return migrate(engine, PACKAGE)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        done = [future.result() for future in [pool.submit(start) for _ in range(4)]]
    assert sorted(done) == [[], [], [], STEPS]


def test_two_programs_keep_their_versions_apart_in_one_database(
    engine: Engine, package_up_to: Callable[..., str]
) -> None:
    other = package_up_to(
        "0000",
        _0001_other="import sqlalchemy as sa\nfrom alembic import op\nrevision='0001'\ndown_revision=None\n"
        "def upgrade():\n    op.create_table('others', sa.Column('id', sa.Text, primary_key=True))\n",
    )
    migrate(engine, PACKAGE)
    assert migrate(engine, other, version_table="other_version") == ["0001"]
    assert current_revision(engine) == "0003"
    assert current_revision(engine, version_table="other_version") == "0001"


def test_the_numbers_in_the_file_names_are_the_revisions() -> None:
    assert revisions(PACKAGE) == STEPS


def test_an_up_to_date_database_does_not_even_import_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    engine = open_engine(url)
    migrate(engine, PACKAGE)
    engine.dispose()
    program = (
        "import sys; from syncline.sql.engines import open_engine; from syncline.sql.migrations import migrate;"
        f"print(migrate(open_engine({url!r}), {PACKAGE!r}), 'alembic' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[] False\n"


@pytest.mark.postgres
async def test_a_copy_of_a_migrated_template_takes_writes(postgres_server: PostgresServer) -> None:
    def prepare(url: str) -> None:
        engine = open_engine(url)
        migrate(engine, PACKAGE)
        engine.dispose()

    template = postgres_server.template("ledger", prepare)
    assert postgres_server.template("ledger", prepare) == template
    with postgres_server.database(template) as url:
        engine = open_engine(url)
        assert migrate(engine, PACKAGE) == []
        async with Writer(engine) as writer:
            assert await writer.submit(OpenAccount("a", "Anna")) == "a"
        engine.dispose()
