"""A path is served in one spelling only; any other is a 401 without a token, and never content with one."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.scim import TOKEN, Client, scim_application
from tests.support.serving import serve

ODD = [
    "/%55sers",
    "/Users%2F",
    "/%2FUsers",
    "//Users",
    "/Users//",
    "/./Users",
    "/Users/.",
    "/Users/..",
    "/Users/../Users",
    "/x/../Users",
    "/Users;x",
    "/Users;x=1",
    "/Users%3Bx",
    "/Users%00",
    "/Users%20",
    "/Users\\",
    "/USERS",
    "/users",
    "/Users.json",
    "/Users%",
    "/Users%zz",
    "/%EF%BC%B5sers",
    "/Users/.SEARCH",
    "/Schemas%2Furn",
    "/Use\trs",
    "/",
    "",
    "/scim/v2/Users",
]


@pytest.fixture
async def client() -> Client:
    return Client(root_path="/scim/v2")


@pytest.mark.parametrize("path", ODD)
async def test_an_odd_spelling_is_not_found(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert answer.status == 404
    assert answer.document["status"] == "404"


@pytest.mark.parametrize("path", ODD)
async def test_an_odd_spelling_without_a_token_is_refused(client: Client, path: str) -> None:
    client.token = None
    assert (await client.get(path)).status == 401


@pytest.mark.parametrize(
    "spelling", ["%{0:02x}{1}", "{2};x", "{2}%00", "{2}%20", "./{2}", "{2}/x", "{2}//", "%2e/{2}"]
)
async def test_an_id_is_read_in_one_spelling(client: Client, spelling: str) -> None:
    user_id = await client.create_user("ada")
    odd = spelling.format(ord(user_id[0]), user_id[1:], user_id)
    for method in ("GET", "DELETE"):
        assert (await client.request(method, f"/Users/{odd}")).status == 404
    assert (await client.get(f"/Users/{user_id}")).status == 200


async def test_an_id_in_another_case_is_another_id(client: Client) -> None:
    user_id = await client.create_user("ada")
    assert (await client.get(f"/Users/{user_id.upper()}")).status == 404


async def test_a_trailing_slash_means_nothing(client: Client) -> None:
    user_id = await client.create_user("ada")
    assert (await client.get("/Users/")).document["totalResults"] == 1
    assert (await client.get(f"/Users/{user_id}/")).document["id"] == user_id


async def test_a_path_outside_the_mount_point_is_not_found(client: Client) -> None:
    application = client.application
    inside = Client(application, root_path="")
    assert (await inside.get("/Users")).status == 200
    scope_lies = Client(application, root_path="/elsewhere")
    assert (await scope_lies.get("/Users")).status == 200
    assert (await scope_lies.get("/../Users")).status == 404


async def test_odd_spellings_are_not_found_over_http_either() -> None:
    async with serve(scim_application()) as base_url:
        host, port = base_url.removeprefix("http://").split(":")
        for path in ("/%55sers", "//Users", "/./Users", "/Users;x", "/Users%2f", "/x/../Users"):
            reader, writer = await asyncio.open_connection(host, int(port))
            headers = f"Host: {host}\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close"
            request = f"GET {path} HTTP/1.1\r\n{headers}\r\n\r\n"
            writer.write(request.encode())
            status = await reader.readline()
            assert status.split()[1] == b"404", path
            writer.close()
            await writer.wait_closed()
