"""Ordered faults, met over real connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from syncline.portal import administration
from syncline.portal.domain.errors import SetupError
from tests.integration.portal.conftest import USERS, World
from tests.integration.portal.test_oauth import ADMIN, CALLBACK

ADA: dict[str, Any] = {"email": "ada@acme.example", "sendWelcomeEmail": False}


async def order(world: World, kind: str, **details: Any) -> int:
    ordered = await administration.add_fault(world.store, world.clock, "acme", kind, **details)
    number: int = ordered["number"]
    return number


async def is_there(world: World, email: str = "ada@acme.example") -> bool:
    return (await world.api.get(f"{USERS}/{email}?idProperty=EMAIL")).status == 200


async def passing(world: World, call: Awaitable[Any], milliseconds: int) -> Any:
    """Let a call wait for the clock: it must not be done before that span has passed."""
    waiting = asyncio.ensure_future(call)
    while world.clock.next_wake() is None:
        assert not waiting.done()
        await asyncio.sleep(0.001)
    await world.clock.advance(milliseconds - 1)
    assert not waiting.done()
    await world.clock.advance(1)
    return await waiting


@pytest.mark.parametrize("kind", ["down", "reset"])
async def test_a_broken_connection_carries_nothing_out(world: World, kind: str) -> None:
    await order(world, kind, call=f"POST {USERS}")

    with pytest.raises(aiohttp.ClientConnectionError):
        await world.api.post(USERS, ADA)

    assert not await is_there(world)
    assert 201 == (await world.api.post(USERS, ADA)).status


async def test_a_lost_reply_comes_after_its_effect(world: World) -> None:
    await order(world, "lost-reply", call=f"POST {USERS}")

    with pytest.raises(aiohttp.ClientConnectionError):
        await world.api.post(USERS, ADA)

    assert await is_there(world)


async def test_a_reset_is_a_reset_and_not_a_close(world: World) -> None:
    await order(world, "reset")
    host, port = world.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    token = world.account["access_token"]
    writer.write(f"GET {USERS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())

    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


async def test_a_timeout_answers_nothing_until_the_client_goes(world: World) -> None:
    await order(world, "timeout", call=f"POST {USERS}")

    with pytest.raises(asyncio.TimeoutError):
        async with asyncio.timeout(0.2):
            await world.api.post(USERS, ADA)

    assert not await is_there(world)


async def test_a_timeout_may_end_by_the_clock(world: World) -> None:
    await order(world, "timeout", milliseconds=5_000)

    with pytest.raises(aiohttp.ClientConnectionError):
        await passing(world, world.api.post(USERS, ADA), 5_000)


async def test_latency_comes_before_the_effect(world: World) -> None:
    await order(world, "latency", milliseconds=3_000, call=f"POST {USERS}")

    reply = await passing(world, world.api.post(USERS, ADA), 3_000)

    assert 201 == reply.status


@pytest.mark.parametrize(
    ("kind", "details", "span"),
    [
        ("bandwidth", {"bytes": 100}, None),
        ("sliced", {"bytes": 50, "milliseconds": 10}, None),
        ("slow-close", {"milliseconds": 2_000}, 2_000),
    ],
)
async def test_a_slow_answer_is_whole_in_the_end(
    world: World, kind: str, details: dict[str, Any], span: int | None
) -> None:
    plain = await world.api.get(f"{USERS}/roles")
    await order(world, kind, **details)
    started = world.clock.now()
    waiting = asyncio.ensure_future(world.api.get(f"{USERS}/roles"))

    while not waiting.done():
        await asyncio.sleep(0.001)
        if world.clock.next_wake() is not None:
            await world.clock.advance(10)

    length = int(plain.headers["Content-Length"])
    expected = {"bandwidth": length // 10 * 100, "sliced": length // 50 * 10, "slow-close": span}[kind]
    assert plain.body == (await waiting).body
    assert expected is not None
    assert expected <= world.clock.now() - started <= expected + 300


@pytest.mark.parametrize("kept", [None, 0, 10])
async def test_a_truncated_answer_breaks_off(world: World, kept: int | None) -> None:
    await order(world, "truncated", bytes=kept)

    with pytest.raises(aiohttp.ClientPayloadError):
        await world.api.get(USERS)

    assert 200 == (await world.api.get(USERS)).status


async def test_errors_last_for_a_window_of_the_clock(world: World) -> None:
    await order(world, "error", status=502, retry_after=7, after_seconds=10, for_seconds=20)
    statuses = []

    for _ in range(5):
        reply = await world.api.get(USERS)
        statuses.append(reply.status)
        await world.clock.advance(9_999)

    assert [200, 200, 502, 502, 200] == statuses


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_error_comes_in_the_envelope(world: World, status: int) -> None:
    await order(world, "error", status=status, retry_after=7, call=f"POST {USERS}")

    reply = await world.api.post(USERS, ADA)

    assert (status, "7", "error") == (reply.status, reply.headers["Retry-After"], reply.body["status"])
    assert not await is_there(world)


@pytest.mark.parametrize("policy", ["TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY"])
async def test_any_limit_can_be_met(world: World, policy: str) -> None:
    await order(world, "rate-limit", policy=policy)

    reply = await world.api.get(USERS)

    assert (429, policy, None) == (
        reply.status,
        reply.body["policyName"],
        reply.headers.get("Retry-After"),
    )


async def test_the_nth_matching_call_is_struck_and_others_are_not(world: World) -> None:
    await order(world, "error", call=f"GET {USERS}/*", nth=2, times=2)

    struck = [(await world.api.get(f"{USERS}/roles")).status for _ in range(5)]
    others = [(await world.api.get(USERS)).status for _ in range(5)]

    assert [200, 503, 503, 200, 200] == struck
    assert [200] * 5 == others


async def test_faults_are_an_accounts_own(world: World) -> None:
    other = await world.open_account("other")
    await order(world, "error", times=0)

    assert 503 == (await world.api.get(USERS)).status
    assert 503 == (await world.scim.get("/Users")).status
    assert 200 == (await world.client(other["access_token"]).get(USERS)).status
    assert 401 == (await world.client("nonsense").get(USERS)).status


async def test_cleared_faults_are_over(world: World) -> None:
    first = await order(world, "error", times=0)
    second = await order(world, "rate-limit", times=0)

    listed = await administration.list_faults(world.store, "acme")
    assert [first, second] == [one["number"] for one in listed["faults"]]
    assert {"cleared": 1} == await administration.clear_faults(world.store, "acme", [first])
    assert 429 == (await world.api.get(USERS)).status
    assert {"cleared": 1} == await administration.clear_faults(world.store, "acme")
    assert 200 == (await world.api.get(USERS)).status


async def test_a_permission_set_is_renamed_or_deleted_just_before_a_call(world: World) -> None:
    manager = (await world.set_ids())["Manager"]
    await world.add(ADA["email"], roleId=manager)
    await order(world, "rename-permission-set", name="Manager", to="Boss", call="GET */roles")
    await order(world, "delete-permission-set", name="Boss", call="GET */roles", nth=2)

    renamed = await world.set_ids()
    deleted = await world.set_ids()

    assert manager == renamed["Boss"]
    assert "Boss" not in deleted
    assert [] == (await world.user("ada@acme.example"))["permission_sets"]


async def test_seats_run_out_just_before_a_call(world: World) -> None:
    other = await world.open_account("billed", scopes=["settings.billing.write"])
    client = world.client(other["access_token"])
    roles = (await client.get(f"{USERS}/roles")).body["results"]
    paid = next(one["id"] for one in roles if one["requiresBillingWrite"])
    await client.post(USERS, {**ADA, "roleId": paid})
    await administration.add_fault(
        world.store, world.clock, "billed", "seats-out", name="Sales Hub", call="POST *"
    )

    reply = await client.post(USERS, {"email": "bob@acme.example", "roleId": paid})

    assert (400, "AppUserErrors.NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION") == (
        reply.status,
        reply.body["subCategory"],
    )


async def _oauth(world: World) -> tuple[dict[str, str], dict[str, Any]]:
    app = await administration.create_app(world.store, world.clock, "acme", redirect_uris=[CALLBACK])
    code = await administration.grant_app(
        world.store, world.clock, "acme", ADMIN, client_id=app["client_id"], redirect_uri=CALLBACK,
        scope="oauth",
    )  # fmt: skip
    credentials = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    reply = await world.client(None).post(
        "/oauth/v3/token",
        {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **credentials},
    )
    return credentials, reply.body


async def test_a_revoked_grant_ends_tokens_just_before_a_call(world: World) -> None:
    credentials, tokens = await _oauth(world)
    await order(world, "revoke-grant", call="POST /oauth/*/token")

    refreshed = await world.client(None).post(
        "/oauth/v3/token",
        {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **credentials},
    )

    assert (400, "BAD_REFRESH_TOKEN") == (refreshed.status, refreshed.body["status"])
    assert 401 == (await world.client(tokens["access_token"]).get(USERS)).status
    assert 401 == (await world.api.get(USERS)).status
    assert 200 == (await world.scim.get("/Users")).status


@pytest.mark.parametrize("as_form", [True, False])
async def test_a_refresh_may_rotate_and_lose_its_reply(world: World, as_form: bool) -> None:
    await world.flag(oauth_rotates_refresh_token="on")
    credentials, tokens = await _oauth(world)
    await order(world, "lost-reply", call="POST /oauth/*")
    fields = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **credentials}
    nobody = world.client(None)

    async def refresh() -> Any:
        if not as_form:
            return await nobody.post("/oauth/v3/token", fields)
        return await nobody.call(
            "POST", "/oauth/v3/token", data=urlencode(fields).encode(),
            Content_Type="application/x-www-form-urlencoded",
        )  # fmt: skip

    with pytest.raises(aiohttp.ClientConnectionError):
        await refresh()
    assert "BAD_REFRESH_TOKEN" == (await refresh()).body["status"]


@pytest.mark.parametrize(
    ("kind", "details", "says"),
    [
        ("boredom", {}, "there is no fault boredom"),
        ("latency", {}, "needs milliseconds"),
        ("sliced", {"bytes": 0, "milliseconds": 1}, "at least 1"),
        ("rename-permission-set", {"name": "Manager"}, "needs to"),
        ("error", {"status": 200}, "500 to 599"),
        ("error", {"nth": 0}, "nth counts from 1"),
        ("error", {"for_seconds": 0}, "ends after it begins"),
        ("latency", {"milliseconds": -1}, "no negative"),
        ("rate-limit", {"policy": "HOURLY"}, "a policy is"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(
    world: World, kind: str, details: dict[str, Any], says: str
) -> None:
    with pytest.raises(SetupError, match=f"(?i){says}"):
        await order(world, kind, **details)
    assert [] == (await administration.list_faults(world.store, "acme"))["faults"]
