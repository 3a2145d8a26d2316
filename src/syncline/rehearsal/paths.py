"""Attribute paths as Entra's mapping writes them (RFC 7644 §3.10), read from and written into a resource."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Resource = dict[str, Any]

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

_PATH = re.compile(
    r"(?:(?P<urn>urn:[^\[\]\s]+:\d+\.\d+:[A-Za-z]+):)?(?P<attribute>[A-Za-z$][\w$-]*)"
    r'(?:\[(?P<by>\w+) eq "(?P<value>[^"]*)"\])?(?:\.(?P<sub>[A-Za-z$][\w$-]*))?'
)


@dataclass(frozen=True, slots=True)
class Path:
    """One target attribute: `urn:attribute[by eq "value"].sub`, every part but the attribute optional."""

    text: str
    urn: str | None
    attribute: str
    by: str | None
    value: str | None
    sub: str | None


@lru_cache(maxsize=256)
def parse(text: str) -> Path:
    """Return the path; raises ValueError for a form Entra's mapping editor does not know."""
    match = _PATH.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no attribute path.")
    return Path(text, match["urn"], match["attribute"], match["by"], match["value"], match["sub"])


def read(resource: Resource, text: str) -> Any:
    """Return the value at a path, or None; attribute names match in any case, as RFC 7643 §2.1 has it."""
    path = parse(text)
    holder: Any = resource if path.urn is None else member(resource, path.urn)
    found = member(holder, path.attribute)
    if path.by is not None:
        found = _element(found, path.by, path.value or "")
    return found if path.sub is None else member(found, path.sub)


def write(resource: Resource, text: str, value: Any) -> None:
    """Put a value at a path of a resource under construction, creating what leads to it."""
    path = parse(text)
    holder = resource if path.urn is None else resource.setdefault(path.urn, {})
    if path.by is not None:
        elements = holder.setdefault(path.attribute, [])
        element = _element(elements, path.by, path.value or "")
        if element is None:
            element = {path.by: _selector_value(path)}
            elements.append(element)
        element[path.sub or "value"] = value
    elif path.sub is not None:
        holder.setdefault(path.attribute, {})[path.sub] = value
    else:
        holder[path.attribute] = value


def clear(resource: Resource, text: str) -> None:
    """Take the value at a path out of a resource, and the element or object it leaves empty."""
    path = parse(text)
    holder = resource if path.urn is None else resource.get(path.urn)
    if not isinstance(holder, dict) or path.attribute not in holder:
        return
    held = holder[path.attribute]
    if path.by is not None:
        element = _element(held, path.by, path.value or "")
        if element is None:
            return
        element.pop(path.sub or "value", None)
        # What only says which element it was, says nothing without a value.
        if path.sub in (None, "value") or set(element) <= {path.by}:
            held.remove(element)
    elif path.sub is not None and isinstance(held, dict):
        held.pop(path.sub, None)
    if (path.by is None and path.sub is None) or not held:
        del holder[path.attribute]


def member(holder: Any, name: str) -> Any:
    """Return a member of a JSON object by its name in any case, or None."""
    if not isinstance(holder, dict):
        return None
    if name in holder:
        return holder[name]
    wanted = name.casefold()
    return next((value for key, value in holder.items() if key.casefold() == wanted), None)


def _element(elements: Any, by: str, value: str) -> Any:
    if not isinstance(elements, list):
        return None
    wanted = value.casefold()
    return next((e for e in elements if str(member(e, by)).casefold() == wanted), None)


def _selector_value(path: Path) -> Any:
    return path.value == "True" if path.by == "primary" else path.value
