"""The admin API on requests drawn by chance: whatever is sent, the answer is one its description names, never a 500.

`SYNCLINE_TEST_API_REQUESTS` is how many of each operation; `make api` takes many more.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from syncline.gateway.web.api.routes import ENDPOINTS
from tests.security.api_requests import requests
from tests.support.console import World, console_world

MANY = int(os.environ.get("SYNCLINE_TEST_API_REQUESTS", "8"))
OPERATIONS = sorted({(each.path, each.method.lower()) for each in ENDPOINTS})
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Seeded:
    """A server with a tenant, a person, a token, a subscriber and a protected person; and its own description."""

    world: World
    key: str
    description: dict[str, Any]
    ids: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seeded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seeded]:
    async with console_world(tmp_path_factory.mktemp("api")) as world:
        await world.owner()
        tenant = await world.tenant("Acme")
        token = await world.run("token.create", tenant="Acme")
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@acme.example"}
        headers = {"Authorization": f"Bearer {token['token']}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            await session.post(f"{world.base}/scim/v2/Users", json=body)
        await world.run("protect.add", tenant="Acme", email="boss@acme.example")
        key = (await world.run("api_key.create", role="owner"))["api_key"]
        _, description, _ = await world.api("GET", "/openapi.json", None)
        ids = {"tenant": tenant, "user": "ada@acme.example", "token_id": token["token_id"], "seq": "1"}
        yield Seeded(world, key, description, ids)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
async def test_every_answer_is_one_the_description_names(seeded: Seeded, path: str, method: str) -> None:
    described = seeded.description["paths"][path][method]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {seeded.key}"}) as session:
        for asked, body in drawn(path, described, seeded.ids):
            content = None if body is None else orjson.dumps(body)
            headers = {"Content-Type": "application/json"} if content else {}
            url = f"{seeded.world.base}/api/v1{asked}"
            async with session.request(method.upper(), url, data=content, headers=headers) as answer:
                text = await answer.text()
                assert str(answer.status) in described["responses"], (asked, body, text)
                assert 500 != answer.status, (asked, body, text)
                check(seeded.description, described["responses"][str(answer.status)], answer, text)


def drawn(path: str, described: dict[str, Any], ids: dict[str, str]) -> list[tuple[str, Any]]:
    """Return requests, the same ones in every run."""
    found: list[tuple[str, Any]] = []

    @settings(
        max_examples=MANY,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(requests(path, described, ids))
    def keep(request: tuple[str, Any]) -> None:
        if orjson_takes(request[1]):
            found.append(request)

    keep()
    return found


def orjson_takes(body: Any) -> bool:
    try:
        orjson.dumps(body)
    except TypeError:  # a number beyond 64 bits
        return False
    return True


def check(description: dict[str, Any], response: dict[str, Any], answer: Any, text: str) -> None:
    """Hold an answer's media type and body to what the description says of it."""
    [(media_type, content)] = response["content"].items()
    schema = {**content["schema"], "components": description["components"]}

    assert media_type == answer.headers["content-type"]
    assert [] == [error.message for error in Draft202012Validator(schema).iter_errors(orjson.loads(text))]
