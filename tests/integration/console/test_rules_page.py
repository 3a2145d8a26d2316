"""The rules on their page: moved to any place, named by what people know them by, made from what arrives."""

from __future__ import annotations

import re
from html import unescape

import aiohttp

from tests.integration.console.test_pages import scim
from tests.integration.console.test_people_pages import Acme, acme
from tests.support.console import Browser

__all__ = ["acme"]
MANY = 62
RULES = "set-up/rules"


async def administrator(acme: Acme) -> Browser:
    return await acme.world.operator("adam@acme.example", "administrator", "acme")


async def a_group(acme: Acme, name: str) -> str:
    token = (await acme.run("token.create"))["token"]
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name}
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.post(f"{acme.world.base}/scim/v2/Groups", json=body) as answer,
    ):
        return str((await answer.json())["id"])


async def order(acme: Acme) -> list[str]:
    return [each["id"] for each in (await acme.run("rule.list"))["rules"]]


async def test_a_rule_that_is_moved_far_is_looked_for_where_it_stands_now(acme: Acme) -> None:
    adam = await administrator(acme)
    for number in range(MANY - 1):
        await acme.run("rule.add", attribute="title", equals=f"Clerk {number}", primary_team="Sales")
    (first, *others) = await order(acme)
    await adam.open(acme.path(RULES))
    led = await adam.send(acme.path(RULES), do=f"move:{first}:{MANY}", follow=False)
    there = await adam.open((led.location or "").partition("#")[0])

    assert acme.path(f"{RULES}?after=60#rule-{first}") == led.location
    assert [*others, first] == await order(acme)
    assert f'id="rule-{first}"' in there.text
    assert 'data-arrange="61"' in there.text


async def test_what_is_no_move_changes_nothing(acme: Acme) -> None:
    adam = await administrator(acme)
    before = await order(acme)
    await adam.open(acme.path(RULES))
    for do in (f"drop:{before[0]}", "remove:4711", "move:4711:1", f"move:{before[0]}:x", "move:"):
        seen = await adam.send(acme.path(RULES), do=do)
        assert seen.status in (200, 422), do

    assert before == await order(acme)


async def test_a_rule_of_a_group_is_shown_with_the_groups_name(acme: Acme) -> None:
    group = await a_group(acme, "The <b>Sellers</b>")
    await acme.run("rule.add", group=group, primary_team="Sales")
    seen = await acme.viewer.open(acme.path(RULES))
    why = await acme.viewer.open(acme.path("person?user=ada@acme.example"))

    assert "group = The &lt;b&gt;Sellers&lt;/b&gt;" in why.text
    assert "The &lt;b&gt;Sellers&lt;/b&gt;" in seen.text
    assert group in seen.text
    assert "data-arrange" not in seen.text


async def test_a_group_is_chosen_by_its_name_without_a_script(acme: Acme) -> None:
    group = await a_group(acme, "Sales EMEA")
    adam = await administrator(acme)
    seen = await adam.open(acme.path(RULES))
    team = re.search(r'<option value="(\d+)">Sales</option>', seen.text)
    assert team is not None
    unknown = await adam.send(acme.path(RULES), kind="group", match="sales", primary_team=team[1])
    made = await adam.send(acme.path(RULES), kind="group", match="sales emea", primary_team=team[1])

    assert '<option value="Sales EMEA">group, 0 people</option>' in seen.text
    assert (422, True) == (unknown.status, "There is 'Sales EMEA'." in unknown.words)
    assert "The rule group = Sales EMEA is saved." in made.words
    assert group in [each["group"] for each in (await acme.run("rule.list"))["rules"]]


async def test_what_a_rule_can_look_at_is_searched_at_the_server(acme: Acme) -> None:
    for number in range(30):
        await a_group(acme, f"Team {number:02}")
    await a_group(acme, "Zebra <keepers>")
    page = await acme.viewer.open(acme.path(RULES))
    found = await acme.viewer.open(acme.path(f"{RULES}/known?kind=group&match=zebra"))
    roles = await acme.viewer.open(acme.path(f"{RULES}/known?kind=role&match=zebra"))
    paths = await acme.viewer.open(acme.path(f"{RULES}/known?kind=attribute&match=DEPART"))

    assert "Zebra" not in page.text.partition('id="known"')[2].partition("</datalist>")[0]
    assert '<option value="Zebra &lt;keepers&gt;">group, 0 people</option>' in found.text
    assert "<option" not in roles.text
    assert ["department"] == re.findall(r'value="(\w+)"', paths.text)


async def test_a_rule_is_moved_to_a_place_on_another_page_without_a_script(acme: Acme) -> None:
    adam = await administrator(acme)
    for number in range(MANY - 1):
        await acme.run("rule.add", attribute="title", equals=f"Clerk {number}", primary_team="Sales")
    (*others, last) = await order(acme)
    full = await adam.open(acme.path(RULES))
    seen = await adam.open(acme.path(f"{RULES}?after=60"))
    led = await adam.send(acme.path(RULES), do="place", rule=last, place="2", follow=False)

    assert len(full.text.encode()) <= 100_000
    assert f'<option value="{last}">{MANY}. ' in seen.text
    assert acme.path(f"{RULES}#rule-{last}") == led.location
    assert [others[0], last, *others[1:]] == await order(acme)


async def test_a_rule_made_of_a_near_miss_gives_what_the_one_that_was_meant_gives(acme: Acme) -> None:
    adam = await administrator(acme)
    await acme.run("rule.add", role="Seller", permission_set="Manager", primary_team="Sales")
    token = (await acme.run("token.create"))["token"]
    assert 201 == await scim(acme.world, token, "new@acme.example", roles=[{"value": "Sellers"}])
    seen = await adam.open(acme.path(RULES))
    link = unescape(seen.text).partition("match=Sellers")[2].partition("#another")[0]
    made = await adam.open(f"{acme.path(RULES)}?kind=role&match=Sellers{link}")

    assert 'value="Sellers"' in made.text
    assert made.text.count(" selected") == 3
