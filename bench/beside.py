"""What ten busy users of the console do to SCIM writes: how long a write takes, alone and beside them.

Rounds of both run by turns on one server, so that what else the machine does falls on both. Each user opens a page, and
the next one a second after it has come. Writes come 50 a second, whether or not those before have been answered.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from bench import console, people, planning
from bench.machine import cores
from bench.results import Visited
from bench.scale import Scale
from bench.servers import own_process, serving, syncline
from bench.traffic import Target
from bench.wire import Connection, connect
from syncline.clock import SystemClock
from syncline.gateway.domain.tenant import TenantId

USERS = 10
READS_FOR = 1.0
"""Seconds between a page and the next one of the same user."""
WRITES_A_SECOND = 50
CONNECTIONS = 8
SECONDS = 6.0
EVENTS_EACH = 5
"""Events in the log for each person."""


def measure_beside(folder: Path, scale: Scale) -> Visited:
    """Write beside users who read, over as many people as a plan is made over."""
    alone, beside = asyncio.run(_measure(folder, scale.plan_people, scale.visits))
    return Visited(
        people=scale.plan_people,
        users=USERS,
        writes=len(alone),
        middle_ms=statistics.median(alone),
        alone_ms=planning._p99(alone),
        beside_ms=planning._p99(beside),
    )


async def _measure(folder: Path, size: int, rounds: int) -> tuple[list[float], list[float]]:
    """Return how long each write took, in milliseconds: alone, and beside the users."""
    tenant = await _prepare(folder, size, EVENTS_EACH * size)
    token = str(syncline(folder, "token", "create", planning.TENANT)["token"])
    available = cores()
    server_core, load_core = (available[-1], available[0]) if len(available) > 1 else (None, None)
    alone: list[float] = []
    beside: list[float] = []
    with serving(folder, server_core, "serve") as (_, port):
        link = await asyncio.to_thread(syncline, folder, "operator", "link")
        cookie = await _sign_in(port, str(link["link"]).split("/", 3)[3])
        await _write(port, token, 1.0)
        for _ in range(rounds):
            alone += await _write(port, token, SECONDS)
            with _users(port, cookie, tenant, load_core):
                beside += await _write(port, token, SECONDS)
    return alone, beside


async def _prepare(folder: Path, size: int, events: int) -> str:
    async with planning._gateway(folder) as opened:
        tenant = TenantId((await planning._run(opened, "tenant.create", name=planning.TENANT))["id"])
        await planning._connect(opened, tenant)
    planning._fill(folder / "gateway.db", str(tenant), size)
    console._happened(folder / "gateway.db", str(tenant), size, events, SystemClock().now())
    return str(tenant)


async def _sign_in(port: int, link: str) -> str:
    address = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        await console._sign_in(session, f"{address}/{link}")
        return "; ".join(f"{each.key}={each.value}" for each in session.cookie_jar)


async def _write(port: int, token: str, seconds: float) -> list[float]:
    """Change people at a steady pace; returns how long each change took."""
    target = Target(port, "/scim/v2", token)
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await connect(port))
    taken: list[float] = []

    async def change(number: int) -> None:
        body = people.one_change(number + time.monotonic_ns())
        data = target.request("PATCH", f"/Users/{planning._user_id(number % planning.WRITTEN)}", body)
        connection = await free.get()
        begun = time.perf_counter()
        answer = await connection.ask(data)
        taken.append((time.perf_counter() - begun) * 1000)
        assert answer.status == 200, answer
        free.put_nowait(connection)

    async with asyncio.TaskGroup() as group:
        begun = time.perf_counter()
        for number in range(int(seconds * WRITES_A_SECOND)):
            await asyncio.sleep(begun + number / WRITES_A_SECOND - time.perf_counter())
            group.create_task(change(number))
    while not free.empty():
        free.get_nowait().close()
    return taken


@contextmanager
def _users(port: int, cookie: str, tenant: str, core: int | None) -> Iterator[None]:
    """Have the users read for the length of the block, in a process of their own; it begins once each has a page."""
    command = [sys.executable, "-m", "bench.beside", str(port), cookie, tenant]
    with own_process(command, core, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield


async def read(port: int, cookie: str, tenant: str) -> None:
    """Read pages as the users do, until the process is told to end."""
    below = f"http://127.0.0.1:{port}/tenants/{tenant}"
    pages = ("overview", "people", "log", "groups", "people?state=held", "approvals", "log?kind=delivery")
    opened = asyncio.Event()
    begun = 0

    async def use(number: int, session: aiohttp.ClientSession) -> None:
        nonlocal begun
        turn = number
        while True:
            async with session.get(f"{below}/{pages[turn % len(pages)]}") as answer:
                await answer.read()
                assert answer.status == 200, answer
            turn += 1
            begun += 1
            if begun == USERS:
                opened.set()
            await asyncio.sleep(READS_FOR)

    async with aiohttp.ClientSession(headers={"Cookie": cookie}) as session, asyncio.TaskGroup() as group:
        for number in range(USERS):
            group.create_task(use(number, session))
            await asyncio.sleep(READS_FOR / USERS)
        await opened.wait()
        print("reading", flush=True)


if __name__ == "__main__":
    asyncio.run(read(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
