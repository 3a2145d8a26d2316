"""Who is at work is counted at both ends of a call: as long as either waits, the call is under way."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from syncline.scenarios.traffic import Traffic
from tests.support.serving import serve


async def test_a_request_is_under_way_until_its_client_has_the_answer() -> None:
    traffic, seen = Traffic(), []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(traffic.under_way)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with serve(application) as url, aiohttp.ClientSession(trace_configs=[traffic.trace()]) as session:
        asked = asyncio.create_task(session.get(url))
        await asyncio.sleep(0)
        seen.append(traffic.under_way)
        (await asked).release()

    assert [1, 1] == seen
    assert 0 == traffic.under_way


async def test_a_request_that_finds_nobody_is_not_under_way_any_more() -> None:
    traffic = Traffic()
    async with aiohttp.ClientSession(trace_configs=[traffic.trace()]) as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get("http://127.0.0.1:1")

    assert 0 == traffic.under_way


async def test_a_request_counts_at_the_server_that_has_taken_it() -> None:
    traffic, seen = Traffic(), []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(traffic.under_way)

    await traffic.through(application)({}, None, None)

    assert ([1], 0) == (seen, traffic.under_way)
