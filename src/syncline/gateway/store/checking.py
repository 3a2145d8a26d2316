"""Looking a database over: where it is, what it holds, and whether its parts agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Connection,
    Engine,
    RootTransaction,
    Select,
    exists,
    func,
    inspect,
    make_url,
    or_,
    select,
    text,
)

from syncline.gateway.domain.errors import NotFound
from syncline.gateway.store.recounting import GROUPS, LAST_EVENT, MEMBERS, USERS, miscounted, recount
from syncline.gateway.store.store import MIGRATIONS
from syncline.gateway.store.tables import (
    counters,
    deliveries,
    groups,
    metadata,
    tenants,
    user_emails,
    users,
)
from syncline.sql.copying import count_rows
from syncline.sql.engines import address_of, connected, is_sqlite, open_engine
from syncline.sql.migrations import current_revision, revisions


@dataclass(frozen=True, slots=True)
class Checked:
    """What was seen. `findings` are sentences, each with what helps; none means that all is well."""

    address: str
    version: str
    revision: str | None
    latest: str
    rows: Mapping[str, int]
    findings: tuple[str, ...]


def check_database(url: str) -> Checked:
    """Look over the database at that URL, while a server may be using it.

    Raises `NotFound` for a SQLite file that is not there, and what `syncline.sql` raises for one that cannot be opened.
    """
    _refuse_missing_file(url)
    with _opened(url) as engine:
        with connected(engine) as connection:
            version = _version(connection)
            present = set(inspect(connection).get_table_names())
        latest = revisions(MIGRATIONS)[-1]
        revision = current_revision(engine)
        with connected(engine) as connection, _snapshot(connection):
            whole = present.issuperset(metadata.tables)
            rows = {
                table.name: count_rows(connection, table)
                for table in metadata.sorted_tables
                if table.name in present
            }
            findings = [*_revision_findings(revision, latest), *_health(connection)]
            findings += _disagreements(connection) if whole else []
        return Checked(address_of(engine.url), version, revision, latest, rows, tuple(findings))


def recount_database(url: str) -> None:
    """Set right what the database at that URL keeps counted; no server may be using it. Raises as `check_database`."""
    _refuse_missing_file(url)
    with _opened(url) as engine, connected(engine) as connection, connection.begin():
        if set(inspect(connection).get_table_names()).issuperset(metadata.tables):
            recount(connection)


def _snapshot(connection: Connection) -> RootTransaction:
    """Begin to read one state of the database, whatever a server writes meanwhile: parts agree in one state only."""
    if not is_sqlite(connection.engine):  # SQLite reads one state anyway
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return connection.begin()


def _refuse_missing_file(url: str) -> None:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise NotFound(
            f"There is no database {parsed.database}; name the right data folder with --data, or set "
            "SYNCLINE_DATABASE_URL."
        )


def _version(connection: Connection) -> str:
    if is_sqlite(connection.engine):
        return "SQLite " + str(connection.execute(text("SELECT sqlite_version()")).scalar_one())
    return "PostgreSQL " + str(connection.execute(text("SHOW server_version")).scalar_one())


def _revision_findings(revision: str | None, latest: str) -> Iterator[str]:
    if revision is None:
        yield "The database is empty: the first start of the server makes its tables."
    elif revision < latest:
        yield f"The database is at revision {revision}, this program at {latest}: the next start brings it up to date."
    elif revision > latest:
        yield f"The database is at revision {revision}, newer than this program ({latest}): use the newer version."


def _health(connection: Connection) -> Iterator[str]:
    return _sqlite_health(connection) if is_sqlite(connection.engine) else _postgres_health(connection)


def _sqlite_health(connection: Connection) -> Iterator[str]:
    found = connection.execute(text("PRAGMA integrity_check(1)")).scalar_one()
    if found != "ok":
        yield f"The file is damaged ({found}): stop the server and restore the last backup."


_POSTGRES_WISHES = {
    "server_encoding": (
        "UTF8",
        "names in other alphabets cannot be kept; move to a database with ENCODING 'UTF8'",
    ),
    "fsync": ("on", "a power cut can destroy the database; set it to on"),
    "full_page_writes": ("on", "a power cut can destroy the database; set it to on"),
}


def _postgres_health(connection: Connection) -> Iterator[str]:
    for setting, (wanted, otherwise) in _POSTGRES_WISHES.items():
        found = connection.execute(text(f"SHOW {setting}")).scalar_one()
        if found != wanted:
            yield f"{setting} is {found}: {otherwise}."


_DISAGREEMENTS: Mapping[str, Select[tuple[str]]] = {
    "tenants have no counters": select(tenants.c.id).where(
        ~exists().where(counters.c.tenant_id == tenants.c.id)
    ),
    "tenants count other users or groups than they have": select(counters.c.tenant_id).where(
        or_(counters.c.users != USERS, counters.c.groups != GROUPS)
    ),
    "groups count other members than they have": select(groups.c.id).where(groups.c.members != MEMBERS),
    "tenants would number an event twice": select(counters.c.tenant_id).where(
        counters.c.event_seq < LAST_EVENT
    ),
    "users have no row that delivers them": select(users.c.id).where(
        ~exists().where(deliveries.c.tenant_id == users.c.tenant_id, deliveries.c.key == users.c.delivery_key)
    ),
    "addresses belong to no user": select(user_emails.c.user_id).where(
        ~exists().where(users.c.tenant_id == user_emails.c.tenant_id, users.c.id == user_emails.c.user_id)
    ),
}
"""What can only be a mistake of ours, or a database that somebody else has written to."""


def _disagreements(connection: Connection) -> Iterator[str]:
    found = {
        sentence: connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        for sentence, query in _DISAGREEMENTS.items()
    }
    found["tenants count other deliveries than they have"] = len(miscounted(connection))
    for sentence, count in found.items():
        if count:
            helps = " `database check --recount` sets it right." if "count" in sentence else ""
            yield f"{count} {sentence}: please report this, with the version of the program.{helps}"


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
