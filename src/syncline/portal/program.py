"""The portal put together: settings in, a running server out."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from syncline.clock import Clock, SystemClock
from syncline.datafolder import DataFolder
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
    """Where the portal keeps its accounts and where it listens; port 0 takes any free one."""

    data: Path
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT


def open_portal_store(data: Path) -> Store:
    """Open the portal's database in a data folder, both made if need be."""
    DataFolder(data).create()
    return open_store(data / DATABASE)


@contextlib.asynccontextmanager
async def create_portal(
    data: Path, *, base_url: Callable[[], str], clock: Clock | None = None
) -> AsyncIterator[ASGIApp]:
    """Yield the portal as an ASGI application over the accounts in a data folder.

    `base_url` returns the address it is served under, without a trailing slash. Leaving the block writes
    what still waits and closes the database.
    """
    async with open_portal_store(data) as store:
        yield create_application(Surroundings(store, clock or SystemClock(), base_url))


async def serve(settings: PortalSettings, *, announce: Callable[[str], None] = lambda _: None) -> None:
    """Serve until SIGINT or SIGTERM; `announce` gets the address once the portal listens there.

    While it runs, `portal.json` in the data folder tells other commands the address. `SetupError` when
    the address cannot be had.
    """
    with _listener(settings) as listener:
        address = _address(settings.host, listener.getsockname()[1])
        async with create_portal(settings.data, base_url=lambda: address) as application:
            server = _Server(application, on_listening=lambda: announce(address))
            with _recorded(settings.data, address), _stopping_on_signals(server):
                await server.serve(sockets=[listener])


def run(settings: PortalSettings, *, announce: Callable[[str], None] = lambda _: None) -> None:
    """Serve from synchronous code, on uvloop where there is one."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(settings, announce=announce))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def recorded_address(data: Path) -> str | None:
    """Return where the portal on this data folder listens, or None when none says it does."""
    try:
        record = json.loads((data / RECORD).read_bytes())
        return str(record["address"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


class _Server(uvicorn.Server):
    """A server that leaves signals to us and tells when it listens."""

    def __init__(self, application: ASGIApp, *, on_listening: Callable[[], None]) -> None:
        config = uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        super().__init__(config)
        self._on_listening = on_listening

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_listening()


def _listener(settings: PortalSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise SetupError(
            f"The portal cannot listen on {settings.host} port {settings.port} ({error.strerror}); "
            "choose another with --port, or 0 for any free one."
        ) from None
    return listener


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


@contextlib.contextmanager
def _stopping_on_signals(server: uvicorn.Server) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
