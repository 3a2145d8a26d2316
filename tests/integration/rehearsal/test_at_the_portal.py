"""Entra, Okta and Google straight at HubSpot's native SCIM, as the portal plays it: users only."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncline.rehearsal import Dialect, Directory, EntraSimulator, GoogleSimulator, OktaSimulator, OktaStyle
from syncline.rehearsal.simulator import Simulator
from tests.support.clock import LeapingClock
from tests.support.world import HubSpotAccount, portal

ROLES = ("Sales User", "Manager")


def simulator(provider: str, company: Directory, hubspot: HubSpotAccount) -> Simulator:
    where = (company, f"{hubspot.url}/scim/v2", hubspot.credentials["scim_token"], hubspot.clock)
    match provider:
        case "entra":
            return EntraSimulator(*where, groups=False)
        case "entra-flag":
            return EntraSimulator(*where, groups=False, dialect=Dialect.OPTSCIM)
        case "okta-catalogue":
            return OktaSimulator(*where, groups=False, style=OktaStyle.CATALOGUE)
        case "okta-custom":
            return OktaSimulator(*where, groups=False, style=OktaStyle.CUSTOM)
    return GoogleSimulator(*where)


@pytest.mark.parametrize("provider", ["entra", "entra-flag", "okta-catalogue", "okta-custom", "google"])
async def test_joiners_movers_and_leavers_reach_the_account(tmp_path: Path, provider: str) -> None:
    clock = LeapingClock()
    company = Directory.seeded(size=8, seed=7, roles=ROLES, clock=clock)
    async with portal(tmp_path, clock) as hubspot:
        entrance = simulator(provider, company, hubspot)
        assert (await entrance.test_connection()).ok
        first = await entrance.initial_cycle()
        assert first.ok, first.failures
        arrived = await hubspot.users()

        married, leaver = company.people()[6], company.people()[7]
        before = arrived[married.user_principal_name]["id"]
        married = company.rename(married, surname="Quill")
        company.unassign(leaver)
        second = await entrance.incremental_cycle()
        assert second.ok, second.failures
        later = await hubspot.users()

    for user in company.people():
        roles = company.app_roles(user.object_id)
        if provider != "google" and user is not married and roles:
            assert roles[0].value == arrived[user.user_principal_name]["permission_set"]
    assert before == later[married.user_principal_name]["id"]
    assert f"{married.given_name} Quill" == later[married.user_principal_name]["name"]
    assert not later[leaver.user_principal_name]["active"]


async def test_an_account_without_groups_is_told_to_have_their_mapping_off(tmp_path: Path) -> None:
    clock = LeapingClock()
    async with portal(tmp_path, clock) as hubspot:
        token = hubspot.credentials["scim_token"]
        entra = EntraSimulator(Directory.seeded(size=2, clock=clock), f"{hubspot.url}/scim/v2", token, clock)
        result = await entra.test_connection()

    assert "must have their mapping off" in result.fix
