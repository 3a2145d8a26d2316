"""The gateway's memory on a SQL database, behind the ports."""

from __future__ import annotations

from syncline.gateway.services.ports import Store
from syncline.gateway.store.backlog import SqlBacklog
from syncline.gateway.store.consents import SqlConsents
from syncline.gateway.store.directory import SqlDirectory
from syncline.gateway.store.grants import SqlGrants
from syncline.gateway.store.journal import SqlJournal
from syncline.gateway.store.notices import SqlNotices
from syncline.gateway.store.operators import SqlOperators
from syncline.gateway.store.readings import SqlReadings
from syncline.gateway.store.removal import SqlRemoval
from syncline.gateway.store.seeking import SqlSeeking
from syncline.gateway.store.setup import SqlSetup
from syncline.sql.reader import Reader
from syncline.sql.sealing import Sealer
from syncline.sql.writer import Writer

MIGRATIONS = "syncline.gateway.store.migrations"


def sql_store(writer: Writer, reader: Reader, sealer: Sealer) -> Store:
    """Return the store over a migrated database."""
    return Store(
        directory=SqlDirectory(writer, reader),
        setup=SqlSetup(writer, reader, sealer),
        grants=SqlGrants(writer, reader, sealer),
        backlog=SqlBacklog(writer, reader),
        journal=SqlJournal(reader),
        readings=SqlReadings(writer, reader),
        seeking=SqlSeeking(reader),
        notices=SqlNotices(writer, reader, sealer),
        consents=SqlConsents(writer, reader),
        operators=SqlOperators(writer, reader),
        removal=SqlRemoval(writer, reader),
    )
