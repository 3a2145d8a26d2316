"""The SCIM endpoints as a raw ASGI application.

One request goes: route looked up → authenticated → body read → kernel → store → rendered. The token is
checked before anything the client sent is read, and before it learns whether a path exists.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

from syncline.scim.errors import InternalError, MethodNotAllowed, NotFound, ScimError, Unauthorized
from syncline.scimserver.asgi import Receive, Scope, Send
from syncline.scimserver.body import ClientGone
from syncline.scimserver.call import Call
from syncline.scimserver.deadline import Deadlines
from syncline.scimserver.discovery import Discovery
from syncline.scimserver.identifiers import time_ordered_text
from syncline.scimserver.limits import Limits
from syncline.scimserver.paths import path_below, raw_path
from syncline.scimserver.responses import Response, error_response, send_response
from syncline.scimserver.routes import Endpoint, Route, find
from syncline.scimserver.store import Authenticate, Exchange

_log = logging.getLogger(__name__)

CLIENT_GONE = 499
"""What the observer is told where no answer could be given because the client hung up."""

_Headers = dict[bytes, bytes]


class _Routed(NamedTuple):
    """What the route table has for a request: its route, what `{id}` stands for, and what its method does."""

    route: Route | None = None
    target: str = ""
    endpoint: Endpoint | None = None

    @property
    def operation(self) -> str:
        """The name of what is done, for logs and metrics."""
        return "unrouted" if self.endpoint is None else self.endpoint.operation


class Observe(Protocol):
    """Told of every request after its answer; `operation` comes from a closed set of names."""

    def __call__(self, exchange: Exchange, status: int, duration_us: int, operation: str, /) -> None: ...


class ScimApplication:
    """Serves SCIM over whatever store the token opens; may be mounted under any prefix.

    `base_url` returns the public address of that prefix, without a trailing slash; locations start with
    it. Errors of the kernel and the store are answered as SCIM errors; anything else is logged, and
    answered 500 with nothing but the correlation id, which every answer carries in `X-Correlation-Id`.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        *,
        base_url: Callable[[], str],
        limits: Limits | None = None,
        observe: Observe | None = None,
        new_correlation_id: Callable[[], str] = lambda: time_ordered_text(time.time_ns() // 1_000_000),
    ) -> None:
        self._authenticate = authenticate
        self._base_url = base_url
        self._limits = limits or Limits()
        self._body_deadlines = Deadlines(self._limits.body_seconds)
        self._observe = observe
        self._new_correlation_id = new_correlation_id
        self._discovery = Discovery(max_results=self._limits.max_results)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; connections of any other kind are closed."""
        if scope["type"] != "http":
            await _close(scope, send)
            return
        started = time.perf_counter_ns()
        headers = _headers(scope)
        exchange = self._exchange(scope, headers)
        routed = _route(raw_path(scope), scope.get("root_path", ""), exchange.method)
        status = CLIENT_GONE
        try:
            response = await self._answer(exchange, headers, scope, receive, routed)
            status = response.status
            await send_response(
                send,
                response,
                correlation_id=exchange.correlation_id,
                without_body=exchange.method == "HEAD",
            )
        except ClientGone:
            pass
        finally:
            if self._observe is not None:
                duration = (time.perf_counter_ns() - started) // 1000
                self._observe(exchange, status, duration, routed.operation)

    async def _answer(
        self,
        exchange: Exchange,
        headers: _Headers,
        scope: Scope,
        receive: Receive,
        routed: _Routed,
    ) -> Response:
        """Return the answer, whatever goes wrong."""
        try:
            store = await self._authenticate(_authorization(headers), exchange)
            if routed.route is None:
                raise NotFound("There is no such SCIM endpoint.")
            if routed.endpoint is None:
                return _method_not_allowed(routed.route)
            call = Call(
                exchange,
                store,
                routed.target,
                headers,
                scope["query_string"],
                receive,
                self._limits,
                self._body_deadlines,
                self._base_url(),
                self._discovery,
            )
            return await routed.endpoint.handler(call)
        except ScimError as error:
            return error_response(error)
        except ClientGone:
            raise
        except Exception:
            _log.exception("SCIM request %s failed", exchange.correlation_id)
            detail = f"The server failed to answer; its log has the reason under {exchange.correlation_id}."
            return error_response(InternalError(detail))

    def _exchange(self, scope: Scope, headers: _Headers) -> Exchange:
        peer = scope.get("client")
        return Exchange(
            correlation_id=self._new_correlation_id(),
            client=peer[0] if peer else None,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1"),
            method=scope["method"],
            path=scope["path"],
        )


def _headers(scope: Scope) -> _Headers:
    """Return the headers by name; a credential sent twice is none (two readers could pick different ones)."""
    sent: list[tuple[bytes, bytes]] = scope["headers"]
    headers = dict(sent)
    if len(headers) < len(sent) and [name for name, _ in sent].count(b"authorization") > 1:
        headers[b"authorization"] = b""
    return headers


def _authorization(headers: _Headers) -> str | None:
    """Return the credentials as text; an empty header is refused here, whatever the authenticator does."""
    value = headers.get(b"authorization")
    if value is None:
        return None
    if not value.strip():
        raise Unauthorized("The Authorization header is empty or was sent more than once.")
    return value.decode("latin-1")


@lru_cache(maxsize=256)
def _route(raw: bytes, root: str, method: str) -> _Routed:
    """Look a request up in the route table; most go to a few collections, and those who name resources fall out."""
    path = path_below(raw, root)
    found = None if path is None else find(path)
    if found is None:
        return _Routed()
    route, target = found
    return _Routed(route, target, route.endpoints.get("GET" if method == "HEAD" else method))


def _method_not_allowed(route: Route) -> Response:
    error = MethodNotAllowed(f"This endpoint answers {route.allow} only.")
    return error_response(error, ((b"allow", route.allow.encode()),))


async def _close(scope: Scope, send: Send) -> None:
    """Refuse a WebSocket; let the server know that there is no lifespan to manage."""
    if scope["type"] != "websocket":
        raise TypeError(f"SCIM is served over HTTP only, not {scope['type']!r}.")
    await send({"type": "websocket.close", "code": 1000})
