"""The endpoints over the store in memory, one promise at a time; the providers' whole manners are in tests/idp."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.clock import ManualClock
from syncline.scim.schemas import USER as USER_TYPE
from syncline.scimserver import Exchange, Limits
from syncline.scimserver.memory import MemoryStore
from tests.support.scim import BASE_URL, ENTERPRISE, GROUP, USER, Client, scim_application


@pytest.fixture
def client() -> Client:
    return Client()


async def test_a_created_user_is_answered_whole_with_its_address(client: Client) -> None:
    answer = await client.post("/Users", {"schemas": [USER], "userName": "Ada"})
    user_id = answer.document["id"]
    assert answer.status == 201
    assert answer.headers["location"] == f"{BASE_URL}/Users/{user_id}" == answer.document["meta"]["location"]
    assert answer.headers["etag"] == 'W/"1"' == answer.document["meta"]["version"]
    assert answer.document == (await client.get(f"/Users/{user_id}")).document


async def test_a_patched_user_is_answered_and_a_patched_group_is_not(client: Client) -> None:
    user_id, group_id = await client.create_user("ada"), await client.create_group("Sales")
    add = {"op": "add", "path": "members", "value": [{"value": user_id}]}
    title = {"op": "add", "path": "title", "value": "x"}
    changed = await client.patch(f"/Users/{user_id}", title)
    assert (changed.status, changed.document["title"]) == (200, "x")
    silent = await client.patch(f"/Groups/{group_id}", add)
    assert (silent.status, silent.body, silent.headers["etag"]) == (204, b"", 'W/"2"')
    assert "content-type" not in silent.headers
    asked = await client.patch(f"/Groups/{group_id}?attributes=members", add)
    assert (asked.status, [each["value"] for each in asked.document["members"]]) == (200, [user_id])


async def test_if_match_guards_every_write(client: Client) -> None:
    user_id = await client.create_user("ada")
    path, body = f"/Users/{user_id}", {"schemas": [USER], "userName": "ada", "title": "x"}
    title = {"op": "replace", "path": "title", "value": "y"}
    for stale in ('W/"2"', '"7"', "nonsense", "", 'W/"2", W/"9"'):
        headers = {"If-Match": stale}
        assert (await client.put(path, body, headers=headers)).status == 412
        assert (await client.patch(path, title, headers=headers)).status == 412
        assert (await client.delete(path, headers=headers)).status == 412
    assert (await client.put(path, body, headers={"If-Match": 'W/"9", W/"1"'})).status == 200
    assert (await client.patch(path, title, headers={"If-Match": '"2"'})).status == 200
    assert (await client.patch(path, title, headers={"If-Match": "*"})).status == 200
    assert (await client.delete(path, headers={"If-Match": 'W/"3"'})).status == 204
    assert (await client.delete(path, headers={"If-Match": "*"})).status == 404


async def test_a_client_that_has_the_version_gets_no_body(client: Client) -> None:
    path = f"/Users/{await client.create_user('ada')}"
    answer = await client.get(path, headers={"If-None-Match": 'W/"1"'})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", 'W/"1"')
    assert (await client.get(path, headers={"If-None-Match": 'W/"2"'})).status == 200


async def test_head_is_a_get_without_its_body(client: Client) -> None:
    path = f"/Users/{await client.create_user('ada')}"
    head, get = await client.request("HEAD", path), await client.get(path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(get.body))


async def test_counts_are_capped_and_positions_start_at_one() -> None:
    client = Client(scim_application(limits=Limits(page_size=2, max_results=3)))
    for number in range(5):
        await client.create_user(f"user-{number}")
    sizes = {
        "": (1, 2),
        "count=100000": (1, 3),
        "count=0": (1, 0),
        "count=-4": (1, 0),
        "startIndex=0": (1, 2),
        "startIndex=-7&count=1": (1, 1),
        "startIndex=5": (5, 1),
        "startIndex=99": (99, 0),
        "startIndex=99999999999999999": (2_147_483_647, 0),
    }
    for query, (start, size) in sizes.items():
        shown = (await client.get(f"/Users?{query}")).document
        assert (shown["totalResults"], shown["startIndex"], shown["itemsPerPage"]) == (5, start, size), query
        assert len(shown["Resources"]) == size, query


async def test_a_search_by_post_says_what_a_get_says(client: Client) -> None:
    await client.create_user("ada", title="x")
    await client.create_user("bob", title="y")
    by_get = await client.get("/Users?filter=title%20eq%20%22x%22&attributes=userName&count=5&startIndex=1")
    body = {"filter": 'title eq "x"', "attributes": ["userName"], "count": 5, "startIndex": 1}
    by_post = await client.post("/Users/.search", body)
    assert (by_post.status, by_post.body) == (200, by_get.body)


async def test_an_endpoint_without_groups_has_none_of_their_routes() -> None:
    client = Client(scim_application(MemoryStore({"User": USER_TYPE}, clock=ManualClock())))
    body = {"schemas": [GROUP], "displayName": "x"}
    for method, path in (
        ("GET", "/Groups"),
        ("POST", "/Groups"),
        ("GET", "/Groups/x"),
        ("POST", "/Groups/.search"),
    ):
        assert (await client.request(method, path, body)).status == 404, path
    assert (await client.get("/Schemas")).document["totalResults"] == 2
    assert [each["id"] for each in (await client.get("/ResourceTypes")).document["Resources"]] == ["User"]
    assert await client.create_user("ada")


async def test_discovery_documents_are_found_where_they_say(client: Client) -> None:
    for path in ("/ResourceTypes", "/Schemas"):
        listed = (await client.get(path)).document
        assert listed["totalResults"] == len(listed["Resources"])
        for document in listed["Resources"]:
            below = document["meta"]["location"].removeprefix(BASE_URL)
            assert below == f"{path}/{document['id']}"
            assert (await client.get(below)).document == document
    config = (await client.get("/ServiceProviderConfig")).document
    assert config["meta"]["location"] == f"{BASE_URL}/ServiceProviderConfig"
    assert config["filter"] == {"supported": True, "maxResults": 200}


async def test_discovery_follows_the_address_it_is_served_under() -> None:
    addresses = ["https://one.example"]
    client = Client(scim_application(base_url=lambda: addresses[0]))
    first = (await client.get("/ResourceTypes/User")).document
    addresses[0] = "https://two.example"
    second = (await client.get("/ResourceTypes/User")).document
    assert first["meta"]["location"] == "https://one.example/ResourceTypes/User"
    assert second["meta"]["location"] == "https://two.example/ResourceTypes/User"
    for number in range(40):
        addresses[0] = f"https://{number}.example"
        document = (await client.get("/ResourceTypes/User")).document
        assert document["meta"]["location"] == f"https://{number}.example/ResourceTypes/User"


async def test_discovery_is_not_filtered(client: Client) -> None:
    for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas"):
        assert (await client.get(f"{path}?filter=id%20pr")).status == 403
        assert (await client.get(f"{path}?count=1&attributes=id")).status == 200


async def test_a_schema_is_found_by_its_urn_in_any_case(client: Client) -> None:
    for spelling in (ENTERPRISE, ENTERPRISE.upper(), ENTERPRISE.replace(":", "%3A")):
        assert (await client.get(f"/Schemas/{spelling}")).document["id"] == ENTERPRISE
    assert (await client.get("/Schemas/urn:example:none")).status == 404


async def test_the_observer_is_told_of_every_request_in_a_closed_set_of_names() -> None:
    observed: list[tuple[str, int, str]] = []

    def observe(exchange: Exchange, status: int, duration_us: int, operation: str) -> None:
        assert duration_us >= 0
        observed.append((operation, status, exchange.path))

    client = Client(scim_application(observe=observe))
    await client.create_user("ada")
    await client.get("/Users?filter=x")
    for number in range(3):
        await client.get(f"/random-{number}")
    await client.request("BREW", "/Users")
    client.token = "wrong"
    await client.get("/Schemas")
    assert observed == [
        ("users.create", 201, "/Users"),
        ("users.list", 400, "/Users"),
        ("unrouted", 404, "/random-0"),
        ("unrouted", 404, "/random-1"),
        ("unrouted", 404, "/random-2"),
        ("unrouted", 405, "/Users"),
        ("discovery.schemas", 401, "/Schemas"),
    ]


async def test_the_store_learns_who_asked_and_what_was_understood_leniently() -> None:
    class Listening(MemoryStore):
        async def create(self, exchange: Exchange, *rest: Any) -> Any:
            heard.append(exchange)
            return await super().create(exchange, *rest)

    heard: list[Exchange] = []
    client = Client(scim_application(Listening(clock=ManualClock())))
    body = {"schemas": [USER, "urn:foreign"], "userName": "ada", "active": "True"}
    answer = await client.post("/Users", body, headers={"User-Agent": "Probe/1"})
    (exchange,) = heard
    assert exchange.correlation_id == answer.headers["x-correlation-id"]
    assert (exchange.client, exchange.user_agent) == ("192.0.2.7", "Probe/1")
    assert (exchange.method, exchange.path) == ("POST", "/Users")
    assert exchange.notes == ["entra:foreign-schema", "entra:string-boolean"]


async def test_answers_are_not_to_be_kept_by_caches(client: Client) -> None:
    for answer in (await client.get("/Users"), await client.get("/nowhere")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_web_socket_is_closed(client: Client) -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await client.application({"type": "websocket", "path": "/Users"}, None, send)
    assert sent == [{"type": "websocket.close", "code": 1000}]
    with pytest.raises(TypeError):
        await client.application({"type": "lifespan"}, None, send)
