"""Searches, by GET on a collection and by POST to `.search` (RFC 7644 §3.4.2 and §3.4.3)."""

from __future__ import annotations

from collections.abc import Awaitable

from syncline.scim.attributes import ResourceType
from syncline.scim.filter import parse_filter
from syncline.scim.messages import SearchRequest
from syncline.scimserver.call import Call
from syncline.scimserver.rendering import render_page
from syncline.scimserver.responses import Response
from syncline.scimserver.selection import select
from syncline.scimserver.store import Query


def list_resources(call: Call, resource_type: ResourceType) -> Awaitable[Response]:
    """GET a collection: 200 with a ListResponse, also when nothing matches."""
    return _search(call, resource_type, SearchRequest.from_query(call.parameters()))


async def search(call: Call, resource_type: ResourceType) -> Response:
    """POST a SearchRequest: the same answer as the GET that says the same."""
    return await _search(call, resource_type, SearchRequest.parse(await call.json()))


async def _search(call: Call, resource_type: ResourceType, request: SearchRequest) -> Response:
    selection = select(resource_type, request.attributes, request.excluded_attributes)
    text = request.filter
    # An empty `filter=` is what a client sends whose own search box was empty.
    condition = parse_filter(text, resource_type) if text and text.strip() else None
    wanted = call.limits.page_size if request.count is None else request.count
    query = Query(condition, request.start_index, min(wanted, call.limits.max_results))
    page = await call.store.query(call.exchange, resource_type, query, selection.include)
    return Response(200, render_page(page, resource_type, selection, request.start_index, call.base_url))
