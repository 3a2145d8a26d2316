"""Bodies are bounded by what is read, come plain, and are JSON that no two parsers read differently."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from syncline.scimserver import Limits
from tests.support.scim import GROUP, TOKEN, USER, Client, scim_application
from tests.support.serving import serve

LIMITS = Limits(body_bytes=1_000, group_body_bytes=4_000, body_seconds=0.05)


@pytest.fixture
def client() -> Client:
    return Client(scim_application(limits=LIMITS))


def body_of(size: int, schema: str = USER, name: str = "userName") -> bytes:
    """Return a valid body of exactly this many bytes."""
    body: dict[str, Any] = {"schemas": [schema], name: "ada", "title": ""}
    body["title"] = "x" * (size - len(json.dumps(body)))
    return json.dumps(body).encode()


def in_chunks(body: bytes, size: int = 100) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


async def nothing_is_there(client: Client) -> bool:
    answers = await client.get("/Users?count=0"), await client.get("/Groups?count=0")
    return [answer.document["totalResults"] for answer in answers] == [0, 0]


async def test_a_body_at_the_limit_is_read_and_one_byte_more_is_not(client: Client) -> None:
    assert (await client.post("/Users", body_of(1_001))).status == 413
    assert await nothing_is_there(client)
    assert (await client.post("/Users", body_of(1_000))).status == 201


async def test_groups_may_be_larger(client: Client) -> None:
    assert (await client.post("/Groups", body_of(4_000, GROUP, "displayName"))).status == 201
    answer = await client.post("/Groups", body_of(4_001, GROUP, "displayName"))
    assert (answer.status, answer.document["status"]) == (413, "413")


@pytest.mark.parametrize("announced", [None, "1", "1000", "0", "nonsense", "-5"])
async def test_a_content_length_that_lies_makes_no_difference(client: Client, announced: str | None) -> None:
    headers = {} if announced is None else {"Content-Length": announced}
    answer = await client.request("POST", "/Users", chunks=in_chunks(body_of(2_000)), headers=headers)
    assert answer.status == 413
    assert await nothing_is_there(client)


@pytest.mark.parametrize("announced", ["1001", "99999999999", "9" * 5_000])
async def test_a_body_announced_too_large_is_refused_unread(client: Client, announced: str) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body was read")

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = client._scope("POST", "/Users", {"Content-Length": announced})
    await client.application(scope, receive, send)
    assert sent[0]["status"] == 413


async def test_reading_stops_at_the_limit(client: Client) -> None:
    asked = 0
    sent: list[dict[str, Any]] = []

    async def endless() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b"x" * 100, "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await client.application(client._scope("POST", "/Users", None), endless, send)
    assert (sent[0]["status"], asked) == (413, 11)


async def test_a_body_that_comes_in_parts_is_one_body(client: Client) -> None:
    answer = await client.request("POST", "/Users", chunks=in_chunks(body_of(900), 7))
    assert answer.status == 201


async def test_a_body_that_never_ends_is_given_up(client: Client) -> None:
    sent: list[dict[str, Any]] = []
    first = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def slow() -> dict[str, Any]:
        return first.pop() if first else await asyncio.get_running_loop().create_future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await client.application(client._scope("POST", "/Users", None), slow, send)
    assert sent[0]["status"] == 408


async def test_nobody_is_answered_who_hung_up(client: Client) -> None:
    observed: list[tuple[int, str]] = []
    client.application = scim_application(
        observe=lambda _exchange, status, _us, operation: observed.append((status, operation))
    )

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_message: dict[str, Any]) -> None:
        raise AssertionError("an answer was sent")

    await client.application(client._scope("POST", "/Users", None), gone, send)
    assert observed == [(499, "users.create")]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "GZIP", "identity, gzip", "x"])
async def test_coded_bodies_are_refused(client: Client, coding: str) -> None:
    for path, schema, name in (("/Users", USER, "userName"), ("/Groups", GROUP, "displayName")):
        body = gzip.compress(body_of(200, schema, name))
        answer = await client.post(path, body, headers={"Content-Encoding": coding})
        assert answer.status == 415
    assert await nothing_is_there(client)


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "*/*"]
)
async def test_other_media_types_are_refused(client: Client, media_type: str) -> None:
    answer = await client.post("/Users", body_of(200), headers={"Content-Type": media_type})
    assert answer.status == 415


@pytest.mark.parametrize(
    "media_type",
    ["application/scim+json", "application/json", "Application/JSON; charset=UTF-8", "text/json", ""],
)
async def test_json_is_read_under_the_names_clients_give_it(client: Client, media_type: str) -> None:
    answer = await client.post("/Users", body_of(200), headers={"Content-Type": media_type})
    assert answer.status == 201


HOSTILE = {
    "empty": b"",
    "not JSON": b"userName=x",
    "cut short": b'{"userName": "x"',
    "two values": b'{"userName": "x"} {}',
    "byte order mark": b"\xef\xbb\xbf" + b'{"userName": "x"}',
    "UTF-16": '{"userName": "x"}'.encode("utf-16"),
    "not UTF-8": b'{"userName": "\xff"}',
    "lone surrogate": b'{"userName": "\\ud800"}',
    "NUL": b'{"userName": "a\\u0000b"}',
    "NaN": b'{"userName": "x", "title": NaN}',
    "infinity": b'{"userName": "x", "title": Infinity}',
    "a long number": b'{"userName": "x", "title": ' + b"9" * 300 + b"}",
    "deep arrays": b"[" * 400 + b"]" * 400,
    "deep objects": b'{"a":' * 150 + b"1" + b"}" * 150,
    "unclosed and deep": b"[" * 900,
    "a name twice": b'{"userName": "x", "userName": "y"}',
    "a name twice, deeply": b'{"userName": "x", "name": {"givenName": "a", "givenName": "b"}}',
    "a name in two cases": b'{"userName": "x", "USERNAME": "y"}',
    "an array": b'[{"userName": "x"}]',
    "a string": b'"userName"',
    "null": b"null",
    "a number": b"1",
    "no name": b'{"schemas": ["' + USER.encode() + b'"]}',
    "an empty name": b'{"userName": ""}',
    "a blank name": b'{"userName": "  "}',
    "a name that is an object": b'{"userName": {"value": "x"}}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_body_is_a_400_and_changes_nothing(client: Client, body: bytes) -> None:
    created = await client.post("/Users", body)
    assert (created.status, created.document["status"]) == (400, "400")
    assert await nothing_is_there(client)
    user_id = await client.create_user("ada")
    before = (await client.get(f"/Users/{user_id}")).body
    for method in ("PUT", "PATCH"):
        answer = await client.request(method, f"/Users/{user_id}", body)
        assert answer.status == 400, method
    assert (await client.post("/Users/.search", body)).status in {200, 400}
    assert (await client.get(f"/Users/{user_id}")).body == before


async def test_the_limits_hold_over_http() -> None:
    async with (
        serve(scim_application(limits=Limits(body_bytes=10_000))) as base_url,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session,
    ):

        async def dripping() -> Any:
            for part in in_chunks(body_of(200_000), 1_000):
                yield part

        json_type = {"Content-Type": "application/scim+json"}
        for data in (body_of(200_000), dripping()):
            async with session.post(f"{base_url}/Users", data=data, headers=json_type) as response:
                assert response.status == 413
                assert (await response.json(content_type=None))["status"] == "413"
        async with session.post(f"{base_url}/Users", data=body_of(9_000), headers=json_type) as response:
            assert response.status == 201
