"""A SCIM request carried out inside the process, as the tenant's own endpoint would, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from syncline.clock import Clock
from syncline.gateway.domain.errors import Invalid, Refused
from syncline.gateway.domain.rehearsal import is_hubspot
from syncline.gateway.services.ports import Store, Tenant, Wake
from syncline.gateway.services.provisioning import TenantDirectory
from syncline.gateway.services.rehearsals import addresses_of
from syncline.scimserver.application import ScimApplication
from syncline.scimserver.asgi import Message, Scope
from syncline.scimserver.store import Exchange

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
LONGEST_PATH: Final = 4_000


@dataclass(slots=True)
class Benched:
    """A request that was carried out, how it was understood, and its answer."""

    status: int = 0
    operation: str = ""
    correlation_id: str = ""
    duration_us: int = 0
    notes: tuple[str, ...] = ()
    """The dialect rules that were needed to understand it."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Bench:
    """Carries out requests for a tenant without a token; whoever calls has asked who may."""

    def __init__(self, store: Store, clock: Clock, wake: Wake, scim_base_url: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._wake = wake
        self._scim_base_url = scim_base_url

    async def run(self, tenant: Tenant, actor: str, method: str, target: str, body: bytes) -> Benched:
        """Carry out one request; raises `Invalid`, and `Refused` for a write that could reach a real HubSpot."""
        path, query = _target(method, target)
        if method != "GET":
            await self._refuse_real_hubspot(tenant)
        seen = Benched()

        async def opened(_authorization: str | None, _exchange: Exchange) -> TenantDirectory:
            return TenantDirectory(tenant.id, self._store.directory, self._clock, self._wake)

        def observe(exchange: Exchange, _status: int, duration_us: int, operation: str) -> None:
            seen.operation, seen.duration_us = operation, duration_us
            seen.correlation_id, seen.notes = exchange.correlation_id, tuple(map(str, exchange.notes))

        application = ScimApplication(opened, base_url=self._scim_base_url, observe=observe)
        answer = _Answer(body)
        await application(_scope(method, path, query, actor), answer.receive, answer.send)
        seen.status, seen.headers, seen.body = answer.status, answer.headers, bytes(answer.body)
        return seen

    async def may_write(self, tenant: Tenant) -> bool:
        """Tell whether a write may be carried out: only where no real HubSpot is connected."""
        return not is_hubspot(addresses_of(await self._store.setup.connection(tenant.id)))

    async def _refuse_real_hubspot(self, tenant: Tenant) -> None:
        if not await self.may_write(tenant):
            raise Refused(
                f"{tenant.name} is connected to a real HubSpot account: here it can only be read. Try writes on a "
                "tenant that is connected to the portal."
            )


def _target(method: str, target: str) -> tuple[str, str]:
    if method not in METHODS:
        raise Invalid(f"A method is one of {', '.join(METHODS)}.")
    path, _, query = target.partition("?")
    plain = target.isascii() and target.isprintable() and " " not in target
    if not path.startswith("/") or not plain or len(target) > LONGEST_PATH:
        raise Invalid(
            "A path begins below the endpoint, such as /Users?count=5; write what is special as %20."
        )
    return path, query


def _scope(method: str, path: str, query: str, actor: str) -> Scope:
    headers = [
        (b"content-type", b"application/scim+json"),
        (b"user-agent", f"workbench ({actor})".encode("ascii", "replace")),
    ]
    return {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": None,
    }


class _Answer:
    """Takes in what the application sends."""

    def __init__(self, body: bytes) -> None:
        self._request: Message = {"type": "http.request", "body": body, "more_body": False}
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()

    async def receive(self) -> Message:
        return self._request

    async def send(self, message: Message) -> None:
        given: Mapping[str, Any] = message
        if given["type"] == "http.response.start":
            self.status = given["status"]
            self.headers = {name.decode(): value.decode() for name, value in given.get("headers", ())}
        else:
            self.body += given.get("body", b"")
