"""The SCIM endpoints over a store in memory, and a client that calls them without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncline.clock import ManualClock
from syncline.scim.errors import Unauthorized
from syncline.scimserver import Exchange, Limits, ResourceStore, ScimApplication, bearer_token
from syncline.scimserver.application import Observe
from syncline.scimserver.memory import MemoryStore

TOKEN = "a-token-that-opens-the-store"
BASE_URL = "https://scim.example/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the application."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class OneToken:
    """Opens one store to one token."""

    def __init__(self, store: ResourceStore, token: str = TOKEN) -> None:
        self._store = store
        self._token = token

    async def __call__(self, authorization: str | None, exchange: Exchange) -> ResourceStore:
        if bearer_token(authorization) != self._token:
            raise Unauthorized("This token opens nothing.")
        return self._store


def scim_application(
    store: ResourceStore | None = None,
    *,
    base_url: str | Callable[[], str] = BASE_URL,
    limits: Limits | None = None,
    observe: Observe | None = None,
) -> ScimApplication:
    """Return the endpoints over a store, a new one in memory unless given, open to `TOKEN`."""
    store = MemoryStore(clock=ManualClock()) if store is None else store
    address = base_url if callable(base_url) else lambda: base_url
    return ScimApplication(OneToken(store), base_url=address, limits=limits, observe=observe)


@dataclass(slots=True)
class Client:
    """Calls an ASGI application in process; every request carries the token unless told otherwise."""

    application: Any = field(default_factory=scim_application)
    token: str | None = TOKEN
    root_path: str = ""

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        chunks: Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request. `body` becomes JSON unless it is bytes; `chunks` send it in parts instead."""
        parts = list(chunks) if chunks is not None else [_encoded(body)]
        received = iter(parts)
        left = len(parts)

        async def receive() -> dict[str, Any]:
            nonlocal left
            if left == 0:
                return {"type": "http.disconnect"}
            left -= 1
            return {"type": "http.request", "body": next(received), "more_body": left > 0}

        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.application(self._scope(method, path, headers), receive, send)
        start, *bodies = sent
        return Answer(
            start["status"],
            {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]},
            b"".join(message["body"] for message in bodies),
        )

    def _scope(self, method: str, target: str, headers: Mapping[str, str] | None) -> dict[str, Any]:
        path, _, query = target.partition("?")
        sent = {"content-type": "application/scim+json"}
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        return {
            "type": "http",
            "method": method,
            "path": self.root_path + path,
            "raw_path": (self.root_path + path).encode(),
            "query_string": query.encode(),
            "root_path": self.root_path,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
            "client": ("192.0.2.7", 40000),
        }

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.request("GET", path, **more)

    async def post(self, path: str, body: Any, **more: Any) -> Answer:
        return await self.request("POST", path, body, **more)

    async def put(self, path: str, body: Any, **more: Any) -> Answer:
        return await self.request("PUT", path, body, **more)

    async def patch(self, path: str, *operations: Any, **more: Any) -> Answer:
        return await self.request("PATCH", path, {"schemas": [PATCH], "Operations": operations}, **more)

    async def delete(self, path: str, **more: Any) -> Answer:
        return await self.request("DELETE", path, **more)

    async def create_user(self, user_name: str, **attributes: Any) -> str:
        """Create a user and return the id."""
        answer = await self.post("/Users", {"schemas": [USER], "userName": user_name, **attributes})
        assert answer.status == 201, answer.body
        return str(answer.document["id"])

    async def create_group(self, display_name: str, *members: str) -> str:
        """Create a group with these members and return the id."""
        body = {
            "schemas": [GROUP],
            "displayName": display_name,
            "members": [{"value": member} for member in members],
        }
        answer = await self.post("/Groups", body)
        assert answer.status == 201, answer.body
        return str(answer.document["id"])


def _encoded(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return b"" if body is None else json.dumps(body).encode()
