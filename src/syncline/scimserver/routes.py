"""The whole route table. What is not in it does not exist, and nothing in it is open without a token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from syncline.scim.errors import NotFound, NotImplementedByServer
from syncline.scimserver import resources, searching
from syncline.scimserver.call import Call, Operation
from syncline.scimserver.discovery import collection, refuse_filter, single
from syncline.scimserver.responses import Response

Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What one method of a route does; `operation` is its name in logs and metrics, of a closed set."""

    operation: str
    handler: Handler


@dataclass(frozen=True, slots=True)
class Route:
    """A path, at the most one `{id}` at its end, and what its methods do. HEAD comes with GET."""

    path: str
    endpoints: Mapping[str, Endpoint]

    @property
    def allow(self) -> str:
        """The value of an Allow header."""
        methods = list(self.endpoints)
        return ", ".join([*methods, "HEAD"] if "GET" in methods else methods)


def find(path: str) -> tuple[Route, str] | None:
    """Return the route of a path and what stands in the place of `{id}` ("" where it has none)."""
    route = _FIXED.get(path)
    if route is not None:
        return route, ""
    parent, _, target = path.rpartition("/")
    route = _WITH_TARGET.get(parent)
    return (route, target) if route is not None and target else None


def _on(type_name: str, operation: Operation) -> Handler:
    """Bind an operation to a resource type; an endpoint that does not serve the type answers 404."""

    def handler(call: Call) -> Awaitable[Response]:
        resource_type = call.store.resource_types.get(type_name)
        if resource_type is None:
            raise NotFound(f"This endpoint serves no {type_name} resources.")
        return operation(call, resource_type)

    return handler


def _collection_routes(path: str, type_name: str) -> tuple[Route, Route, Route]:
    prefix = path.removeprefix("/").lower()

    def endpoint(name: str, operation: Operation) -> Endpoint:
        return Endpoint(f"{prefix}.{name}", _on(type_name, operation))

    return (
        Route(
            path,
            {
                "GET": endpoint("list", searching.list_resources),
                "POST": endpoint("create", resources.create),
            },
        ),
        Route(f"{path}/.search", {"POST": endpoint("search", searching.search)}),
        Route(
            f"{path}/{{id}}",
            {
                "GET": endpoint("get", resources.get),
                "PUT": endpoint("replace", resources.replace),
                "PATCH": endpoint("patch", resources.patch),
                "DELETE": endpoint("delete", resources.delete),
            },
        ),
    )


async def _service_provider_config(call: Call) -> Response:
    refuse_filter(call.parameters())
    return Response(200, call.documents().service_provider_config)


async def _resource_types(call: Call) -> Response:
    refuse_filter(call.parameters())
    return Response(200, collection(call.documents().resource_types))


async def _resource_type(call: Call) -> Response:
    return Response(200, single(call.documents().resource_types, call.target))


async def _schemas(call: Call) -> Response:
    refuse_filter(call.parameters())
    return Response(200, collection(call.documents().schemas))


async def _schema(call: Call) -> Response:
    return Response(200, single(call.documents().schemas, call.target))


async def _not_implemented(_call: Call) -> Response:
    raise NotImplementedByServer("This endpoint is not implemented; ServiceProviderConfig says what is.")


def _discovery(path: str, operation: str, handler: Handler) -> Route:
    return Route(path, {"GET": Endpoint(operation, handler)})


_UNSUPPORTED: Final = Endpoint("unsupported", _not_implemented)

ROUTES: Final[tuple[Route, ...]] = (
    *_collection_routes("/Users", "User"),
    *_collection_routes("/Groups", "Group"),
    _discovery("/ServiceProviderConfig", "discovery.config", _service_provider_config),
    _discovery("/ResourceTypes", "discovery.resource_types", _resource_types),
    _discovery("/ResourceTypes/{id}", "discovery.resource_type", _resource_type),
    _discovery("/Schemas", "discovery.schemas", _schemas),
    _discovery("/Schemas/{id}", "discovery.schema", _schema),
    Route("/.search", {"POST": _UNSUPPORTED}),
    Route("/Me", dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), _UNSUPPORTED)),
)

_FIXED: Final = {route.path: route for route in ROUTES if "{" not in route.path}
_WITH_TARGET: Final = {
    route.path.removesuffix("/{id}"): route for route in ROUTES if route.path.endswith("/{id}")
}
