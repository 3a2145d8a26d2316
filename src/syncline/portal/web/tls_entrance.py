"""What the portal's TLS port serves: the API below `/hub.com`, at its root, and the templates' hosts.

HubSpot's command line calls `https://<HUBAPI_DOMAIN_OVERRIDE>.com/…`; with the override `localhost:8443/hub` that
is a path below `/hub.com` on this machine. Through the CONNECT proxy it calls the genuine hosts instead.
"""

from __future__ import annotations

from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from syncline.portal.domain.project import PLATFORM_VERSIONS
from syncline.portal.domain.project_template import REPOSITORY, catalogue, template_archive
from syncline.portal.tls import TEMPLATE_HOSTS

PREFIX = "/hub.com"


class TlsEntrance:
    """Sends a request on by the host it names, its path without the prefix."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self._templates = _templates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _host(scope) in TEMPLATE_HOSTS:
            await self._templates(scope, receive, send)
        else:
            await self._application(_without_prefix(scope), receive, send)


def _host(scope: Scope) -> str:
    named = next((value for name, value in scope["headers"] if name == b"host"), b"")
    host: str = named.decode("latin-1").partition(":")[0].lower()
    return host


def _without_prefix(scope: Scope) -> Scope:
    path = scope.get("path", "")
    if not f"{path}/".startswith(f"{PREFIX}/"):
        return scope
    raw = scope.get("raw_path") or path.encode()
    return {
        **scope,
        "path": path.removeprefix(PREFIX) or "/",
        "raw_path": raw.removeprefix(PREFIX.encode()) or b"/",
    }


def _templates() -> Router:
    """Return the two addresses `hs project create` fetches a template from; anything else there is not found."""
    return Router(
        [
            Route(f"/{REPOSITORY}/main/{{version}}/config.json", _config),
            Route(f"/repos/{REPOSITORY}/zipball/main", _zip),
        ],
        redirect_slashes=False,
    )


async def _config(request: Request) -> Response:
    if request.path_params["version"] not in PLATFORM_VERSIONS:
        return JSONResponse({"message": "Not Found"}, 404)
    return JSONResponse(catalogue())


async def _zip(_request: Request) -> Response:
    return Response(_archive(), media_type="application/zip")


@cache
def _archive() -> bytes:
    return template_archive()
