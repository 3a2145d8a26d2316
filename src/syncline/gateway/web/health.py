"""Is the process alive, and can it do its work: `/livez` and `/readyz`.

Both are open to anybody, so they say which part is unwell but never why, and cost no more than one round of
checks a second however often they are asked. The log says why.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import orjson

from syncline.clock import Clock, Milliseconds
from syncline.gateway.web.asgi import respond, respond_text
from syncline.scimserver.asgi import Receive, Scope, Send

_log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[None]]
"""Returns when that part of the program works; raises when it does not."""

FRESH_MS: Milliseconds = 1_000
PATIENCE_SECONDS = 2.0


class Health:
    """The state of the parts a program needs; add a check per part."""

    def __init__(
        self, checks: Mapping[str, Check], clock: Clock, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._checks = dict(checks)
        self._clock = clock
        self._patience = patience
        self._found: dict[str, bool] = {}
        self._found_at: Milliseconds | None = None
        self._looking = asyncio.Lock()

    async def look(self) -> dict[str, bool]:
        """Return which parts work, as found at most a second ago."""
        async with self._looking:
            if self._found_at is None or self._clock.now() - self._found_at >= FRESH_MS:
                results = await asyncio.gather(*(self._works(name) for name in self._checks))
                self._found = dict(zip(self._checks, results, strict=True))
                self._found_at = self._clock.now()
            return self._found

    async def _works(self, name: str) -> bool:
        try:
            async with asyncio.timeout(self._patience):
                await self._checks[name]()
        except Exception:
            _log.exception("the check of the %s failed", name)
            return False
        return True

    async def ready(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `/readyz`: 200 when every part works, else 503; the body names each part."""
        found = await self.look()
        well = all(found.values())
        parts = {name: "ok" if works else "failing" for name, works in found.items()}
        body = orjson.dumps({"status": "ready" if well else "not ready", "parts": parts})
        await respond(scope, send, 200 if well else 503, "application/json", body)


async def alive(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer `/livez`: the process takes requests."""
    await respond_text(scope, send, 200, "alive")
