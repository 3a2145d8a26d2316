"""Fewer seats are bought than people need. Nobody is refused over and over; who waits is next when one comes free."""

from __future__ import annotations

from typing import Any

import aiohttp

from syncline.demo.checks import Check
from syncline.gateway.domain.holds import HoldReason
from syncline.portal import administration
from syncline.scenarios.stage import HOUR, TENANT, Stage

SENTENCE = (
    "A rule gives a seat to more people than seats are bought. Whoever finds none waits, and is next in turn."
)
PEOPLE = 30
ACCOUNT = {"scopes": ["settings.billing.write"]}
ROLE = "User"
SEAT = "Sales Hub"
BOUGHT = 4
BOUGHT_LATER = 3


async def play(stage: Stage) -> list[Check]:
    """Give seats by rule, let somebody who has one leave, then buy some more and touch nothing else."""
    needed = sorted(
        user.user_principal_name for user in stage.company.in_scope() if ROLE in _roles(stage, user)
    )
    await _buy(stage, BOUGHT)
    await stage.run("seats.list")
    await stage.run("rule.add", role=ROLE, seat=SEAT, position=1)
    await stage.drained()
    first, waiting = await _holders(stage), await stage.held(HoldReason.NO_SEAT_FREE.value)
    leaver = next(user for user in stage.company.in_scope() if user.user_principal_name == first[0])
    stage.company.unassign(leaver)
    await stage.cycle()
    await stage.drained()
    after_leaver = await _holders(stage)
    await _buy(stage, BOUGHT + BOUGHT_LATER)
    await stage.wait(2 * HOUR)
    await stage.drained()
    at_last = await _holders(stage)
    retries = (await stage.run("events.list", kind="delivery.retry"))["events"]
    return [
        Check("seats given", BOUGHT, len(first)),
        Check("everybody else waits, with the reason", sorted(set(needed) - set(first)), waiting),
        Check("a leaver's seat goes to who waited first", sorted([*first[1:], waiting[0]]), after_leaver),
        Check("seats bought later go to the next, by themselves", BOUGHT + BOUGHT_LATER, len(at_last)),
        Check("in their order", sorted([*after_leaver, *waiting[1 : 1 + BOUGHT_LATER]]), at_last),
        Check("seats bought by Syncline", BOUGHT + BOUGHT_LATER, await _bought(stage)),
        Check("calls that HubSpot refused for want of a seat", [], retries),
        Check("people other than the directory says", [], await stage.wrong()),
    ]


async def _holders(stage: Stage) -> list[str]:
    """Return who holds the seat by HubSpot's own word; a deactivated user's does not count."""
    seen = await stage.seen()
    found: list[str] = []
    query = {"limit": "100"}
    headers = {"Authorization": f"Bearer {stage.credentials['access_token']}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        while query:
            page = await stage.play(_page(session, f"{stage.portal_url}/settings/users/2026-09-beta", query))
            found += [each["email"] for each in page["results"] if SEAT in each["seatNames"]]
            after = page.get("paging", {}).get("next", {}).get("after")
            query = {"limit": "100", "after": after} if after else {}
    return sorted(each for each in found if each in seen and not seen[each].deactivated)


async def _page(session: aiohttp.ClientSession, url: str, query: dict[str, str]) -> dict[str, Any]:
    async with session.get(url, params=query) as response:
        page: dict[str, Any] = await response.json()
        return page


async def _buy(stage: Stage, seats: int) -> None:
    """Buy seats as people do: in HubSpot."""
    change = administration.change_account(stage.portal, stage.clock, TENANT, seats={SEAT: str(seats)})
    await stage.play(change)


async def _bought(stage: Stage) -> int:
    account = await stage.play(administration.show_account(stage.portal, TENANT))
    return next(int(each["purchased"]) for each in account["seats"] if each["name"] == SEAT)


def _roles(stage: Stage, user: Any) -> set[str]:
    return {role.value for role in stage.company.app_roles(user.object_id)}
