"""Bringing a database to the schema of the code: numbered Alembic scripts inside a package.

A package of migrations holds `versions/NNNN_name.py`, one after the other: each names its number as
`revision` and the one before as `down_revision`. Nothing else is needed, no `env.py` and no `.ini`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from syncline.sql.engines import BEGIN_OPTION, connected, is_sqlite
from syncline.sql.errors import DatabaseTooNew, MigrationFailed
from syncline.sql.failures import describe

VERSION_TABLE = "alembic_version"

_SCRIPT = re.compile(r"(\d{4})_\w+\.py")
_POSTGRES_LOCK = 7_364_512_098_114
"""An arbitrary number: processes that start together migrate one after the other."""


def migrate(engine: Engine, package: str, *, version_table: str = VERSION_TABLE) -> list[str]:
    """Bring the database up to date; return the revisions that were run, in order.

    A database that is up to date costs one look, and Alembic is not even imported. Else all steps run in
    one transaction: after a failure (MigrationFailed) the database is as before. DatabaseTooNew when
    it holds a revision this code does not know, StoreUnavailable when it cannot be opened.
    """
    known = revisions(package)
    with connected(engine) as connection:
        if _pending(known, _current(connection, version_table)) == []:
            return []
    with engine.connect() as connection:
        if is_sqlite(engine):
            return _migrate_sqlite(connection, package, known, version_table)
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _POSTGRES_LOCK})
            return _upgrade(connection, package, known, version_table)


def revisions(package: str) -> list[str]:
    """Return the numbers of the package's migrations, oldest first."""
    names = [entry.name for entry in files(package).joinpath("versions").iterdir()]
    return sorted(match[1] for name in names if (match := _SCRIPT.fullmatch(name)))


def current_revision(engine: Engine, *, version_table: str = VERSION_TABLE) -> str | None:
    """Return the revision the database is at, or None for a database without any."""
    with engine.connect() as connection:
        return _current(connection, version_table)


def _migrate_sqlite(connection: Connection, package: str, known: list[str], version_table: str) -> list[str]:
    # Changing a table may mean rebuilding it; dropping the old one must not delete rows that refer to it.
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"}).begin():
            done = _upgrade(connection, package, known, version_table)
            if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
                raise MigrationFailed(f"After migrating, {len(broken)} rows refer to rows that do not exist.")
            return done
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _upgrade(connection: Connection, package: str, known: list[str], version_table: str) -> list[str]:
    # Another process may have migrated while this one waited for the lock.
    current = _current(connection, version_table)
    pending = _pending(known, current)
    if pending:
        with as_file(files(package)) as folder:
            try:
                _run_scripts(connection, folder, version_table)
            except SQLAlchemyError as error:
                start = f"revision {current}" if current else "an empty database"
                raise MigrationFailed(
                    f"Migrating from {start} to {pending[-1]} failed ({describe(error)}); nothing was changed."
                ) from error
    return pending


def _run_scripts(connection: Connection, folder: Path, version_table: str) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    upgrade: Callable[..., Any] = lambda revision, _context: script._upgrade_revs("head", revision)  # noqa: E731
    with EnvironmentContext(config, script, fn=upgrade) as environment:
        environment.configure(connection=connection, version_table=version_table, transactional_ddl=True)
        environment.run_migrations()


def _current(connection: Connection, version_table: str) -> str | None:
    if not inspect(connection).has_table(version_table):
        return None
    quoted = connection.dialect.identifier_preparer.quote(version_table)
    return connection.execute(text(f"SELECT version_num FROM {quoted}")).scalar()  # noqa: S608


def _pending(known: list[str], current: str | None) -> list[str]:
    if current is None:
        return known
    if current not in known:
        latest = known[-1] if known else "none"
        raise DatabaseTooNew(
            f"The database is at revision {current}, this program knows up to {latest}: "
            "run the newer version of the program, or restore a backup made before the upgrade."
        )
    return known[known.index(current) + 1 :]
