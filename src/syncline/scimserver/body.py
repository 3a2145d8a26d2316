"""Reading request bodies: bounded by the bytes that arrive, in time, and only as JSON."""

from __future__ import annotations

from collections.abc import Mapping

from syncline.scim.errors import PayloadTooLarge, ScimError, UnsupportedMediaType
from syncline.scimserver.asgi import Receive
from syncline.scimserver.deadline import Deadlines

_JSON_TYPES = frozenset({b"application/scim+json", b"application/json", b"text/json"})


class ClientGone(Exception):
    """The client hung up before its request was complete; nobody is left to answer."""


class RequestTimeout(ScimError):
    """The client took too long to send its body."""

    status = 408


def check_media(headers: Mapping[bytes, bytes]) -> None:
    """Refuse (415) compressed bodies and media types that are not JSON; a missing type passes."""
    encoding = headers.get(b"content-encoding", b"").strip().lower()
    if encoding not in (b"", b"identity"):
        raise UnsupportedMediaType("Bodies must be sent without a Content-Encoding.")
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type and media_type not in _JSON_TYPES and not media_type.endswith(b"+json"):
        raise UnsupportedMediaType("Bodies must be of type application/scim+json.")


async def read_body(
    receive: Receive, headers: Mapping[bytes, bytes], *, limit: int, deadlines: Deadlines
) -> bytes:
    """Return the whole body, of `limit` bytes at the most.

    A Content-Length over the limit is refused unread; one that lies makes no difference. Raises
    `PayloadTooLarge`, `UnsupportedMediaType`, `RequestTimeout`, and `ClientGone`.
    """
    check_media(headers)
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and (len(announced) > 15 or int(announced) > limit):
        raise _too_large(limit)
    try:
        with deadlines.begin():
            return await _collect(receive, limit)
    except TimeoutError:
        raise RequestTimeout(f"The body did not arrive within {deadlines.seconds:g} seconds.") from None


async def _collect(receive: Receive, limit: int) -> bytes:
    body = b""
    chunks: list[bytes] = []
    total = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body = message.get("body", b"")
        total += len(body)
        if total > limit:
            raise _too_large(limit)
        chunks.append(body)
        if not message.get("more_body", False):
            return body if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The body is larger than {limit} bytes, the most this endpoint reads.")
