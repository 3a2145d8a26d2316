"""Answers, and how they go out."""

from __future__ import annotations

import orjson
from msgspec import Struct

from syncline.scim.errors import ScimError, Unauthorized
from syncline.scimserver.asgi import Send

Header = tuple[bytes, bytes]

_COMMON: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_WITH_BODY: tuple[Header, ...] = (*_COMMON, (b"content-type", b"application/scim+json; charset=utf-8"))


class Response(Struct, frozen=True):
    """An answer; without a body it carries no content type (204, 304)."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()


def error_response(error: ScimError, headers: tuple[Header, ...] = ()) -> Response:
    """Return the SCIM error body (RFC 7644 §3.12) with the headers its status calls for."""
    if error.status == Unauthorized.status:
        headers += ((b"www-authenticate", b'Bearer realm="SCIM"'),)
    if error.retry_after is not None:
        headers += ((b"retry-after", str(error.retry_after).encode()),)
    return Response(error.status, orjson.dumps(error.to_dict()), headers)


async def send_response(
    send: Send, response: Response, *, correlation_id: str, without_body: bool = False
) -> None:
    """Send the answer; `without_body` is for HEAD, which gets the headers of a GET."""
    body = response.body
    correlation = (b"x-correlation-id", correlation_id.encode())
    headers = [*(_WITH_BODY if body else _COMMON), correlation, *response.headers]
    if response.status not in (204, 304):
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if without_body else body})
