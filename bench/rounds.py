"""Measuring: rounds in which the servers take turns at every operation, and the median of what each cost."""

from __future__ import annotations

import contextlib
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.generator import Generator
from bench.machine import cpu_seconds
from bench.operations import FLOOR, SCIM2, USER_OPERATIONS, Operation, operations
from bench.results import Cost
from bench.scale import Scale
from bench.servers import Server, floor, gateway, scim2_server

Tell = Callable[[str], None]

WARM_UP = 64
"""Requests of each operation before anything counts: statements get compiled, caches filled."""


@contextlib.contextmanager
def contenders(folder: Path, core: int | None) -> Iterator[list[Server]]:
    """Run all servers on the same core; only one is busy at a time."""
    with floor(folder, core) as bare, gateway(folder, core) as ours, scim2_server(core) as theirs:
        yield [bare, ours, theirs]


def measure(servers: list[Server], generator: Generator, scale: Scale, tell: Tell) -> list[Cost]:
    """Return what every operation costs every server that can do it, at every number of stored users."""
    for server in servers:
        generator.meet(server)
    costs: list[Cost] = []
    for users in scale.users:
        at_this_size = [each for each in servers if each.name != SCIM2 or users <= scale.scim2_users]
        for server in at_this_size:
            tell(f"{server.name}: filling up to {users:,} users")
            generator.fill(server, users)
        # A group's cost does not depend on the users: once, where all servers still take part.
        wanted = operations(scale.members) if users == scale.users[0] else USER_OPERATIONS
        if scale.operations:
            wanted = tuple(each for each in wanted if each.name in scale.operations)
        _make_groups(at_this_size, generator, wanted, scale, tell)
        costs += _rounds(at_this_size, generator, wanted, users, scale, tell)
    return costs


def takes_part(server: Server, operation: Operation, scale: Scale) -> bool:
    """Tell whether a server is measured at an operation."""
    if server.name == FLOOR:
        return operation.on_the_floor
    return server.name != SCIM2 or (operation.members or 0) <= scale.scim2_members


def _make_groups(
    servers: list[Server], generator: Generator, wanted: tuple[Operation, ...], scale: Scale, tell: Tell
) -> None:
    for server in servers:
        for operation in wanted:
            if operation.members is not None and takes_part(server, operation, scale):
                tell(f"{server.name}: a group of {operation.members:,}")
                generator.group(server, operation.members)


def _rounds(
    servers: list[Server],
    generator: Generator,
    wanted: tuple[Operation, ...],
    users: int,
    scale: Scale,
    tell: Tell,
) -> list[Cost]:
    found: defaultdict[tuple[str, Operation], list[dict[str, Any]]] = defaultdict(list)
    for number in range(scale.rounds + 1):
        for operation in wanted:
            for server in servers[number % len(servers) :] + servers[: number % len(servers)]:
                if not takes_part(server, operation, scale):
                    continue
                tell(f"{users:,} users, round {number} of {scale.rounds}: {operation.title}, {server.name}")
                requests = min(WARM_UP, scale.requests) if number == 0 else scale.requests
                once = _once(server, generator, operation, scale.seconds, requests)
                if number:
                    found[server.name, operation].append(once)
    return [_middle(name, operation, users, rounds) for (name, operation), rounds in found.items()]


def _once(
    server: Server, generator: Generator, operation: Operation, seconds: float, requests: int
) -> dict[str, Any]:
    before = cpu_seconds(server.pid)
    # Whom a round has created it deletes again, however long that takes.
    limit = 3600.0 if operation.name == "delete" else seconds
    done = generator.measure(server, operation.name, operation.members, seconds=limit, requests=requests)
    spent = cpu_seconds(server.pid) - before
    return {**done, "microseconds": 1e6 * spent / done["requests"]}


def _middle(server: str, operation: Operation, users: int, rounds: list[dict[str, Any]]) -> Cost:
    return Cost(
        server=server,
        operation=operation.name,
        members=operation.members,
        users=users,
        microseconds=statistics.median(each["microseconds"] for each in rounds),
        middle_ms=statistics.median(each["middle_ms"] for each in rounds),
        requests=sum(each["requests"] for each in rounds),
    )
