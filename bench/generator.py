"""The load generator as the bench holds it: a process to which jobs are handed."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import orjson

from bench.load import CONNECTIONS
from bench.servers import Server, own_process


class BenchFailed(Exception):
    """A figure cannot be had; the message says why."""


class Generator:
    """Hands jobs to the process, one at a time, and waits for each."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def meet(self, server: Server) -> None:
        """Tell it where a server is."""
        self._do("meet", server=server.name, port=server.port, prefix=server.prefix, token=server.token)

    def fill(self, server: Server, users: int) -> None:
        """Have so many users created there in all."""
        self._do("fill", server=server.name, users=users)

    def group(self, server: Server, members: int) -> None:
        """Have a group of that size created there."""
        self._do("group", server=server.name, members=members)

    def same_again(self, server: Server) -> int:
        """Have everybody written once more without a change; returns how many that were."""
        return int(self._do("same_again", server=server.name)["requests"])

    def measure(
        self,
        server: Server,
        operation: str,
        members: int | None,
        *,
        seconds: float,
        requests: int,
        connections: int = CONNECTIONS,
    ) -> dict[str, Any]:
        """Have an operation repeated; returns `requests`, `seconds` and `middle_ms` of one request."""
        return self._do(
            "measure",
            server=server.name,
            operation=operation,
            members=members,
            seconds=seconds,
            requests=requests,
            connections=connections,
        )

    def _do(self, job: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(orjson.dumps({"job": job, **arguments}) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BenchFailed("The load generator ended.")
        done: dict[str, Any] = orjson.loads(line)
        if "error" in done:
            raise BenchFailed(f"{job} on {arguments['server']}: {done['error']}")
        return done


@contextlib.contextmanager
def load_generator(core: int | None) -> Iterator[Generator]:
    """Run the load generator for the length of the block, on that core if one is given."""
    command = [sys.executable, "-m", "bench.load"]
    with own_process(command, core, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Generator(process)
