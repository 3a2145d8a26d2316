"""A gateway that dies before any of its writes or calls: started again, it ends where the newest intent says.

Every step of a delivery is tried as the last one, and after the restart the identity provider may have thought better.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.tenant import TenantId
from tests.support.clock import LeapingClock
from tests.support.mortal import mortal
from tests.support.world import ENTERPRISE, TENANT, HubSpotAccount, World, gateway, portal

MOST_STEPS = 40


@dataclass
class Person:
    """Somebody as the identity provider knows him."""

    acme: World
    number: int
    user_id: str = ""
    email: str = ""
    team: str = "Sales"
    active: bool = True

    async def join(self) -> None:
        """Be created, also once more after having been deleted."""
        self.email, self.team, self.active = f"user{self.number}@acme.example", "Sales", True
        name = {"givenName": "Ada", "familyName": "L"}
        created = await self.acme.add_user(self.email, name=name, **{ENTERPRISE: {"department": self.team}})
        self.user_id = created.id

    async def move(self) -> None:
        """Change the department, and so the team; whoever is gone comes back before."""
        await self.back()
        self.team = "Marketing"
        await self.acme.set_user(self.user_id, f"{ENTERPRISE}:department", self.team)

    async def rename(self) -> None:
        """Get another address."""
        await self.back()
        self.email = f"new.{self.email}"
        await self.acme.set_user(self.user_id, "userName", self.email)

    async def switch(self) -> None:
        """Be deactivated, or activated again."""
        await self.back()
        self.active = not self.active
        await self.acme.set_user(self.user_id, "active", self.active)

    async def leave(self) -> None:
        """Be deleted."""
        await self.acme.delete_user(self.user_id)
        self.user_id, self.active = "", False

    async def back(self) -> None:
        """Be there again, for whoever was deleted."""
        if not self.user_id:
            await self.join()

    async def leave_or_back(self) -> None:
        """Be deleted, or, gone already, come back."""
        await (self.leave() if self.user_id else self.back())

    async def nothing(self) -> None:
        """Stay as he is."""


Turn = Callable[[Person], Awaitable[None]]
TURNS: dict[str, tuple[Turn, ...]] = {
    "created": (Person.join,),
    "moved": (Person.join, Person.move),
    "renamed": (Person.join, Person.rename),
    "deactivated": (Person.join, Person.switch),
    "reactivated": (Person.join, Person.switch, Person.switch),
    "removed": (Person.join, Person.leave),
}
"""What happens to somebody: all but the last is delivered in peace."""
AFTERWARDS: dict[str, Turn] = {
    "moved": Person.move,
    "renamed": Person.rename,
    "switched": Person.switch,
    "left or back": Person.leave_or_back,
}


@contextlib.asynccontextmanager
async def living(
    folder: Path, hubspot: HubSpotAccount, clock: LeapingClock, url: str | None, tenant_id: str = ""
) -> AsyncIterator[World]:
    """Yield the gateway as it is after a start, with the tenant if there is one already."""
    async with gateway(folder, clock, database_url=url) as opened:
        yield World(opened, hubspot, clock, TenantId(tenant_id))


async def found(acme: World) -> str:
    """Create the tenant, live without an approved plan: nobody who was there before us is adopted. Return its id."""
    created = await acme.run("tenant.create", name=TENANT)
    acme.tenant_id = TenantId(created["id"])
    await acme.connect()
    for team in ("Sales", "Marketing"):
        await acme.run("rule.add", tenant=TENANT, attribute="department", equals=team, primary_team=team)
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.go_live(approve=False, deleted="remove", deletion_threshold=3 * MOST_STEPS)
    await acme.rest()
    return str(created["id"])


async def die_at_every_step(tmp_path: Path, url: str | None, turns: Sequence[Turn], afterwards: Turn) -> None:
    """Have one person after the other go through the turns, and the gateway die a step later each time."""
    clock, folder = LeapingClock(), tmp_path / "gateway"
    people: list[Person] = []
    async with portal(tmp_path / "portal", clock) as hubspot:
        async with living(folder, hubspot, clock, url) as acme:
            tenant_id = await found(acme)
        died = True
        while died:
            assert len(people) < MOST_STEPS
            async with living(folder, hubspot, clock, url, tenant_id) as acme:
                person = Person(acme, len(people))
                for turn in turns[:-1]:
                    await turn(person)
                    await acme.rest()
                await turns[-1](person)
                with mortal(hubspot) as gateways:
                    died = await gateways.drain(acme, len(people))
            async with living(folder, hubspot, clock, url, tenant_id) as acme:
                person.acme = acme
                await afterwards(person)
                await acme.rest()
                assert {} == await acme.held(), f"died before step {len(people)}"
            people.append(person)
        seen = await hubspot.users()
    wanted = {each.email: at_hubspot(each.team) for each in people if each.active}
    active = {email: without_id(user) for email, user in seen.items() if user["active"]}
    assert {**wanted, "admin@acme.example": without_id(seen["admin@acme.example"])} == active
    gone = {each.email for each in people if not each.user_id}
    assert set() == gone & seen.keys()
    assert len(people) >= 5


def at_hubspot(team: str) -> dict[str, Any]:
    return {"name": "Ada L", "permission_set": "Standard User", "team": team, "active": True}


def without_id(user: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in user.items() if name != "id"}


@pytest.mark.each_database
@pytest.mark.parametrize("turns", TURNS)
async def test_whatever_the_step_it_dies_before_the_person_ends_as_he_should_be(
    tmp_path: Path, acme_url: str | None, turns: str
) -> None:
    await die_at_every_step(tmp_path, acme_url, TURNS[turns], Person.nothing)


@pytest.mark.parametrize("afterwards", AFTERWARDS)
@pytest.mark.parametrize("turns", TURNS)
async def test_what_the_identity_provider_says_after_the_restart_is_what_counts(
    tmp_path: Path, acme_url: str | None, turns: str, afterwards: str
) -> None:
    await die_at_every_step(tmp_path, acme_url, TURNS[turns], AFTERWARDS[afterwards])
