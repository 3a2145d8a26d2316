"""How long people wait for HubSpot when many changes wait: in compressed time, against the portal's own limits.

The gateway, its drain and its budget are the real ones, and so are the portal's limits; HubSpot takes a quarter of a
second for each call. Only the waiting is cut short, by a clock that leaps when nobody is at work.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

from bench.results import Backlog, Deactivations
from bench.rounds import Tell
from syncline.clock import Milliseconds
from syncline.portal import administration
from syncline.portal.domain.activity import Happening
from syncline.portal.store.activity_reads import Slice, activities_of
from syncline.scenarios.stage import HOUR, TENANT, Stage, stage

CALL_MS = 250
AT_ONCE = 32
COMPANY = 120
"""People who are at HubSpot before the many come; some of them leave."""
LEAVERS = 100
BETWEEN: Milliseconds = 3_000
TYPE = "application/scim+json"


def measure_backlog(people: int, *, oauth: bool, tell: Tell) -> Backlog:
    """Let that many people come in at once and wait until everybody is at HubSpot."""
    return asyncio.run(_initial_sync(people, oauth=oauth, tell=tell))


def measure_deactivations(people: int, tell: Tell) -> Deactivations:
    """Deactivate somebody every three seconds while that many wait, and look when HubSpot knew."""
    return asyncio.run(_deactivations(people, tell))


async def _initial_sync(people: int, *, oauth: bool, tell: Tell) -> Backlog:
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder:
        async with stage(Path(folder), people=2, seed=7, oauth=oauth) as opened:
            tell(f"backlog: {people} people come in")
            await _slow_down(opened)
            await _come_in(opened, people)
            begun = opened.clock.now()
            tell(f"backlog: {people} people on their way to HubSpot")
            await opened.drained(within=4 * HOUR)
            minutes = (max((await _moments(opened, Happening.ADD_USER)).values()) - begun) / 60_000
            seen = await opened.seen()
            wrong = sum(_name(number) not in seen for number in range(people)) + len(await opened.wrong())
            return Backlog(people, 110 if oauth else 190, minutes, wrong)


async def _deactivations(people: int, tell: Tell) -> Deactivations:
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as folder:
        async with stage(Path(folder), people=COMPANY, seed=7) as opened:
            await opened.run("policy.set", deletion_threshold=LEAVERS)
            await _slow_down(opened)
            tell(f"backlog: {people} people come in")
            await _come_in(opened, people)
            tell(f"backlog: {LEAVERS} people leave")
            left = await _leave(opened)
            waiting = (await opened.deliveries())["waiting"]
            known = await _moments(opened, Happening.DEACTIVATE_USER)
            seconds = sorted((known[user] - at) / 1_000 for user, at in left.items() if user in known)
            return Deactivations(people, waiting, len(left) - len(seconds), seconds)


async def _slow_down(opened: Stage) -> None:
    order = administration.add_fault(
        opened.portal, opened.clock, TENANT, "latency", milliseconds=CALL_MS, times=0
    )
    await opened.play(order)


async def _come_in(opened: Stage, people: int) -> None:
    """Create SCIM users as fast as the gateway takes them; time stands still meanwhile."""
    slots = asyncio.Semaphore(AT_ONCE)
    async with _identity_provider(opened) as session:

        async def create(number: int) -> None:
            async with slots, session.post("Users", json=_user(_name(number))) as answer:
                answer.raise_for_status()

        await asyncio.gather(*map(create, range(people)))


async def _leave(opened: Stage) -> dict[str, Milliseconds]:
    """Deactivate people one after the other; returns the moment of each by HubSpot's id."""
    seen = await opened.seen()
    left: dict[str, Milliseconds] = {}
    async with _identity_provider(opened) as session:
        for user in opened.company.in_scope()[:LEAVERS]:
            query = {"filter": f'userName eq "{user.user_principal_name}"', "attributes": "id"}
            async with session.get("Users", params=query) as answer:
                found = (await answer.json(content_type=None))["Resources"][0]["id"]
            body = {"schemas": [_PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]}
            left[seen[user.user_principal_name].id] = opened.clock.now()
            async with session.patch(f"Users/{found}", json=body) as answer:
                answer.raise_for_status()
            await opened.wait(BETWEEN)
    await opened.wait(BETWEEN)
    return left


def _identity_provider(opened: Stage) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {opened.token}", "Content-Type": TYPE}
    return aiohttp.ClientSession(f"{opened.gateway_url}/scim/v2/", headers=headers)


def _name(number: int) -> str:
    return f"newcomer.{number}@acme.example"


def _user(name: str) -> dict[str, Any]:
    return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": True}


async def _moments(opened: Stage, happening: Happening) -> dict[str, Milliseconds]:
    """Return whom it happened to and when, by HubSpot's own log.

    It is read where it is kept: asked for at the API, it would compete with the calls that wait.
    """
    portal_id, whole = opened.credentials["portal_id"], Slice(limit=_MOST_EVENTS)
    found = await opened.portal.reader.scan(lambda connection: activities_of(connection, portal_id, whole))
    return {
        each.object_id: each.at for each in found if each.type is happening and each.object_id is not None
    }


_MOST_EVENTS = 1_000_000
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
