"""Who is at work: counts the requests that are under way, as a server sees them and as a client does."""

from __future__ import annotations

from typing import Any

import aiohttp


class Traffic:
    """Stands before any number of ASGI applications, and beside the client that calls them."""

    def __init__(self) -> None:
        self._taken = 0
        self._sent = 0

    @property
    def under_way(self) -> int:
        """How many requests are not answered yet: those on their way to the server, or back from it, included."""
        return max(self._taken, self._sent)

    def through(self, application: Any) -> Any:
        """Return the application with its requests counted."""

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            self._taken += 1
            try:
                await application(scope, receive, send)
            finally:
                self._taken -= 1

        return counted

    def trace(self) -> aiohttp.TraceConfig:
        """Return what counts the requests of an HTTP session."""

        async def sent(*_: Any) -> None:
            self._sent += 1

        async def answered(*_: Any) -> None:
            self._sent -= 1

        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(sent)
        trace.on_request_end.append(answered)
        trace.on_request_exception.append(answered)
        return trace
