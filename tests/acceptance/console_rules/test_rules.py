"""Rules in a browser: put in order by pointer and by keyboard, and looked at before they are saved."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.acceptance.console_trouble.conftest import PEOPLE, Stage
from tests.support.browser import Chromium
from tests.support.world import TENANT

RULES = "set-up/rules"


async def order(stage: Stage) -> list[str]:
    """Return the rules as they are tried."""
    return [each["when"] for each in (await stage.run("rule.list"))["rules"]]


async def three_rules(stage: Stage) -> None:
    """Have three rules whose order moves nobody."""
    await stage.run("rule.add", attribute="title", equals="Clerk", primary_team="Sales")
    await stage.run("rule.add", attribute="title", equals="Editor", primary_team="Marketing")


async def test_a_rule_is_dragged_to_another_place(stage: Stage, browser: Chromium) -> None:
    await three_rules(stage)
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await stage.open(page, RULES)
        handle = page.get_by_role("button", name="Rule 3: title = Editor")
        first = await page.locator("[data-arrange] tr").first.bounding_box()
        box = await handle.bounding_box()
        assert first is not None
        assert box is not None
        await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        await page.mouse.down()
        await page.mouse.move(box["x"], first["y"] + 2, steps=5)
        await page.mouse.up()
        await expect(page.get_by_text("is moved.")).to_be_visible()

    assert ["title = Editor", "role = User", "title = Clerk"] == await order(stage)


async def test_a_rule_is_moved_by_keyboard_and_every_move_is_announced(
    stage: Stage, browser: Chromium
) -> None:
    await three_rules(stage)
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await stage.open(page, RULES)
        said = page.locator("#said")
        await page.get_by_role("button", name="Rule 1: role = User").focus()
        await page.keyboard.press("Space")
        await expect(said).to_have_text("Held: Rule 1: role = User, at place 1 of 3.")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Escape")
        await expect(said).to_have_text("Back where it was: Rule 1: role = User, at place 1 of 3.")
        await page.keyboard.press("Space")
        await page.keyboard.press("ArrowDown")
        await expect(said).to_have_text("Rule 1: role = User, at place 2 of 3.")
        await page.keyboard.press("Space")
        await expect(page.get_by_text("is moved.")).to_be_visible()
        await expect(page.get_by_role("button", name="Rule 2: role = User")).to_be_focused()

    assert ["title = Clerk", "role = User", "title = Editor"] == await order(stage)


async def test_without_a_script_the_buttons_put_rules_in_order(stage: Stage, browser: Chromium) -> None:
    await three_rules(stage)
    async with browser.context(script=False) as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await page.goto(f"{stage.world.base}/tenants/{stage.tenant}/{RULES}")
        await expect(page.locator(".handle").first).to_be_hidden()
        await page.get_by_role("button", name="Move rule 3 up").click()
        await expect(page.get_by_text("is moved.")).to_be_visible()

    assert ["role = User", "title = Editor", "title = Clerk"] == await order(stage)


async def test_whom_a_rule_would_change_shows_while_it_is_written(stage: Stage, browser: Chromium) -> None:
    await stage.run("privileged.mark", permission_set="Manager")
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await stage.open(page, RULES)
        await fill(page, match="User", permission_set="Manager – privileged", place="1")
        weighed = page.locator("#weighed")
        many = len(PEOPLE)
        await expect(weighed).to_contain_text(f"would change {many} people, {many} to a privileged set")
        await expect(page.locator("#said")).to_contain_text(f"would change {many} people")
        assert ["role = User"] == await order(stage)
        await page.get_by_label("Which one").fill("Manager")
        await page.get_by_label("Which one").blur()
        await expect(weighed).to_contain_text("would change nobody")
        await page.get_by_role("button", name="Save the rule").click()
        await expect(page.get_by_text("The rule role = Manager is saved.")).to_be_visible()

    assert ["role = Manager", "role = User"] == await order(stage)


async def test_a_role_that_is_almost_another_is_made_a_rule_like_that_one(
    stage: Stage, browser: Chromium
) -> None:
    assert 201 == await stage.join("new@acme.example", role="USER")
    assert 201 == await stage.join("other@acme.example", role="Controller")
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await stage.open(page, RULES)
        near = page.locator("#seen tbody tr", has_text="USER")
        await expect(near).to_contain_text("almost User")
        await near.get_by_role("link", name="Make a rule for USER").click()
        await expect(page.get_by_label("Which one")).to_have_value("USER")
        await expect(page.get_by_label("Gives the permission set")).to_have_value(await set_id(stage))
        await page.get_by_role("button", name="Save the rule").click()
        await expect(page.locator("#preview")).to_contain_text("would change 1 person")
        await page.get_by_role("button", name="Save exactly this").click()
        await expect(page.get_by_text("The rule role = USER is saved.")).to_be_visible()


async def test_a_group_is_found_among_many_by_a_part_of_its_name_and_made_a_rule(
    stage: Stage, browser: Chromium
) -> None:
    for number in range(30):
        await stage.group(f"Team {number:02}")
    found = await stage.group("Zebra keepers")
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await stage.open(page, RULES)
        await page.get_by_label("Looks at").select_option("group")
        await page.get_by_label("Which one").press_sequentially("keep")
        await expect(page.locator("#known option")).to_have_count(1)
        await expect(page.locator("#known option")).to_have_attribute("value", "Zebra keepers")
        await page.get_by_label("Which one").fill("Zebra keepers")
        await page.get_by_label("Gives the primary team").select_option(label="Sales")
        await page.get_by_role("button", name="Save the rule").click()
        await expect(page.get_by_text("The rule group = Zebra keepers is saved.")).to_be_visible()
        row = page.get_by_role("row", name="group = Zebra keepers")
        await expect(row).to_contain_text(found)


async def test_values_of_the_attribute_that_is_chosen_are_suggested(stage: Stage, browser: Chromium) -> None:
    assert 201 == await stage.join("ann@acme.example", title="Clerk", userType="Contractor")
    async with browser.context() as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await stage.open(page, RULES)
        await expect(page.locator("#known-values option")).to_have_count(2)
        await page.get_by_label("Which one").fill("title")
        await page.get_by_label("Equals").focus()
        await expect(page.locator("#known-values option")).to_have_count(1)
        await expect(page.locator("#known-values option")).to_have_attribute("value", "Clerk")


async def test_a_rule_is_sent_to_a_place_by_number(stage: Stage, browser: Chromium) -> None:
    await three_rules(stage)
    async with browser.context(script=False) as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await page.goto(f"{stage.world.base}/tenants/{stage.tenant}/{RULES}")
        await page.get_by_text("Move a rule to any place").click()
        await page.get_by_label("Rule", exact=True).select_option(label="3. title = Editor")
        await page.get_by_label("To place").fill("1")
        await page.get_by_role("button", name="Move it").click()
        await expect(page.get_by_text("is moved.")).to_be_visible()

    assert ["title = Editor", "role = User", "title = Clerk"] == await order(stage)


async def test_a_rule_gives_a_seat_once_the_seats_are_read(stage: Stage, browser: Chromium) -> None:
    await stage.hubspot.change(seats_pricing=True)
    async with browser.context(script=False) as context:
        page = await context.new_page()
        await stage.sign_in(page)
        await page.goto(f"{stage.world.base}/tenants/{stage.tenant}/{RULES}")
        await page.get_by_role("button", name="Read the seats").click()
        seat = page.get_by_label("Gives the seat")
        await page.get_by_label("Which one").fill("Seller")
        await seat.select_option(index=1)
        name = await seat.input_value()
        await page.get_by_role("button", name="Save the rule").click()
        await expect(page.get_by_text("The rule role = Seller is saved.")).to_be_visible()
        await expect(page.get_by_role("row", name="role = Seller")).to_contain_text(f"seat {name}")

    assert name == (await stage.run("rule.list"))["rules"][-1]["sets"]["seat"]


async def fill(page: Page, *, match: str, permission_set: str, place: str) -> None:
    """Fill in the form of another rule."""
    await page.get_by_label("Which one").fill(match)
    await page.get_by_label("At place").fill(place)
    await page.get_by_label("Gives the permission set").select_option(label=permission_set)


async def set_id(stage: Stage) -> str:
    """Return the id of the set that role User gets."""
    connection = await stage.world.gateway.store.setup.connection(stage.tenant)
    account = None if connection is None else connection.account
    assert account is not None, TENANT
    return account.permission_sets_named("Sales User")[0].id
