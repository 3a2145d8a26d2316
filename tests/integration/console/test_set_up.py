"""The set-up as a journey: every step at every stage, resumable, and nothing done by looking."""

from __future__ import annotations

import pytest

from syncline.gateway.web.console.journey.steps import STEPS
from tests.support.console import World

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("step", [step.key for step in STEPS])
async def test_every_step_can_be_opened_before_anything_is_done(world: World, step: str) -> None:
    owner = await world.owner()
    tenant = await world.tenant("Acme")
    seen = await owner.open(f"/tenants/{tenant}/set-up/{step}")

    assert 200 == seen.status
    assert len(seen.text) < 100_000


async def test_the_journey_goes_on_where_it_was_left(world: World) -> None:
    owner = await world.owner()
    tenant = await world.tenant("Acme")
    here = f"/tenants/{tenant}/set-up"
    first = await owner.open(here)
    await owner.open(f"{here}/directory")
    chosen = await owner.send(f"{here}/directory", identity_provider="okta")
    again = await owner.open(here)

    assert "Begin: Company and directory" in first.words
    assert (f"{here}/integrations", True) == (chosen.path, "Okta it is." in chosen.words)
    assert "Go on: Choose what to keep in step" in again.words


async def test_the_guide_is_the_one_of_the_chosen_directory(world: World) -> None:
    owner = await world.owner()
    tenant = await world.tenant("Acme")
    guides = {}
    for provider in ("entra", "okta", "google", "other"):
        await world.run("policy.set", tenant="Acme", identity_provider=provider)
        guides[provider] = (await owner.open(f"/tenants/{tenant}/set-up/provider")).words

    assert "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])" in guides["entra"]
    assert "SCIM connector base URL" in guides["okta"]
    assert "Google sends no groups" in guides["google"]
    assert all(f"{world.base}/scim/v2" in each for each in guides.values())
    assert all("As documented on 21 November 2026" in each for each in guides.values())


async def test_what_a_form_lacks_is_said_beside_it_and_nothing_is_saved(world: World) -> None:
    owner = await world.owner()
    tenant = await world.tenant("Acme")
    here = f"/tenants/{tenant}/set-up"
    await owner.open(f"{here}/leaving")
    leaving = await owner.send(f"{here}/leaving")
    token = await owner.send(f"{here}/connect", way="token")
    live = await owner.send(f"{here}/live")
    policy = await world.run("policy.show", tenant="Acme")

    assert [422, 422, 422] == [leaving.status, token.status, live.status]
    assert "Choose what happens to leavers." in leaving.words
    assert "Paste the token HubSpot shows." in token.words
    assert policy["deactivated"] is None


async def test_what_leaving_means_asks_for_the_password_when_it_was_given_long_ago(world: World) -> None:
    owner = await world.owner()
    tenant = await world.tenant("Acme")
    here = f"/tenants/{tenant}/set-up/leaving"
    await owner.open(here)
    await world.clock.advance(11 * 60_000)
    asked = await owner.send(here, deactivated="deactivate")
    before = await world.run("policy.show", tenant="Acme")
    await owner.prove()
    after = await world.run("policy.show", tenant="Acme")

    assert 403 == asked.status
    assert [None, "deactivate"] == [before["deactivated"], after["deactivated"]]


async def test_somebody_who_may_only_look_sees_every_step_and_no_button(world: World) -> None:
    await world.owner()
    tenant = await world.tenant("Acme")
    viewer = await world.operator("vera@acme.example", "viewer", "Acme")
    for step in STEPS:
        seen = await viewer.open(f"/tenants/{tenant}/set-up/{step.key}")

        assert 200 == seen.status
        assert '<button class="button primary"' not in seen.text
