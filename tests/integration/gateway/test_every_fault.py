"""Every fault the portal can order, on both databases: met as what it is, and nobody is lost or wrong in the end.

A working day goes by under each fault: Eve arrives, Ada gets another role and team, Bob leaves (and becomes a SCIM user
of HubSpot on the way), Cyd, who had left, comes back. Where a person has to help, the row says what he does. How people
stand is read at the portal.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from syncline.gateway.hubspot.client import TOTAL_SECONDS
from syncline.portal import administration
from syncline.portal.faults.order import POLICIES, FaultKind
from tests.support.world import ENTERPRISE, TENANT, World, world

WRITES = (
    "POST /settings/users/2026-03",
    "PUT /settings/users/2026-03/*",
    "POST /scim/v2/Users",
    "PATCH /scim/v2/Users/*",
)
"""What the day's changes are made by: a fault ordered by call strikes each of these once."""
WINDOW_SECONDS = 20
BILLING = "settings.billing.write"
CALLBACK = "http://gateway.test/oauth/callback"

Person = tuple[str, str | None, bool]
"""Permission set and team by name, and whether he can sign in."""
EVENING: Mapping[str, Person] = {
    "ada": ("Manager", "Marketing", True),
    "bob": ("Standard User", "Sales", False),
    "cyd": ("Standard User", "Sales", True),
    "eve": ("Sales Hub Seat", "Sales", True),
}


@dataclass(frozen=True)
class Trouble:
    """One fault, and how the gateway must meet it."""

    kind: FaultKind
    met_as: frozenset[str] = frozenset()
    """The codes of `hubspot/failures.py` it goes down in the log as; none for what only takes time."""
    details: Mapping[str, Any] = field(default_factory=dict)
    calls: tuple[str, ...] = WRITES
    held: Mapping[str, str] = field(default_factory=dict)
    """Who waits for a person, and why."""
    stops: bool = False
    """Nothing more goes out for the tenant until a person has helped."""
    remedy: Callable[[World], Awaitable[None]] | None = None
    evening: Mapping[str, Person] = field(default_factory=dict)
    """What differs at the end from the same day without the fault."""

    @property
    def name(self) -> str:
        return "-".join([self.kind.value, *(str(value) for value in self.details.values())]).replace(" ", "_")


async def connect_anew(acme: World) -> None:
    """Get another token, as a super admin would, and give it to the gateway."""
    store, clock, url = acme.hubspot.store, acme.clock, acme.hubspot.url
    app = await administration.create_app(store, clock, TENANT, redirect_uris=[CALLBACK], scopes=SCOPES)
    code = await administration.grant_app(
        store, clock, TENANT, "admin@acme.example",
        client_id=app["client_id"], redirect_uri=CALLBACK, scope=" ".join(SCOPES),
    )  # fmt: skip
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **_secret(app)}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/oauth/2026-03/token", data=form) as response,
    ):
        acme.hubspot.credentials["access_token"] = (await response.json())["access_token"]
    await acme.connect()


def _secret(app: Mapping[str, Any]) -> dict[str, str]:
    return {"client_id": app["client_id"], "client_secret": app["client_secret"]}


SCOPES = (
    "oauth",
    "settings.users.read",
    "settings.users.write",
    "settings.users.teams.read",
    "crm.objects.owners.read",
    BILLING,
)


async def point_the_rule_elsewhere(acme: World) -> None:
    await acme.run("connection.check", tenant=TENANT)
    await acme.rest()
    assert {"ada@acme.example": "permission-set-missing"} == await acme.held()
    rules = (await acme.run("rule.list", tenant=TENANT))["rules"]
    boss = next(rule for rule in rules if "Boss" in rule["when"])
    await acme.run("rule.remove", tenant=TENANT, rule_id=boss["id"])
    await acme.run("rule.add", tenant=TENANT, role="Boss", permission_set="Marketing User")


async def buy_seats(acme: World) -> None:
    await acme.hubspot.change(seats={"Sales Hub": "unlimited"})
    await acme.run("role.default", tenant=TENANT, name="Standard User")


async def look_and_go_on(acme: World) -> None:
    assert "permission set" in (await acme.run("connection.show", tenant=TENANT))["trouble"]
    await acme.run("connection.check", tenant=TENANT)
    await acme.run("tenant.mode", tenant=TENANT, mode="live")


LOST = frozenset({"REPLY_LOST", "NO_REPLY"})
NETWORK = (
    Trouble(FaultKind.LATENCY, details={"milliseconds": 4_000}),
    Trouble(FaultKind.BANDWIDTH, details={"bytes": 2_000}),
    Trouble(FaultKind.SLICED, details={"bytes": 40, "milliseconds": 5}),
    Trouble(FaultKind.SLOW_CLOSE, details={"milliseconds": 2_000}),
    Trouble(FaultKind.DOWN, LOST),
    Trouble(FaultKind.RESET, LOST),
    Trouble(FaultKind.TIMEOUT, LOST),
    Trouble(FaultKind.TIMEOUT, LOST, details={"milliseconds": 3_000}),
    Trouble(FaultKind.LOST_REPLY, LOST),
    Trouble(FaultKind.TRUNCATED, frozenset({"UNREADABLE_REPLY"})),
    Trouble(FaultKind.ERROR, frozenset({"UNAVAILABLE"}), details={"status": 503, "retry_after": 7}),
    *(
        Trouble(FaultKind.ERROR, frozenset({"SERVER_ERROR"}), details={"status": status})
        for status in (500, 502, 504)
    ),
    *(
        Trouble(FaultKind.RATE_LIMIT, frozenset({"RATE_LIMITED"}), details={"policy": policy})
        for policy in POLICIES
    ),
)
BEHIND_OUR_BACK = (
    Trouble(
        FaultKind.RENAME_PERMISSION_SET,
        details={"name": "Manager", "to": "Boss"},
        calls=("PUT *",),
        evening={"ada": ("Boss", "Marketing", True)},
    ),
    Trouble(
        FaultKind.RENAME_PERMISSION_SET,
        frozenset({"PERMISSION_SET_CHANGED_BY_SCIM"}),
        details={"name": "Standard User", "to": "Everybody"},
        calls=("POST /scim/v2/Users",),
        stops=True,
        remedy=look_and_go_on,
        evening={"bob": ("", "Sales", False), "cyd": ("Everybody", "Sales", True)},
    ),
    Trouble(
        FaultKind.DELETE_PERMISSION_SET,
        frozenset({"UNKNOWN_PERMISSION_SET"}),
        details={"name": "Manager"},
        calls=("PUT *",),
        held={"ada@acme.example": "permission-set-missing"},
        remedy=point_the_rule_elsewhere,
        evening={"ada": ("Marketing User", "Marketing", True)},
    ),
    Trouble(
        FaultKind.REVOKE_GRANT,
        frozenset({"INVALID_AUTHENTICATION"}),
        calls=("PUT *",),
        stops=True,
        remedy=connect_anew,
    ),
    Trouble(
        FaultKind.SEATS_OUT,
        frozenset({"NO_SEAT_AVAILABLE"}),
        details={"name": "Sales Hub"},
        calls=("POST /settings/*",),
        held={"eve@acme.example": "refused-by-hubspot"},
        remedy=buy_seats,
    ),
)
TROUBLES = (*NETWORK, *BEHIND_OUR_BACK)


def test_no_kind_of_fault_is_missing() -> None:
    assert set(FaultKind) == {trouble.kind for trouble in TROUBLES}
    assert set(POLICIES) == {
        trouble.details["policy"] for trouble in TROUBLES if trouble.kind is FaultKind.RATE_LIMIT
    }


@pytest.fixture
async def acme(tmp_path: Path, acme_url: str | None, trouble: Trouble) -> AsyncIterator[World]:
    """A live tenant with Ada and Bob, and Cyd who has left; what Eve will get is approved.

    Only where nothing but patience ends a call it is short, so that a slow machine adds no fault of its own.
    """
    never = trouble.kind is FaultKind.TIMEOUT and not trouble.details
    async with world(
        tmp_path,
        database_url=acme_url,
        account={"scopes": [BILLING]},
        patience_seconds=1 if never else TOTAL_SECONDS,
    ) as made:
        await made.run("role.default", tenant=TENANT, name="Standard User")
        await made.run("rule.add", tenant=TENANT, role="Boss", permission_set="Manager")
        await made.run("rule.add", tenant=TENANT, role="Seller", permission_set="Sales Hub Seat")
        for team in ("Sales", "Marketing"):
            await made.run("rule.add", tenant=TENANT, attribute="department", equals=team, primary_team=team)
        await made.go_live()
        for name in ("ada", "bob", "cyd"):
            await arrives(made, name)
        await made.rest()
        await made.set_user(await id_of(made, "cyd"), "active", False)
        await made.rest()
        yield made


async def arrives(acme: World, name: str, **attributes: Any) -> None:
    await acme.add_user(
        f"{name}@acme.example",
        name={"givenName": name.title(), "familyName": "Byron"},
        **{ENTERPRISE: {"department": "Sales"}},
        **attributes,
    )


async def id_of(acme: World, name: str) -> str:
    found: str = (await acme.run("users.show", tenant=TENANT, user=f"{name}@acme.example"))["id"]
    return found


async def a_day(acme: World) -> None:
    await arrives(acme, "eve", roles=[{"value": "Seller", "primary": True}])
    await acme.drain()
    await acme.run("approvals.grant", tenant=TENANT, user="eve@acme.example")
    ada = await id_of(acme, "ada")
    await acme.set_user(ada, "roles", [{"value": "Boss", "primary": True}])
    await acme.set_user(ada, f"{ENTERPRISE}:department", "Marketing")
    await acme.set_user(await id_of(acme, "bob"), "active", False)
    await acme.set_user(await id_of(acme, "cyd"), "active", True)


async def met_as(acme: World) -> set[str]:
    """Return the failures in the provisioning log."""
    events = (await acme.run("events.list", tenant=TENANT, kind="delivery.", limit=500))["events"]
    return {event["detail"]["failure"] for event in events if "failure" in event["detail"]}


async def at_the_portal(acme: World) -> dict[str, Person]:
    users = await acme.hubspot.users()
    return {
        email.removesuffix("@acme.example"): (user["permission_set"], user["team"], user["active"])
        for email, user in users.items()
        if email != "admin@acme.example"
    }


async def ends_well(acme: World, trouble: Trouble) -> None:
    if trouble.stops:
        assert await acme.drain() is not None
        assert "healthy" != (await acme.run("connection.show", tenant=TENANT))["health"]
    else:
        await acme.rest()
    seen = await met_as(acme)
    held = await acme.held()
    if trouble.remedy is not None:
        await trouble.remedy(acme)
        await acme.rest()

    assert (set(trouble.met_as), dict(trouble.held)) == (seen, held)
    assert {**EVENING, **trouble.evening} == await at_the_portal(acme)
    shown = await acme.run("tenant.show", tenant=TENANT)
    assert {"in_step": 4, "waiting": 0, "retrying": 0, "held": 0} == shown["deliveries"]
    connection = await acme.run("connection.show", tenant=TENANT)
    assert ("healthy", None) == (connection["health"], connection["trouble"])


@pytest.mark.each_database
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
async def test_a_day_ends_well_though_a_call_of_each_sort_is_struck(acme: World, trouble: Trouble) -> None:
    for call in trouble.calls:
        await acme.hubspot.order(trouble.kind.value, call=call, **trouble.details)

    await a_day(acme)

    await ends_well(acme, trouble)


@pytest.mark.each_database
@pytest.mark.parametrize("trouble", NETWORK, ids=lambda trouble: trouble.name)
async def test_a_day_ends_well_though_nothing_works_for_a_while(acme: World, trouble: Trouble) -> None:
    await acme.hubspot.order(trouble.kind.value, for_seconds=WINDOW_SECONDS, **trouble.details)

    await a_day(acme)

    await ends_well(acme, trouble)
