"""Ask an ASGI application one thing, without a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from syncline.gateway.web.asgi import Application
from syncline.scimserver.asgi import Message


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


async def ask(
    application: Application,
    path: str = "/",
    *,
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = (),
    client: str = "127.0.0.1",
    body: bytes = b"",
) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path.partition("?")[0],
        "raw_path": path.encode(),
        "query_string": path.partition("?")[2].encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "client": (client, 50_000),
        "scheme": "http",
    }
    await application(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], told, b"".join(part["body"] for part in sent[1:]).decode())
