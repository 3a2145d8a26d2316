"""The set-up by keyboard alone: every step is reached, filled in and left, and what has the focus is seen."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.acceptance.console_trouble.conftest import OWNER, PEOPLE, Stage
from tests.support.browser import Chromium
from tests.support.console import PASSWORD

FARTHEST = 150
"""How often Tab is pressed at most to get somewhere."""
IS_SEEN = """element => {
    const drawn = getComputedStyle(element);
    return drawn.outlineStyle !== "none" && parseFloat(drawn.outlineWidth) >= 2;
}"""


async def reach(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, which can be seen."""
    await expect(target).to_be_visible()
    for _ in range(FARTHEST):
        if await target.evaluate("element => element === document.activeElement"):
            assert await target.evaluate(IS_SEEN), "nobody sees where the focus is"
            return
        await page.keyboard.press("Tab")
    raise AssertionError("it cannot be reached by Tab")


async def press(page: Page, name: str, key: str = "Enter") -> None:
    await reach(page, page.get_by_role("button", name=name, exact=True))
    await page.keyboard.press(key)


async def follow(page: Page, name: str) -> None:
    await reach(page, page.get_by_role("link", name=name, exact=True))
    await page.keyboard.press("Enter")


async def arrive(page: Page, heading: str) -> None:
    await expect(page.get_by_role("heading", level=1, name=heading, exact=True)).to_be_visible()


async def test_the_whole_set_up_is_walked_by_keyboard(stage: Stage, browser: Chromium) -> None:
    async with browser.context() as context:
        page = await context.new_page()
        await sign_in(page, stage)
        await follow(page, "acme")
        await arrive(page, "Overview")
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main")).to_be_focused()

        await page.goto(f"{stage.world.base}/tenants/{stage.tenant}/set-up/directory")
        await reach(page, page.get_by_role("radio").first)
        await page.keyboard.press("Space")
        await expect(page.get_by_role("radio").first).to_be_checked()
        await press(page, "Save and go on")
        await arrive(page, "Choose what to keep in step")
        await follow(page, "Open")
        await arrive(page, "Connect HubSpot")
        await press(page, "Check it again")
        await expect(page.get_by_role("heading", name="What was found")).to_be_visible()
        await follow(page, "Go on: Match people by")
        await follow(page, "Go on: Default role")
        await press(page, "Save and go on")
        await arrive(page, "Rules")
        await write_a_rule(page)
        await follow(page, "Go on: When someone leaves")
        await press(page, "Save and go on")
        await arrive(page, "Welcome e-mails")
        await press(page, "Save and go on")
        await arrive(page, "Activate in plan mode")
        await press(page, "Make another token")
        await expect(page.locator("#new-token")).to_be_visible()
        await follow(page, "I have copied both: go on")
        await follow(page, "Go on: Try one person")
        await follow(page, f"Look at {PEOPLE[0]}")
        await expect(page.get_by_text("4. Decided")).to_be_visible()
        await follow(page, "Go on: Approve the plan")
        await follow(page, "Work out the plan")
        await press(page, "Approve all of it")
        await arrive(page, "Go live")
        await follow(page, "Go on: Validation checklist")
        await arrive(page, "Validation checklist")
        await expect(page.locator("#checks")).to_have_attribute("aria-live", "polite")

    assert ["role = User", "role = Lead"] == [
        each["when"] for each in (await stage.run("rule.list"))["rules"]
    ]


async def sign_in(page: Page, stage: Stage) -> None:
    await page.goto(stage.world.base)
    await reach(page, page.get_by_label("E-mail"))
    await page.keyboard.type(OWNER)
    await reach(page, page.get_by_label("Password", exact=True))
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")


async def write_a_rule(page: Page) -> None:
    """Write one that moves nobody, so that it is saved at once."""
    await reach(page, page.get_by_label("Which one"))
    await page.keyboard.type("Lead")
    gives = page.get_by_label("Gives the permission set")
    await reach(page, gives)
    await page.keyboard.press("ArrowDown")
    await expect(gives).not_to_have_value("")
    await press(page, "Save the rule")
    await expect(page.get_by_text("The rule role = Lead is saved.")).to_be_visible()


async def test_nothing_moves_for_those_who_want_it_still(stage: Stage, browser: Chromium) -> None:
    async with browser.context() as context:
        page = await context.new_page()
        await page.emulate_media(reduced_motion="reduce")
        await page.goto(stage.world.base)
        moving = await page.evaluate(
            """() => {
                document.body.insertAdjacentHTML("beforeend", '<span class="bars"><span></span></span>');
                return getComputedStyle(document.querySelector(".bars span")).animationName;
            }"""
        )

    assert "none" == moving
