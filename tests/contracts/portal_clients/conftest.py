"""HubSpot's own Python clients, unmodified, pointed at a portal on loopback.

They block, so each call runs in a thread while the portal answers on the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from syncline.portal import administration
from tests.integration.portal.conftest import World, world

__all__ = ["world"]

CALLBACK = "https://gateway.example/oauth/callback"


@dataclass(slots=True)
class Sdk:
    """A client, and `run`, which makes one of its calls off the event loop."""

    world: World
    client: Any

    async def run(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return await asyncio.to_thread(call, *arguments, **named)

    async def app(self) -> dict[str, Any]:
        return await administration.create_app(
            self.world.store, self.world.clock, "acme", redirect_uris=[CALLBACK],
            scopes=["oauth", "settings.users.read"],
        )  # fmt: skip

    async def code(self, app: dict[str, Any]) -> str:
        return await administration.grant_app(
            self.world.store, self.world.clock, "acme", "admin@acme.example",
            client_id=app["client_id"], redirect_uri=CALLBACK, scope="oauth settings.users.read",
        )  # fmt: skip


@pytest.fixture
async def sdk(world: World) -> AsyncIterator[Sdk]:
    """The official pre-release client, hubspot-sdk."""
    from hubspot_sdk import HubSpot

    with HubSpot(
        access_token=world.account["access_token"], base_url=world.base_url, max_retries=0
    ) as client:
        yield Sdk(world, client)


@pytest.fixture
async def api_client(world: World) -> Sdk:
    """The official client of the v3 API, hubspot-api-client."""
    import hubspot  # type: ignore[import-untyped]

    return Sdk(world, hubspot.Client.create(access_token=world.account["access_token"], host=world.base_url))
