"""No route answers without the right token, and nothing is read or learned before it is checked."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.scim.errors import Unavailable
from syncline.scimserver import Exchange, ResourceStore, ScimApplication
from syncline.scimserver.routes import ROUTES
from tests.support.scim import BASE_URL, TOKEN, USER, Client

REQUESTS = [
    (method, route.path.replace("{id}", "0123456789abcdef")) for route in ROUTES for method in route.endpoints
] + [("GET", "/nowhere"), ("POST", "/Bulk"), ("OPTIONS", "/Users"), ("DELETE", "/Users"), ("TRACE", "/")]

NO_CREDENTIALS = [
    None,
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Bearer  ",
    "Bearer null",
    "Bearer undefined",
    "Bearer None",
    "Bearer wrong",
    f"Bearer {TOKEN}x",
    f"Bearer {TOKEN[:-1]}",
    f"Bearer {TOKEN.upper()}",
    f"Bearer {TOKEN} {TOKEN}",
    f"Bearer {TOKEN},{TOKEN}",
    f"Bearer {TOKEN}\xa0",
    f"Basic {TOKEN}",
    "Basic dXNlcjpwYXNz",
    f"Token {TOKEN}",
    f"{TOKEN}",
    f"Bearer\t{TOKEN}",
    f"Bearer:{TOKEN}",
]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
async def test_no_route_answers_without_the_token(method: str, path: str) -> None:
    client = Client(token=None)
    for credential in NO_CREDENTIALS:
        headers = {} if credential is None else {"Authorization": credential}
        answer = await client.request(method, path, {"schemas": [USER], "userName": "x"}, headers=headers)
        assert answer.status == 401, credential
        assert answer.headers["www-authenticate"].startswith("Bearer"), credential
        assert answer.headers["content-type"].startswith("application/scim+json"), credential


@pytest.mark.parametrize(("method", "path"), REQUESTS)
@pytest.mark.parametrize("name", ["access_token", "token", "Authorization", "bearer_token", "authorization"])
async def test_a_token_in_the_query_string_opens_nothing(method: str, path: str, name: str) -> None:
    answer = await Client(token=None).request(method, f"{path}?{name}={TOKEN}", {})
    assert answer.status == 401
    answer = await Client(token=None).request(method, f"{path}?{name}=Bearer%20{TOKEN}", {})
    assert answer.status == 401


async def test_a_token_in_the_body_opens_nothing() -> None:
    body = f"access_token={TOKEN}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await Client(token=None).post("/Users", body, headers=headers)).status == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_read_in_any_case(scheme: str) -> None:
    client = Client(token=None)
    assert (await client.get("/Users", headers={"Authorization": f"{scheme} {TOKEN}"})).status == 200


async def test_two_credentials_are_none() -> None:
    client = Client()
    scope = client._scope("GET", "/Users", None)
    scope["headers"].append((b"authorization", f"Bearer {TOKEN}".encode()))
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await client.application(scope, receive, send)
    assert sent[0]["status"] == 401


async def test_the_body_is_not_read_before_the_token_is_checked() -> None:
    client = Client(token=None)

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body was asked for")

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await client.application(client._scope("POST", "/Users", None), receive, send)
    assert sent[0]["status"] == 401


async def test_a_path_that_exists_and_one_that_does_not_look_the_same_from_outside() -> None:
    client = Client(token=None)
    here, nowhere = await client.get("/Users"), await client.get("/nowhere")
    assert (here.status, here.body) == (nowhere.status, nowhere.body)


async def test_trouble_of_ours_is_never_a_401() -> None:
    async def authenticate(_authorization: str | None, _exchange: Exchange) -> ResourceStore:
        raise Unavailable("The store does not answer.", retry_after=7)

    answer = await Client(ScimApplication(authenticate, base_url=lambda: BASE_URL)).get("/Users")
    assert (answer.status, answer.headers["retry-after"]) == (503, "7")
    assert "www-authenticate" not in answer.headers


async def test_an_authenticator_that_breaks_is_a_500() -> None:
    async def authenticate(_authorization: str | None, _exchange: Exchange) -> ResourceStore:
        raise ValueError("a secret of ours")

    answer = await Client(ScimApplication(authenticate, base_url=lambda: BASE_URL)).get("/Users")
    assert answer.status == 500
    assert b"secret" not in answer.body
