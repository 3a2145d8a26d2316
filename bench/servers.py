"""Starting and stopping the servers that are compared, each a process of its own with a folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from bench.machine import pin
from bench.operations import FLOOR, GATEWAY, SCIM2

ROOT = Path(__file__).parents[1]
START_SECONDS = 60
STOP_SECONDS = 15
TENANT = "bench"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens: where, the token that opens it, and its process."""

    name: str
    pid: int
    port: int
    prefix: str
    token: str


class ServerFailed(Exception):
    """A server or a command did not do what the bench needs; the message is what it said."""


def syncline(data: Path, *arguments: str, database_url: str | None = None) -> Any:
    """Run a command of ours on a data folder, and a database, and return what it printed as JSON."""
    command = [sys.executable, "-m", "syncline", *arguments, "--json", "--data", str(data)]
    done = subprocess.run(
        command, cwd=ROOT, env=_environment(database_url), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ServerFailed(f"syncline {' '.join(arguments[:2])}: {done.stderr.strip()}")
    return json.loads(done.stdout) if done.stdout.strip() else None


@contextlib.contextmanager
def floor(folder: Path, core: int | None) -> Iterator[Server]:
    """Run the bare floor."""
    token = secrets.token_urlsafe(32)
    command = [sys.executable, "-m", "bench.floor", str(folder / "floor.db"), token]
    with _printing_its_port(command, core) as (process, port):
        yield Server(FLOOR, process.pid, port, "", token)


@contextlib.contextmanager
def scim2_server(core: int | None) -> Iterator[Server]:
    """Run scim2-server."""
    token = secrets.token_urlsafe(32)
    with _printing_its_port([sys.executable, "-m", "bench.scim2", token], core) as (process, port):
        yield Server(SCIM2, process.pid, port, "/v2", token)


@contextlib.contextmanager
def gateway(
    folder: Path, core: int | None, *, name: str = GATEWAY, database_url: str | None = None
) -> Iterator[Server]:
    """Run the gateway as it ships, on a data folder of its own, with one tenant and one token.

    Without a URL its database is SQLite in that folder.
    """
    data = folder / "gateway"
    syncline(data, "tenant", "create", TENANT, database_url=database_url)
    token = str(syncline(data, "token", "create", TENANT, database_url=database_url)["token"])
    with serving(data, core, "serve", database_url=database_url) as (process, port):
        yield Server(name, process.pid, port, "/scim/v2", token)


@contextlib.contextmanager
def serving(
    data: Path,
    core: int | None,
    *command: str,
    record: str = "server.json",
    database_url: str | None = None,
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run one of our servers on any free port; yields it and the port once its record says that it listens."""
    data.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "syncline", *command, "--port", "0", "--data", str(data)]
    with (
        (data / "log").open("w+") as log,
        own_process(words, core, env=_environment(database_url), stdout=log, stderr=log) as process,
    ):
        yield process, _recorded_port(process, data / record, log)


def _environment(database_url: str | None) -> dict[str, str]:
    return dict(os.environ) if database_url is None else {**os.environ, "SYNCLINE_DATABASE_URL": database_url}


@contextlib.contextmanager
def own_process(command: list[str], core: int | None, **pipes: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process for the length of the block, on that core if one is given, and end it kindly."""
    process = subprocess.Popen(command, cwd=ROOT, **pipes)
    try:
        if core is not None:
            pin(process.pid, core)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@contextlib.contextmanager
def _printing_its_port(command: list[str], core: int | None) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with own_process(command, core, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise ServerFailed(f"{command[2]} ended at once.")
        yield process, int(line)


def _recorded_port(process: subprocess.Popen[bytes], record: Path, log: TextIO) -> int:
    for _ in range(START_SECONDS * 100):
        if process.poll() is not None:
            log.seek(0)
            raise ServerFailed(f"A server ended at once: {log.read().strip()}")
        with contextlib.suppress(OSError, ValueError, KeyError):
            said = json.loads(record.read_text(encoding="utf-8"))
            if said["pid"] == process.pid:
                return int(str(said["address"]).rpartition(":")[2])
        time.sleep(0.01)
    raise ServerFailed(f"A server did not start within {START_SECONDS} s.")
