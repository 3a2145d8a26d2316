"""What a plan over many people costs, and what it does to SCIM writes meanwhile: in this process, on SQLite.

`python -m bench.planning` prints it; `make bench` holds it against the bound.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import orjson

from bench import people
from bench.results import Planned
from bench.scale import QUICK, Scale
from syncline.bootstrap.gateway import Gateway, open_gateway
from syncline.clock import SystemClock
from syncline.gateway.domain.account import Account, AccountUser, PermissionSet, Team
from syncline.gateway.domain.grant import StaticToken
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.operations import run_operation
from syncline.gateway.services.ports import Actor, Connection
from syncline.gateway.services.provisioning import TenantDirectory
from syncline.gateway.store.counted import counted_as
from syncline.httpserver import COLLECT_EVERY
from syncline.scim.dialects import Notes
from syncline.scim.patch import parse_patch
from syncline.scim.schemas import USER
from syncline.scimserver.store import Exchange
from syncline.settings import read_settings

TENANT = "bench"
DEPARTMENTS = tuple(f"Department {number}" for number in range(20))
RULES = 50
GROUPS = 40
SETS = tuple(PermissionSet(f"set-{number}", f"Set {number}") for number in range(30))
TEAMS = tuple(Team(f"team-{number}", f"Team {number}") for number in range(40))
ACCOUNT = Account(portal_id=1, permission_sets=SETS, teams=TEAMS)
ALONE, BESIDE_RULE = 8, 16
"""How long is written alone, twice in a round, and beside a change of the rules: in times of the scale's `seconds`."""
BETWEEN = 0.004
"""Seconds between two writes: some two hundred in a second."""
WRITTEN = 40
"""People whom the writes are about."""


def measure_plan(folder: Path, scale: Scale) -> Planned:
    """Make a plan over so many people, a preview of one rule, and SCIM writes beside a plan and a change of rules."""
    # As the server does.
    sys.setswitchinterval(0.001)
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)
    return asyncio.run(_measure(folder, scale))


async def _measure(folder: Path, scale: Scale) -> Planned:
    size = scale.plan_people
    async with _gateway(folder) as opened:
        created = await _run(opened, "tenant.create", name=TENANT)
        tenant_id = TenantId(created["id"])
        await _connect(opened, tenant_id)
    _add_groups(folder / "gateway.db", str(tenant_id))
    async with _gateway(folder) as opened:
        await _add_rules(opened)
    _fill(folder / "gateway.db", str(tenant_id), size)
    async with _gateway(folder) as opened:
        spent, plan = await _timed(_run(opened, "plan.show", tenant=TENANT))
        rule = {
            "attribute": "department",
            "equals": DEPARTMENTS[0],
            "permission_set": "Set 29",
            "position": 1,
        }
        twice, preview = await _timed(
            _run(opened, "plan.preview", tenant=TENANT, change="rule.add", arguments=rule)
        )
    rounds = [await _round(folder, tenant_id, number, scale.seconds) for number in range(scale.rounds)]
    assert sum(plan["counts"].values()) == size, plan["counts"]
    assert preview["would_change"] > 0
    return Planned(
        people=size,
        plan_seconds=spent,
        preview_seconds=twice,
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        write_ms=_middle(each.alone for each in rounds),
        beside_plan=_middle(each.beside_plan / each.alone for each in rounds),
        beside_rule=_middle(each.beside_rule / each.alone for each in rounds),
        decided=min(each.decided for each in rounds),
    )


@dataclass(frozen=True, slots=True)
class _Round:
    """How long SCIM writes take, the 99th percentile in milliseconds, and how many people were decided meanwhile."""

    alone: float
    beside_plan: float
    beside_rule: float
    decided: int


async def _round(folder: Path, tenant_id: TenantId, number: int, seconds: float) -> _Round:
    """Write alone, beside a plan, alone, and beside a change of the rules that concerns everybody: as in a server."""
    async with _gateway(folder, deliver=True) as opened:
        directory = TenantDirectory(tenant_id, opened.store.directory, opened.clock, lambda _tenant: None)
        before = await _writes(directory, asyncio.sleep(ALONE * seconds))
        beside_plan = await _writes(directory, _run(opened, "plan.show", tenant=TENANT))
        after = await _writes(directory, asyncio.sleep(ALONE * seconds))
        await _add_rule(opened, RULES + number)
        beside_rule = await _writes(directory, asyncio.sleep(BESIDE_RULE * seconds))
    with closing(sqlite3.connect(folder / "gateway.db")) as connection:
        newest = "(SELECT placement_epoch FROM tenants)"
        (decided,) = connection.execute(
            f"SELECT count(*) FROM deliveries WHERE decided_epoch = {newest}"
        ).fetchone()
    return _Round(_p99(before + after), _p99(beside_plan), _p99(beside_rule), decided)


async def _timed(work: Any) -> tuple[float, Any]:
    before = sum(os.times()[:4])
    result = await work
    return sum(os.times()[:4]) - before, result


async def _writes(directory: TenantDirectory, work: Any) -> list[float]:
    """Write one after the other until the work is done; returns how long each took, in milliseconds."""
    task = asyncio.ensure_future(work)
    taken: list[float] = []
    while not task.done():
        taken.append(await _write(directory, len(taken)))
        await asyncio.sleep(BETWEEN)
    await task
    return taken


async def _write(directory: TenantDirectory, number: int) -> float:
    """Change a title; returns how long the answer took, in milliseconds."""
    body = people.one_change(number + time.monotonic_ns())
    exchange = Exchange(correlation_id="bench", method="PATCH", path="/Users")
    begun = time.perf_counter()
    await directory.patch(
        exchange, USER, _user_id(number % WRITTEN), parse_patch(USER, body, Notes()), None, frozenset()
    )
    return (time.perf_counter() - begun) * 1000


def _middle(values: Iterable[float]) -> float:
    return statistics.median(values)


def _p99(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100)[98] if len(taken) >= 100 else max(taken, default=0.0)


@asynccontextmanager
async def _gateway(folder: Path, *, deliver: bool = False) -> AsyncIterator[Gateway]:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    settings = read_settings({}, data=str(folder))
    async with open_gateway(
        settings, lambda: "http://bench.test", deliver=deliver, clock=SystemClock()
    ) as opened:
        yield opened


async def _run(opened: Gateway, operation: str, **arguments: Any) -> dict[str, Any]:
    return await run_operation(opened.operations, operation, "bench", arguments)


async def _connect(opened: Gateway, tenant_id: TenantId) -> None:
    now = opened.clock.now()
    connection = Connection(
        tenant_id=tenant_id,
        portal_id=1,
        base_url="http://127.0.0.1:1",
        credential=StaticToken("none"),
        scim_base_url=None,
        scim_token=None,
        account=ACCOUNT,
        account_read_at=now + 3_600_000,
        trouble=None,
        trouble_detail=None,
    )
    await opened.store.setup.set_connection(connection, Actor("bench", now))


async def _add_rules(opened: Gateway) -> None:
    await _run(opened, "policy.set", tenant=TENANT, deactivated="remove", match_role_names=True)
    for number in range(RULES):
        await _add_rule(opened, number)


async def _add_rule(opened: Gateway, number: int) -> None:
    match number % 3:
        case 0:
            condition = {"attribute": "department", "equals": DEPARTMENTS[number % len(DEPARTMENTS)]}
        case 1:
            condition = {"group": f"group-{number % GROUPS}"}
        case _:
            condition = {"role": f"Role {number}"}
    await _run(
        opened,
        "rule.add",
        tenant=TENANT,
        **condition,
        permission_set=f"Set {number % len(SETS)}",
        primary_team=f"Team {number % len(TEAMS)}",
    )


def _user_id(number: int) -> str:
    return f"user-{number:07d}"


def _add_groups(database: Path, tenant_id: str) -> None:
    """Write the groups that rules look at straight into their table."""
    with closing(sqlite3.connect(database)) as connection, connection:
        _insert(connection, "groups", (_group(tenant_id, number) for number in range(GROUPS)))


def _fill(database: Path, tenant_id: str, size: int) -> None:
    """Write the people straight into the tables: three in four are known to HubSpot, half are ours already."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for table, row_of in (
            ("users", _user_row),
            ("deliveries", _delivery_row),
            ("account_users", _account_row),
            ("members", _member_row),
        ):
            rows = (row_of(tenant_id, number) for number in range(size))
            _insert(connection, table, (row for row in rows if row is not None))
        connection.execute("UPDATE counters SET users = ?, ordinal = ?", (size, size))
        connection.execute("UPDATE deliveries SET decided_epoch = (SELECT placement_epoch FROM tenants)")
    connection.close()
    recount(database)


def recount(database: Path) -> None:
    """Keep the counts of what was written past the gateway's writer."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.row_factory = sqlite3.Row
        rows = map(dict, connection.execute("SELECT * FROM deliveries"))
        counts = Counter(kind for kind in map(counted_as, rows) if kind is not None)
        connection.execute("UPDATE counters SET backlog = ?", (json.dumps(counts),))
        members = "SELECT count(*) FROM members m WHERE m.tenant_id = g.tenant_id AND m.group_id = g.id"
        connection.execute(f"UPDATE groups AS g SET members = ({members})")
    connection.close()


def _insert(connection: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any] | None]) -> None:
    first = next(rows, None)
    if first is None:
        return
    names = ", ".join(first)
    marks = ", ".join(f":{name}" for name in first)
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"
    connection.execute(statement, first)
    connection.executemany(statement, rows)  # type: ignore[arg-type]


def _document(number: int) -> dict[str, Any]:
    body = people.user(number)
    body["roles"] = [{"value": f"Role {number % 60}", "primary": True}]
    body[people.ENTERPRISE] = {**body[people.ENTERPRISE], "department": DEPARTMENTS[number % 20]}
    return body


def _user_row(tenant_id: str, number: int) -> dict[str, Any]:
    name = people.user_name(number)
    return {
        "tenant_id": tenant_id,
        "id": _user_id(number),
        "version": 1,
        "ordinal": number + 1,
        "user_name_key": name,
        "delivery_key": name,
        "active": True,
        "document": orjson.dumps(_document(number)),
        "created_at": 1,
        "modified_at": 1,
    }


def _delivery_row(tenant_id: str, number: int) -> dict[str, Any]:
    name = people.user_name(number)
    ours = number % 2 == 0
    return {
        "tenant_id": tenant_id,
        "key": name,
        "email": name,
        "wanted_email": name,
        "user_id": _user_id(number),
        "intent": "present",
        "desired_revision": 1,
        "delivered_revision": 0,
        "decided_epoch": 0,
        "urgency": 1,
        "attempts": 0,
        "correlation_id": f"bench-{number}",
        "hubspot_id": str(number) if ours else None,
        "origin": "created" if ours else None,
        "access": "active" if ours else "none",
        "hold_reason": "plan-mode",
        "may_reactivate": False,
    }


def _account_row(tenant_id: str, number: int) -> dict[str, Any] | None:
    if number % 4 == 3:
        return None
    user = AccountUser(
        hubspot_id=str(number),
        email=people.user_name(number),
        first_name=f"Person {number}",
        last_name="Bench",
        permission_set_ids=(SETS[number % len(SETS)].id,),
        primary_team_id=TEAMS[number % len(TEAMS)].id,
    )
    return {
        "tenant_id": tenant_id,
        "hubspot_id": user.hubspot_id,
        "email_key": user.email,
        "document": msgspec.json.encode(user).decode(),
        "read_at": 1,
    }


def _member_row(tenant_id: str, number: int) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "group_id": f"group-{number % GROUPS}",
        "value": _user_id(number),
        "document": orjson.dumps({"value": _user_id(number)}),
    }


def _group(tenant_id: str, number: int) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "id": f"group-{number}",
        "version": 1,
        "ordinal": number + 1,
        "display_name_key": f"group {number}",
        "document": orjson.dumps({"schemas": [people.GROUP], "displayName": f"Group {number}"}),
        "created_at": 1,
        "modified_at": 1,
    }


def main() -> None:
    """Measure a plan over so many people as the command line says, 100,000 without a word."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder:
        found = measure_plan(Path(folder), replace(QUICK, plan_people=size))
        print(json.dumps(msgspec.to_builtins(found), indent=2))


if __name__ == "__main__":
    main()
