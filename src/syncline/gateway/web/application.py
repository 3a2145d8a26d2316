"""The gateway over HTTP: the onion and the whole route table, in one place.

From the outside in: proxies unveiled → what breaks is answered 500 → route → (SCIM only) bounds → endpoints.
A path that is not in the table does not exist. Paths are compared as they were sent, so an odd spelling of a
path (`%73cim`, `//scim`) matches nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from syncline.gateway.web.asgi import Application, Watched, respond_text
from syncline.gateway.web.callback import CALLBACK_PATH
from syncline.gateway.web.front import front_page
from syncline.gateway.web.health import Health, alive
from syncline.gateway.web.limits import InFlight
from syncline.gateway.web.proxies import behind_proxies
from syncline.scim.errors import NotFound
from syncline.scimserver.asgi import Receive, Scope, Send
from syncline.scimserver.paths import raw_path
from syncline.scimserver.responses import error_response, send_response
from syncline.settings_values import Network

_log = logging.getLogger(__name__)

SCIM_PREFIX = "/scim/v2"
_BELOW_SCIM = f"{SCIM_PREFIX}/"
API_PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the route table: a whole path, who may ask, and what answers GET and HEAD."""

    path: str
    open_to: str
    answer: Application


def create_application(
    *,
    scim: Application,
    health: Health,
    metrics: Application,
    in_flight: InFlight,
    address: Callable[[], str],
    callback: Application,
    trusted_proxies: Sequence[Network] = (),
    console: Application | None = None,
    api: Application | None = None,
) -> Application:
    """Put the gateway together; `address` gives the public address, without a trailing slash.

    `console` answers every path that is nobody else's, `api` those below `API_PREFIX`; without them neither is there.

    What has to start and stop with the server is started and stopped around it: there is no ASGI lifespan.
    """
    routes = (
        *(() if console is not None else (Route("/", "anyone", front_page(address)),)),
        Route("/livez", "anyone", alive),
        Route("/readyz", "anyone", health.ready),
        Route("/metrics", "anyone", metrics),
        Route(CALLBACK_PATH, "anyone", callback),
    )
    return behind_proxies(_unbroken(Router(routes, in_flight.around(scim), console, api)), trusted_proxies)


class Router:
    """Finds the answer to a request in the route table; everything below the SCIM prefix is SCIM's.

    The API and the console have route tables of their own, below a prefix and for what is left.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        scim: Application,
        console: Application | None = None,
        api: Application | None = None,
    ) -> None:
        self.routes = tuple(routes)
        self._answers = {route.path: route.answer for route in routes}
        self._scim = scim
        self._console = console
        self._api = api

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        path = _path(scope)
        if path.startswith(_BELOW_SCIM):
            below = {**scope, "root_path": scope.get("root_path", "") + SCIM_PREFIX}
            return self._scim(below, receive, send)
        if path.startswith("/scim"):
            return _no_such_scim_endpoint(scope, send)
        if self._api is not None and path.startswith(API_PREFIX + "/"):
            return self._api(scope, receive, send)
        if path not in self._answers and self._console is not None:
            return self._console(scope, receive, send)
        if path not in self._answers:
            return respond_text(scope, send, 404, "There is nothing at this address.")
        if scope["method"] not in ("GET", "HEAD"):
            allow = ((b"allow", b"GET, HEAD"),)
            return respond_text(scope, send, 405, "This address answers GET and HEAD only.", allow)
        return self._answers[path](scope, receive, send)


def _path(scope: Scope) -> str:
    return raw_path(scope).decode("latin-1").removeprefix(scope.get("root_path", ""))


async def _no_such_scim_endpoint(scope: Scope, send: Send) -> None:
    error = NotFound(f"SCIM lives under {SCIM_PREFIX}; there is no such address.")
    head = scope["method"] == "HEAD"
    await send_response(send, error_response(error), correlation_id=secrets.token_hex(16), without_body=head)


def _unbroken(application: Application) -> Application:
    """Answer 500 where the application raised, and say nothing of the inside; close what is not HTTP."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _refuse(scope, send)
            return
        watched = Watched.around(send)
        try:
            await application(scope, receive, watched)
        except Exception:
            _log.exception("answering %s failed", scope["method"])
            if watched.started:
                raise
            await respond_text(scope, send, 500, "Something went wrong inside the server; its log says what.")

    return guarded


async def _refuse(scope: Scope, send: Send) -> None:
    """Close a WebSocket; let the server know that there is no lifespan to manage."""
    if scope["type"] != "websocket":
        raise TypeError(f"the gateway is served over HTTP only, not {scope['type']!r}")
    await send({"type": "websocket.close", "code": 1000})
