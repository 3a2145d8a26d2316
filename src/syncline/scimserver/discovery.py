"""The discovery endpoints (RFC 7644 §4): what this server serves, in its own words.

The documents depend only on the types a store serves and on the base URL, so each is rendered once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from syncline.scim.attributes import ResourceType
from syncline.scim.discovery import resource_type_documents, schema_documents, service_provider_config
from syncline.scim.errors import Forbidden, NotFound
from syncline.scimserver.rendering import render_list

_MOST_KEPT = 16


@dataclass(frozen=True, slots=True)
class Documents:
    """The rendered documents of one endpoint, single ones by lower-case id."""

    service_provider_config: bytes
    resource_types: Mapping[str, bytes]
    schemas: Mapping[str, bytes]


class Discovery:
    """Renders discovery documents and keeps them."""

    def __init__(self, *, max_results: int) -> None:
        self._max_results = max_results
        self._kept: dict[tuple[tuple[str, ...], str], Documents] = {}

    def documents(self, types: Mapping[str, ResourceType], base_url: str) -> Documents:
        """Return the documents for these types under this base URL."""
        key = (tuple(types), base_url)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = self._render(types, base_url)
        return found

    def _render(self, types: Mapping[str, ResourceType], base_url: str) -> Documents:
        served = list(types.values())
        config = service_provider_config(max_results=self._max_results, documentation_uri=None)
        return Documents(
            _located(config, f"{base_url}/ServiceProviderConfig"),
            _by_id(resource_type_documents(served), f"{base_url}/ResourceTypes"),
            _by_id(schema_documents(served), f"{base_url}/Schemas"),
        )


def collection(documents: Mapping[str, bytes]) -> bytes:
    """Return all of them as a ListResponse; discovery is never paged (RFC 7644 §4)."""
    return render_list(list(documents.values()), len(documents), 1)


def single(documents: Mapping[str, bytes], name: str) -> bytes:
    """Return one by its id in any case; `NotFound`."""
    found = documents.get(name.lower())
    if found is None:
        raise NotFound(f"There is no {name!r} here.")
    return found


def refuse_filter(parameters: Mapping[str, str]) -> None:
    """Refuse a filter on a discovery endpoint, as RFC 7644 §4 demands (403)."""
    if parameters.get("filter"):
        raise Forbidden("Discovery endpoints cannot be filtered.")


def _by_id(documents: list[dict[str, Any]], address: str) -> dict[str, bytes]:
    return {
        document["id"].lower(): _located(document, f"{address}/{document['id']}") for document in documents
    }


def _located(document: dict[str, Any], address: str) -> bytes:
    return orjson.dumps({**document, "meta": {**document["meta"], "location": address}})
