"""A gateway that dies before any of its writes or calls: started again, it ends where it would have ended."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.client import HubSpotClient
from syncline.sql.writer import Writer
from tests.support.clock import LeapingClock
from tests.support.world import ENTERPRISE, TENANT, HubSpotAccount, World, gateway, portal

MOST_STEPS = 40


class Died(BaseException):
    """The process is no more: nothing in it runs after this."""


class Mortal:
    """Lets a gateway make so many steps, each of them a write or a call to HubSpot, and no more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, hubspot: HubSpotAccount) -> None:
        self.left: int | None = None
        submit, send = Writer.submit, HubSpotClient.send

        async def mortal_submit(writer: Writer, command: Any, *, patient: bool = False) -> Any:
            if writer is not hubspot.store.writer:
                self._step()
            return await submit(writer, command, patient=patient)

        async def mortal_send(client: HubSpotClient, call: Any) -> Any:
            self._step()
            return await send(client, call)

        monkeypatch.setattr(Writer, "submit", mortal_submit)
        monkeypatch.setattr(HubSpotClient, "send", mortal_send)

    def _step(self) -> None:
        if self.left is None:
            return
        if self.left == 0:
            raise Died
        self.left -= 1

    async def drain(self, acme: World, steps: int) -> bool:
        """Drain until all is done or the gateway dies; returns whether it died."""
        self.left = steps
        try:
            await acme.drain()
        except Died:
            return True
        finally:
            self.left = None
        return False


@dataclass(frozen=True)
class Turn:
    """Something that is to be delivered about somebody, and what HubSpot is to have then."""

    act: Callable[[World, str, str], Awaitable[object]]
    ends: dict[str, Any] | None
    joined: bool = True
    """The person is at HubSpot through us before."""


async def create(acme: World, email: str, _user_id: str) -> None:
    await acme.add_user(email, **person("Sales"))


async def move(acme: World, _email: str, user_id: str) -> None:
    await acme.set_user(user_id, f"{ENTERPRISE}:department", "Marketing")


async def rename(acme: World, email: str, user_id: str) -> None:
    await acme.set_user(user_id, "userName", f"new.{email}")


async def deactivate(acme: World, _email: str, user_id: str) -> None:
    await acme.set_user(user_id, "active", False)


async def come_back(acme: World, _email: str, user_id: str) -> None:
    await acme.set_user(user_id, "active", False)
    await acme.rest()
    await acme.set_user(user_id, "active", True)


async def leave(acme: World, _email: str, user_id: str) -> None:
    await acme.delete_user(user_id)


def person(department: str) -> dict[str, Any]:
    return {"name": {"givenName": "Ada", "familyName": "L"}, ENTERPRISE: {"department": department}}


def at_hubspot(team: str = "Sales", *, active: bool = True) -> dict[str, Any]:
    return {"name": "Ada L", "permission_set": "Standard User", "team": team, "active": active}


TURNS = {
    "created": Turn(create, at_hubspot(), joined=False),
    "moved": Turn(move, at_hubspot("Marketing")),
    "renamed": Turn(rename, at_hubspot()),
    "deactivated": Turn(deactivate, at_hubspot(active=False)),
    "reactivated": Turn(come_back, at_hubspot()),
    "removed": Turn(leave, None),
}


@contextlib.asynccontextmanager
async def living(
    folder: Path, hubspot: HubSpotAccount, clock: LeapingClock, url: str | None, tenant_id: str | None = None
) -> AsyncIterator[World]:
    """Yield the gateway as it is after a start, with the tenant if there is one already."""
    async with gateway(folder, clock, database_url=url) as opened:
        yield World(opened, hubspot, clock, TenantId(tenant_id or ""))


async def found(acme: World) -> str:
    """Create the tenant, live without an approved plan: nobody who was there before us is adopted. Return its id."""
    created = await acme.run("tenant.create", name=TENANT)
    acme.tenant_id = TenantId(created["id"])
    await acme.connect()
    for team in ("Sales", "Marketing"):
        await acme.run("rule.add", tenant=TENANT, attribute="department", equals=team, primary_team=team)
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.go_live(approve=False, deleted="remove", deletion_threshold=MOST_STEPS)
    await acme.rest()
    return str(created["id"])


@pytest.mark.each_database
@pytest.mark.parametrize("name", TURNS)
async def test_whatever_the_step_it_dies_before_the_person_ends_as_he_should_be(
    tmp_path: Path, acme_url: str | None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    turn, clock, folder = TURNS[name], LeapingClock(), tmp_path / "gateway"
    deaths = 0
    async with portal(tmp_path / "portal", clock) as hubspot:
        mortal = Mortal(monkeypatch, hubspot)
        async with living(folder, hubspot, clock, acme_url) as acme:
            tenant_id = await found(acme)
        for steps in itertools.count():
            email = f"user{steps}@acme.example"
            async with living(folder, hubspot, clock, acme_url, tenant_id) as acme:
                user_id = ""
                if turn.joined:
                    user_id = (await acme.add_user(email, **person("Sales"))).id
                    await acme.rest()
                await turn.act(acme, email, user_id)
                died = await mortal.drain(acme, steps)
            async with living(folder, hubspot, clock, acme_url, tenant_id) as acme:
                await acme.rest()
                assert {} == await acme.held(), steps
            if not died:
                break
            deaths += 1
            assert steps < MOST_STEPS
        seen = await hubspot.users()
    now = "new.user{}@acme.example" if turn.act is rename else "user{}@acme.example"
    ends = {} if turn.ends is None else {now.format(number): turn.ends for number in range(deaths + 1)}
    people = {email: {k: v for k, v in user.items() if k != "id"} for email, user in seen.items()}
    assert ends == {email: user for email, user in people.items() if email != "admin@acme.example"}
    assert deaths >= 4
