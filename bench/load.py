"""The load generator: a process of its own that takes one job a line on stdin and answers one line on stdout.

Each connection sends a request, waits for its answer and sends the next; nothing is pipelined. An answer with another
status than the right one ends the job with an error, because the figures would mean nothing.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
import uvloop

from bench.traffic import Request, Target, Traffic, UnexpectedAnswer
from bench.wire import ConnectionLost, connect

CONNECTIONS = 32

Next = Callable[[], Request | None]


class Generator:
    """The servers it talks to, by name, and the jobs by theirs."""

    def __init__(self) -> None:
        self._traffic: dict[str, Traffic] = {}

    async def do(self, job: dict[str, Any]) -> dict[str, Any]:
        """Do one job; the work is what its method below says."""
        work: Any = {
            "meet": self._meet,
            "fill": self._fill,
            "group": self._group,
            "measure": self._measure,
            "same_again": self._same_again,
        }[job.pop("job")]
        done: dict[str, Any] = await work(**job)
        return done

    async def _meet(self, server: str, port: int, prefix: str, token: str) -> dict[str, Any]:
        """Learn where a server is."""
        self._traffic[server] = Traffic(Target(port, prefix, token), seed=1)
        return {}

    async def _fill(self, server: str, users: int) -> dict[str, Any]:
        """Create users until there are so many."""
        traffic = self._traffic[server]
        missing = users - len(traffic.users)
        if missing <= 0:
            return {"requests": 0}
        return await drive(traffic.target.port, traffic.stay, requests=missing)

    async def _group(self, server: str, members: int) -> dict[str, Any]:
        """Create the group of that size."""
        traffic = self._traffic[server]
        return await drive(traffic.target.port, lambda: traffic.group(members), requests=1)

    async def _measure(
        self,
        server: str,
        operation: str,
        members: int | None,
        seconds: float,
        requests: int,
        connections: int,
    ) -> dict[str, Any]:
        """Repeat an operation for so long, or so often, over so many connections."""
        traffic = self._traffic[server]

        def request() -> Request | None:
            return traffic.next(operation, members)

        return await drive(
            traffic.target.port, request, requests=requests, seconds=seconds, connections=connections
        )

    async def _same_again(self, server: str) -> dict[str, Any]:
        """Write to every user what he has already."""
        traffic = self._traffic[server]
        everybody = iter(traffic.users)

        def request() -> Request | None:
            user = next(everybody, None)
            return None if user is None else traffic.same_again(*user)

        return await drive(traffic.target.port, request, requests=len(traffic.users))


async def drive(
    port: int, request: Next, *, requests: int, seconds: float = 3600.0, connections: int = CONNECTIONS
) -> dict[str, Any]:
    """Send requests over all connections; returns how many, how long it took, and how long one took in the middle."""
    opened = [await connect(port) for _ in range(min(connections, requests))]
    sent = 0
    took: list[float] = []
    started = time.perf_counter()

    async def work(connection: Any) -> None:
        nonlocal sent
        while sent < requests and (begun := time.perf_counter()) - started < seconds:
            wanted = request()
            if wanted is None:
                return
            sent += 1
            answer = await connection.ask(wanted.data)
            took.append(time.perf_counter() - begun)
            if answer.status not in wanted.expected:
                raise UnexpectedAnswer(
                    f"{wanted.data[:120]!r} was answered {answer.status}: {answer.body[:300]!r}"
                )
            if wanted.keep is not None:
                wanted.keep(answer)

    try:
        async with asyncio.TaskGroup() as group:
            for connection in opened:
                group.create_task(work(connection))
    finally:
        for connection in opened:
            connection.close()
    elapsed = time.perf_counter() - started
    return {
        "requests": len(took),
        "seconds": elapsed,
        "middle_ms": 1000 * sorted(took)[len(took) // 2] if took else 0,
    }


async def main() -> None:
    """Do jobs until stdin ends."""
    generator = Generator()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        try:
            done = await generator.do(orjson.loads(line))
        except* (UnexpectedAnswer, ConnectionLost, OSError) as errors:
            done = {"error": str(errors.exceptions[0])}
        sys.stdout.buffer.write(orjson.dumps(done) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(main())
