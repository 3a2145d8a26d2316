"""The pages inside: what they show, and what they change."""

from __future__ import annotations

import asyncio
import re

import aiohttp

from tests.support.console import World
from tests.unit.web.asking import ask

CANARY = '"><script>alert(1)</script>=cmd|x\u202e'


async def scim(world: World, token: str, user_name: str, **attributes: object) -> int:
    """Create a user as an identity provider does."""
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": user_name, **attributes}
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{world.base}/scim/v2/Users", json=body) as answer,
    ):
        return answer.status


async def test_a_tenant_is_made_and_its_set_up_says_what_is_next(world: World) -> None:
    anna = await world.owner()
    seen = await anna.send("/tenants", name="Acme")

    assert re.fullmatch("/tenants/[0-9a-f-]{36}/set-up", seen.path)
    assert "Acme is made." in seen.words
    assert re.search(r"Company and directory\s+\(you are here\)", seen.words)


async def test_a_name_that_is_taken_is_said_beside_the_field(world: World) -> None:
    anna = await world.owner()
    await world.tenant("Acme")
    await anna.open("/")
    seen = await anna.send("/tenants", name="ACME")

    assert 422 == seen.status
    assert "There is already a tenant named" in seen.words


async def test_a_token_is_shown_once_and_works(world: World) -> None:
    anna = await world.owner()
    tenant = await world.tenant("Acme")
    await anna.open(f"/tenants/{tenant}/settings")
    made = await anna.send(f"/tenants/{tenant}/tokens", days="30", description="Entra")
    token = re.search(r"syncline_[a-z2-7]{10}_[A-Za-z0-9_-]{43}", made.text)
    assert token is not None
    status = await scim(world, token[0], "ada@acme.example")
    later = await anna.open(f"/tenants/{tenant}/settings")

    assert 201 == status
    assert token[0] not in later.text
    assert token[0].split("_")[1] in later.text


async def test_who_changed_what_is_recorded_under_the_name_of_the_operator(world: World) -> None:
    anna = await world.owner()
    tenant = await world.tenant("Acme")
    await anna.open(f"/tenants/{tenant}/settings")
    await anna.send(f"/tenants/{tenant}/tokens", days="30")
    tokens = (await world.run("token.list", tenant="Acme"))["tokens"]

    assert ["anna@acme.example"] == [each["created_by"] for each in tokens]


async def test_what_identity_providers_send_is_text_on_every_page(world: World) -> None:
    anna = await world.owner()
    tenant = await world.tenant(f"Acme <script>{'x' * 20}")
    token = (await world.run("token.create", tenant=tenant, description=CANARY))["token"]
    assert 201 == await scim(world, token, "<script>alert(1)</script>@acme.example", displayName=CANARY)
    assert 201 == await scim(world, token, "ada@acme.example")
    for place in ("overview", "set-up", "people", "groups", "approvals", "plan", "log", "settings", "log/1"):
        seen = await anna.open(f"/tenants/{tenant}/{place}?search={'%22%3E%3Cscript%3E'}")

        assert 200 == seen.status
        assert "<script>" not in seen.text
        assert "\u202e" not in seen.text


async def test_people_are_listed_page_by_page_and_searched(world: World) -> None:
    anna = await world.owner()
    tenant = await world.tenant("Acme")
    token = (await world.run("token.create", tenant="Acme"))["token"]
    for number in range(52):
        await scim(world, token, f"user{number:03}@acme.example")
    first = await anna.open(f"/tenants/{tenant}/people")
    following = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert following is not None
    second = await anna.open(following[1].replace("&amp;", "&"))
    found = await anna.open(f"/tenants/{tenant}/people?search=user017")

    assert [50, 2, 1] == [
        len(re.findall(r"user\d{3}@acme.example</bdi>", seen.text)) for seen in (first, second, found)
    ]


async def test_the_overview_counts_and_draws_the_day(world: World) -> None:
    anna = await world.owner()
    tenant = await world.tenant("Acme")
    token = (await world.run("token.create", tenant="Acme"))["token"]
    for number in range(3):
        await scim(world, token, f"user{number}@acme.example")
    seen = await anna.open(f"/tenants/{tenant}/overview")

    assert "Not connected to HubSpot." in seen.words
    assert re.search(r"People\s+3\s", seen.words)
    assert "<rect" in seen.text


async def test_somebody_is_invited_given_a_role_and_removed(world: World) -> None:
    anna = await world.owner()
    await anna.open("/operators")
    made = await anna.send("/operators", email="bob@acme.example", role="auditor")
    link = re.search(r"/link/synclinelink_[A-Za-z0-9_-]+", made.text)
    assert link is not None
    bob = world.browser()
    await bob.open(link[0])
    await bob.send(link[0], name="Bob", password="rain falls on tin roofs")
    his = next(each for each in (await world.run("operator.list"))["operators"] if each["name"] == "Bob")
    await anna.open("/operators")
    changed = await anna.send(f"/operators/{his['id']}/role", role="administrator")
    await anna.open("/operators")
    removed = await anna.send(f"/operators/{his['id']}/remove")
    gone = await bob.open("/account")

    assert "bob@acme.example is now administrator here." in changed.words
    assert "bob@acme.example is removed" in removed.words
    assert "Sign in" in gone.words


async def test_the_last_owner_cannot_give_up_what_nobody_else_has(world: World) -> None:
    anna = await world.owner()
    hers = (await world.run("operator.list"))["operators"][0]
    await anna.open("/operators")
    seen = await anna.send(f"/operators/{hers['id']}/role", role="viewer")

    assert 422 == seen.status
    assert "the only owner of everything" in seen.words


async def test_an_owner_of_one_tenant_manages_its_people_and_sees_no_others(world: World) -> None:
    await world.owner()
    tenant = await world.tenant("Acme")
    cleo = await world.operator("cleo@acme.example", "owner", "Acme")
    seen = await cleo.open(f"/tenants/{tenant}/operators")
    made = await cleo.send(f"/tenants/{tenant}/operators", email="dan@acme.example", role="viewer")
    elsewhere = await cleo.open("/operators")
    his = (await world.run("operator.list"))["invitations"][0]

    assert "cleo@acme.example" in seen.words
    assert "anna@acme.example" not in seen.words
    assert "Shown once" in made.words
    assert [{"tenant_id": tenant, "role": "viewer"}] == his["roles"]
    assert 403 == elsewhere.status


async def test_a_key_is_made_shown_once_and_revoked(world: World) -> None:
    anna = await world.owner()
    await world.tenant("Acme")
    await anna.open("/api-keys")
    made = await anna.send("/api-keys", role="viewer", tenant="", description="export", days="")
    key = re.search(r"synclinekey_[a-z2-7]{10}_[A-Za-z0-9_-]{43}", made.text)
    assert key is not None
    before, _, _ = await world.api("GET", "/tenants", key[0])
    later = await anna.open("/api-keys")
    revoked = await anna.send(f"/api-keys/{key[0].split('_')[1]}/revoke")
    after, _, _ = await world.api("GET", "/tenants", key[0])

    assert key[0] not in later.text
    assert "is revoked" in revoked.words
    assert [200, 401] == [before, after]


async def test_a_form_that_is_too_long_is_refused(world: World) -> None:
    anna = await world.owner()
    seen = await anna.send("/tenants", name="x" * 70_000)

    assert 413 == seen.status
    assert {} == {each["id"]: each for each in (await world.run("tenant.list"))["tenants"]}


async def test_the_event_loop_turns_between_pages_that_are_asked_for_in_one_moment(world: World) -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def answered() -> int:
        await ask(world.gateway.application, "/")
        return turns

    turning = asyncio.create_task(turn())
    ended = await asyncio.gather(*(answered() for _ in range(5)))
    turning.cancel()

    assert 5 == len(set(ended))
