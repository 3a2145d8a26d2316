"""Serve an ASGI application over real HTTP on a free loopback port, in the running event loop: as the bench does."""

from __future__ import annotations

from bench.serving import serve

__all__ = ["serve"]
