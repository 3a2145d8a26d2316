"""A rehearsal from the workbench: played by a process of its own against the very server that shows it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from syncline.bootstrap.gateway import open_gateway
from syncline.clock import ManualClock
from syncline.settings import read_settings
from tests.integration.console.test_settings import connect
from tests.support.console import Browser, Seen, World, console_world

DESCRIPTION = "Rehearsal from the workbench"


@pytest.fixture
async def tenant(world: World) -> str:
    """A tenant whose connection goes to a portal; nothing is delivered."""
    made = await world.tenant("Acme")
    await connect(world, made)
    return made


def bench(tenant: str) -> str:
    return f"/tenants/{tenant}/workbench"


async def rehearse(browser: Browser, tenant: str, provider: str = "entra", people: str = "3") -> Seen:
    await browser.open(bench(tenant))
    return await browser.send(f"{bench(tenant)}/rehearse", provider=provider, people=people)


async def ended(browser: Browser, tenant: str) -> Seen:
    """Look at the page until nothing is running any more."""
    seen = await browser.open(bench(tenant))
    while "Running:" in seen.words:
        await asyncio.sleep(0.01)
        seen = await browser.open(bench(tenant))
    return seen


async def tokens(world: World) -> list[tuple[str, bool]]:
    """Return what the tenant's tokens are for, and whether each is revoked."""
    listed: list[dict[str, Any]] = (await world.run("token.list", tenant="Acme"))["tokens"]
    return [(each["description"], each["revoked_at"] is not None) for each in listed]


async def token_made(world: World) -> None:
    """Wait until the rehearsal has its token."""
    while not await tokens(world):  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("provider", "name"), [("entra", "Microsoft Entra ID"), ("okta", "Okta"), ("google", "Google Workspace")]
)
async def test_a_company_is_provisioned_from_the_page(
    world: World, tenant: str, provider: str, name: str
) -> None:
    anna = await world.owner()

    begun = await rehearse(anna, tenant, provider)
    seen = await ended(anna, tenant)
    users = await world.run("users.list", tenant="Acme")

    assert bench(tenant) == begun.path
    assert f"Running: {name} with 3 people" in begun.words
    assert 'data-fresh="1"' in begun.text
    assert '<noscript><meta http-equiv="refresh"' in begun.text
    assert "Rehearse</button>" not in begun.text
    assert f"{name} with 3 people, begun" in seen.words
    assert "Nothing failed." in seen.words
    assert 3 == len(users["users"])
    assert [(DESCRIPTION, True)] == await tokens(world)


async def test_one_rehearsal_is_played_at_a_time(world: World, tenant: str) -> None:
    anna = await world.owner()
    await rehearse(anna, tenant, people="200")

    csrf = (await anna.open("/account")).csrf
    seen = await anna.send(f"{bench(tenant)}/rehearse", provider="okta", people="1", csrf=csrf)

    assert 409 == seen.status
    assert "A rehearsal with Acme is under way" in seen.words


async def test_a_server_that_stops_breaks_it_off_and_leaves_no_token(tmp_path: Path) -> None:
    async with console_world(tmp_path) as world:
        anna, made = await world.owner(), await world.tenant("Acme")
        await connect(world, made)
        await rehearse(anna, made, people="200")
        await token_made(world)
        assert [(DESCRIPTION, False)] == await tokens(world)

    settings = read_settings({}, data=str(tmp_path), port="0")
    clock = ManualClock()
    async with open_gateway(settings, settings.address, deliver=False, clock=clock) as gateway:
        assert [(DESCRIPTION, True)] == await tokens(World(gateway, clock, ""))


async def test_a_rehearsal_whose_token_is_revoked_meanwhile_ends(world: World, tenant: str) -> None:
    anna = await world.owner()
    await rehearse(anna, tenant, people="200")
    await token_made(world)
    listed = (await world.run("token.list", tenant="Acme"))["tokens"]
    await world.run("token.revoke", tenant="Acme", token_id=listed[0]["token_id"])
    seen = await ended(anna, tenant)

    assert "was not played to its end" in seen.words or "gave up" in seen.words


async def test_nothing_is_rehearsed_where_a_real_hubspot_is_connected(world: World) -> None:
    anna, made = await world.owner(), await world.tenant("Acme")
    await connect(world, made, "https://api.hubapi.com")

    refused = await rehearse(anna, made)
    page = await anna.open(bench(made))

    assert 409 == refused.status
    assert "Acme is connected to a real HubSpot account. Rehearse with" in refused.words
    assert "Acme is connected to a real HubSpot account. Rehearse with" in page.words
    assert "Rehearse</button>" not in page.text
    assert [] == await tokens(world)


async def test_a_tenant_without_a_connection_is_told_to_make_one(world: World) -> None:
    anna, made = await world.owner(), await world.tenant("Acme")

    refused = await rehearse(anna, made)

    assert 409 == refused.status
    assert "Acme is not connected to anything. Connect it to a portal first." in refused.words
    assert [] == await tokens(world)


@pytest.mark.parametrize(("provider", "people"), [("entra", "0"), ("entra", "many"), ("--help", "3")])
async def test_a_script_that_is_none_is_shown_again(
    world: World, tenant: str, provider: str, people: str
) -> None:
    anna = await world.owner()

    seen = await rehearse(anna, tenant, provider, people)

    assert 422 == seen.status
    assert f'value="{people}"' in seen.text
    assert [] == await tokens(world)


async def test_making_a_token_for_it_asks_for_a_fresh_password(world: World, tenant: str) -> None:
    anna = await world.owner()
    await anna.open(bench(tenant))
    await world.clock.advance(11 * 60_000)

    seen = await anna.send(f"{bench(tenant)}/rehearse", follow=False, provider="entra", people="3")

    assert 403 == seen.status
    assert "Is it still you?" in seen.words
    assert [] == await tokens(world)
