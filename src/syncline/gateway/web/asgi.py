"""What an ASGI application is to this room, and the plain answers of the routes that are not SCIM."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from syncline.scimserver.asgi import Message, Receive, Scope, Send

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

_CAREFUL: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class Watched:
    """A `send` that knows whether an answer has been started."""

    __slots__ = ("_send", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    @classmethod
    def around(cls, send: Send) -> Watched:
        """Return the `send` itself where it is watched already."""
        return send if isinstance(send, cls) else cls(send)

    def __call__(self, message: Message) -> Awaitable[None]:
        self.started = True
        return self._send(message)


async def respond(
    scope: Scope, send: Send, status: int, media_type: str, body: bytes, headers: tuple[Header, ...] = ()
) -> None:
    """Send one whole answer that is neither cached, framed nor allowed to load anything."""
    own = ((b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": [*_CAREFUL, *own, *headers]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def respond_text(
    scope: Scope, send: Send, status: int, text: str, headers: tuple[Header, ...] = ()
) -> None:
    """Send one line of plain text."""
    await respond(scope, send, status, "text/plain; charset=utf-8", text.encode() + b"\n", headers)
