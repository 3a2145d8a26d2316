"""Resources as JSON text.

A stored document is already the canonical text, so a whole resource is built by splicing `id`, `meta` and
the computed attributes into it; only a projection takes the text apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

from syncline.clock import Milliseconds
from syncline.scim.attributes import ResourceType
from syncline.scim.messages import LIST_RESPONSE_SCHEMA
from syncline.scim.resource import project
from syncline.scimserver.etag import etag
from syncline.scimserver.selection import Selection
from syncline.scimserver.store import Page, Reference, Stored

_LIST = (
    b'{"schemas":["%b"],"totalResults":%%d,"startIndex":%%d,"itemsPerPage":%%d,"Resources":[%%b]}'
    % LIST_RESPONSE_SCHEMA.encode()
)


@lru_cache(maxsize=4096)
def timestamp(moment: Milliseconds) -> str:
    """Return a moment as an RFC 3339 text in UTC with milliseconds."""
    seconds, milliseconds = divmod(moment, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{milliseconds:03d}Z"


def location(resource_type: ResourceType, resource_id: str, base_url: str) -> str:
    """Return the absolute address of a resource."""
    return f"{base_url}{resource_type.endpoint}/{resource_id}"


def render(stored: Stored, resource_type: ResourceType, selection: Selection, base_url: str) -> bytes:
    """Return the JSON text of one resource as the client sees it."""
    if selection.projection is not None:
        return orjson.dumps(_projected(stored, resource_type, selection, base_url))
    computed = _computed(stored, selection, base_url) if stored.groups or stored.members else None
    spliced = b",%b" % orjson.dumps(computed)[1:-1] if computed else b""
    meta = orjson.dumps(_meta(stored, resource_type, base_url))
    return b"".join(
        (b'{"id":"', stored.id.encode(), b'",', stored.document[1:-1], spliced, b',"meta":', meta, b"}")
    )


def render_page(
    page: Page, resource_type: ResourceType, selection: Selection, start_index: int, base_url: str
) -> bytes:
    """Return the JSON text of a ListResponse (RFC 7644 §3.4.2)."""
    return render_list(
        [render(stored, resource_type, selection, base_url) for stored in page.resources],
        page.total_results,
        start_index,
    )


def render_list(resources: Sequence[bytes], total_results: int, start_index: int) -> bytes:
    """Return a ListResponse around resources that are JSON text already."""
    return _LIST % (total_results, start_index, len(resources), b",".join(resources))


def _projected(
    stored: Stored, resource_type: ResourceType, selection: Selection, base_url: str
) -> dict[str, Any]:
    resource: dict[str, Any] = {"id": stored.id, **orjson.loads(stored.document)}
    resource.update(_computed(stored, selection, base_url))
    resource["meta"] = _meta(stored, resource_type, base_url)
    return project(resource_type, resource, selection.projection)


def _computed(stored: Stored, selection: Selection, base_url: str) -> dict[str, Any]:
    """Return the computed attributes asked for, with their addresses; an empty one is left out."""
    computed: dict[str, Any] = {}
    if stored.groups and "groups" in selection.include:
        computed["groups"] = [_referring(group, "Groups", base_url) for group in stored.groups]
    if stored.members and "members" in selection.include:
        computed["members"] = [
            _referring(member, "Groups" if member.get("type") == "Group" else "Users", base_url)
            for member in stored.members
        ]
    return computed


def _referring(reference: Reference, collection: str, base_url: str) -> Reference:
    return {**reference, "$ref": f"{base_url}/{collection}/{quote(reference['value'], safe='')}"}


def _meta(stored: Stored, resource_type: ResourceType, base_url: str) -> dict[str, str]:
    return {
        "resourceType": resource_type.name,
        "created": timestamp(stored.created_at),
        "lastModified": timestamp(stored.modified_at),
        "location": location(resource_type, stored.id, base_url),
        "version": etag(stored.version, stored.groups),
    }
