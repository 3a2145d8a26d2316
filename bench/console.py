"""What the console's pages cost over many people and events: bytes, CPU of the whole server, and how long they hold up
the event loop, by which SCIM requests are answered.

`python -m bench.console [PEOPLE] [EVENTS]` prints a line for each page; with 100,000 and 1,000,000, the default, every
page has to stay within 100 KB and 150 ms.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from bench import people, planning
from bench.serving import serve
from syncline.bootstrap.gateway import open_gateway
from syncline.clock import SystemClock
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.operations import run_operation
from syncline.settings import read_settings

MOST_BYTES = 100_000
MOST_MS = 150.0
ROUNDS = 5
AT_ONCE = 10
HELD = ("protected", "staged-deletion", "privileged-grant", "adoption-not-approved")
_SPAN = 30 * 86_400_000


class Cost(NamedTuple):
    """What one page costs: its bytes, and the CPU of the process for one answer, at first and in the median."""

    page: str
    bytes: int
    ms: float
    first_ms: float
    held_ms: float
    """The longest the event loop was held up at a stretch, in CPU time, in the median of the answers."""

    @property
    def is_within(self) -> bool:
        """Whether it is within both bounds."""
        return self.bytes <= MOST_BYTES and max(self.ms, self.first_ms) <= MOST_MS


async def measure(folder: Path, size: int, events: int) -> list[Cost]:
    """Fill a tenant with so many people and events, and open every page of it."""
    async with planning._gateway(folder) as opened:
        tenant = TenantId((await planning._run(opened, "tenant.create", name=planning.TENANT))["id"])
        await planning._connect(opened, tenant)
    planning._add_groups(folder / "gateway.db", str(tenant))
    async with planning._gateway(folder) as opened:
        await planning._add_rules(opened)
    now = SystemClock().now()
    planning._fill(folder / "gateway.db", str(tenant), size)
    _happened(folder / "gateway.db", str(tenant), size, events, now)
    address = ""
    settings = read_settings({}, data=str(folder), port="0")
    async with AsyncExitStack() as stack:
        serving = open_gateway(settings, lambda: address, deliver=False, serving=True)
        gateway = await stack.enter_async_context(serving)
        address = await stack.enter_async_context(serve(gateway.application))
        jar = aiohttp.CookieJar(unsafe=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        made = await run_operation(gateway.operations, "operator.link", "bench", {})
        await _sign_in(session, address + "/" + made["link"].split("/", 3)[3])
        under_way: Any = True
        while under_way:
            begun = {"tenant": tenant, "wait_seconds": 10}
            under_way = (await run_operation(gateway.operations, "plan.begin", "bench", begun))["under_way"]
        costs = [await _cost(session, address, page) for page in _pages(str(tenant), size, now)]
        print(
            f"{await _at_once(session, address, str(tenant)):.1f} ms at a stretch for {AT_ONCE} pages at once"
        )
        return costs


def _pages(tenant: str, size: int, now: int) -> list[str]:
    middle, last = people.user_name(size // 2), people.user_name(size - 1)
    since = time.strftime("%Y-%m-%dT%H:%M", time.gmtime((now - _SPAN // 2) / 1000))
    places = [
        "overview",
        "people",
        f"people?after={middle}",
        "people?search=nobody-is-called-so",
        f"people?search={last}",
        "people?state=in-step",
        "people?state=waiting",
        "people?state=held",
        "people?state=held&reason=privileged-grant",
        "people?state=staged",
        "people?state=absent",
        f"person?user={middle}",
        "groups",
        "groups/group-1",
        "set-up/rules",
        "set-up/rules/known?kind=group&match=group",
        "set-up/rules/known?for=equals&match=department",
        "set-up/checklist",
        "drift",
        "approvals",
        "plan",
        "log",
        f"log?user={middle}",
        "log?kind=connection",
        "log?outcome=failed",
        "log?cause=nothing-has-this",
        f"log?since={since}",
        "log/500",
    ]
    return ["/", *(f"/tenants/{tenant}/{place}" for place in places)]


async def _cost(session: aiohttp.ClientSession, address: str, page: str) -> Cost:
    taken, held = [], []
    size = 0
    for _ in range(ROUNDS):
        size, spent, _ = await _open(session, address + page)
        taken.append(spent)
    for _ in range(ROUNDS):
        *_, longest = await _open(session, address + page, watched=True)
        held.append(longest)
    name = re.sub(r"[0-9a-f-]{36}", "…", page)
    return Cost(name, size, sorted(taken)[ROUNDS // 2], taken[0], sorted(held)[ROUNDS // 2])


async def _at_once(session: aiohttp.ClientSession, address: str, tenant: str) -> float:
    """Return the longest the event loop is held while so many users open a page in the same moment, in ms."""
    held = []
    page = f"{address}/tenants/{tenant}/people?state=held"
    for _ in range(ROUNDS):
        longest = [0.0]
        watching = asyncio.create_task(_watch(longest))
        await asyncio.gather(*(_open(session, page) for _ in range(AT_ONCE)))
        watching.cancel()
        held.append(longest[0] * 1000)
    return sorted(held)[ROUNDS // 2]


async def _open(
    session: aiohttp.ClientSession, address: str, *, watched: bool = False
) -> tuple[int, float, float]:
    """Return the bytes of a page, the CPU spent on it, and the longest the event loop was held: both in ms."""
    longest = [0.0]
    watching = asyncio.create_task(_watch(longest)) if watched else None
    before = time.process_time()
    async with session.get(address) as answer:
        size = len(await answer.read())
        assert answer.status == 200, (address, answer.status)
    spent = time.process_time() - before
    if watching is not None:
        watching.cancel()
    return size, spent * 1000, longest[0] * 1000


async def _watch(longest: list[float]) -> None:
    """Keep the CPU time of the longest turn of the event loop; it turns all the time for that."""
    before = time.thread_time()
    while True:
        await asyncio.sleep(0)
        now = time.thread_time()
        longest[0] = max(longest[0], now - before)
        before = now


async def _sign_in(session: aiohttp.ClientSession, link: str) -> None:
    async with session.get(link) as answer:
        found = re.search(r'name="csrf" value="([^"]+)"', await answer.text())
    assert found is not None
    password = "rain falls on tin roofs"
    fields = {"csrf": found[1], "email": "bench@acme.example", "name": "Bench", "password": password}
    async with session.post(link, data=fields, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
        assert answer.status == 200, await answer.text()


def _happened(database: Path, tenant: str, size: int, count: int, now: int) -> None:
    """Write the events, and put people into every state there is."""
    with closing(sqlite3.connect(database)) as connection, connection:
        planning._insert(connection, "events", _events(tenant, size, count, now))
        connection.execute("UPDATE counters SET event_seq = ?", (count,))
        for number, reason in enumerate(HELD):
            connection.execute(
                "UPDATE deliveries SET hold_reason = ? WHERE rowid % 500 = ?", (reason, number)
            )
        free = "UPDATE deliveries SET hold_reason = NULL, access = 'active', delivered_revision = 1"
        connection.execute(f"{free} WHERE rowid % 10 < 8 AND rowid % 500 > 3")
        connection.execute("UPDATE deliveries SET due_at = 1, hold_reason = NULL WHERE rowid % 10 = 9")
    connection.close()
    planning.recount(database)


def _events(tenant: str, size: int, count: int, now: int) -> Iterator[dict[str, Any]]:
    kinds = ("user.created", "user.updated", "delivery.update", "delivery.held", "delivery.unchanged")
    detail = json.dumps(
        {
            "request": "PATCH /Users/…",
            "user_agent": "Entra",
            "normalised": ["a boolean written as text"],
            "reasons": ["a rule won"] * 4,
            "change": {"kind": "update", "differences": []},
        }
    )
    for seq in range(1, count + 1):
        person = seq % size
        yield {
            "tenant_id": tenant,
            "seq": seq,
            "at": now - _SPAN + _SPAN * seq // count,
            "correlation_id": f"{seq // 3:032x}",
            "kind": kinds[seq % len(kinds)],
            "subject": planning._user_id(person),
            "summary": f"{people.user_name(person)}: something was done about this person",
            "detail": detail,
        }


def main() -> None:
    """Measure and print; the exit code is 1 when a page is beyond its bounds."""
    given = [int(each) for each in sys.argv[1:]]
    size, events = (*given, *(100_000, 1_000_000)[len(given) :])[:2]
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder:
        costs = asyncio.run(measure(Path(folder), size, events))
    for cost in costs:
        said = "" if cost.is_within else "BEYOND  "
        print(
            f"{cost.first_ms:8.1f} ms at first {cost.ms:6.1f} ms {cost.bytes:8,} bytes  "
            f"{cost.held_ms:6.1f} ms at a stretch  {said}{cost.page}"
        )
    sys.exit(0 if all(cost.is_within for cost in costs) else 1)


if __name__ == "__main__":
    main()
