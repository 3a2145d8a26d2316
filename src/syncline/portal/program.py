"""The portal put together: settings in, a running server out."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp

from syncline import httpserver
from syncline.clock import Clock, SystemClock
from syncline.datafolder import DataFolder
from syncline.portal.dns.resolver import DnsResolver, TxtResolver
from syncline.portal.dns.watch import watching
from syncline.portal.domain.errors import SetupError
from syncline.portal.store.store import Store, open_store
from syncline.portal.web.application import create_application
from syncline.portal.web.call import Surroundings

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8090
DATABASE = "portal.db"
RECORD = "portal.json"


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """Where the portal keeps its accounts and where it listens; port 0 takes any free one.

    `resolver` is asked for the TXT records of domains.
    """

    data: Path
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    resolver: TxtResolver = field(default_factory=DnsResolver)


def open_portal_store(data: Path) -> Store:
    """Open the portal's database in a data folder, both made if need be."""
    DataFolder(data).create()
    return open_store(data / DATABASE)


@contextlib.asynccontextmanager
async def create_portal(
    data: Path,
    *,
    base_url: Callable[[], str],
    clock: Clock | None = None,
    resolver: TxtResolver | None = None,
) -> AsyncIterator[ASGIApp]:
    """Yield the portal as an ASGI application over the accounts in a data folder.

    `base_url` returns the address it is served under, without a trailing slash; `resolver` is asked for domains'
    records, by default the machine's own. Leaving the block writes what still waits and closes the database.
    """
    clock, resolver = clock or SystemClock(), resolver or DnsResolver()
    async with open_portal_store(data) as store, watching(store, clock, resolver):
        yield create_application(Surroundings(store, clock, base_url, resolver))


async def serve(settings: PortalSettings, *, announce: Callable[[str], None] = lambda _: None) -> None:
    """Serve until SIGINT or SIGTERM; `announce` gets the address once the portal listens there.

    While it runs, `portal.json` in the data folder tells other commands the address. `SetupError` when
    the address cannot be had.
    """
    try:
        listener = httpserver.bind(settings.host, settings.port)
    except httpserver.CannotListen as error:
        raise SetupError(str(error)) from None
    with listener:
        address = _address(settings.host, listener.getsockname()[1])
        async with create_portal(
            settings.data, base_url=lambda: address, resolver=settings.resolver
        ) as application:
            with _recorded(settings.data, address):
                await httpserver.serve(application, listener, on_listening=lambda: announce(address))


def run(settings: PortalSettings, *, announce: Callable[[str], None] = lambda _: None) -> None:
    """Serve from synchronous code, on uvloop where there is one."""
    httpserver.run(lambda: serve(settings, announce=announce))


def recorded_address(data: Path) -> str | None:
    """Return where the portal on this data folder listens, or None when none says it does."""
    try:
        record = json.loads((data / RECORD).read_bytes())
        return str(record["address"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _address(host: str, port: int) -> str:
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_unspecified:
            host = "::1" if ":" in host else DEFAULT_HOST
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def _recorded(data: Path, address: str) -> Iterator[None]:
    """Leave a record of the address while the block runs, written in one step."""
    record = data / RECORD
    fresh = record.with_suffix(".new")
    fresh.write_text(json.dumps({"address": address, "pid": os.getpid()}) + "\n")
    fresh.replace(record)
    try:
        yield
    finally:
        if recorded_address(data) == address:
            record.unlink(missing_ok=True)
