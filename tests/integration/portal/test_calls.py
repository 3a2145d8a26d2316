"""What every call of the API goes through: token, scopes, limits, body, envelope."""

from __future__ import annotations

import re

import pytest

from syncline.portal.domain.account import Account
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.store.commands.accounts import NewToken, OpenAccount
from tests.integration.portal.conftest import USERS, World

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LIMIT = "X-HubSpot-RateLimit-"


@pytest.mark.parametrize("token", [None, "", "wrong", "pat-na1-00000000-0000-4000-8000-000000000000"])
async def test_a_call_without_a_good_token_is_401(world: World, token: str | None) -> None:
    reply = await world.client(token).get(USERS)

    assert (401, "INVALID_AUTHENTICATION", "Bearer") == (
        reply.status,
        reply.body["category"],
        reply.headers["WWW-Authenticate"],
    )


async def test_each_token_opens_its_own_door_only(world: World) -> None:
    scim_token, api_token = world.account["scim_token"], world.account["access_token"]
    personal = world.account["personal_access_key"]

    assert 401 == (await world.client(scim_token).get(USERS)).status
    assert 401 == (await world.client(personal).get(USERS)).status
    assert 401 == (await world.client(api_token).get("/scim/v2/Users")).status
    assert 401 == (await world.client(personal).get("/scim/v2/Users")).status
    assert 200 == (await world.client(scim_token).get("/scim/v2/Users")).status


async def test_a_token_in_the_address_opens_nothing(world: World) -> None:
    token = world.account["access_token"]

    assert 401 == (await world.client(None).get(f"{USERS}?access_token={token}&hapikey={token}")).status


async def test_every_answer_carries_its_correlation_id(world: World) -> None:
    for path in (USERS, f"{USERS}/1", "/nowhere", "/account-info/v3/details"):
        reply = await world.api.get(path)
        shown = reply.headers["X-HubSpot-Correlation-Id"]
        assert UUID.fullmatch(shown)
        if reply.status >= 400:
            assert ("error", shown) == (reply.body["status"], reply.body["correlationId"])
    scim = await world.scim.get("/Users")
    assert scim.headers["X-Correlation-Id"] == scim.headers["X-HubSpot-Correlation-Id"]


async def test_addresses_nobody_serves_and_methods_nobody_knows(world: World) -> None:
    unknown = await world.api.get("/settings/users/1999-01")
    wrong = await world.api.call("PATCH", USERS, {})

    assert (404, "OBJECT_NOT_FOUND") == (unknown.status, unknown.body["category"])
    assert (405, "GET, POST") == (wrong.status, wrong.headers["Allow"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"email": 1}',
        b'{"email": "a@b.example", "roleId": 5}',
        b"\xff",
        b"[" * 5000,
    ],
)
async def test_a_body_that_cannot_be_read_is_400(world: World, content: bytes) -> None:
    reply = await world.api.call("POST", USERS, data=content, Content_Type="application/json")

    assert (400, "VALIDATION_ERROR") == (reply.status, reply.body["category"])


async def test_a_body_over_the_limit_is_413(world: World) -> None:
    content = b'{"email": "' + b"a" * 1_000_001 + b'"}'

    reply = await world.api.call("POST", USERS, data=content, Content_Type="application/json")

    assert 413 == reply.status


async def test_a_body_that_is_not_json_by_its_label_is_415(world: World) -> None:
    reply = await world.api.call("POST", USERS, data=b"email=a", Content_Type="text/plain")

    assert 415 == reply.status


async def test_answers_announce_the_limits(world: World) -> None:
    first = await world.api.get(USERS)
    second = await world.api.get(f"{USERS}/1")

    expected = {
        "Max": "190",
        "Remaining": "189",
        "Interval-Milliseconds": "10000",
        "Daily": "1000000",
        "Daily-Remaining": "999999",
        "Secondly": "19",
        "Secondly-Remaining": "19",
    }
    assert expected == {name: first.headers[LIMIT + name] for name in expected}
    assert "188" == second.headers[f"{LIMIT}Remaining"]


async def test_the_call_past_ten_seconds_worth_is_429_until_the_window_moves_on(world: World) -> None:
    for _ in range(190):
        assert 200 == (await world.api.get("/account-info/v3/details")).status
        await world.clock.advance(10)

    refused = await world.api.get("/account-info/v3/details")
    await world.clock.advance(10_000 - 1_900)
    allowed = await world.api.get("/account-info/v3/details")
    again = await world.api.get("/account-info/v3/details")

    assert {
        "status": "error",
        "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": refused.headers["X-HubSpot-Correlation-Id"],
        "policyName": "TEN_SECONDLY_ROLLING",
        "requestId": refused.headers["X-HubSpot-Correlation-Id"],
    } == refused.body
    assert (429, "0", None) == (
        refused.status,
        refused.headers[f"{LIMIT}Remaining"],
        refused.headers.get("Retry-After"),
    )
    assert [200, 429] == [allowed.status, again.status]


async def test_tokens_have_windows_of_their_own(world: World) -> None:
    other = await world.open_account("other", with_scim=False, tier="starter")

    reply = await world.client(other["access_token"]).get("/account-info/v3/details")
    await world.api.get("/account-info/v3/details")

    assert ("100", "99") == (reply.headers[f"{LIMIT}Max"], reply.headers[f"{LIMIT}Remaining"])


async def test_details_tell_the_account_and_its_time_zone(world: World) -> None:
    await world.change(time_zone="Asia/Kolkata")

    replies = [
        (await world.api.get(f"/account-info/{version}/details")).body
        for version in ("v3", "2026-03", "2026-09")
    ]

    assert replies[0] == replies[1] == replies[2]
    assert {
        "portalId": world.account["portal_id"],
        "accountType": "STANDARD",
        "timeZone": "Asia/Kolkata",
        "companyCurrency": "USD",
        "additionalCurrencies": [],
        "utcOffset": "+05:30",
        "utcOffsetMilliseconds": 19_800_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    } == replies[0]


async def test_head_answers_what_get_would_without_the_body(world: World) -> None:
    reply = await world.api.call("HEAD", USERS)

    assert (200, None) == (reply.status, reply.body)


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("settings.users.read", ["", "/roles"]),
        ("crm.objects.users.read", ["", "/roles"]),
        ("settings.users.teams.read", ["/teams"]),
        ("crm.objects.owners.read", ["owners"]),
        ("oauth", []),
    ],
)
async def test_a_scope_opens_its_calls_and_no_others(world: World, scope: str, allowed: list[str]) -> None:
    account = Account(portal_id=0, name="narrow")
    token = NewToken(TokenKind.API, "narrow token", (scope,))
    await world.store.writer.submit(OpenAccount(account, ("narrow.example",), (token,)))
    client = world.client("narrow token")
    paths = {"": USERS, "/roles": f"{USERS}/roles", "/teams": f"{USERS}/teams", "owners": "/crm/v3/owners"}

    replies = {name: await client.get(path) for name, path in paths.items()}
    write = await client.post(USERS, {"email": "ada@narrow.example"})

    assert allowed == [name for name, reply in replies.items() if reply.status == 200]
    refused = [reply for reply in (*replies.values(), write) if reply.status != 200]
    assert {(403, "MISSING_SCOPES")} == {(reply.status, reply.body["category"]) for reply in refused}
    assert ["settings.users.write", "crm.objects.users.write"] == (
        write.body["errors"][0]["context"]["requiredGranularScopes"]
    )
    assert 200 == (await client.get("/account-info/v3/details")).status
