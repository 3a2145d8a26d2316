"""Reading one attribute of a SCIM user by the path an operator writes in a rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from syncline.gateway.domain.errors import Invalid
from syncline.scim.resource import Resource

ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_ENTERPRISE_NAMES: Final = frozenset(
    {"employeenumber", "costcenter", "organization", "division", "department", "manager"}
)
_NAME: Final = r"[A-Za-z$][\w$-]*"
_PATH: Final = re.compile(
    rf"(?:(?P<schema>urn:.+):)?(?P<name>{_NAME})"
    rf"(?:\[type\s+eq\s+\"(?P<type>[^\"]*)\"\])?(?:\.(?P<sub>{_NAME}))?",
    re.IGNORECASE,
)
MAX_PATH: Final = 300


@dataclass(frozen=True, slots=True)
class AttributePath:
    """A parsed path; names are in lower case, because SCIM compares them so (RFC 7643 §2.1)."""

    schema: str | None
    name: str
    type: str | None
    sub: str | None


@lru_cache(maxsize=1024)
def parse_attribute_path(text: str) -> AttributePath:
    """Parse `title`, `name.givenName`, `addresses[type eq "other"].formatted` or `urn:…:department`.

    The attributes of the Enterprise User extension (RFC 7643 §4.3) may be written without their URN.
    Raises `Invalid` for anything else.
    """
    found = _PATH.fullmatch(text) if len(text) <= MAX_PATH else None
    if found is None:
        raise Invalid(
            f"{text[:80]!r} is not an attribute: write title, department, name.givenName, "
            'addresses[type eq "work"].locality or a full urn:…:attribute.'
        )
    schema, name, sub = found["schema"], found["name"].lower(), found["sub"]
    if schema is None and name in _ENTERPRISE_NAMES:
        schema = ENTERPRISE
    kind = found["type"]
    return AttributePath(
        schema=schema.lower() if schema is not None and not _is_core(schema) else None,
        name=name,
        type=kind.lower() if kind is not None else None,
        sub=sub.lower() if sub is not None else None,
    )


def attribute_texts(resource: Resource, path: str) -> tuple[str, ...]:
    """Return the values at the path as texts: several for a multi-valued attribute, none when it is absent.

    Booleans read `true` and `false`; of a complex value, a path without sub-attribute means its `value`.
    Raises `Invalid` for a path that `parse_attribute_path` refuses.
    """
    parsed = parse_attribute_path(path)
    holder: Any = resource if parsed.schema is None else _member(resource, parsed.schema)
    value = _member(holder, parsed.name)
    entries = value if isinstance(value, list) else [value]
    return tuple(_texts(entries, parsed))


def _texts(entries: list[Any], path: AttributePath) -> Iterator[str]:
    for entry in entries:
        if path.type is not None and str(_member(entry, "type") or "").lower() != path.type:
            continue
        leaf = entry
        if path.sub is not None or isinstance(entry, Mapping):
            leaf = _member(entry, path.sub or "value")
        if isinstance(leaf, bool):
            yield "true" if leaf else "false"
        elif isinstance(leaf, str | int | float):
            yield str(leaf)


def _member(holder: Any, name: str) -> Any:
    """Return the member of that lower-case name, whatever the case it is stored in."""
    if not isinstance(holder, (dict, Mapping)):
        return None
    key = _spelled(tuple(holder), name)
    return None if key is None else holder[key]


@lru_cache(maxsize=1024)
def _spelled(names: tuple[str, ...], wanted: str) -> str | None:
    """Return the one of the names that is the wanted one; what one identity provider sends has few sets of names."""
    return next((each for each in names if each.lower() == wanted), None)


def _is_core(schema: str) -> bool:
    return schema.lower() == "urn:ietf:params:scim:schemas:core:2.0:user"
