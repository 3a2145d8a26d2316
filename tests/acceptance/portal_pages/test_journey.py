"""HubSpot's SCIM guide walked through in a browser: from the project to the token to the provisioned user."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.acceptance.portal_pages.conftest import Stage
from tests.support.browser import Chromium
from tests.support.patience import PATIENCE_SECONDS

SCIM_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CALLBACK = "https://gateway.example/oauth/callback"
SERIOUS = ("serious", "critical")


def scim(base_url: str, token: str, method: str, path: str, body: Any) -> Any:
    """Call native SCIM as an identity provider would."""
    request = urllib.request.Request(
        base_url + path,
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return json.loads(answer.read())


def consent_link(stage: Stage) -> str:
    """Register an app and return the link it sends people to."""
    words = ("portal", "app", "create", "acme", "--redirect-uri", CALLBACK, "--scope", "settings.users.read")
    app = stage.syncline.json(*words)
    query = {
        "client_id": app["client_id"],
        "redirect_uri": CALLBACK,
        "scope": "oauth settings.users.read",
        "state": "s",
    }
    return f"{stage.address}/oauth/authorize?{urlencode(query)}"


async def install(stage: Stage, page: Page) -> None:
    """Go from a component's page to the installed app."""
    await page.get_by_role("link", name="Distribution").click()
    await page.get_by_role("link", name="Install now").click()
    await page.get_by_role("button", name="Connect app").click()
    await expect(page.get_by_text("The app is connected.")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
async def test_the_guides_way_from_project_to_provisioned_user(
    stage: Stage, browser: Chromium, script: bool
) -> None:
    async with browser.context(script=script) as context:
        page = await context.new_page()
        await page.goto(stage.address)
        await expect(page.get_by_text("This is not HubSpot.")).to_be_visible()
        await stage.sign_in(page)
        await page.get_by_role("link", name="Development").click()
        await page.get_by_role("main").get_by_role("link", name="scim-app").click()
        await expect(page).to_have_url(stage.project)
        await expect(page.get_by_role("heading", name="Project Components")).to_be_visible()
        await page.get_by_role("link", name="scim-app app").click()
        await expect(page.get_by_role("heading", name="App Features")).to_be_visible()
        await page.get_by_role("main").get_by_role("link", name="scim", exact=True).click()

        await page.get_by_role("link", name="Add domain").click()
        await page.get_by_label("Domain").fill("corp.test")
        await page.get_by_role("button", name="Next").click()
        host = await page.locator("#host").inner_text()
        value = await page.locator("#value").inner_text()
        stage.dns.hold({host: ["hubspot-scim-verification=typo"], "corp.test": []})
        await stage.picture(page, "portal-add-domain")
        await page.get_by_role("button", name="Next").click()
        await expect(page.get_by_text("This domain couldn't be verified.")).to_be_visible()
        await expect(page.get_by_role("alert")).to_contain_text("has another value")
        await stage.picture(page, "portal-domain-not-verified")
        stage.dns.hold({host: [value]})
        await page.get_by_role("button", name="Check again").click()
        await expect(page.get_by_text("The domain is verified.")).to_be_visible()
        await page.get_by_role("link", name="Back to the component").click()
        await expect(page.get_by_role("row", name="corp.test")).to_contain_text("verified")
        await stage.picture(page, "portal-scim-component")

        await page.get_by_role("link", name="Distribution").click()
        await page.get_by_role("link", name="Install now").click()
        await expect(page.get_by_text("You are connecting an unverified app.")).to_be_visible()
        await expect(page.get_by_text("settings.users.write")).to_be_visible()
        await stage.picture(page, "portal-connect-app")
        await page.get_by_role("button", name="Connect app").click()
        await expect(page.locator("#access-token")).to_have_count(0)
        await stage.picture(page, "portal-access-token")
        await page.get_by_role("button", name="Show").click()
        token = await page.locator("#access-token").inner_text()
        tenant_url = await page.locator("#tenant-url").inner_text()

        assert f"{stage.address}/scim/v2" == tenant_url
        user = {
            "schemas": [SCIM_USER],
            "userName": "ada@corp.test",
            "name": {"givenName": "Ada", "familyName": "Lovelace"},
            "roles": [{"value": "Sales User"}],
        }
        created = scim(tenant_url, token, "POST", "/Users", user)
        await page.goto(stage.page("users"))
        row = page.get_by_role("row", name="Ada Lovelace")
        await expect(row).to_contain_text("SCIM")
        await expect(row).to_contain_text("Sales User")
        await stage.picture(page, "portal-users")
        await row.get_by_role("link").click()
        await expect(page.get_by_text("This user is managed by your identity provider.")).to_be_visible()
        await expect(page.get_by_label("First name")).to_have_count(0)
        await expect(page.get_by_label("Permission set")).to_have_count(0)
        await page.get_by_label("Team").select_option("Sales")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved.")).to_be_visible()
        await stage.picture(page, "portal-scim-user")

    off = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    }
    scim(tenant_url, token, "PATCH", f"/Users/{created['id']}", off)
    shown = stage.syncline.json("portal", "user", "show", "acme", "ada@corp.test")
    assert ("deactivated", "Sales", ["Sales User"]) == (
        shown["standing"],
        shown["primary_team"],
        shown["permission_sets"],
    )


async def test_the_token_is_copied_rotated_and_revoked(stage: Stage, browser: Chromium) -> None:
    async with browser.context() as context:
        await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stage.address)
        page = await context.new_page()
        await page.goto(f"{stage.project}/component/scim")
        await stage.sign_in(page)
        await install(stage, page)
        await page.get_by_role("button", name="Show").click()
        first = await page.locator("#access-token").inner_text()
        await page.get_by_role("button", name="Copy Access token").click()
        await expect(page.get_by_text("Copied")).to_be_visible()
        copied = await page.evaluate("navigator.clipboard.readText()")

        await page.get_by_text("Rotate …").click()
        await page.get_by_role("button", name="Rotate", exact=True).click()
        await page.get_by_role("button", name="Show").click()
        second = await page.locator("#access-token").inner_text()
        await page.get_by_text("Revoke …").click()
        await page.get_by_role("button", name="Revoke", exact=True).click()

        assert first == copied
        assert first != second
        await expect(page.get_by_text("not installed")).to_be_visible()
        await expect(page.get_by_role("link", name="Install now")).to_be_visible()


async def test_the_keyboard_alone_is_enough(stage: Stage, browser: Chromium) -> None:
    async with browser.context() as context:
        page = await context.new_page()
        await page.goto(stage.project)
        await page.keyboard.type("admin@acme.example")
        await page.keyboard.press("Tab")
        await page.keyboard.type(stage.account["admin_password"])
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(stage.project)

        await page.keyboard.press("Tab")
        await expect(page.get_by_text("Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        for _ in range(4):
            if await page.evaluate("document.activeElement.textContent") == "scim-app app":
                break
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")

        await expect(page.get_by_role("heading", name="App Features")).to_be_visible()


@pytest.mark.parametrize(("button", "said"), [("Connect app", "code"), ("Cancel", "error")])
async def test_an_apps_link_leads_to_the_consent_page_and_back_to_the_app(
    stage: Stage, browser: Chromium, button: str, said: str
) -> None:
    async with browser.context() as context:
        await context.route(f"{CALLBACK}**", lambda route: route.fulfill(body="Back at the app."))
        page = await context.new_page()
        await page.goto(consent_link(stage))
        await stage.sign_in(page)
        await expect(page.get_by_text("This app is not verified.")).to_be_visible()
        await expect(page.get_by_text("gateway.example")).to_be_visible()
        await stage.picture(page, "portal-consent")

        await page.get_by_role("button", name=button).click()

        await expect(page.get_by_text("Back at the app.")).to_be_visible()
        answer = parse_qs(urlsplit(page.url).query)
        assert {said, "state"} <= answer.keys()


async def test_every_page_can_be_read_by_everybody(stage: Stage, browser: Chromium) -> None:
    component = f"{stage.project}/component/scim"
    pages = {
        "sign-in": stage.project,
        "projects": f"{stage.address}/developer-projects/{stage.account['portal_id']}",
        "project": stage.project,
        "app": f"{stage.project}/component/scim-app",
        "component": component,
        "add domain": f"{component}/domains",
        "distribution": f"{component}/distribution",
        "install": f"{component}/install",
        "consent": consent_link(stage),
        **{name: stage.page(name) for name in ("users", "users/add", "permission-sets", "teams", "account")},
    }
    found: dict[str, list[str]] = {}
    async with browser.context() as context:
        page = await context.new_page()
        for name, address in pages.items():
            await page.goto(address)
            checked = await Axe().run(page)
            wrong = [one["id"] for one in checked.response["violations"] if one["impact"] in SERIOUS]
            if wrong:
                found[name] = wrong
            if name == "sign-in":
                await stage.sign_in(page)

    assert {} == found


async def test_a_running_portal_verifies_a_domain_by_itself(stage: Stage, browser: Chromium) -> None:
    record = stage.syncline.json("portal", "domain", "add", "acme", "corp.test")
    stage.dns.hold({record["host"]: [record["value"]]})
    async with browser.context() as context:
        page = await context.new_page()
        await page.goto(f"{stage.project}/component/scim")
        await stage.sign_in(page)
        verified = page.get_by_role("row", name="corp.test").get_by_text("verified")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await verified.count():
                await page.wait_for_timeout(500)
                await page.reload()

        await expect(verified).to_be_visible()
