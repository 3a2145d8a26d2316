"""What ten busy users of the console do to SCIM writes: how long a write takes, alone and beside them.

`python -m bench.beside [PEOPLE] [EVENTS]` runs rounds of both by turns on one server, so that what else the machine
does falls on both, and holds the 99th percentiles against each other. Each user opens a page, and the next one a second
after it has come. Writes come 50 a second, whether or not those before have been answered.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from bench import console, people, planning
from bench.machine import cores
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
ROUNDS = 8
SECONDS = 6.0
MOST = 1.2
"""How much longer a write may take beside the console, in the 99th percentile."""


async def measure(folder: Path, size: int, events: int) -> tuple[list[float], list[float]]:
    """Return how long each write took, in milliseconds: alone, and beside the users."""
    tenant = await _prepare(folder, size, events)
    token = str(syncline(folder, "token", "create", planning.TENANT)["token"])
    available = cores()
    server_core, load_core = (available[-1], available[0]) if len(available) > 1 else (None, None)
    alone: list[float] = []
    beside: list[float] = []
    with serving(folder, server_core, "serve") as (_, port):
        link = await asyncio.to_thread(syncline, folder, "operator", "link")
        cookie = await _sign_in(port, str(link["link"]).split("/", 3)[3])
        await _write(port, token, SECONDS)
        for _ in range(ROUNDS):
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
    command = [sys.executable, "-m", "bench.beside", "--read", str(port), cookie, tenant]
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


def main() -> None:
    """Measure and print; the exit code is 1 when writes wait longer than they may."""
    if sys.argv[1:2] == ["--read"]:
        asyncio.run(read(int(sys.argv[2]), sys.argv[3], sys.argv[4]))
        return
    given = [int(each) for each in sys.argv[1:]]
    size, events = (*given, *(20_000, 100_000)[len(given) :])[:2]
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder:
        alone, beside = asyncio.run(measure(Path(folder), size, events))
    for name, taken in (("alone", alone), ("beside the console", beside)):
        middle, late = statistics.median(taken), planning._p99(taken)
        print(f"{name:20} {len(taken):6,} writes  {middle:6.1f} ms in the middle  {late:6.1f} ms at the 99th")
    ratio = planning._p99(beside) / planning._p99(alone)
    print(f"{ratio:.2f} times as long at the 99th percentile, {MOST} allowed")
    sys.exit(0 if ratio <= MOST else 1)


if __name__ == "__main__":
    main()
