"""From the one-time link to a checklist that HubSpot has ticked: every step of the set-up, in a browser."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from playwright.async_api import Page, expect

from tests.acceptance.console_pages.conftest import Stage
from tests.support.browser import Chromium

PASSWORD = "rain falls on tin roofs"


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def become_owner(stage: Stage, page: Page) -> None:
    await page.goto(stage.link)
    await page.get_by_label("Your name").fill("Anna")
    await page.get_by_label("E-mail address").fill("anna@acme.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button").click()
    await expect(page.get_by_role("heading", name="Tenants")).to_be_visible()


async def make_tenant(page: Page) -> None:
    form = page.locator("form[action='/tenants']")
    if not await form.get_by_role("textbox").is_visible():
        await page.locator("summary", has_text=re.compile("tenant", re.IGNORECASE)).first.click()
    await form.get_by_role("textbox").fill("Acme")
    await form.get_by_role("button").click()
    await expect(page.get_by_role("heading", name="Set-up", exact=True)).to_be_visible()


async def consent(stage: Stage, page: Page) -> None:
    """Connect by OAuth: the form here, the sign-in and the consent page at the portal, and back."""
    await page.get_by_text("Another app, or a rehearsal").click()
    await page.get_by_label("Client id of your own HubSpot app").fill(stage.app["client_id"])
    await page.get_by_label("Its client secret").fill(stage.app["client_secret"])
    await page.locator("#field-base_url").fill(stage.account["base_url"])
    await press(page, "Ask HubSpot")
    await page.get_by_role("link", name="Go to HubSpot").click()
    await page.get_by_label("E-mail address").fill("admin@acme.example")
    await page.get_by_label("Password", exact=True).fill(stage.account["admin_password"])
    await press(page, "Sign in")
    await press(page, "Connect app")
    await expect(page.get_by_role("heading", name="Connected to HubSpot")).to_be_visible()
    await expect(page.get_by_text("Nothing has been changed.")).to_be_visible()
    await stage.judge(page, "connected")
    await page.get_by_role("link", name="Go on with the set-up").click()


async def add_rule(page: Page, kind: str, match: str, equals: str, field: str, gives: str) -> None:
    await page.get_by_label("Looks at").select_option(kind)
    await page.get_by_label("Which one").fill(match)
    await page.get_by_label("Equals").fill(equals)
    await page.get_by_label(field).select_option(label=gives)
    await press(page, "Save the rule")
    await expect(page.get_by_text("is saved.")).to_be_visible()


async def preview_and_save(stage: Stage, page: Page) -> None:
    """Look whom one more rule would change, and save exactly that."""
    await page.get_by_role("link", name="Rules", exact=True).click()
    await page.get_by_label("Looks at").select_option("attribute")
    await page.get_by_label("Which one").fill("department")
    await page.get_by_label("Equals").fill("Sales")
    await page.get_by_label("Gives the permission set").select_option(label="Sales User")
    await press(page, "Preview")
    await expect(page.get_by_text(re.compile(r"would change \d+ people"))).to_be_visible()
    await expect(page.get_by_role("row", name=re.compile("Standard User.*Sales User")).first).to_be_visible()
    await stage.judge(page, "rules", picture=True)
    await press(page, "Save exactly this")
    await expect(page.get_by_text("is saved.")).to_be_visible()


async def go_on(page: Page, heading: str) -> None:
    await expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()


async def entra(stage: Stage, token: str, *words: str) -> Any:
    return await asyncio.to_thread(stage.entra, token, *words)


async def test_an_admin_gets_from_the_link_to_a_ticked_checklist(stage: Stage, browser: Chromium) -> None:
    async with browser.context(script=stage.script) as context:
        page = await context.new_page()
        await become_owner(stage, page)
        await make_tenant(page)
        await stage.judge(page, "start", picture=True)

        await page.get_by_role("link", name="Begin: Company and directory").click()
        await stage.judge(page, "directory")
        await page.get_by_label("Microsoft Entra ID").check()
        await press(page, "Save and go on")
        await go_on(page, "Choose what to keep in step")
        await stage.judge(page, "integrations")
        await page.get_by_role("link", name="Set it up").click()

        await stage.judge(page, "connect")
        await consent(stage, page)
        await expect(
            page.get_by_text(re.compile(r"Acme · Enterprise \(inferred\) · \d+ user"))
        ).to_be_visible()
        await page.get_by_label("SCIM access token").fill(stage.account["scim_token"])
        await page.get_by_label("SCIM address").fill(f"{stage.account['base_url']}/scim/v2")
        await press(page, "Connect the SCIM channel")
        await expect(page.get_by_role("heading", name="What was found")).to_be_visible()
        await stage.judge(page, "hubspot", picture=True)
        await page.get_by_role("link", name="Go on: Match people by").click()

        await stage.judge(page, "matching")
        await press(page, "Save and go on")
        await go_on(page, "Default role")
        await page.get_by_label("Default role").select_option(label="Standard User")
        await stage.judge(page, "role")
        await press(page, "Save and go on")
        await go_on(page, "Rules")
        await add_rule(page, "role", "Manager", "", "Gives the permission set", "Manager")
        await add_rule(page, "attribute", "department", "Sales", "Gives the primary team", "Sales")
        await add_rule(page, "attribute", "department", "Marketing", "Gives the primary team", "Marketing")
        await page.get_by_role("button", name="Move rule 3 up").click()
        await expect(page.get_by_text("is moved.")).to_be_visible()
        await expect(page.get_by_role("row").nth(2)).to_contain_text("department = Marketing")
        await page.get_by_role("link", name="Go on: When someone leaves").click()
        await page.get_by_label("Deactivate").first.check()
        await stage.judge(page, "leaving", picture=True)
        await press(page, "Save and go on")
        await go_on(page, "Welcome e-mails")
        await stage.judge(page, "welcome")
        await press(page, "Save and go on")

        await go_on(page, "Activate in plan mode")
        await press(page, "Activate in plan mode")
        token = await page.locator("#new-token").inner_text()
        assert f"{stage.server.address}/scim/v2" == await page.locator("#tenant-url").inner_text()
        await page.get_by_role("link", name="I have copied both: go on").click()
        await expect(page.get_by_text("Waiting for the connection test")).to_be_visible()
        await stage.judge(page, "provider", picture=True)

        first = (await asyncio.to_thread(people_of, stage))[0]
        await entra(stage, token, "--on-demand", first)
        await expect(page.get_by_text("Received, answered 200")).to_be_visible()
        await page.get_by_role("link", name="Go on: Try one person").click()
        await page.get_by_role("link", name=f"Look at {first}").click()
        await expect(page.get_by_text("4. Decided")).to_be_visible()
        await stage.judge(page, "one", picture=True)
        await press(page, "Deliver only this person")
        await expect(page.get_by_text("HubSpot has confirmed it.")).to_be_visible()
        assert {"admin@acme.example", first} == await at_hubspot(stage)

        await entra(stage, token)
        await preview_and_save(stage, page)
        await page.get_by_role("link", name="Approve the plan").last.click()
        await page.get_by_role("link", name="Work out the plan").click()
        await expect(page.get_by_text(re.compile(r"^create \d+ · .*e-mails sent 0$"))).to_be_visible()
        await stage.judge(page, "plan", picture=True)
        await press(page, "Approve all of it")
        await go_on(page, "Go live")
        await stage.judge(page, "live")
        await press(page, "Go live")
        await go_on(page, "Validation checklist")

        mover, leaver = (await asyncio.to_thread(people_of, stage))[1:3]
        await entra(stage, token, "--incremental", "--rename", mover, "--to", "Maria Newell")
        await entra(stage, token, "--incremental", "--block", leaver)
        await expect(page.get_by_text("All confirmed.")).to_be_visible()
        await stage.judge(page, "checklist", picture=True)
        await page.goto(page.url.removesuffix("/checklist"))
        await expect(page.get_by_text("Every step is done")).to_be_visible()
        await stage.judge(page, "done")

    shown = await asyncio.to_thread(stage.syncline.json, "portal", "user", "show", "acme", leaver)
    assert ("deactivated", {}) == (shown["standing"], stage.wrong)


def people_of(stage: Stage) -> list[str]:
    """Return who is in the company, those with the role Manager first: a rule places them."""
    if stage.state.exists():
        listed = stage.syncline.json("rehearse", "people", "--state", str(stage.state))["people"]
    else:
        listed = stage.syncline.json("rehearse", "people", "--users", "20")["people"]
    ordered = sorted(listed, key=lambda each: ("Manager" not in each["roles"], each["user_principal_name"]))
    return [each["user_principal_name"] for each in ordered]


async def at_hubspot(stage: Stage) -> set[str]:
    listed = await asyncio.to_thread(stage.syncline.json, "portal", "user", "list", "acme")
    return {each["email"] for each in listed["users"]}
