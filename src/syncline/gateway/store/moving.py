"""Moving the gateway's memory from SQLite to PostgreSQL, whole or not at all.

Everything is copied and read back in one transaction of the target: whoever stops it halfway finds the target as empty
as it was. The source is only read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from syncline.gateway.domain.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from syncline.gateway.store.store import MIGRATIONS
from syncline.gateway.store.tables import metadata
from syncline.sql.copying import Summary, Told, copy_table, count_rows, sum_up
from syncline.sql.engines import address_of, connected, open_engine
from syncline.sql.failures import describe
from syncline.sql.migrations import VERSION_TABLE, current_revision, migrate, revisions

_LOCK = 7_364_512_098_115
"""An arbitrary number: of two moves to one database the second waits, and then finds it full."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was copied, and where it is now; addresses are without passwords."""

    source: str
    target: str
    tables: Mapping[str, Summary]


def move_database(source_url: str, target_url: str, told: Told) -> Moved:
    """Copy every table to an empty PostgreSQL database and compare each by a checksum before anything counts.

    Nothing else may write the source meanwhile. Raises `Refused` for a source or target of the wrong kind, `NotFound`
    without a source, `Conflict` for a target that is not empty, `Unavailable` when what was read back differs, and
    what `syncline.sql` raises for databases that cannot be used.
    """
    _check_kinds(source_url, target_url)
    with _opened(source_url) as source, _opened(target_url) as target:
        _check_revision(source)
        _check_target(target)
        migrate(target, MIGRATIONS)
        with connected(source) as reading, connected(target) as writing:
            try:
                with reading.begin(), writing.begin():
                    tables = _copy(reading, writing, told)
            except DBAPIError as error:
                raise Unavailable(
                    f"The copy failed ({describe(error)}). {address_of(target.url)} is as empty as before, and the "
                    "source is untouched."
                ) from None
        return Moved(address_of(source.url), address_of(target.url), tables)


def _copy(source: Connection, target: Connection, told: Told) -> dict[str, Summary]:
    target.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    _refuse_rows(target)
    tables = metadata.sorted_tables
    copied = {table.name: copy_table(source, target, table, told) for table in tables}
    for table in tables:
        before = copied[table.name]
        after = sum_up(target, table, told, before.rows)
        if before != after:
            raise Unavailable(
                f"The table {table.name} came out different ({before.rows} rows, {after.rows} read back). "
                "Nothing was kept of the copy, and the source is untouched."
            )
    return copied


def _check_kinds(source_url: str, target_url: str) -> None:
    if make_url(source_url).get_backend_name() != "sqlite":
        raise Refused(
            f"This installation is on {address_of(source_url)} already. To move what is in the data folder, leave "
            "SYNCLINE_DATABASE_URL unset for this command."
        )
    if make_url(target_url).get_backend_name() != "postgresql":
        raise Invalid("Name a PostgreSQL database: --to postgresql://USER:PASSWORD@HOST/DATABASE.")
    file = Path(make_url(source_url).database or "")
    if not file.is_file():
        raise NotFound(f"There is no database {file}; name the right data folder with --data.")


def _check_revision(source: Engine) -> None:
    """Refuse what another version of the program wrote: the copy knows the tables of this one."""
    with connected(source):
        revision, latest = current_revision(source), revisions(MIGRATIONS)[-1]
    if revision != latest:
        raise Refused(
            f"The source is at revision {revision}, this program is at {latest}: run `syncline tenant list` once, "
            "which brings it up to date, then move it."
        )


def _check_target(target: Engine) -> None:
    """Refuse a target that holds anything, and one that cannot hold every name."""
    with connected(target) as connection:
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            raise Refused(
                f"{address_of(target.url)} is encoded in {encoding}; make a database with ENCODING 'UTF8'."
            )
        found = set(inspect(connection).get_table_names())
        if found and VERSION_TABLE not in found:
            raise Conflict(
                f"{address_of(target.url)} holds tables of something else ({', '.join(sorted(found)[:3])}); "
                "make a database for Syncline alone."
            )
        if found.issuperset(metadata.tables):
            _refuse_rows(connection)


def _refuse_rows(target: Connection) -> None:
    for table in metadata.sorted_tables:
        if found := count_rows(target, table):
            raise Conflict(
                f"{address_of(target.engine.url)} is not empty: {table.name} has {found} rows. Name an empty database; "
                "nothing was changed."
            )


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
