"""The portal as one ASGI application: the onion and the whole route table.

Outermost first: ordered faults; the correlation id; then SCIM below `/scim/v2`, the account's pages (`pages`), or the
public API, where each address authenticates, counts, checks scopes and answers (`endpoint`).
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from syncline.portal.faults.edge import FaultyEdge
from syncline.portal.pages.routes import routes as page_routes
from syncline.portal.web import account_info, activity, app_installs, crm_users, owners, scim, teams, users
from syncline.portal.web.call import Surroundings
from syncline.portal.web.correlation import Correlated
from syncline.portal.web.endpoint import Endpoint, Operation, not_found
from syncline.portal.web.oauth.routes import routes as oauth_routes
from syncline.portal.web.projects import apps, builds, deploys, developer, projects
from syncline.portal.web.ratelimit import Limiter
from syncline.scimserver import ScimApplication


def operations() -> dict[str, Mapping[str, Operation]]:
    """Return every address of the public API with its operations, the fixed ones before those with an id."""
    table: dict[str, Mapping[str, Operation]] = {
        **account_info.ROUTES,
        **activity.ROUTES,
        **app_installs.ROUTES,
        **users.SEATS,
        **developer.ROUTES,
        **projects.ROUTES,
        **builds.ROUTES,
        **deploys.ROUTES,
        **apps.ROUTES,
    }
    for area in (users, owners, teams, crm_users):
        for path, methods in area.ROUTES.items():
            table.update({prefix + path: methods for prefix in area.PREFIXES})
    return dict(sorted(table.items(), key=lambda entry: "{" in entry[0]))


def create_application(around: Surroundings) -> ASGIApp:
    """Return the portal over an open store."""
    limiter = Limiter()
    routes = [*page_routes(around), *oauth_routes(around), *developer.open_routes(around)]
    for path, methods in operations().items():
        endpoint = Endpoint(methods, around, limiter)
        routes.append(Route(path, endpoint))
        if not path.endswith("}"):
            routes.append(Route(path + "/", endpoint))
    api = Router(routes, redirect_slashes=False, default=not_found)
    native_scim = ScimApplication(
        scim.OpenScim(around.store, around.clock), base_url=lambda: around.base_url() + scim.PREFIX
    )
    return FaultyEdge(Correlated(_Split(native_scim, api)), around.store, around.clock)


class _Split:
    """Sends what lies below `/scim/v2` to SCIM, everything else to the API."""

    def __init__(self, native_scim: ASGIApp, api: ASGIApp) -> None:
        self._scim = native_scim
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and f"{scope['path']}/".startswith(scim.PREFIX + "/"):
            scope["root_path"] = scope.get("root_path", "") + scim.PREFIX
            await self._scim(scope, receive, send)
        else:
            await self._api(scope, receive, send)
