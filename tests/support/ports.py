"""Ports for programs that must be told one, because they cannot take any and say which."""

from __future__ import annotations

import random
import socket

FIRST, LAST = 20_000, 32_000
"""Below those that the system deals out by itself (Linux: from 32768): such a one may be gone before it is used."""


def free_port() -> int:
    """Return a port of loopback that nobody listens at; drawn by chance, so that two hardly ever get the same."""
    chance = random.SystemRandom()
    while True:
        port = chance.randint(FIRST, LAST)
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
