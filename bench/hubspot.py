"""The calls an initial sync spends at HubSpot, and how well it uses the allowance: at the portal, in real time.

Counted at the gateway's own metrics, which count every call by its outcome; the portal refuses what is over its limit.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench.generator import BenchFailed, Generator
from bench.operations import GATEWAY
from bench.results import Sync
from bench.rounds import Tell
from bench.scale import Scale
from bench.servers import TENANT, Server, serving, syncline
from syncline.datafolder import DataFolder
from syncline.localsocket import ask

_CALLS = re.compile(r'^syncline_hubspot_calls_total\{channel="\w+",outcome="(\w+)"\} (\d+)', re.MULTILINE)
LOOK_EVERY = 0.25
WINDOW_SECONDS = 11.0
"""HubSpot counts over ten seconds; what came before must not."""
QUIET_SECONDS = 2.0
SYNC_SECONDS = 600


class Moment(NamedTuple):
    """The calls so far, those refused among them, and the people who are not in step yet."""

    at: float
    calls: int
    rate_limited: int
    waiting: int


def measure_sync(folder: Path, generator: Generator, scale: Scale, tell: Tell) -> Sync:
    """Sync everybody for the first time, then write everybody once more without a change."""
    with serving(folder / "portal", None, "portal", "serve", record="portal.json") as (_, portal_port):
        portal = f"http://127.0.0.1:{portal_port}"
        account = syncline(folder / "portal", "portal", "account", "create", TENANT)
        tell("HubSpot: people who are there before")
        _add_by_api(portal, account["access_token"], scale.account_users)
        time.sleep(WINDOW_SECONDS if scale.account_users > 10 else 0)
        with _connected(folder / "gateway", portal, account["access_token"]) as (server, limit):
            return _sync(server, folder / "gateway", limit, generator, scale, tell)


@contextlib.contextmanager
def _connected(data: Path, portal: str, access_token: str) -> Iterator[tuple[Server, dict[str, Any]]]:
    """Run a gateway whose one tenant is connected and has its leaver policy; yields the account's limit too."""
    with serving(data, None, "serve") as (process, port):
        syncline(data, "tenant", "create", TENANT)
        credentials = ("--base-url", portal, "--access-token", access_token)
        limit = syncline(data, "connection", "set", TENANT, *credentials)["limit"]
        syncline(data, "policy", "set", TENANT, "--deactivated", "deactivate")
        token = syncline(data, "token", "create", TENANT)["token"]
        yield Server(GATEWAY, process.pid, port, "/scim/v2", token), limit


def _sync(
    server: Server, data: Path, limit: dict[str, Any], generator: Generator, scale: Scale, tell: Tell
) -> Sync:
    tell(f"HubSpot: {scale.sync_users} people come in")
    generator.meet(server)
    generator.fill(server, scale.sync_users)
    syncline(data, "tenant", "mode", TENANT, "plan")
    syncline(data, "plan", "approve", TENANT)
    syncline(data, "tenant", "mode", TENANT, "live")
    watched = list(_until_in_step(server, data, scale.sync_users, tell))
    begun, backlogged = watched[0], [each for each in watched if each.waiting > 0]
    tell("HubSpot: everybody once more, unchanged")
    writes = generator.same_again(server)
    time.sleep(QUIET_SECONDS)
    after = _look(server, data, scale.sync_users)
    return Sync(
        people=scale.sync_users,
        account=scale.account_users + 1,
        calls=watched[-1].calls,
        unchanged_writes=writes,
        unchanged_calls=after.calls - watched[-1].calls,
        allowance_per_second=limit["allowance"] / (limit["interval_ms"] / 1000),
        backlog_seconds=backlogged[-1].at - begun.at,
        backlog_calls=backlogged[-1].calls - begun.calls,
        rate_limited=watched[-1].rate_limited,
    )


def _until_in_step(server: Server, data: Path, people: int, tell: Tell) -> Iterator[Moment]:
    deadline = time.monotonic() + SYNC_SECONDS
    while time.monotonic() < deadline:
        moment = _look(server, data, people)
        tell(f"HubSpot: {moment.waiting} people wait, {moment.calls} calls so far")
        yield moment
        if not moment.waiting:
            return
        time.sleep(LOOK_EVERY)
    raise BenchFailed(f"The initial sync did not end within {SYNC_SECONDS} s.")


def _look(server: Server, data: Path, people: int) -> Moment:
    record = DataFolder(data).record()
    if record is None:
        raise BenchFailed("The gateway has ended.")
    shown = ask(Path(record.socket), "tenant.show", {"tenant": TENANT}, actor="bench")
    # The calls are read after the people, so that whoever is in step has his call counted.
    waiting = people - shown["deliveries"]["in_step"]
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10) as answer:
        counted = {outcome: int(calls) for outcome, calls in _CALLS.findall(answer.read().decode())}
    return Moment(time.monotonic(), sum(counted.values()), counted.get("rate_limited", 0), waiting)


def _add_by_api(portal: str, access_token: str, people: int) -> None:
    """Add people as another app does, in one burst below the limit."""
    for number in range(people):
        _post(
            f"{portal}/settings/users/2026-03",
            access_token,
            {"email": f"colleague.{number}@partner.example", "sendWelcomeEmail": False},
        )


def _post(url: str, access_token: str, body: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {access_token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()
