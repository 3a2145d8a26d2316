"""A backup is one tar file: a manifest that says what it is, and the database. The key is never in it.

Nothing in a tar file is trusted: two members are read by their names, whatever else it holds is not looked at.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from syncline.gateway.domain.errors import Conflict, Invalid, NotFound, Refused

MANIFEST: Final = "manifest.json"
DATABASE: Final = "gateway.db"
FORMAT: Final = 1
_LONGEST_MANIFEST = 65_536
_PAGES = 2_048
_CHUNK = 1 << 20

Counted = Callable[[int, int], None]
"""Told how much is done, of how much."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """What a backup says of itself. `key` is the name of the key, which tells nothing of it."""

    format: int
    version: str
    made_at: str
    revision: str
    key: str
    size: int
    sha256: str


def copy_database(source: Path, to: Path, counted: Counted) -> None:
    """Copy a SQLite database as it is at this moment, while others go on writing it; blocks.

    Raises `Refused` when the copy does not pass SQLite's own check: a broken database makes no backup.
    """
    reading = sqlite3.connect(source.absolute().as_uri() + "?mode=ro", uri=True, isolation_level=None)
    try:
        copy = sqlite3.connect(to)
        try:
            reading.execute("BEGIN")
            # The first read fixes the moment; otherwise every commit meanwhile would begin the copy anew.
            reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
            reading.backup(
                copy, pages=_PAGES, progress=lambda _, left, total: counted(total - left, total), sleep=0
            )
            reading.execute("COMMIT")
            copy.execute("PRAGMA journal_mode=DELETE").fetchone()
            fault = complaint(copy)
        finally:
            copy.close()
    finally:
        reading.close()
    if fault is not None:
        raise Refused(f"The database is damaged ({fault}); no backup was made. Restore an earlier one.")


def complaint(database: sqlite3.Connection, *, thorough: bool = False) -> str | None:
    """Return the first thing SQLite's own check finds wrong, None for a sound database."""
    try:
        found = database.execute(f"PRAGMA {'integrity_check' if thorough else 'quick_check'}(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found[0] == "ok" else str(found[0])


def digest(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_archive(database: Path, manifest: Manifest, to: Path, counted: Counted) -> None:
    """Write the archive, for its owner only, whole or not at all. Raises `Conflict` when the file is there."""
    draft = to.with_name(f".{to.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
                archive.addfile(_member(MANIFEST, len(text)), BytesIO(text))
                with database.open("rb") as content:
                    archive.addfile(
                        _member(DATABASE, manifest.size), _Counting(content, manifest.size, counted)
                    )
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, to)
        sync_folder(to.parent)
    except FileExistsError:
        raise Conflict(f"{to} is there already; name another file with --to.") from None
    finally:
        draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """See that the names in a folder are on the disk, not only the contents of its files; blocks."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_manifest(archive: Path) -> Manifest:
    """Return what the backup says of itself; raises `NotFound`, or `Invalid` for what is no backup of ours."""
    with _opened(archive) as tar:
        content = _content(tar, MANIFEST, _LONGEST_MANIFEST)
        try:
            manifest = msgspec.json.decode(content.read(), type=Manifest)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise _no_backup(archive) from None
    if manifest.format != FORMAT:
        raise Invalid(
            f"{archive} was made by a newer version of Syncline ({manifest.version}); restore it with that version."
        )
    return manifest


def unpack(archive: Path, manifest: Manifest, to: Path, counted: Counted) -> None:
    """Write the archive's database to a file; raises `Invalid` unless every byte is as it was backed up."""
    told = hashlib.sha256()
    done = 0
    with _opened(archive) as tar:
        content = _content(tar, DATABASE, manifest.size)
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            while chunk := content.read(_CHUNK):
                file.write(chunk)
                told.update(chunk)
                counted(done := done + len(chunk), manifest.size)
            file.flush()
            os.fsync(file.fileno())
    if (done, told.hexdigest()) != (manifest.size, manifest.sha256):
        raise Invalid(
            f"{archive} is damaged: its database is not the one that was backed up. Use another backup."
        )
    database = sqlite3.connect(to)
    try:
        fault = complaint(database, thorough=True)
    finally:
        database.close()
    if fault is not None:
        raise Invalid(f"The database in {archive} is damaged ({fault}). Use another backup.")


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _opened(archive: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(archive, mode="r:")
    except FileNotFoundError:
        raise NotFound(f"There is no file {archive}.") from None
    except OSError as error:
        raise Invalid(f"{archive} cannot be read: {error.strerror}.") from None
    except tarfile.TarError:
        raise _no_backup(archive) from None


def _content(tar: tarfile.TarFile, name: str, most: int) -> IO[bytes]:
    try:
        member = tar.getmember(name)
        content = tar.extractfile(member) if member.isreg() and member.size <= most else None
    except (KeyError, tarfile.TarError):
        content = None
    if content is None:
        raise _no_backup(Path(str(tar.name)))
    return content


def _no_backup(archive: Path) -> Invalid:
    return Invalid(f"{archive} is not a backup that `syncline backup` made, or it is damaged.")


class _Counting:
    """A file that tells how much of it was read."""

    def __init__(self, file: IO[bytes], size: int, counted: Counted) -> None:
        self._file = file
        self._size = size
        self._counted = counted
        self._done = 0

    def read(self, size: int = -1) -> Any:
        chunk = self._file.read(size)
        self._done += len(chunk)
        self._counted(self._done, self._size)
        return chunk
