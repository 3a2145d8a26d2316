"""Things are broken on purpose, and the pages say what is the matter and what helps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import BrowserContext, Page, expect

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
        await _settle(page, stage)
    left = await stage.standings("deactivated")

    assert 7 == len(left & set(PEOPLE[:9]))
    assert set(PEOPLE[9:]) <= await stage.standings("active")


async def _settle(page: Page, stage: Stage) -> None:
    """Have one come back in the directory, who was not meant to leave; keep another one; let the last one go."""
    back, kept, last = sorted(each["email"] for each in (await stage.run("leavers.list"))["leavers"])
    assert 200 == await stage.leave(back, active="True")
    await stage.drain()
    await stage.open(page, f"person?user={kept}")
    await page.get_by_text("Keep until a date …").click()
    until = datetime.now(UTC) + timedelta(days=30)
    await page.get_by_label("The last day").fill(f"{until:%Y-%m-%d}")
    await page.locator("#leaving").get_by_label("Why", exact=True).fill("hands over her customers")
    await page.get_by_role("button", name="Keep", exact=True).click()
    await expect(page.get_by_text(f"{kept} is kept, until")).to_be_visible()
    await stage.drain()
    await stage.open(page, "approvals")
    await expect(page.locator("#leavers tbody tr")).to_have_count(1)
    await expect(page.locator("#exceptions tbody tr")).to_contain_text("hands over her customers")
    await page.locator("#leavers").get_by_text("All that wait …").click()
    await page.get_by_role("button", name="Deactivate now: all").click()
    await expect(page.get_by_text(f"{last}: on the way out")).to_be_visible()
    await stage.drain()
    await stage.open(page, "approvals")
    await expect(page.locator("#leavers")).to_have_count(0)
    assert {back, kept} <= await stage.standings("active")


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


async def test_a_revoked_grant_is_told_and_granted_anew(stage: Stage, browser: Chromium) -> None:
    app = await administration.create_app(
        stage.hubspot.store,
        stage.clock,
        TENANT,
        redirect_uris=[f"{stage.world.base}/oauth/callback"],
        scopes=("oauth", "settings.users.read", "settings.users.write"),
        optional_scopes=("crm.objects.owners.read", "settings.users.teams.read"),
    )
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await stage.open(page, "set-up/connect")
        await page.get_by_text("Connect in another way, or anew").click()
        await _grant(stage, page, app)
        await administration.uninstall_app(stage.hubspot.store, stage.clock, TENANT, app["client_id"])
        assert 201 == await stage.join("new@acme.example")
        await stage.drain()
        stage.clock.leap(3_600_000)  # the token HubSpot gave for half an hour has to be renewed
        await stage.drain()
        await stage.sign_in(page)

        await stage.open(page, "overview")
        trouble = page.get_by_role("alert")
        await expect(trouble).to_contain_text("Reconnect needed.")
        await expect(trouble).to_contain_text("HubSpot has ended the grant")
        await expect(trouble).to_contain_text("Have a super admin grant anew. Nothing is lost meanwhile.")
        await expect(trouble).not_to_contain_text("connection authorize")
        assert 201 == await stage.join("later@acme.example")
        await trouble.get_by_role("link", name="grant anew").click()
        await _grant(stage, page, app)
        await stage.drain()
        await stage.open(page, "overview")
        await expect(page.get_by_role("alert")).to_have_count(0)

    assert {"new@acme.example", "later@acme.example"} <= (await stage.hubspot.shown()).keys()


async def _grant(stage: Stage, page: Page, app: dict[str, Any]) -> None:
    """Connect by OAuth: the form here, the consent at HubSpot, and back."""
    await page.get_by_text("Another app, or a rehearsal").click()
    await page.get_by_label("Client id of your own HubSpot app").fill(app["client_id"])
    await page.get_by_label("Its client secret").fill(app["client_secret"])
    await page.locator("#field-base_url").fill(stage.hubspot.url)
    await page.get_by_role("button", name="Ask HubSpot").click()
    await page.get_by_role("link", name="Go to HubSpot").click()
    if await page.get_by_role("button", name="Sign in").is_visible():
        await stage.sign_in_at_portal(page)
    await page.get_by_role("button", name="Connect app").click()
    await expect(page.get_by_role("heading", name="Connected to HubSpot")).to_be_visible()


async def test_a_renamed_set_no_longer_answers_to_its_role_until_a_rule_says_so(
    stage: Stage, browser: Chromium
) -> None:
    await stage.run("policy.set", match_role_names=True)
    assert 201 == await stage.join("old@acme.example", role="Marketing User")
    await stage.drain()
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        at_hubspot = await stage.at_portal(context, "permission-sets")
        row = at_hubspot.get_by_role("row", name="Marketing User")
        await row.get_by_text("Rename …").click()
        await row.get_by_label("New name of Marketing User").fill("Marketing Users")
        await row.get_by_role("button", name="Rename").click()
        await expect(at_hubspot.get_by_text("Saved.")).to_be_visible()
        await stage.open(page, "settings/connection")
        await page.get_by_role("button", name="Check it now").click()
        await expect(page.get_by_role("heading", name="What the check found")).to_be_visible()
        assert 201 == await stage.join("new@acme.example", role="Marketing User")
        await stage.drain()

        await stage.open(page, "person?user=new@acme.example")
        await expect(page.locator("main")).to_contain_text("'Marketing User' is almost 'Marketing Users'")
        await stage.open(page, "log?kind=account.")
        await expect(page.locator("tbody")).to_contain_text("Marketing Users")
        await stage.open(page, "set-up/rules")
        missed = page.locator("#seen tbody tr", has_text="Marketing User")
        await expect(missed).to_contain_text("almost Marketing Users")
        await missed.get_by_role("link", name="Make a rule").click()
        await page.get_by_role("button", name="Save the rule").click()
        await expect(page.locator("#preview")).to_contain_text("would change")
        await page.get_by_role("button", name="Save exactly this").click()
        await expect(page.get_by_text("The rule role = Marketing User is saved.")).to_be_visible()
        await stage.drain()
        await stage.open(page, "people?state=held")
        await expect(page.locator("tbody tr")).to_have_count(0)

    shown = await stage.hubspot.shown()
    both = ("old@acme.example", "new@acme.example")
    assert [["Marketing Users"]] * 2 == [shown[name]["permission_sets"] for name in both]


async def test_who_finds_no_seat_is_told_of_and_seated_when_one_is_bought(
    stage: Stage, browser: Chromium
) -> None:
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await _buy(stage, context, 1)
        await stage.run("seats.list")
        await stage.run("rule.add", role="Seller", permission_set="Sales User", seat="Sales Hub")
        for name in ("sam@acme.example", "sue@acme.example"):
            assert 201 == await stage.join(name, role="Seller")
        await stage.drain()

        await stage.open(page, "overview")
        held = page.locator("#held")
        await expect(held).to_contain_text("No seat is free for this person. Syncline never buys one.")
        await expect(held).to_contain_text("Free or buy a seat in HubSpot")
        await held.locator("tbody a").first.click()
        await expect(page.locator("tbody tr")).to_have_count(1)
        await _buy(stage, context, 2)
        await stage.open(page, "set-up/rules")
        await page.get_by_role("button", name="Read the seats").click()
        await expect(page.get_by_text("The seats are read.")).to_be_visible()
        await stage.drain()
        await stage.open(page, "overview")
        await expect(held).to_contain_text("Nobody is held.")

    assert {"sam@acme.example", "sue@acme.example"} <= (await stage.hubspot.shown()).keys()


async def _buy(stage: Stage, context: BrowserContext, seats: int) -> None:
    """Have so many seats, as people do: on HubSpot's page of them."""
    page = await stage.at_portal(context, "account")
    await page.get_by_label("Sales Hub seats bought").fill(str(seats))
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()


async def test_a_token_that_has_ended_shows_as_a_cause_and_another_one_heals(
    stage: Stage, browser: Chromium
) -> None:
    async with browser.context() as context:
        page = await context.new_page()
        stage.clock.leap(61 * 86_400_000)
        assert 401 == await stage.join("new@acme.example")
        await stage.sign_in(page)
        await stage.open(page, "overview")
        await expect(page.get_by_role("main")).to_contain_text("There is no SCIM token.")
        await page.get_by_role("link", name="Make one").click()
        await expect(page.get_by_role("table", name="SCIM tokens")).to_contain_text("ended")
        await page.get_by_label("What the new token is for").fill("Entra, renewed")
        await page.get_by_role("button", name="Make a token").click()
        stage.token = await page.locator("#new-token").inner_text()
        assert 201 == await stage.join("new@acme.example")
        await stage.drain()
        await stage.open(page, "overview")
        await expect(page.get_by_role("main")).not_to_contain_text("There is no SCIM token.")

    assert "new@acme.example" in await stage.hubspot.shown()
