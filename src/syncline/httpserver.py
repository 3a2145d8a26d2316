"""Serving an ASGI application over HTTP: a bound socket, uvicorn, and a clean stop on SIGINT and SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn

COLLECT_EVERY = 20_000
"""How many objects more than were let go of must have been made before the garbage collector looks for cycles."""
STOP_SECONDS = 5
"""How long requests under way may take to end once the server is told to stop."""


class CannotListen(Exception):
    """The address cannot be had; the message says which and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to that address; port 0 takes any free one. Raises `CannotListen`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol's number asyncio leaves Nagle's algorithm on, and answers wait for up to 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CannotListen(
            f"Nothing can listen on {host} port {port} ({error.strerror}); "
            "choose another with --port, or 0 for any free one."
        ) from None
    return listener


async def serve(application: Any, listener: socket.socket, *, on_listening: Callable[[], None]) -> None:
    """Answer requests on the socket until SIGINT or SIGTERM; `on_listening` is called once it does."""
    server = _Server(application, on_listening)
    with _stopping_on_signals(server):
        await server.serve(sockets=[listener])


@contextlib.asynccontextmanager
async def tls_beside(
    application: Any, listener: socket.socket, *, certificate: Path, key: Path
) -> AsyncIterator[None]:
    """Answer requests over TLS on another socket while the block runs, beside the server of `serve`."""
    listening = asyncio.Event()
    server = _Server(application, listening.set, certificate, key)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    started = asyncio.create_task(listening.wait())
    await asyncio.wait({running, started}, return_when=asyncio.FIRST_COMPLETED)
    started.cancel()
    try:
        if running.done():
            running.result()
        yield
    finally:
        server.should_exit = True
        await running


@contextlib.asynccontextmanager
async def serving(application: Any) -> AsyncIterator[str]:
    """Answer requests on a free port of this machine while the block runs; yields the address."""
    listening = asyncio.Event()
    with bind("127.0.0.1", 0) as listener:
        server = _Server(application, listening.set)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await listening.wait()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


def run(main: Callable[[], Any]) -> None:
    """Run a coroutine function to its end, on uvloop where there is one."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


class _Server(uvicorn.Server):
    """Leaves signals to us and tells when it listens."""

    def __init__(
        self,
        application: Any,
        on_listening: Callable[[], None],
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        config = uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=STOP_SECONDS,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
        super().__init__(config)
        self._on_listening = on_listening

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        # What is there now stays, and what a request makes goes with it: the collector need not look through the one
        # every few hundred requests, nor through the other every few.
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECT_EVERY)
        self._on_listening()


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
