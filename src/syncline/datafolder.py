"""The data folder: who uses it now, and where the server that does can be reached.

One process at a time owns a folder, held by a lock on `server.lock` that the operating system lets go
when the process dies. A server leaves `server.json` beside it, so that other commands know where it listens.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

LONGEST_SOCKET_PATH = 103
"""Bytes in a socket's path that every system takes (macOS: 104 with the closing zero; Linux: 108)."""

_RUNTIME_PREFIX = "syncline-"


class DataFolderError(Exception):
    """The folder cannot be used; the message says why and what to do."""


class DataFolderInUse(DataFolderError):
    """Another process owns the folder."""


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """What a running server tells the other commands: `server.json`."""

    pid: int
    address: str
    public_url: str
    socket: str


class DataFolder:
    """One folder on disk; creating the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def _record_file(self) -> Path:
        return self.path / "server.json"

    def create(self) -> None:
        """Make the folder, readable by its owner only. Raises `DataFolderError` when that is not possible."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DataFolderError(
                f"The data folder {self.path} cannot be created ({error.strerror}); "
                "choose another with --data."
            ) from None
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise DataFolderError(
                f"The data folder {self.path} is not writable by this user; "
                "choose another with --data, or run the command as the user who owns it."
            )

    @contextmanager
    def hold(self, *, wait_ms: int = 0) -> Iterator[None]:
        """Own the folder for the length of the block.

        Waits up to `wait_ms` milliseconds for another owner to finish; then raises `DataFolderInUse`.
        """
        self.create()
        descriptor = os.open(self.path / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._lock(descriptor, wait_ms)
            yield
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int, wait_ms: int) -> None:
        deadline = time.monotonic() + wait_ms / 1000
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise DataFolderInUse(self._in_use()) from None
                time.sleep(0.05)
            else:
                return

    def _in_use(self) -> str:
        record = self.record()
        if record is None:
            return f"Another command is using the data folder {self.path}; wait for it to finish."
        return (
            f"A server (process {record.pid}, {record.address}) is already running on the data folder "
            f"{self.path}; stop it first, or choose another folder with --data."
        )

    def record(self) -> ServerRecord | None:
        """Return what the last server wrote, or None. It may have died since: only a connection tells."""
        try:
            content = json.loads(self._record_file.read_bytes())
            return ServerRecord(**content) if isinstance(content, dict) else None
        except (OSError, ValueError, TypeError):
            return None

    def publish(self, record: ServerRecord) -> None:
        """Write `server.json` in one step: a reader sees the old content or the new, never half of it."""
        fresh = self._record_file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(record), indent=2) + "\n")
        fresh.replace(self._record_file)

    @contextmanager
    def socket_path(self) -> Iterator[Path]:
        """Lend a path for the local socket, free of what an earlier server left; for the owner of the folder.

        It lies in the folder, or, when that path is too long for a socket, in a short folder of its own
        that nobody else can enter. Afterwards the socket, `server.json` and that folder are removed.
        """
        self._clear()
        wanted = self.path / "server.sock"
        short = None
        if len(os.fsencode(wanted)) > LONGEST_SOCKET_PATH:
            short = _runtime_folder()
            wanted = short / "server.sock"
        try:
            yield wanted
        finally:
            wanted.unlink(missing_ok=True)
            self._record_file.unlink(missing_ok=True)
            if short is not None:
                short.rmdir()

    def _clear(self) -> None:
        """Remove the socket and the record of a server that died; we own the folder, so none lives."""
        record = self.record()
        if record is not None:
            abandoned = Path(record.socket).parent
            if abandoned.name.startswith(_RUNTIME_PREFIX) and abandoned != self.path:
                _remove_own(abandoned)
        (self.path / "server.sock").unlink(missing_ok=True)
        self._record_file.unlink(missing_ok=True)


def _runtime_folder() -> Path:
    """Make a folder with a short name and mode 0700, in the user's runtime folder where there is one."""
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108 - by mkdtemp
        if parent and len(os.fsencode(parent)) <= 70 and os.access(parent, os.W_OK | os.X_OK):
            return Path(tempfile.mkdtemp(prefix=_RUNTIME_PREFIX, dir=parent))
    raise DataFolderError(
        "There is no short folder for the local socket; set TMPDIR to one, for example /tmp."
    )


def _remove_own(folder: Path) -> None:
    try:
        found = folder.lstat()
    except OSError:
        return
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
        shutil.rmtree(folder, ignore_errors=True)
