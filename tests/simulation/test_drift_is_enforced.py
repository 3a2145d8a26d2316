"""Somebody at HubSpot undoes what the identity provider says, again and again; with everything enforced nothing stays.

After each reconciliation HubSpot has what is wanted of everybody who is not held.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncline.gateway.domain.drift import CHOSEN
from tests.support.examples import examples
from tests.support.world import TENANT, World, world

NAMES = ("ada", "bob", "cyd")
SETS = ("Standard User", "Sales User", "Manager")
TEAMS = ("Sales", "Marketing", "Service")
USERS = "/settings/users/2026-03"
SIMULATION = settings(
    max_examples=examples(4),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Company:
    """Three people, what the identity provider says of them, and two who change things."""

    def __init__(self, acme: World, seed: int) -> None:
        self.acme = acme
        self.random = random.Random(seed)
        self.ids: dict[str, str] = {}
        self.wanted: dict[str, tuple[str, str, bool]] = {}

    async def begin(self) -> None:
        acme = self.acme
        for name in SETS:
            await acme.run("rule.add", tenant=TENANT, role=name, permission_set=name)
        for team in TEAMS:
            await acme.run("rule.add", tenant=TENANT, attribute="userType", equals=team, primary_team=team)
        await acme.go_live(drift={each.value: "enforce" for each in CHOSEN})
        for name in NAMES:
            stored = await acme.add_user(
                f"{name}@acme.example",
                name={"givenName": name, "familyName": "X"},
                roles=[{"value": SETS[0], "primary": True}],
                userType=TEAMS[0],
            )
            self.ids[name], self.wanted[name] = stored.id, (SETS[0], TEAMS[0], True)
        await self.rest()

    async def provider_moves(self, name: str) -> None:
        permission_set, team = self.random.choice(SETS), self.random.choice(TEAMS)
        await self.acme.set_user(self.ids[name], "roles", [{"value": permission_set, "primary": True}])
        await self.acme.set_user(self.ids[name], "userType", team)
        self.wanted[name] = (permission_set, team, self.wanted[name][2])

    async def provider_switches(self, name: str) -> None:
        permission_set, team, active = self.wanted[name]
        await self.acme.set_user(self.ids[name], "active", not active)
        self.wanted[name] = (permission_set, team, not active)

    async def hand_changes(self, name: str) -> None:
        roles = await self._ids("roles")
        teams = await self._ids("teams")
        fields = {
            "roleId": roles[self.random.choice(SETS)],
            "primaryTeamId": teams[self.random.choice(TEAMS)],
        }
        await self._call("PUT", name, fields)

    async def hand_removes(self, name: str) -> None:
        await self._call("DELETE", name)

    async def _call(self, method: str, name: str, body: Any = None) -> None:
        if f"{name}@acme.example" in await self.acme.hubspot.users():
            path = f"{USERS}/{name}@acme.example"
            await self.acme.hubspot.call(method, path, body, idProperty="EMAIL")

    async def _ids(self, what: str) -> dict[str, str]:
        found = (await self.acme.hubspot.call("GET", f"{USERS}/{what}"))["results"]
        return {each["name"]: each["id"] for each in found}

    async def rest(self) -> None:
        for _ in range(50):
            due = await self.acme.drain()
            if due is None:
                return
            self.acme.clock.leap(max(0, due - self.acme.clock.now()) + 1)
        raise AssertionError("the backlog never came to rest")

    async def compare(self) -> None:
        await self.acme.run("reconcile.run", tenant=TENANT)
        await self.rest()
        at_hubspot, held = await self.acme.hubspot.users(), await self.acme.held()
        for name, (permission_set, team, active) in self.wanted.items():
            email = f"{name}@acme.example"
            found = at_hubspot.get(email)
            if email in held:
                continue
            if active:
                assert found is not None, (email, "should be there")
                assert (permission_set, team, True) == (
                    found["permission_set"],
                    found["team"],
                    found["active"],
                )
            else:
                assert found is None or found["active"] is False
        assert {} == held
        assert [] == (await self.acme.run("drift.list", tenant=TENANT))["drift"]


ACTS: dict[str, Callable[[Company, str], Awaitable[None]]] = {
    "provider_moves": Company.provider_moves,
    "provider_switches": Company.provider_switches,
    "hand_changes": Company.hand_changes,
    "hand_removes": Company.hand_removes,
}


@SIMULATION
@given(
    st.integers(0, 1_000),
    st.lists(
        st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.sampled_from(NAMES)), min_size=1, max_size=5),
        min_size=1,
        max_size=4,
    ),
)
def test_with_everything_enforced_hubspot_equals_what_is_wanted(
    seed: int, course: list[list[tuple[str, str]]]
) -> None:
    asyncio.run(run(seed, course))


async def run(seed: int, course: list[list[tuple[str, str]]]) -> None:
    with tempfile.TemporaryDirectory(prefix="syncline-drift-") as folder:
        async with world(Path(folder)) as acme:
            company = Company(acme, seed)
            await company.begin()
            for acts in course:
                for act, name in acts:
                    await ACTS[act](company, name)
                await company.compare()
