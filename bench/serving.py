"""Serving an ASGI application on a free port: as the gateway is served, or in the running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn


def run(application: Any) -> None:
    """Print the port as one line, then answer until the process is told to stop."""
    # With the protocol's number asyncio turns Nagle's algorithm off.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="error",
        server_header=False,
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that leaves the signals to whoever runs it and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()


@contextlib.asynccontextmanager
async def serve(application: Any, *, root_path: str = "", lifespan: bool = False) -> AsyncIterator[str]:
    """Serve while the block runs; yields the base URL, `http://127.0.0.1:<port><root_path>`."""
    # Without the protocol number asyncio leaves Nagle's algorithm on, and each answer waits 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            lifespan="on" if lifespan else "off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        started = asyncio.create_task(server.listening.wait())
        await asyncio.wait({running, started}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            started.cancel()
            await running
            raise RuntimeError("the server stopped before it listened")
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}{root_path}"
        finally:
            server.should_exit = True
            await running
