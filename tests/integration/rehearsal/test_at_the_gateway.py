"""Each simulated provider against a running gateway, and what becomes of its people at HubSpot."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncline.rehearsal import (
    Deprovisioning,
    Dialect,
    Directory,
    EntraSimulator,
    GoogleSimulator,
    OktaSimulator,
    OktaStyle,
)
from syncline.rehearsal.simulator import Simulator
from tests.support.serving import serve
from tests.support.world import TENANT, World, world

ROLES = ("Sales User", "Manager")


@dataclass
class Setup:
    """A live tenant, its SCIM endpoint on loopback, and a company of eight."""

    acme: World
    base_url: str
    token: str
    company: Directory

    def simulator(self, provider: str) -> Simulator:
        """Return the provider of that name, at work on this tenant."""
        where = (self.company, self.base_url, self.token, self.acme.clock)
        match provider:
            case "entra":
                return EntraSimulator(*where)
            case "entra-flag":
                return EntraSimulator(*where, dialect=Dialect.OPTSCIM)
            case "okta-catalogue":
                return OktaSimulator(*where, style=OktaStyle.CATALOGUE)
            case "okta-custom":
                return OktaSimulator(*where, style=OktaStyle.CUSTOM)
        return GoogleSimulator(*where, deprovisioning=Deprovisioning(delete_after=0))

    async def deliver(self) -> None:
        """Let everything that is due reach the account."""
        while (due := await self.acme.drain()) is not None:
            self.acme.clock.leap(max(0, due - self.acme.clock.now()))


@contextlib.asynccontextmanager
async def live_tenant(folder: Path) -> AsyncIterator[Setup]:
    async with world(folder) as acme, serve(acme.gateway.application) as url:
        await acme.run(
            "rule.add", tenant=TENANT, attribute="department", equals="Sales", primary_team="Sales"
        )
        await acme.go_live(match_role_names=True)
        token = (await acme.run("token.create", tenant=TENANT))["token"]
        company = Directory.seeded(size=8, seed=7, roles=ROLES, clock=acme.clock)
        yield Setup(acme, f"{url}/scim/v2", token, company)


@pytest.mark.parametrize("provider", ["entra", "entra-flag", "okta-catalogue", "okta-custom", "google"])
async def test_the_company_arrives_at_hubspot_and_leavers_lose_access(tmp_path: Path, provider: str) -> None:
    async with live_tenant(tmp_path) as setup:
        company, simulator = setup.company, setup.simulator(provider)
        assert (await simulator.test_connection()).ok
        first = await simulator.initial_cycle()
        assert first.ok, first.failures
        await setup.deliver()
        arrived = await setup.acme.hubspot.users()

        mover, leaver = company.people()[6], company.people()[7]
        company.move(mover, department="Sales" if mover.department != "Sales" else "Support")
        company.unassign(leaver)
        second = await simulator.incremental_cycle()
        assert second.ok, second.failures
        await setup.deliver()
        later = await setup.acme.hubspot.users()

    addresses = {user.user_principal_name for user in company.people()}
    assert addresses <= arrived.keys()
    for user in company.people():
        assert arrived[user.user_principal_name]["active"]
        if provider != "google" and (roles := company.app_roles(user.object_id)):
            assert roles[0].value == arrived[user.user_principal_name]["permission_set"]
    assert not later[leaver.user_principal_name]["active"]
    assert "Sales" == later[mover.user_principal_name]["team"]
    assert {a for a in addresses if later[a]["active"]} == addresses - {leaver.user_principal_name}
