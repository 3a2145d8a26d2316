"""Things are broken on purpose, and the pages say what is the matter and what helps."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from syncline.portal import administration
from tests.acceptance.console_trouble.conftest import PEOPLE, Stage
from tests.support.browser import Chromium
from tests.support.world import TENANT

CANARY = '<script>alert("ada")</script> =cmd\u202e'


async def test_a_mass_leaver_is_staged_and_let_go_by_hand(stage: Stage, browser: Chromium) -> None:
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        for name in PEOPLE[:9]:
            assert 200 == await stage.leave(name)
        await stage.drain()

        await stage.open(page, "approvals")
        await expect(page.get_by_role("heading", name="Staged leavers")).to_be_visible()
        await expect(page.locator("main")).to_contain_text("still have access")
        await stage.picture(page, "approvals")
        rows = page.locator("#leavers tbody tr")
        assert 4 == await rows.count()
        await page.get_by_label("Why").fill("the office in Oslo closes")
        await rows.first.get_by_role("button", name="Deactivate now").click()
        await expect(page.locator("main")).to_contain_text("on the way out")
        await stage.drain()
        await stage.open(page, "approvals")
        assert 3 == await page.locator("#leavers tbody tr").count()

        await stage.open(page, "people?state=staged")
        assert 3 == await page.locator("tbody tr").count()
        await _walk(page, stage)


async def _walk(page: Page, stage: Stage) -> None:
    """Look at the main pages while something is going on in each of them."""
    await stage.run("approvals.list")
    assert 201 == await stage.join("rosa.boss@acme.example", role="Super Admin")
    assert 201 == await stage.join("canary@acme.example", displayName=CANARY, title=CANARY)
    await stage.run("policy.set", match_role_names=True)
    await stage.drain()
    await stage.open(page, "overview")
    await stage.picture(page, "overview")
    await stage.open(page, f"person?user={PEOPLE[8]}")
    await expect(page.locator("main")).to_contain_text("What the identity provider says")
    await stage.picture(page, "person")
    await stage.open(page, "people")
    await stage.picture(page, "people")
    await stage.open(page, "groups")
    await stage.open(page, "plan")
    await page.get_by_role("button", name="Decide about everybody").click()
    await expect(page.locator("main")).to_contain_text("Decided")
    await stage.picture(page, "plan")
    await stage.open(page, "log")
    await stage.picture(page, "log")
    await _grows_and_pauses(page, stage)


async def _grows_and_pauses(page: Page, stage: Stage) -> None:
    assert 201 == await stage.join("late@acme.example")
    await expect(page.locator("tbody tr").first).to_contain_text("late@acme.example")
    await page.get_by_role("button", name="Pause").click()
    assert 201 == await stage.join("later@acme.example")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator("tbody tr").first).to_contain_text("later@acme.example")
    assert 1 == await page.locator("tbody tr", has_text="User later@acme.example created").count()


async def test_a_set_that_is_gone_holds_whoever_should_get_it_and_says_so(
    stage: Stage, browser: Chromium
) -> None:
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await administration.delete_permission_set(stage.hubspot.store, stage.clock, TENANT, "Sales User")
        await stage.run("connection.check")
        assert 201 == await stage.join("new@acme.example")
        await stage.drain()

        await stage.open(page, "person?user=new@acme.example")
        await expect(page.get_by_role("note").first).to_contain_text(
            re.compile("permission set", re.IGNORECASE)
        )
        await stage.open(page, "overview")
        await expect(page.locator("#held")).to_contain_text(re.compile("permission set", re.IGNORECASE))
        await page.locator("#held tbody a").first.click()
        await expect(page.locator("tbody")).to_contain_text("new@acme.example")


async def test_an_app_that_was_taken_out_of_the_account_shows_as_a_cause_with_a_fix(
    stage: Stage, browser: Chromium
) -> None:
    projects = (await administration.list_projects(stage.hubspot.store, TENANT))["projects"]
    for each in projects:
        await administration.uninstall_project(stage.hubspot.store, stage.clock, TENANT, each["name"])
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        assert 200 == await stage.leave(PEOPLE[0])
        await stage.drain()

        await stage.open(page, "overview")
        await expect(page.get_by_role("main")).to_contain_text("Nothing is lost")
        await stage.open(page, "log?outcome=failed")
        await expect(page.locator("tbody")).to_contain_text("What helps")


async def test_a_token_that_has_ended_shows_as_a_cause_with_a_fix(stage: Stage, browser: Chromium) -> None:
    async with browser.context() as context:
        page = await context.new_page()
        stage.clock.leap(61 * 86_400_000)
        assert 401 == await stage.scim("PATCH", "/Users/x", {})
        await stage.sign_in(page)
        await stage.open(page, "overview")

        await expect(page.get_by_role("main")).to_contain_text("There is no SCIM token.")
        await expect(page.get_by_role("link", name="Make one")).to_be_visible()
