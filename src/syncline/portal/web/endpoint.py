"""The way of one call through the portal: token → limits → scopes → endpoint → answer or envelope."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from syncline.portal.domain.errors import HubSpotError, MethodNotAllowed, ObjectNotFound, Unavailable
from syncline.portal.web.answer import Answer, send_answer
from syncline.portal.web.authentication import authenticate, check_scopes
from syncline.portal.web.call import Call, Handler, Surroundings
from syncline.portal.web.correlation import SCOPE_KEY
from syncline.portal.web.ratelimit import Limiter
from syncline.sql.errors import StoreBusy, StoreUnavailable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of an address does, and the scopes of which a token needs any.

    A CRM search has rate limits of its own.
    """

    handler: Handler
    any_of: Sequence[str] = ()
    searches: bool = False


class Endpoint:
    """One address, as an ASGI application: its operations by method."""

    def __init__(self, operations: Mapping[str, Operation], around: Surroundings, limiter: Limiter) -> None:
        self._operations = operations
        self._around = around
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        announced: dict[str, str] = {}
        correlation_id: str = scope[SCOPE_KEY]
        try:
            answer = await self._answer(Request(scope, receive), announced)
        except HubSpotError as error:
            answer = Answer(error.status, error.envelope(correlation_id), error.headers)
        except (StoreBusy, StoreUnavailable):
            trouble = Unavailable("The portal can't reach its database. Try again shortly.")
            answer = Answer(503, trouble.envelope(correlation_id), {"Retry-After": "1"})
        except Exception:
            _log.exception("call %s failed", correlation_id)
            answer = Answer(500, HubSpotError("Internal error").envelope(correlation_id))
        await send_answer(send, answer, announced, without_body=scope["method"] == "HEAD")

    async def _answer(self, request: Request, announced: dict[str, str]) -> Answer:
        now = self._around.clock.now()
        grant, account = await authenticate(self._around.store, request.headers.get("authorization"), now)
        method = "GET" if request.method == "HEAD" else request.method
        operation = self._operations.get(method)
        if operation is not None and operation.searches:
            self._limiter.admit_search(grant, now)
        else:
            announced.update(self._limiter.admit(grant, account, now))
        if operation is None:
            allow = ", ".join(self._operations)
            raise MethodNotAllowed(f"This address answers {allow} only.", headers={"Allow": allow})
        check_scopes(grant, operation.any_of)
        return await operation.handler(Call(request, grant, account, now, self._around, self._limiter))


async def not_found(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer an address nobody serves."""
    if scope["type"] != "http":
        return
    error = ObjectNotFound("resource not found")
    await send_answer(send, Answer(404, error.envelope(scope[SCOPE_KEY])), {}, without_body=False)
