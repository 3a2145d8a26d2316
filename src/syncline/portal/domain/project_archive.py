"""The zip of a project, opened without trusting it.

Nothing is ever unpacked to a disk: the files are read into memory, within the limits stated here.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from io import BytesIO

from syncline.portal.domain.errors import ValidationError

LARGEST_ARCHIVE = 10_000_000
"""Bytes of the zip itself."""
LARGEST_FILE = 5_000_000
LARGEST_PROJECT = 25_000_000
"""Bytes of one file, and of all files, once unpacked."""
MOST_FILES = 1_000
LONGEST_PATH = 255

_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_archive(content: bytes) -> dict[str, bytes]:
    """Return the files of a project's zip by path.

    `ValidationError` for what is no zip or is damaged, for too many or too large files (by what they unpack
    to, so that a small zip cannot become a large one), for links, encryption, and paths that lead out of the
    project or name one file twice.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = _checked(archive.infolist())
            return {member.filename: _read(archive, member) for member in members}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError):
        raise _refused(
            "The project archive is not a zip file, or it is damaged.", "ARCHIVE_UNREADABLE"
        ) from None


def _checked(entries: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    if len(entries) > MOST_FILES:
        raise _refused(
            f"The project archive holds more than {MOST_FILES} files and folders.", "ARCHIVE_TOO_MANY_FILES"
        )
    for entry in entries:
        _check_path(entry)
        _check_kind(entry)
    files = [entry for entry in entries if not entry.is_dir()]
    names = {entry.filename.casefold() for entry in files}
    if len(names) < len(files):
        raise _refused("The project archive names a file twice.", "ARCHIVE_DUPLICATE_FILE")
    for entry in files:
        if entry.file_size > LARGEST_FILE:
            raise _refused(f"{entry.filename} is larger than {LARGEST_FILE} bytes.", "ARCHIVE_FILE_TOO_LARGE")
    if sum(entry.file_size for entry in files) > LARGEST_PROJECT:
        raise _refused(
            f"The project's files are larger than {LARGEST_PROJECT} bytes together.", "ARCHIVE_TOO_LARGE"
        )
    return files


def _check_path(entry: zipfile.ZipInfo) -> None:
    # `orig_filename` is what the zip says; zipfile cuts the other one at a zero byte and turns backslashes.
    path = entry.orig_filename
    parts = path.removesuffix("/").split("/")
    leads_out = path.startswith("/") or any(part in ("", ".", "..") for part in parts)
    if leads_out or "\\" in path or ":" in parts[0] or not path.isprintable() or len(path) > LONGEST_PATH:
        raise _refused(
            f"The project archive holds a path that is not allowed: {path[:LONGEST_PATH]!r}.",
            "ARCHIVE_PATH_NOT_ALLOWED",
        )


def _check_kind(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(f"{entry.filename} is a link, not a file.", "ARCHIVE_LINK")
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
        raise _refused(
            f"{entry.filename} is encrypted, or packed in a way other than deflate.", "ARCHIVE_METHOD"
        )


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return a file's content; reading stops at the size the entry states, which has been checked."""
    with archive.open(entry) as file:
        return file.read(entry.file_size)


def _refused(message: str, code: str) -> ValidationError:
    return ValidationError(message, sub_category=f"ProjectErrors.{code}")
