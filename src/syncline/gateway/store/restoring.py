"""A backup on its way back: checked and made ready beside the data folder's place, then put there in one step."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncline.gateway.domain.errors import Refused
from syncline.gateway.store.archive import DATABASE, Manifest, complaint, sync_folder
from syncline.sql.sealing import Key

STAGING = ".restoring"
_MAY_BE_THERE = ("secret.key", "server.lock", "backups", STAGING, "portal", "lost+found")


def refuse_used(folder: Path) -> None:
    """Raise `Refused` unless the folder is empty, but for a key, backups, and a rehearsal portal's files."""
    there = sorted(each.name for each in folder.iterdir() if not each.name.startswith(_MAY_BE_THERE))
    if there:
        raise Refused(
            f"{folder} is not empty (it holds {there[0]}): a restore never overwrites. Name an empty folder with "
            "--data, or move what is there away; its secret.key may stay."
        )


def refuse_wrong_key(manifest: Manifest, key: Key | None, place: str, losses: list[str]) -> None:
    """Raise `Refused` when the key there is cannot open the backup; says what going on without it would cost."""
    if key is not None and key.name == manifest.key:
        return
    there = f"{place} is not there" if key is None else f"{place} holds the key {key.name}"
    lost = " ".join(losses) or "Nothing in it is sealed."
    raise Refused(
        f"The backup was sealed with the key {manifest.key}, and {there}. Put the right key there and restore again, "
        f"or go on without it (--without-key) and enter again what is lost: {lost}"
    )


def losses_of(database: Path) -> list[str]:
    """Return in words, for each tenant, what only the key could open."""
    reading = sqlite3.connect(database.absolute().as_uri() + "?mode=ro", uri=True)
    try:
        rows = reading.execute(
            "SELECT t.name, c.tenant_id IS NOT NULL, c.portal_id,"
            " (SELECT count(*) FROM scim_tokens s WHERE s.tenant_id = t.id AND s.revoked_at IS NULL)"
            " FROM tenants t LEFT JOIN connections c ON c.tenant_id = t.id ORDER BY t.name_key"
        ).fetchall()
    finally:
        reading.close()
    return [_loss(name, connected, portal, tokens) for name, connected, portal, tokens in rows]


def _loss(name: str, connected: bool, portal: int | None, tokens: int) -> str:
    account = f"the credentials of HubSpot account {portal}" if connected else "no connection"
    return f"{name}: {account}, {tokens} SCIM token{'' if tokens == 1 else 's'}."


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Lend a folder inside the data folder, empty, and removed afterwards whatever happens."""
    made = folder / STAGING
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(mode=0o700)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def put_in_place(staged: Path, folder: Path) -> None:
    """Put a database that nobody has open into the data folder: there whole, or not at all."""
    database = sqlite3.connect(staged)
    try:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        fault = complaint(database)
    finally:
        database.close()
    if fault is not None:
        raise Refused(f"The restored database is damaged ({fault}); nothing was put in place.")
    staged.replace(folder / DATABASE)
    sync_folder(folder)
