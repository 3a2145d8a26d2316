"""Entra, Okta and Google straight at HubSpot's native SCIM, as the portal plays it: users only."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncline.rehearsal import (
    Dialect,
    Directory,
    EntraSimulator,
    GoogleSimulator,
    Leaving,
    OktaSimulator,
    OktaStyle,
)
from syncline.rehearsal.simulator import Simulator
from tests.support.clock import LeapingClock
from tests.support.world import HubSpotAccount, portal

ROLES = ("Sales User", "Manager")
USERS = "/settings/users/2026-03"


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

        mover, married, leaver = company.people()[5:8]
        before = arrived[married.user_principal_name]["id"]
        married = company.rename(married, surname="Quill")
        old_role = company.app_roles(mover.object_id)[0].value
        new_role = next(role for role in ROLES if role != old_role)
        company.assign_role(mover, new_role)
        company.unassign(leaver)
        second = await entrance.incremental_cycle()
        assert second.ok, second.failures
        later = await hubspot.users()

    if provider != "google":
        assert (old_role, new_role) == (
            arrived[mover.user_principal_name]["permission_set"],
            later[mover.user_principal_name]["permission_set"],
        )
    for user in company.people():
        roles = company.app_roles(user.object_id)
        if provider != "google" and user not in (married, mover) and roles:
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


@pytest.mark.parametrize("provider", ["entra", "okta-custom", "google"])
async def test_somebody_deactivated_at_the_identity_provider_is_deactivated_and_comes_back(
    tmp_path: Path, provider: str
) -> None:
    clock = LeapingClock()
    company = Directory.seeded(size=4, seed=7, roles=ROLES, clock=clock)
    async with portal(tmp_path, clock) as hubspot:
        entrance = simulator(provider, company, hubspot)
        await entrance.initial_cycle()
        leaver = company.people()[2]
        before = (await hubspot.users())[leaver.user_principal_name]
        company.leave(leaver, Leaving.BLOCK if provider != "okta-custom" else Leaving.DELETE)
        await entrance.incremental_cycle()
        gone = (await hubspot.users())[leaver.user_principal_name]
        company.restore(leaver)
        await entrance.incremental_cycle()
        back = (await hubspot.users())[leaver.user_principal_name]

    assert {**before, "active": False} == gone
    assert before == back


@pytest.mark.parametrize("provider", ["entra", "okta-custom", "google"])
async def test_people_who_are_there_already_are_taken_over_and_keep_their_ids(
    tmp_path: Path, provider: str
) -> None:
    clock = LeapingClock()
    company = Directory.seeded(size=4, seed=7, roles=ROLES, clock=clock)
    async with portal(tmp_path, clock) as hubspot:
        someone = company.people()[1]
        body = {"email": someone.user_principal_name, "sendWelcomeEmail": False, "firstName": "Earlier"}
        there = await hubspot.call("POST", USERS, body)
        result = await simulator(provider, company, hubspot).initial_cycle()
        after = (await hubspot.users())[someone.user_principal_name]

    assert result.ok, result.failures
    assert there["id"] == after["id"]
    assert f"{someone.given_name} {someone.surname}" == after["name"]


@pytest.mark.parametrize("provider", ["entra", "okta-custom", "google"])
async def test_nothing_done_at_hubspot_reaches_the_identity_provider(tmp_path: Path, provider: str) -> None:
    clock = LeapingClock()
    company = Directory.seeded(size=4, seed=7, roles=ROLES, clock=clock)
    async with portal(tmp_path, clock) as hubspot:
        entrance = simulator(provider, company, hubspot)
        await entrance.initial_cycle()
        before = [(user.user_principal_name, user.account_enabled) for user in company.people()]

        gone = company.people()[0].user_principal_name
        await hubspot.call("DELETE", f"{USERS}/{gone}", idProperty="EMAIL")
        await hubspot.call("POST", USERS, {"email": "newcomer@acme.example", "sendWelcomeEmail": False})
        await entrance.incremental_cycle()

        assert before == [(user.user_principal_name, user.account_enabled) for user in company.people()]
        users = await hubspot.users()
        assert (False, True) == (gone in users, users["newcomer@acme.example"]["active"])
