"""scim2-server, the best SCIM server there is for Python, as it is meant to be deployed: its ASGI application.

Storage is its own, in memory, so it neither writes to a disk nor waits for one; its tolerances for Entra are on.
"""

from __future__ import annotations

import sys

from scim2_models import ScimPolicy, ScimProvider, UnauthorizedException
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.memory import AsyncInMemoryStorage
from scim2_server.requests import ScimRequest
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)

from bench.serving import run

TOLERANT = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


class Guarded(ASGIApplication):
    """Checks one bearer token, as its own command does."""

    token = ""

    def check_auth(self, request: ScimRequest) -> None:
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or token != self.token:
            raise UnauthorizedException


def application(token: str) -> Guarded:
    """Return the application with RFC 7643's users and groups, empty."""
    provider = ScimProvider.from_discovery(
        load_default_schemas().values(),
        load_default_resource_types().values(),
        load_default_service_provider_config(),
        policy=TOLERANT,
    )
    made = Guarded(AsyncInMemoryStorage(), provider)
    made.token = token
    return made


if __name__ == "__main__":
    run(application(token=sys.argv[1]))
