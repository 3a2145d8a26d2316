"""The rules on their page: moved to any place, named by what people know them by, made from what arrives."""

from __future__ import annotations

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
    token = (await acme.run("token.create"))["token"]
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "The <b>Sellers</b>"}
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.post(f"{acme.world.base}/scim/v2/Groups", json=body) as answer,
    ):
        group = (await answer.json())["id"]
    await acme.run("rule.add", group=group, primary_team="Sales")
    seen = await acme.viewer.open(acme.path(RULES))

    assert "The &lt;b&gt;Sellers&lt;/b&gt;" in seen.text
    assert "data-arrange" not in seen.text


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
