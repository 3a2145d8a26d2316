"""The addresses of OAuth."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from syncline.portal.web.call import Surroundings
from syncline.portal.web.oauth import introspection
from syncline.portal.web.oauth.endpoint import OpenEndpoint
from syncline.portal.web.oauth.tokens import give_tokens

VERSIONS = ("v3", "2026-03", "2026-09")


def routes(around: Surroundings) -> list[BaseRoute]:
    """Return the addresses below `/oauth` that are for programs; the one for people is a page."""
    access = {"GET": introspection.describe_access_token}
    refresh = {
        "GET": introspection.describe_refresh_token,
        "DELETE": introspection.delete_refresh_token,
    }
    found: list[BaseRoute] = [
        Route("/oauth/v1/token", OpenEndpoint({"POST": give_tokens}, around, query_too=True)),
        Route("/oauth/v1/access-tokens/{token}", OpenEndpoint(access, around)),
        Route("/oauth/v1/refresh-tokens/{token}", OpenEndpoint(refresh, around)),
    ]
    for version in VERSIONS:
        prefix = f"/oauth/{version}/token"
        found += [
            Route(prefix, OpenEndpoint({"POST": give_tokens}, around)),
            Route(f"{prefix}/introspect", OpenEndpoint({"POST": introspection.introspect}, around)),
            Route(f"{prefix}/revoke", OpenEndpoint({"POST": introspection.revoke}, around)),
        ]
    return found
