"""The operations on single resources (RFC 7644 §3.3 to §3.6)."""

from __future__ import annotations

from syncline.scim.attributes import ResourceType
from syncline.scim.patch import parse_patch
from syncline.scim.resource import read
from syncline.scimserver.call import Call
from syncline.scimserver.etag import etag, none_match_holds
from syncline.scimserver.rendering import location, render
from syncline.scimserver.responses import Header, Response
from syncline.scimserver.selection import Selection, select
from syncline.scimserver.store import Stored


async def create(call: Call, resource_type: ResourceType) -> Response:
    """POST to a collection: 201 with the resource, its Location and ETag."""
    selection = _selection(call, resource_type)
    body = await call.json(_body_limit(call, resource_type))
    resource = read(resource_type, body, call.exchange.notes)
    stored = await call.store.create(call.exchange, resource_type, resource)
    address = location(resource_type, stored.id, call.base_url)
    return _found(call, resource_type, stored, selection, 201, (b"location", address.encode()))


async def get(call: Call, resource_type: ResourceType) -> Response:
    """GET one resource: 200, or 304 where If-None-Match names its tag."""
    selection = _selection(call, resource_type)
    stored = await call.store.get(call.exchange, resource_type, call.target, selection.include)
    if none_match_holds(call.header(b"if-none-match"), etag(stored.version, stored.groups)):
        return Response(304, headers=(_etag_header(stored),))
    return _found(call, resource_type, stored, selection)


async def replace(call: Call, resource_type: ResourceType) -> Response:
    """PUT: 200 with the resource.

    A body that names another id than the path is refused (400 mutability): what was authorised by the
    path must be what is written.
    """
    selection = _selection(call, resource_type)
    body = await call.json(_body_limit(call, resource_type))
    resource = read(resource_type, body, call.exchange.notes, resource_id=call.target)
    if_match = await call.version_to_overwrite(resource_type)
    stored = await call.store.replace(call.exchange, resource_type, call.target, resource, if_match)
    return _found(call, resource_type, stored, selection)


async def patch(call: Call, resource_type: ResourceType) -> Response:
    """PATCH: 200 with the resource for users; 204 for groups unless `attributes` asks for some.

    Entra's advice: a group may have many members, and nobody reads them back after each change.
    """
    parameters = call.parameters()
    attributes = parameters.get("attributes")
    silent = resource_type.name == "Group" and not attributes
    selection = select(resource_type, attributes, parameters.get("excludedattributes"))
    body = await call.json(_body_limit(call, resource_type))
    operations = parse_patch(resource_type, body, call.exchange.notes, resource_id=call.target)
    if_match = await call.version_to_overwrite(resource_type)
    include: frozenset[str] = frozenset() if silent else selection.include
    stored = await call.store.patch(call.exchange, resource_type, call.target, operations, if_match, include)
    if silent:
        return Response(204, headers=(_etag_header(stored),))
    return _found(call, resource_type, stored, selection)


async def delete(call: Call, resource_type: ResourceType) -> Response:
    """DELETE: 204."""
    if_match = await call.version_to_overwrite(resource_type)
    await call.store.delete(call.exchange, resource_type, call.target, if_match)
    return Response(204)


def _selection(call: Call, resource_type: ResourceType) -> Selection:
    parameters = call.parameters()
    return select(resource_type, parameters.get("attributes"), parameters.get("excludedattributes"))


def _body_limit(call: Call, resource_type: ResourceType) -> int:
    return call.limits.group_body_bytes if resource_type.name == "Group" else call.limits.body_bytes


def _etag_header(stored: Stored) -> Header:
    return (b"etag", etag(stored.version, stored.groups).encode())


def _found(
    call: Call,
    resource_type: ResourceType,
    stored: Stored,
    selection: Selection,
    status: int = 200,
    *headers: Header,
) -> Response:
    body = render(stored, resource_type, selection, call.base_url)
    return Response(status, body, (_etag_header(stored), *headers))
