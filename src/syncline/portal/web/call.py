"""One authenticated call of the public API, as the endpoints see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from syncline.clock import Clock, Milliseconds
from syncline.portal.dns.resolver import DnsResolver, TxtResolver
from syncline.portal.domain.account import Account
from syncline.portal.domain.errors import PayloadTooLarge, UnsupportedMediaType, ValidationError
from syncline.portal.domain.tokens import Grant
from syncline.portal.store.store import Store
from syncline.portal.web.answer import Answer
from syncline.portal.web.ratelimit import Limiter

BODY_BYTES = 1_000_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every call needs besides the request: the store, the clock, the portal's own address, and the DNS."""

    store: Store
    clock: Clock
    base_url: Callable[[], str]
    resolver: TxtResolver = field(default_factory=DnsResolver)


@dataclass(frozen=True, slots=True)
class Call:
    """A request with the account its token opens."""

    request: Request
    grant: Grant
    account: Account
    now: Milliseconds
    around: Surroundings
    limiter: Limiter

    @property
    def portal_id(self) -> int:
        return self.grant.portal_id

    @property
    def store(self) -> Store:
        return self.around.store

    def address(self, path: str) -> str:
        """Return the absolute address of a path at this portal."""
        return f"{self.around.base_url()}{path}"

    def query(self, name: str) -> str | None:
        """Return a query parameter; None when it is absent or empty."""
        return self.request.query_params.get(name) or None

    def switch(self, name: str) -> bool:
        """Return a boolean query parameter, false when absent; Python clients write `True`."""
        value = (self.query(name) or "false").lower()
        if value not in ("true", "false"):
            raise ValidationError(f"{name} must be true or false.")
        return value == "true"

    async def body(self, kind: type[T]) -> T:
        """Read and decode the body; `PayloadTooLarge`, `UnsupportedMediaType`, `ValidationError`."""
        media_type = self.request.headers.get("content-type", "application/json")
        if media_type.partition(";")[0].strip().lower() != "application/json":
            raise UnsupportedMediaType("The body must be application/json.")
        content = await read_body(self.request)
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValidationError(f"Invalid input JSON: {error}") from None


Handler = Callable[[Call], Awaitable[Answer]]


async def read_body(request: Request, limit: int = BODY_BYTES) -> bytes:
    """Return the body; `PayloadTooLarge` past the limit, `ValidationError` when it ends early."""
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > limit:
                raise PayloadTooLarge(f"The body is longer than {limit} bytes.")
    except ClientDisconnect:
        raise ValidationError("The body ended early.") from None
    return bytes(content)
