"""Whatever goes wrong on whatever route, the answer is a SCIM error, and it says nothing of the inside."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from syncline.scim.attributes import ResourceType
from syncline.scim.errors import (
    Conflict,
    Forbidden,
    InvalidFilter,
    InvalidValue,
    NotFound,
    PreconditionFailed,
    ScimError,
    TooMany,
    TooManyRequests,
    Unavailable,
    Uniqueness,
)
from syncline.scim.schemas import RESOURCE_TYPES
from syncline.scimserver.routes import ROUTES
from tests.support.scim import GROUP, PATCH, TOKEN, USER, Answer, Client, scim_application

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
FAULTS: list[Exception] = [
    NotFound("gone"),
    Uniqueness("taken"),
    PreconditionFailed("changed"),
    InvalidValue("bad"),
    InvalidFilter("bad"),
    TooMany("wide"),
    Conflict("no"),
    Forbidden("no"),
    TooManyRequests("slow down", retry_after=3),
    Unavailable("later", retry_after=5),
    RuntimeError("postgres://root:hunter2@10.0.0.1/ is down"),
    KeyError("hunter2"),
    TimeoutError("hunter2"),
    RecursionError("hunter2"),
    MemoryError("hunter2"),
]

BODIES: Mapping[tuple[str, str], Any] = {
    ("POST", "/Users"): {"schemas": [USER], "userName": "ada"},
    ("PUT", "/Users/{id}"): {"schemas": [USER], "userName": "ada"},
    ("PATCH", "/Users/{id}"): {"schemas": [PATCH], "Operations": []},
    ("POST", "/Groups"): {"schemas": [GROUP], "displayName": "Sales"},
    ("PUT", "/Groups/{id}"): {"schemas": [GROUP], "displayName": "Sales"},
    ("PATCH", "/Groups/{id}"): {"schemas": [PATCH], "Operations": []},
    ("POST", "/Users/.search"): {},
    ("POST", "/Groups/.search"): {},
}
STORE_ROUTES = [
    (method, route.path)
    for route in ROUTES
    for method in route.endpoints
    if route.path.startswith(("/Users", "/Groups"))
]


class BrokenStore:
    """Fails in one way whatever it is asked."""

    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    @property
    def resource_types(self) -> Mapping[str, ResourceType]:
        return RESOURCE_TYPES

    async def _fail(self, *_arguments: Any) -> Any:
        raise self._fault

    create = get = replace = patch = delete = query = _fail


def assert_scim_error(answer: Answer, status: int) -> None:
    assert answer.status == status
    assert answer.headers["content-type"].startswith("application/scim+json")
    assert answer.document["schemas"] == [ERROR]
    assert answer.document["status"] == str(status)
    assert answer.document["detail"]
    assert answer.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize(("method", "path"), STORE_ROUTES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_every_fault_on_every_route_is_a_scim_error(
    method: str, path: str, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    client = Client(scim_application(BrokenStore(fault)))
    answer = await client.request(method, path.replace("{id}", "x"), BODIES.get((method, path)))
    expected = fault.status if isinstance(fault, ScimError) else 500
    assert_scim_error(answer, expected)
    assert b"hunter2" not in answer.body
    if isinstance(fault, ScimError) and fault.retry_after is not None:
        assert answer.headers["retry-after"] == str(fault.retry_after)


async def test_an_unexpected_fault_is_found_in_the_log_by_its_correlation_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = await Client(scim_application(BrokenStore(RuntimeError("hunter2")))).get("/Users")
    correlation_id = answer.headers["x-correlation-id"]
    assert correlation_id in answer.document["detail"]
    (record,) = caplog.records
    assert correlation_id in record.getMessage()
    assert record.exc_info is not None
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
async def test_a_method_that_a_route_does_not_know_is_a_405_with_the_ones_it_knows(route: Any) -> None:
    client = Client()
    path = route.path.replace("{id}", "User")
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} - route.endpoints.keys():
        answer = await client.request(method, path, {})
        assert_scim_error(answer, 405)
        assert answer.headers["allow"] == route.allow


async def test_who_am_i_is_not_implemented() -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "POST"):
        assert_scim_error(await Client().request(method, "/Me", {}), 501)
    assert_scim_error(await Client().post("/.search", {}), 501)


BAD_QUERIES = {
    "filter=userName eqq x": "invalidFilter",
    "filter=" + "(" * 4_000: "invalidFilter",
    "filter=" + "not(" * 1_000 + "userName pr" + ")" * 1_000: "invalidFilter",
    "filter=" + "a" * 5_000: "invalidFilter",
    "filter=" + " or ".join(["userName pr"] * 60): "invalidFilter",
    "filter=%FF%FE": "invalidFilter",
    "filter=userName eq": "invalidFilter",
    "filter=__class__ pr": "invalidFilter",
    'filter=password eq "x"': "invalidFilter",
    'filter=userName eq "a%00b"': "invalidFilter",
    "count=x": "invalidValue",
    "startIndex=1.5": "invalidValue",
    "count=" + "9" * 4_000: "invalidValue",
    "filter=active pr&filter=title pr": "invalidValue",
    "FILTER=active pr&filter=title pr": "invalidValue",
    "attributes=userName&excludedAttributes=title": "invalidValue",
    "attributes=" + ",".join(["userName"] * 300): "invalidValue",
    "x=" + "y" * 20_000: "invalidValue",
}


@pytest.mark.parametrize(("query", "scim_type"), BAD_QUERIES.items(), ids=lambda text: str(text)[:40])
async def test_a_bad_query_is_a_400_of_the_right_type(query: str, scim_type: str) -> None:
    answer = await Client().get("/Users?" + query.replace(" ", "%20").replace('"', "%22"))
    assert_scim_error(answer, 400)
    assert answer.document["scimType"] == scim_type


async def test_a_hostile_filter_in_a_search_is_refused_too() -> None:
    answer = await Client().post("/Users/.search", {"filter": "not (" * 500})
    assert_scim_error(answer, 400)
    bodies: list[dict[str, Any]] = [{"filter": 1}, {"attributes": 5}, {"count": "many"}, {"startIndex": []}]
    for body in bodies:
        assert_scim_error(await Client().post("/Users/.search", body), 400)


@pytest.mark.parametrize(
    "path",
    [
        "__class__",
        "__dict__",
        "_x",
        "meta.version",
        "name.__class__",
        "urn:evil:User:x",
        "emails[",
        "a b",
        "",
    ],
)
async def test_a_patch_path_reaches_nothing_but_attributes(path: str) -> None:
    client = Client()
    user_id = await client.create_user("ada")
    before = (await client.get(f"/Users/{user_id}")).body
    answer = await client.patch(f"/Users/{user_id}", {"op": "replace", "path": path, "value": "x"})
    assert answer.status in {200, 400}
    assert (await client.get(f"/Users/{user_id}")).body == before


@pytest.mark.parametrize("other", ["someone-else", "", 7, ["x"], {"a": 1}, True])
async def test_a_put_for_another_id_is_refused_and_changes_nothing(other: Any) -> None:
    client = Client()
    ada, bob = await client.create_user("ada"), await client.create_user("bob")
    group = await client.create_group("Sales", ada)
    before = [
        (await client.get(path)).body for path in (f"/Users/{ada}", f"/Users/{bob}", f"/Groups/{group}")
    ]
    for wrong in (other, bob):
        if wrong == "":
            continue
        for spelling in ("id", "ID"):
            body: dict[str, Any] = {"schemas": [USER], "userName": "mallory", spelling: wrong}
            assert_scim_error(await client.put(f"/Users/{ada}", body), 400)
            body = {"schemas": [GROUP], "displayName": "Mallory", spelling: wrong}
            assert_scim_error(await client.put(f"/Groups/{group}", body), 400)
    after = [(await client.get(path)).body for path in (f"/Users/{ada}", f"/Users/{bob}", f"/Groups/{group}")]
    assert after == before


async def test_a_patch_for_another_id_is_refused_and_changes_nothing() -> None:
    client = Client()
    ada, bob = await client.create_user("ada"), await client.create_user("bob")
    before = (await client.get(f"/Users/{ada}")).body
    operation = {"op": "replace", "value": {"id": bob, "title": "Boss"}}
    assert_scim_error(await client.patch(f"/Users/{ada}", operation), 400)
    by_path = {"op": "replace", "path": "id", "value": bob}
    assert_scim_error(await client.patch(f"/Users/{ada}", by_path), 400)
    assert (await client.get(f"/Users/{ada}")).body == before


async def test_an_id_in_the_query_string_means_nothing() -> None:
    client = Client()
    ada, bob = await client.create_user("ada"), await client.create_user("bob")
    assert (await client.delete(f"/Users/{ada}?id={bob}")).status == 204
    assert (await client.get(f"/Users/{bob}")).status == 200


async def test_a_password_is_never_shown_again() -> None:
    client = Client()
    answer = await client.post("/Users", {"schemas": [USER], "userName": "ada", "password": "hunter2"})
    user_id = answer.document["id"]
    answers = [
        answer,
        await client.get(f"/Users/{user_id}?attributes=password,userName"),
        await client.patch(f"/Users/{user_id}", {"op": "replace", "path": "password", "value": "hunter2"}),
        await client.put(f"/Users/{user_id}", {"userName": "ada", "Password": "hunter2"}),
        await client.get("/Users?attributes=password"),
    ]
    assert [each.status for each in answers] == [201, 200, 200, 200, 200]
    assert not any(b"hunter2" in each.body for each in answers)
