"""The log as it grows: what it goes on from, how long, and for whom."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from syncline.gateway.web.console import following
from tests.integration.console.test_pages import scim
from tests.support.console import Browser, World


async def begun(world: World, browser: Browser, tenant: str, **headers: str) -> aiohttp.ClientResponse:
    """Open a stream; the caller closes it."""
    return await browser.session.get(f"{world.base}/tenants/{tenant}/log/stream", headers=headers)


async def read_until(answer: aiohttp.ClientResponse, text: str) -> str:
    read = ""
    while text not in read:
        part = await answer.content.readany()
        if not part:
            break
        read += part.decode()
    return read


async def test_a_browser_that_comes_back_gets_what_it_has_not_seen(world: World) -> None:
    anna = await world.owner()
    tenant = await world.tenant("Acme")
    token = (await world.run("token.create", tenant=tenant))["token"]
    for name in ("ada", "bob", "cleo"):
        assert 201 == await scim(world, token, f"{name}@acme.example")
    answer = await begun(world, anna, tenant, **{"Last-Event-ID": "1"})
    read = await read_until(answer, "id: 3\n\n")
    answer.close()

    assert "ada@acme.example" not in read
    assert "bob@acme.example" in read
    assert "cleo@acme.example" in read


async def test_a_stream_ends_with_the_session(world: World) -> None:
    anna = await world.owner()
    tenant = await world.tenant("Acme")
    answer = await begun(world, anna, tenant)
    await read_until(answer, "retry")
    await anna.open("/account")
    await anna.send("/sign-out")
    signed_out = world.clock.now()
    reading = asyncio.create_task(answer.content.read())
    while not reading.done():
        await world.clock.advance(1_000)
        await asyncio.sleep(0.01)  # the stream looks in the database, which takes its own time

    assert b"data" not in await reading
    assert world.clock.now() - signed_out < following.LASTS
    assert answer.content.at_eof()


async def test_nobody_follows_the_log_more_often_than_allowed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_OF_ONE", 1)
    anna = await world.owner()
    tenant = await world.tenant("Acme")
    first = await begun(world, anna, tenant)
    await read_until(first, "retry")
    second = await begun(world, anna, tenant)

    assert 429 == second.status
    first.close()


async def test_a_viewer_reads_the_log_but_takes_no_file_away(world: World) -> None:
    await world.owner()
    tenant = await world.tenant("Acme")
    viewer = await world.operator("vic@acme.example", "viewer", "Acme")

    assert 200 == (await viewer.open(f"/tenants/{tenant}/log")).status
    assert 403 == (await viewer.open(f"/tenants/{tenant}/log/export")).status
