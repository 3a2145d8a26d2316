"""The messages around resources: list responses and search requests (RFC 7644 §3.4.2, §3.4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from syncline.scim.errors import ERROR_SCHEMA, InvalidSyntax, InvalidValue, ScimError

__all__ = [
    "ERROR_SCHEMA",
    "LIST_RESPONSE_SCHEMA",
    "SEARCH_REQUEST_SCHEMA",
    "SearchRequest",
    "error_response",
    "list_response",
]

LIST_RESPONSE_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH_REQUEST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
_MAX_INTEGER = 2**31 - 1


def list_response(
    resources: list[Any], total_results: int, start_index: int = 1, items_per_page: int | None = None
) -> dict[str, Any]:
    """Return a ListResponse; `Resources` is there even when empty, because Entra and Okta look for it."""
    return {
        "schemas": [LIST_RESPONSE_SCHEMA],
        "totalResults": total_results,
        "startIndex": start_index,
        "itemsPerPage": len(resources) if items_per_page is None else items_per_page,
        "Resources": resources,
    }


def error_response(error: ScimError) -> dict[str, Any]:
    """Return the body that tells a client of the error."""
    return error.to_dict()


class SearchRequest(Struct, frozen=True):
    """What a client asks of a list: the same for the query string and for `.search`."""

    filter: str | None = None
    attributes: str | list[str] | None = None
    excluded_attributes: str | list[str] | None = None
    start_index: int = 1
    count: int | None = None
    """The page asked for; None when the client leaves it to the server. Never negative."""
    sort_by: str | None = None
    sort_order: str | None = None

    @classmethod
    def parse(cls, body: Any) -> SearchRequest:
        """Return the request of a `.search` body. InvalidSyntax: not a SearchRequest. InvalidValue: bad types."""
        if type(body) is not dict:
            raise InvalidSyntax("The body must be a JSON object.")
        schemas = next((value for key, value in body.items() if key.lower() == "schemas"), None)
        if schemas and (not isinstance(schemas, list) or SEARCH_REQUEST_SCHEMA not in schemas):
            raise InvalidSyntax(f"schemas must list {SEARCH_REQUEST_SCHEMA}.")
        return cls._of(body.items())

    @classmethod
    def from_query(cls, parameters: Mapping[str, str]) -> SearchRequest:
        """Return the request of decoded query parameters; their names in any case, others ignored."""
        if len(parameters) == 1 and (only := parameters.get("filter")):
            return cls(only)
        return cls._of((name, value) for name, value in parameters.items() if value != "")

    @classmethod
    def _of(cls, pairs: Iterable[tuple[str, Any]]) -> SearchRequest:
        given: dict[str, Any] = {}
        for name, value in pairs:
            lower = name.lower()
            if lower in _PARAMETERS and value is not None:
                if lower in given:
                    raise InvalidValue(f"{_PARAMETERS[lower]} is given twice.")
                given[lower] = value
        return cls(
            filter=_text(given, "filter"),
            attributes=_names(given, "attributes"),
            excluded_attributes=_names(given, "excludedattributes"),
            start_index=max(1, _integer(given, "startindex", 1)),
            count=None if "count" not in given else max(0, _integer(given, "count", 0)),
            sort_by=_text(given, "sortby"),
            sort_order=_text(given, "sortorder"),
        )


_PARAMETERS = {
    name.lower(): name
    for name in ("filter", "attributes", "excludedAttributes", "startIndex", "count", "sortBy", "sortOrder")
}


def _text(given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is None or isinstance(value, str):
        return value
    raise InvalidValue(f"{_PARAMETERS[name]} must be a string.")


def _names(given: dict[str, Any], name: str) -> str | list[str] | None:
    value = given.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise InvalidValue(f"{_PARAMETERS[name]} must be a list of attribute names.")


def _integer(given: dict[str, Any], name: str, default: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal() and len(value) <= 19:
        value = int(value)
    if type(value) is not int:
        raise InvalidValue(f"{_PARAMETERS[name]} must be an integer.")
    return max(-_MAX_INTEGER, min(_MAX_INTEGER, value))
