"""The product's own SCIM endpoints over a store in memory; every request is kept, any can be answered otherwise."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from syncline.scimserver.memory import MemoryStore
from tests.support.scim import Client, scim_application
from tests.support.serving import serve

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

Document = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """One request as it came: path and query undecoded, header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


@dataclass(frozen=True)
class Instead:
    """An answer in place of the store's."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Trouble = Callable[[Seen], Instead | None]


def refusal(status: int, detail: str = "Not now.", **headers: str) -> Instead:
    """Return a SCIM error."""
    body = {"schemas": [ERROR], "status": str(status), "detail": detail}
    return Instead(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class WatchedStore:
    """The requests in order, a hook that answers in place of the store, and ways to look into it."""

    endpoints: Any = field(default_factory=lambda: scim_application(MemoryStore()))
    requests: list[Seen] = field(default_factory=list)
    trouble: Trouble | None = None
    base_url: str = ""

    @property
    def client(self) -> Client:
        """A way in that is not watched."""
        return Client(self.endpoints)

    def of(self, method: str, start: str = "") -> list[Seen]:
        """Return the requests of a method whose target starts like this."""
        return [seen for seen in self.requests if seen.method == method and seen.target.startswith(start)]

    async def users(self) -> dict[str, Document]:
        """Return the users by userName."""
        found = (await self.client.get("/Users?count=200")).document["Resources"]
        return {user["userName"]: user for user in found}

    async def group(self, name: str) -> Document:
        """Return a group with its members, by its displayName."""
        found = (await self.client.get(f'/Groups?filter=displayName+eq+"{name}"')).document["Resources"]
        document: Document = (await self.client.get(f"/Groups/{found[0]['id']}")).document
        return document

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Keep the request, then let the store answer unless there is trouble."""
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        query = scope["query_string"].decode()
        seen = Seen(
            scope["method"],
            scope["raw_path"].decode() + (f"?{query}" if query else ""),
            {name.decode(): value.decode() for name, value in scope["headers"]},
            json.loads(body) if body else None,
        )
        self.requests.append(seen)
        if self.trouble is not None and (instead := self.trouble(seen)) is not None:
            await _answer(send, instead)
            return

        async def again() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.endpoints(scope, again, send)


async def _answer(send: Any, instead: Instead) -> None:
    headers = {"content-type": "application/scim+json", **instead.headers}
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": instead.status, "headers": encoded})
    body = b"" if instead.body is None else json.dumps(instead.body).encode()
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def watched_store() -> AsyncIterator[WatchedStore]:
    """Serve a new store on loopback while the block runs."""
    watched = WatchedStore()
    async with serve(watched) as base_url:
        watched.base_url = base_url
        yield watched
