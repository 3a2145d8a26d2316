"""The database as a whole: copied while it is written, examined, sealed with another key, begun again."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from syncline import __version__
from syncline.clock import Milliseconds
from syncline.gateway.domain.errors import Refused
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.ports import Actor, Cause, Tenant
from syncline.gateway.services.upkeep import BackupMade, BegunAgain, Condition, Rotated, Told
from syncline.gateway.store import archive
from syncline.gateway.store.commands.journal import counters_of, record_audit, record_event
from syncline.gateway.store.commands.setup import bump_epoch
from syncline.gateway.store.keyring import KeyRing, TakeKey
from syncline.gateway.store.tables import (
    approvals,
    authorizations,
    connections,
    scim_tokens,
    subscriptions,
    tenants,
)
from syncline.sql.engines import is_sqlite
from syncline.sql.migrations import current_revision, revisions
from syncline.sql.reader import Reader
from syncline.sql.rows import Need, Rows
from syncline.sql.writer import Writer

USE_PG_DUMP = (
    "This installation is on PostgreSQL, which has its own way: `pg_dump --format=custom --file=syncline.dump "
    "DATABASE` while the server runs. The key is not in the database: keep it elsewhere."
)


class SqlUpkeep:
    """Implements `services.ports.Upkeep`; `folder` is the data folder, where backups go unless told otherwise."""

    def __init__(
        self, engine: Engine, writer: Writer, reader: Reader, ring: KeyRing, folder: Path, migrations: str
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._reader = reader
        self._ring = ring
        self._folder = folder
        self._migrations = migrations

    async def back_up(self, to: Path | None, at: Milliseconds, told: Told) -> BackupMade:
        """Write a backup of this moment while others go on writing, to a file that is not there yet.

        Raises `Refused` on PostgreSQL, for a folder that cannot be written, without room, and for a damaged database.
        """
        database = self._file()
        if database is None:
            raise Refused(USE_PG_DUMP)
        file = (to or self._default(at)).absolute()
        return await _with_progress(told, lambda counted: self._back_up(database, file, at, counted))

    def _default(self, at: Milliseconds) -> Path:
        moment = datetime.fromtimestamp(at / 1000, UTC)
        folder = self._folder / "backups"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / f"syncline-{moment:%Y%m%d-%H%M%S}.tar"

    def _back_up(self, database: Path, file: Path, at: Milliseconds, told: Told) -> BackupMade:
        try:
            _check_room(file, 2 * database.stat().st_size)
            with tempfile.TemporaryDirectory(dir=file.parent, prefix=".syncline-backup-") as folder:
                copy = Path(folder) / archive.DATABASE
                copy.touch(mode=0o600)
                archive.copy_database(database, copy, lambda done, total: told("Copying", done, total))
                manifest = archive.Manifest(
                    format=archive.FORMAT,
                    version=__version__,
                    made_at=datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds"),
                    revision=str(current_revision(self._engine)),
                    key=self._ring.sealer.key_name,
                    size=copy.stat().st_size,
                    sha256=archive.digest(copy),
                )
                archive.write_archive(copy, manifest, file, lambda done, total: told("Writing", done, total))
        except OSError as error:
            raise Refused(
                f"{file} cannot be written ({error.strerror}); name another file with --to."
            ) from None
        return BackupMade(
            file=str(file),
            size=file.stat().st_size,
            revision=manifest.revision,
            key_name=manifest.key,
            key_place=self._ring.place,
        )

    async def condition(self) -> Condition:
        """Examine the database; on SQLite by its own quick check, which reads all of it."""
        return await asyncio.to_thread(self._condition)

    def _condition(self) -> Condition:
        file = self._file()
        fault, size, log_size = None, None, None
        if file is not None:
            log = file.with_name(file.name + "-wal")
            size, log_size = file.stat().st_size, log.stat().st_size if log.exists() else 0
            database = sqlite3.connect(file.absolute().as_uri() + "?mode=ro", uri=True)
            try:
                fault = archive.complaint(database)
            finally:
                database.close()
        return Condition(
            backend=self._engine.dialect.name,
            revision=current_revision(self._engine),
            latest=revisions(self._migrations)[-1],
            fault=fault,
            size=size,
            log_size=log_size,
            key_name=self._ring.sealer.key_name,
            key_place=self._ring.place,
            is_rotating=self._ring.is_rotating,
        )

    async def rotate_key(self, new_key: str | None) -> Rotated:
        """Seal everything under a new key while the server runs; SCIM tokens go on working."""
        return await self._ring.rotate(self._writer, self._reader, new_key)

    async def begin_again(
        self, tenant: Tenant, cause: Cause, actor: Actor, sentence: str, *, without_key: bool
    ) -> BegunAgain:
        """Put a tenant back to deciding only; without the key its credentials are forgotten and its tokens end."""
        return await self._writer.submit(BeginAgain(tenant, cause, actor, sentence, without_key))

    async def take_key(self) -> None:
        """Remember the key there is as the database's own, in the place of one that is lost."""
        await self._writer.submit(TakeKey(self._ring.sealer.key_name))

    def _file(self) -> Path | None:
        name = self._engine.url.database
        return Path(name) if is_sqlite(self._engine) and name else None


@dataclass(frozen=True, slots=True)
class BeginAgain:
    """Withdraw what a tenant was allowed to do: mode live, every approval; tell why in its log."""

    tenant: Tenant
    cause: Cause
    actor: Actor
    sentence: str
    without_key: bool

    def prefetch(self) -> Iterable[Need]:
        tenant_id = self.tenant.id
        return (
            Need(tenants, ("id",), (tenant_id,)),
            Need(connections, ("tenant_id",), (tenant_id,)),
            Need(scim_tokens, ("tenant_id",), (tenant_id,)),
            Need(approvals, ("tenant_id",), (tenant_id,)),
            Need(subscriptions, ("tenant_id",), (tenant_id,)),
            counters_of(tenant_id),
        )

    def apply(self, rows: Rows) -> BegunAgain:
        tenant_id = self.tenant.id
        connection = rows.get(connections, tenant_id)
        mode = TenantMode.COLLECTING if self.without_key or connection is None else TenantMode.PLAN
        rows.update(tenants, (tenant_id,), mode=mode.value, plan_approved_at=None, plan_approved_by=None)
        if connection is not None and self.without_key:
            rows.delete(connections, tenant_id)
            rows.delete(authorizations, tenant_id)
        elif connection is not None:
            rows.update(connections, (tenant_id,), account_read_at=None)
        for approval in rows.find(approvals, tenant_id=tenant_id):
            rows.delete(approvals, tenant_id, approval["key"], approval["what"])
        ended = self._end_tokens(rows) if self.without_key else 0
        if self.without_key:
            self._forget_secrets(rows)
        bump_epoch(rows, tenant_id)
        record_event(rows, tenant_id, self.cause, "tenant.begun-again", None, self.sentence, mode=mode.value)
        record_audit(
            rows, tenant_id, self.actor.at, self.actor.name, "tenant.begun-again", reason=self.sentence
        )
        lost = connection is not None and self.without_key
        return BegunAgain(
            tenant=self.tenant.name,
            mode_before=self.tenant.mode,
            mode=mode,
            portal_id=connection["portal_id"] if connection is not None and lost else None,
            tokens=ended,
        )

    def _end_tokens(self, rows: Rows) -> int:
        alive = [row for row in rows.find(scim_tokens, tenant_id=self.tenant.id) if row["revoked_at"] is None]
        for row in alive:
            rows.update(scim_tokens, (row["id"],), revoked_at=self.actor.at)
        return len(alive)

    def _forget_secrets(self, rows: Rows) -> None:
        """Forget what webhooks were signed with: nothing is sent there until they are subscribed anew."""
        for row in rows.find(subscriptions, tenant_id=self.tenant.id):
            rows.update(subscriptions, (self.tenant.id, row["id"]), secret=None)


def _check_room(file: Path, needed: int) -> None:
    if not file.parent.is_dir():
        raise Refused(f"There is no folder {file.parent}; make it, or name another with --to.")
    free = shutil.disk_usage(file.parent).free
    if free < needed:
        raise Refused(
            f"A backup needs about {needed >> 20} MB in {file.parent} while it is made, {free >> 20} MB are free; "
            "name another folder with --to."
        )


async def _with_progress(told: Told, work: Callable[[Told], BackupMade]) -> BackupMade:
    """Run blocking work in a thread and pass on what it tells, on the event loop."""
    loop = asyncio.get_running_loop()

    def tell(stage: str, done: int, total: int | None) -> None:
        loop.call_soon_threadsafe(told, stage, done, total)

    return await asyncio.to_thread(work, tell)
