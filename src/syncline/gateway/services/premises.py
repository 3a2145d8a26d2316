"""What a doctor looks at on this machine: the database, the disk, who may read the folder and the key."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from syncline.gateway.services.findings import Finding, bad, ok, warn
from syncline.gateway.services.upkeep import Condition

MB = 1 << 20
LONG_LOG = 256 * MB
"""A write-ahead log this long means that something reads without end."""
LITTLE_SPACE, NO_SPACE = 1024 * MB, 128 * MB


def database_findings(condition: Condition) -> Iterator[Finding]:
    """Judge the database by its own check, its revision and the length of its log."""
    if condition.fault is not None:
        yield bad(
            "database",
            f"The database is damaged: {condition.fault}.",
            "Stop the server, keep the folder as it is, and restore the last backup into another one: "
            "`syncline restore FILE --data DIR`.",
        )
    elif condition.size is not None:
        yield ok("database", f"SQLite, {_megabytes(condition.size)}, passes its own check.")
    else:
        yield ok("database", f"The {condition.backend} server answers.")
    if condition.revision != condition.latest:
        yield bad(
            "revision",
            f"The database is at revision {condition.revision}, this program is at {condition.latest}.",
            "Restart the server with the newest version; it brings the database up to date.",
        )
    else:
        yield ok("revision", f"The database is at revision {condition.revision}, the latest.")
    if condition.log_size is not None:
        yield _log_finding(condition.log_size)


def _log_finding(size: int) -> Finding:
    if size <= LONG_LOG:
        return ok("write-ahead log", f"{_megabytes(size)}.")
    return warn(
        "write-ahead log",
        f"{_megabytes(size)}: something has been reading the database for a long time, so it cannot be emptied.",
        "End other programs that have gateway.db open, then restart the server.",
    )


def disk_finding(folder: Path) -> Finding:
    """Judge the room on the data folder's disk: below 1 GB is little, below 128 MB is none."""
    free = shutil.disk_usage(folder).free
    says = f"{_megabytes(free)} are free in {folder}."
    fix = f"Make room on the disk of {folder}: without it nothing more can be accepted."
    if free < NO_SPACE:
        return bad("disk", says, fix)
    return warn("disk", says, fix) if free < LITTLE_SPACE else ok("disk", says)


def folder_finding(folder: Path) -> Finding:
    """Judge who may look into the data folder: its owner, nobody else."""
    if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warn(
            "data folder", f"Others than its owner may look into {folder}.", f"Run `chmod 700 {folder}`."
        )
    return ok("data folder", f"Only its owner may look into {folder}.")


def key_findings(condition: Condition, folder: Path) -> Iterator[Finding]:
    """Judge where the key is, who may read it, and whether a rotation stopped half way."""
    key = folder / "secret.key"
    if condition.key_place == str(key) and key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield bad("key", f"Others than its owner may read {key}.", f"Run `chmod 600 {key}`, then rotate it.")
    else:
        yield ok("key", f"Key {condition.key_name}, from {condition.key_place}. It is in no backup.")
    if condition.is_rotating:
        yield warn(
            "key",
            "A key rotation was begun and not finished.",
            "Run `syncline key rotate` again to finish it.",
        )


def _megabytes(size: int) -> str:
    return f"{size / MB:,.1f} MB"
