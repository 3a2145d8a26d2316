"""The conditions recorded conversations put on answers, and what must hold of every SCIM answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.support.templates import pointer_segments

ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()
"""What a pointer finds where there is nothing."""


def find(document: Any, pointer: str) -> Any:
    """Return what a pointer names; a list of all it names where it fans out by `*`, else MISSING for none.

    Segments are a key, an index, `*`, or `[type=work]`: the first element whose sub-attribute has that
    value in any case.
    """
    segments = pointer_segments(pointer)
    reached = [document]
    for segment in segments:
        reached = [found for node in reached for found in _step(node, segment)]
    if "*" in segments:
        return reached
    return reached[0] if reached else MISSING


def _step(node: Any, segment: str) -> list[Any]:
    if isinstance(node, dict):
        return [node[segment]] if segment in node else []
    if not isinstance(node, list):
        return []
    if segment == "*":
        return list(node)
    if segment.startswith("["):
        name, _, wanted = segment.strip("[]").partition("=")
        chosen = [each for each in node if isinstance(each, dict) and _says(each.get(name), wanted)]
        return chosen[:1]
    try:
        return [node[int(segment)]]
    except (ValueError, IndexError):
        return []


def _says(value: Any, wanted: str) -> bool:
    return value is not None and str(value).lower() == wanted.lower()


def equal(left: Any, right: Any) -> bool:
    """Compare JSON values: true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def covers(whole: Any, part: Any) -> bool:
    """Tell whether an object has at least the members of another, deeply."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and covers(whole[name], value) for name, value in part.items()
        )
    return equal(whole, part)


def _holds_within(value: Any, wanted: Any) -> bool:
    if isinstance(value, str):
        return str(wanted) in value
    return isinstance(value, list) and any(covers(each, wanted) for each in value)


def _is_type(value: Any, name: str) -> bool:
    if name in ("integer", "boolean"):
        return isinstance(value, bool) == (name == "boolean") and isinstance(value, int)
    return isinstance(value, {"string": str, "array": list, "object": dict}[name])


def _is_empty(value: Any) -> bool:
    return value is MISSING or value is None or value in ([], {}, "")


def _length(value: Any) -> int:
    return 0 if value is MISSING or value is None else len(value)


def _counted(value: Any, rule: Mapping[str, Any]) -> bool:
    elements = value if isinstance(value, list) else []
    return bool(sum(covers(each, rule["match"]) for each in elements) == rule["is"])


CONDITIONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "equals": lambda value, wanted: value is not MISSING and equal(value, wanted),
    "iequals": lambda value, wanted: isinstance(value, str) and _says(value, str(wanted)),
    "not_equals": lambda value, wanted: value is MISSING or not equal(value, wanted),
    "exists": lambda value, wanted: (value is not MISSING) is wanted,
    "absent_or_empty": lambda value, wanted: _is_empty(value) is wanted,
    "not_empty": lambda value, wanted: _is_empty(value) is not wanted,
    "type": lambda value, wanted: value is not MISSING and _is_type(value, wanted),
    "in": lambda value, wanted: any(equal(value, each) for each in wanted),
    "matches": lambda value, wanted: isinstance(value, str) and bool(re.search(wanted, value)),
    "contains": _holds_within,
    "not_contains": lambda value, wanted: not _holds_within(value, wanted),
    "icontains": lambda value, wanted: isinstance(value, list) and any(_says(each, wanted) for each in value),
    "length": lambda value, wanted: _length(value) == wanted,
    "min_length": lambda value, wanted: not _is_empty(value) and len(value) >= wanted,
    "max_length": lambda value, wanted: _length(value) <= wanted,
    "count_where": _counted,
}


def complaints(condition: Mapping[str, Any], document: Any) -> list[str]:
    """Return what is wrong with a document under one condition, in sentences; KeyError for an unknown test."""
    pointer = condition["at"]
    value = find(document, pointer)
    why = f" ({condition['why']})" if "why" in condition else ""
    return [
        f"{pointer or 'the body'}: {test} {_short(wanted)} does not hold of {_short(value)}{why}"
        for test, wanted in condition.items()
        if test not in ("at", "why") and not CONDITIONS[test](value, wanted)
    ]


def breaches(status: int, content_type: str, document: Any, method: str, path: str) -> list[str]:
    """Return how an answer breaks what every identity provider relies on."""
    if document is MISSING:
        return []
    found = []
    if not content_type.startswith("application/scim+json"):
        found.append(f"the Content-Type is {content_type!r}")
    if not isinstance(document, dict):
        return [*found, "the body is not a JSON object"]
    if _shows_password(document):
        found.append("a password is shown")
    if status >= 400:
        return found + _error_breaches(status, document)
    if LIST_SCHEMA in document.get("schemas", []):
        return found + _list_breaches(document)
    if re.match(r"/(Users|Groups)\b", path) and status in (200, 201):
        found += _resource_breaches(
            document, projected="attributes=" in path.replace("excludedAttributes", "")
        )
    return found


def _error_breaches(status: int, document: Mapping[str, Any]) -> list[str]:
    found = []
    if ERROR_SCHEMA not in document.get("schemas", []):
        found.append("the error body lacks the Error schema")
    if document.get("status") != str(status):
        found.append(f"the error body's status is {document.get('status')!r}, not {str(status)!r}")
    return found


def _list_breaches(document: Mapping[str, Any]) -> list[str]:
    counts = {"totalResults": document.get("totalResults")}
    counts |= {name: document[name] for name in ("startIndex", "itemsPerPage") if name in document}
    found = [f"{name} is {value!r}" for name, value in counts.items() if not _is_type(value, "integer")]
    if not isinstance(document.get("Resources", []), list):
        found.append("Resources is not an array")
    return found


def _resource_breaches(document: Mapping[str, Any], *, projected: bool) -> list[str]:
    found = []
    if not isinstance(document.get("id"), str) or not document["id"]:
        found.append("the resource has no id")
    if not document.get("schemas"):
        found.append("the resource has no schemas")
    if not projected and _is_empty(find(document, "/meta/resourceType")):
        found.append("the resource has no meta.resourceType")
    return found


def _shows_password(thing: Any) -> bool:
    if isinstance(thing, dict):
        return any(
            (name.lower() == "password" and value) or _shows_password(value) for name, value in thing.items()
        )
    return isinstance(thing, list) and any(map(_shows_password, thing))


def _short(value: Any) -> str:
    text = repr(value) if value is MISSING else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}..."
