"""New databases of the programs: migrated once in a process, then copied, for thousands of tests begin with one."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from syncline.gateway.store.store import MIGRATIONS as GATEWAY
from syncline.portal.program import DATABASE as PORTAL_FILE
from syncline.portal.program import open_portal_store
from syncline.portal.store.store import MIGRATIONS as PORTAL
from syncline.portal.store.store import Store as PortalStore
from syncline.sql.engines import open_engine
from syncline.sql.migrations import migrate


def new_gateway(data: Path) -> Path:
    """See that the data folder has a gateway's database with every table; returns its path."""
    return _copied(data / "gateway.db", GATEWAY)


def new_portal(data: Path) -> PortalStore:
    """Open the portal's store in a data folder, made if need be."""
    _copied(data / PORTAL_FILE, PORTAL)
    return open_portal_store(data)


def migrate_at(url: str) -> None:
    """Make the gateway's tables in an empty database."""
    _migrate(url, GATEWAY)


def _copied(path: Path, migrations: str) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(_empty(migrations))
        path.chmod(0o600)
    return path


@cache
def _empty(migrations: str) -> bytes:
    """Return a migrated database as a file's content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        _migrate(f"sqlite:///{path}", migrations)
        return path.read_bytes()


def _migrate(url: str, migrations: str) -> None:
    engine = open_engine(url)
    try:
        migrate(engine, migrations)
    finally:
        engine.dispose()
