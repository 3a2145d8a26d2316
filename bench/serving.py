"""Serving a bare ASGI application on a free port, as the gateway is served: uvicorn, uvloop, httptools."""

from __future__ import annotations

import socket
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
