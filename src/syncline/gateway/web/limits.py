"""How much is answered at the same time: in all, and for one tenant; and how long one answer may take.

One tenant's initial sync must not keep the others waiting. The server's total is checked before a request is
looked at; a tenant's share is claimed only once its token has been accepted, so a stranger cannot use it up.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from syncline.courtesy import in_a_hurry
from syncline.gateway.web.asgi import Application, Watched
from syncline.scim.errors import TooManyRequests, Unavailable
from syncline.scimserver.asgi import Receive, Scope, Send
from syncline.scimserver.deadline import Deadlines
from syncline.scimserver.responses import error_response, send_response

_log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1
"""What a client that is turned away is told to wait; HTTP-date is left out because Entra does not read it."""

Refused = Callable[[str], None]


class InFlight:
    """The requests being answered, in all and per tenant; `refused` is told why one is turned away.

    The reasons are "total", "tenant" and "time". Counts are those of this process.
    """

    def __init__(
        self, *, total: int, per_tenant: int, seconds: float, refused: Refused | None = None
    ) -> None:
        self._total = total
        self._per_tenant = per_tenant
        self._deadlines = Deadlines(seconds)
        self._refused = refused or _untold
        self._running = 0
        self._shares: dict[str, int] = {}

    @property
    def running(self) -> int:
        """How many requests are being answered now."""
        return self._running

    def claim(self, tenant: str) -> None:
        """Count a request to that tenant until it is released; the authenticator calls it.

        Raises `TooManyRequests` (429, `Retry-After`) when the tenant's share is used up.
        """
        share = self._shares.get(tenant, 0)
        if share >= self._per_tenant:
            self._refused("tenant")
            detail = (
                f"{share} requests of this tenant are being answered already; send the next a little later."
            )
            raise TooManyRequests(detail, retry_after=RETRY_AFTER_SECONDS)
        self._shares[tenant] = share + 1

    def release(self, tenant: str) -> None:
        """Give back what one request claimed, once its answer is out; whoever observes requests calls it."""
        share = self._shares[tenant] - 1
        if share:
            self._shares[tenant] = share
        else:
            del self._shares[tenant]

    def around(self, application: Application) -> Application:
        """Return the application within these bounds; what lies beyond is answered 503 with `Retry-After`."""

        async def bounded(scope: Scope, receive: Receive, send: Send) -> None:
            if self._running >= self._total:
                self._refused("total")
                await _unavailable(scope, send, "The server is answering as many requests as it can.")
                return
            self._running += 1
            watched = Watched.around(send)
            deadline = self._deadlines.begin()
            try:
                with deadline, in_a_hurry:
                    await application(scope, receive, watched)
            except TimeoutError:
                if not deadline.expired or watched.started:
                    raise
                await self._too_late(scope, watched)
            finally:
                self._running -= 1

        return bounded

    async def _too_late(self, scope: Scope, send: Send) -> None:
        self._refused("time")
        _log.warning("no answer within %s s: %s %s", self._deadlines.seconds, scope["method"], scope["path"])
        await _unavailable(
            scope, send, f"The server found no answer within {self._deadlines.seconds:g} seconds."
        )


async def _unavailable(scope: Scope, send: Send, detail: str) -> None:
    """Answer in SCIM's form: those who are turned away here are identity providers."""
    response = error_response(Unavailable(detail, retry_after=RETRY_AFTER_SECONDS))
    head = scope["method"] == "HEAD"
    await send_response(send, response, correlation_id=secrets.token_hex(16), without_body=head)


def _untold(reason: str) -> None:
    del reason
