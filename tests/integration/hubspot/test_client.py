"""The client over real loopback connections: each fault of the way becomes an answer, and nothing leaks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from syncline.clock import ManualClock
from syncline.gateway.domain.errors import Invalid
from syncline.gateway.hubspot import api_calls, scim_calls
from syncline.gateway.hubspot.addresses import check_base_url
from syncline.gateway.hubspot.call import Answer, Call, Channel
from syncline.gateway.hubspot.client import (
    MAX_LIST_REPLY,
    MAX_REPLY,
    HubSpotClient,
    Target,
    open_session,
)
from syncline.gateway.hubspot.tokens import StaticTokens

TOKEN, SCIM_TOKEN = "pat-na1-api-canary", "pat-na1-scim-canary"
PRIVATE = partial(check_base_url, allow_private=True)
GET = api_calls.get_user(hubspot_id="77")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    application = web.Application(client_max_size=20_000_000)
    application.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def speaking_raw(reply: bytes, *, reset: bool = False) -> AsyncIterator[str]:
    """Serve these bytes to whoever has sent a request, and break the connection off."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()
        if reset:
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def send(
    base_url: str, call: Call = GET, *, scim_base_url: str | None = None, total_seconds: float = 5
) -> Answer:
    targets = {Channel.API: Target(base_url, StaticTokens(TOKEN))}
    if scim_base_url is not None:
        targets[Channel.SCIM] = Target(scim_base_url, StaticTokens(SCIM_TOKEN))
    async with open_session(connect_seconds=2, total_seconds=total_seconds) as session:
        return await HubSpotClient(session, ManualClock(), targets, PRIVATE).send(call)


def replying(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Handler:
    async def handle(_request: web.Request) -> web.Response:
        return web.json_response(data, status=status, headers=headers)

    return handle


async def test_an_answer_carries_status_headers_body_and_moment() -> None:
    async with serving(replying({"id": "77"}, 201, {"X-HubSpot-RateLimit-Max": "190"})) as url:
        answer = await send(url)

    assert (answer.status, answer.body, answer.error, answer.succeeded) == (201, {"id": "77"}, None, True)
    assert answer.headers["x-hubspot-ratelimit-max"] == "190"
    assert answer.at == ManualClock().now()


async def test_a_call_goes_out_as_it_was_written() -> None:
    seen: list[web.Request] = []
    bodies: list[bytes] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request)
        bodies.append(await request.read())
        return web.Response(status=204)

    async with serving(handle) as url:
        await send(url, api_calls.get_user(email="ada+1/ß@acme.example"))
        await send(url, api_calls.update_user({"firstName": "Zoë"}, hubspot_id="77"))
        await send(url, scim_calls.find_user('a"b & c@acme.example'), scim_base_url=f"{url}/scim/v2")

    assert seen[0].raw_path == "/settings/users/2026-03/ada%2B1%2F%C3%9F%40acme.example?idProperty=EMAIL"
    assert (bodies[0], "Content-Type" in seen[0].headers) == (b"", False)
    assert (seen[1].method, orjson.loads(bodies[1])) == ("PUT", {"firstName": "Zoë"})
    assert seen[1].headers["Content-Type"] == "application/json"
    assert seen[2].path == "/scim/v2/Users"
    assert seen[2].query["filter"] == 'userName eq "a\\"b & c@acme.example"'
    assert "application/scim+json" in seen[2].headers["Accept"]


async def test_each_credential_goes_to_its_own_address_only() -> None:
    tokens: dict[str, set[str]] = {"api": set(), "scim": set()}

    def noting(name: str) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            tokens[name].add(request.headers["Authorization"])
            return web.Response(status=204)

        return handle

    async with serving(noting("api")) as api, serving(noting("scim")) as scim:
        await send(api, GET, scim_base_url=scim)
        await send(api, scim_calls.read_configuration(), scim_base_url=scim)

    assert tokens == {"api": {f"Bearer {TOKEN}"}, "scim": {f"Bearer {SCIM_TOKEN}"}}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_is_never_followed(status: int) -> None:
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=204)

    async with (
        serving(elsewhere) as other,
        serving(replying({}, status, {"Location": f"{other}/stolen"})) as url,
    ):
        answer = await send(url)

    assert (answer.status, asked) == (status, [])


async def test_cookies_are_not_kept() -> None:
    cookies: list[str | None] = []

    async def handle(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        return web.Response(status=204, headers={"Set-Cookie": "session=1"})

    async with serving(handle) as url, open_session() as session:
        client = HubSpotClient(
            session, ManualClock(), {Channel.API: Target(url, StaticTokens(TOKEN))}, PRIVATE
        )
        await client.send(GET)
        await client.send(GET)

    assert cookies == [None, None]


async def test_a_connection_nobody_accepts_was_surely_never_sent() -> None:
    answer = await send(f"http://127.0.0.1:{unused_port()}")

    assert (answer.status, answer.sent, answer.error) == (None, False, "no connection could be made")


async def test_a_connection_reset_after_the_request_leaves_the_outcome_open() -> None:
    async with speaking_raw(b"", reset=True) as url:
        answer = await send(url, api_calls.update_user({}, hubspot_id="77"))

    assert (answer.status, answer.sent) == (None, True)
    assert answer.error in {"the connection broke", "the connection was closed before the reply"}


async def test_a_connection_closed_before_the_reply_leaves_the_outcome_open() -> None:
    async with speaking_raw(b"") as url:
        answer = await send(url)

    assert (answer.status, answer.sent, answer.error) == (
        None,
        True,
        "the connection was closed before the reply",
    )


async def test_a_reply_that_is_no_http_leaves_the_outcome_open() -> None:
    async with speaking_raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n") as url:
        answer = await send(url)

    assert (answer.status, answer.sent, answer.error) == (None, True, "the reply was not valid HTTP")


async def test_a_reply_that_breaks_off_has_a_status_and_no_body() -> None:
    head = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    async with speaking_raw(head + b'{"id": "7') as url:
        answer = await send(url)

    assert (answer.status, answer.body, answer.error) == (201, None, "the reply broke off")
    assert not answer.succeeded


async def test_a_reply_that_does_not_come_in_time_leaves_the_outcome_open() -> None:
    forever = asyncio.Event()

    async def handle(_request: web.Request) -> web.Response:
        await forever.wait()
        return web.Response()

    async with serving(handle) as url:
        answer = await send(url, total_seconds=0.2)
        forever.set()

    assert (answer.status, answer.sent) == (None, True)
    assert answer.error is not None
    assert answer.error.startswith("no complete reply")


async def test_a_reply_that_trickles_past_the_time_has_a_status_and_no_body() -> None:
    forever = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"id":')
        await forever.wait()
        return response

    async with serving(handle) as url:
        answer = await send(url, total_seconds=0.2)
        forever.set()

    assert (answer.status, answer.body, answer.succeeded) == (200, None, False)


@pytest.mark.parametrize(("call", "bound"), [(GET, MAX_REPLY), (api_calls.list_users(), MAX_LIST_REPLY)])
async def test_a_reply_is_read_to_its_bound_and_no_further(call: Call, bound: int) -> None:
    length = bound

    async def handle(_request: web.Request) -> web.Response:
        return web.Response(body=b'"' + b"x" * (length - 2) + b'"', content_type="application/json")

    async with serving(handle) as url:
        fits = await send(url, call)
        length += 1
        too_long = await send(url, call)

    assert (len(fits.body or ""), fits.error) == (bound - 2, None)
    assert (too_long.status, too_long.body, too_long.error) == (200, None, "the reply was too long")


async def test_a_reply_without_end_is_cut_off() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 65_536)

    async with serving(handle) as url:
        answer = await send(url)

    assert answer.error == "the reply was too long"


@pytest.mark.parametrize("body", [b"<html>", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000])
async def test_a_reply_that_is_not_json_is_none(body: bytes) -> None:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    async with serving(handle) as url:
        answer = await send(url)

    assert (answer.status, answer.body, answer.error) == (200, None, "the reply was not JSON")


async def test_a_compressed_reply_is_not_inflated() -> None:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})

    async with serving(handle) as url:
        answer = await send(url)

    assert answer.error == "the reply was compressed without being asked to be"


async def test_no_proxy_of_the_environment_sees_a_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def proxy(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=204)

    async with serving(proxy) as spying, serving(replying({"id": "77"})) as url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, spying)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        answer = await send(url)

    assert (answer.status, asked) == (200, [])


async def test_an_address_that_is_no_longer_allowed_is_not_spoken_to() -> None:
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=204)

    async with serving(handle) as url, open_session() as session:
        client = HubSpotClient(session, ManualClock(), {Channel.API: Target(url, StaticTokens(TOKEN))})
        answer = await client.send(GET)

    assert (answer.status, answer.sent, asked) == (None, False, [])


async def test_a_channel_that_is_not_connected_is_told_without_a_call() -> None:
    async with open_session() as session:
        client = HubSpotClient(
            session, ManualClock(), {Channel.API: Target("https://api.hubapi.com", StaticTokens(TOKEN))}
        )
        answer = await client.send(scim_calls.read_configuration())

    assert (client.reaches(Channel.API), client.reaches(Channel.SCIM)) == (True, False)
    assert (answer.status, answer.sent) == (None, False)


async def test_no_fault_repeats_the_credential_or_the_address() -> None:
    answers = [await send(f"http://127.0.0.1:{unused_port()}")]
    for raw in (b"", b"HTTP/1.1 900 X\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"):
        async with speaking_raw(raw) as url:
            answers.append(await send(url))

    for answer in answers:
        assert answer.error is None or ("canary" not in answer.error and "127.0.0.1" not in answer.error)
    assert "canary" not in repr(Target("https://api.hubapi.com", StaticTokens(TOKEN)))


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "schlüssel", "tab\t"])
def test_a_token_no_header_can_carry_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(Invalid) as refused:
        StaticTokens(token)

    assert not token or token not in str(refused.value)
