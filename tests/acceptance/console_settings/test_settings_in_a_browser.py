"""Settings and workbench in a real browser: axe finds nothing serious, and nothing is wider than a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, ViewportSize

from tests.integration.console.test_settings import CANARY, connect
from tests.support.browser import WIDE, Chromium, screenshot
from tests.support.console import PASSWORD, World

PAGES = (
    "settings",
    "settings/connection",
    "settings/policy",
    "settings/protected",
    "settings/privileged",
    "settings/notices",
    "settings/retention",
    "settings/audit",
    "settings/danger",
    "workbench",
)
PHONE: ViewportSize = {"width": 360, "height": 740}
SERIOUS = ("serious", "critical")


async def furnish(world: World) -> str:
    """Make a tenant that has something on every page; returns its id."""
    tenant = await world.tenant("Acme")
    await connect(world, tenant)
    await world.run("token.create", tenant="Acme", description=CANARY)
    await world.run("protect.add", tenant="Acme", email="boss@acme.example", reason=CANARY)
    await world.run("privileged.mark", tenant="Acme", permission_set="10")
    await world.run("notice.subscribe", tenant="Acme", webhook="http://127.0.0.1:9/hook")
    return tenant


async def sign_in(page: Page, world: World) -> None:
    await world.owner()
    await page.goto(world.base)
    await page.get_by_label("E-mail").fill("anna@acme.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_axe_finds_nothing_serious_on_any_page(
    world: World, browser: Chromium, size: ViewportSize, tmp_path: Path
) -> None:
    tenant = await furnish(world)
    pictures = Path(os.environ.get("SYNCLINE_TEST_SCREENSHOTS") or tmp_path)
    async with browser.context(size=size) as context:
        page = await context.new_page()
        await sign_in(page, world)
        for place in PAGES:
            await page.goto(f"{world.base}/tenants/{tenant}/{place}")
            found = await Axe().run(page)
            serious = [each["id"] for each in found.response["violations"] if each["impact"] in SERIOUS]
            width = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            await screenshot(page, pictures, f"{place.replace('/', '-')}-{size['width']}")

            assert (place, [], True) == (place, serious, width <= 0)


async def test_a_policy_is_previewed_and_saved_without_a_script(world: World, browser: Chromium) -> None:
    tenant = await furnish(world)
    await world.run("tenant.mode", tenant="Acme", mode="plan")
    async with browser.context(script=False) as context:
        page = await context.new_page()
        await sign_in(page, world)
        await page.goto(f"{world.base}/tenants/{tenant}/settings/policy")
        await page.get_by_label("Remove").first.check()
        await page.get_by_role("button", name="See whom it would move").click()
        await page.get_by_role("button", name="Save exactly this").click()
        said = await page.get_by_text("The policy is saved").count()

    assert 1 == said
    assert "remove" == (await world.run("policy.show", tenant="Acme"))["deactivated"]
