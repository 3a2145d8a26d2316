"""PATCH paths (RFC 7644 §3.5.2, figure 7): what a text points at in a resource of one type.

A path that is well formed but names nothing known is not an error (Entra must not fail over a mapped attribute we
do not keep): it is answered by None and noted by the caller. A malformed one is InvalidPath.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from syncline.scim.attributes import Path, ResourceType
from syncline.scim.errors import InvalidPath
from syncline.scim.evaluate import compile_element_filter
from syncline.scim.filter import parse_element_filter
from syncline.scim.nodes import And, Comparison, Filter, Not, Or

MAX_LENGTH = 4096
_CACHED_LENGTH = 128
_NAME = r"[A-Za-z][A-Za-z0-9_-]*"
_SUB = rf"\.(?:\$ref|{_NAME})"
_WELL_FORMED = re.compile(rf"{_NAME}(?:{_SUB})?")
_WELL_FORMED_URN = re.compile(r"(?:urn:[A-Za-z0-9][A-Za-z0-9-]*|https?):[A-Za-z0-9._:/?=$-]+", re.IGNORECASE)
_SUB_ONLY = re.compile(_SUB)


@dataclass(frozen=True, slots=True)
class PatchPath:
    """A known target: where it is, and which elements of a multi-valued attribute it selects."""

    path: Path
    filter: Filter | None = None
    select: Callable[[dict[str, Any]], bool] | None = None
    template: dict[str, Any] | None = None
    """What an element must hold to be selected, when the filter says just that; used to create a missing one."""
    terms: int = 0
    """Comparisons in the filter."""
    bare_extension: bool = False
    """The text names an extension's attribute without its URN."""


def parse_path(resource_type: ResourceType, text: str) -> PatchPath | None:
    """Return the target of the path, or None when it is well formed but unknown.

    InvalidPath: malformed, over 4,096 characters, a sub-attribute of a simple attribute, or an unknown target
    called `active`, because a deactivation must not be lost in a misspelled path. InvalidFilter: the filter in
    its brackets is bad.
    """
    if len(text) <= _CACHED_LENGTH:
        return _parse_cached(resource_type, text)
    if len(text) > MAX_LENGTH:
        raise InvalidPath(f"The path is longer than {MAX_LENGTH} characters.")
    return _parse(resource_type, text)


def _parse(resource_type: ResourceType, text: str) -> PatchPath | None:
    text = text.strip()
    if "[" in text:
        return _parse_selection(resource_type, text)
    path = resource_type.path(text)
    if path is None:
        _check_unknown(resource_type, text)
        return None
    return PatchPath(path, bare_extension=path.urn is not None and ":" not in text)


_parse_cached = lru_cache(maxsize=4096)(_parse)


def _parse_selection(resource_type: ResourceType, text: str) -> PatchPath | None:
    """Parse `attribute[filter]` and `attribute[filter].sub`."""
    head, _, rest = text.partition("[")
    inside, closing, tail = rest.rpartition("]")
    head = head.rstrip()
    if not closing or (tail and not _SUB_ONLY.fullmatch(tail)):
        raise InvalidPath("The path has an unclosed [ or something unexpected after its ].")
    path = resource_type.path(head)
    if path is None:
        _check_unknown(resource_type, head)
        return None
    attribute = path.attribute
    if attribute is None or path.sub is not None or attribute.type != "complex" or not attribute.multi_valued:
        raise InvalidPath(f"{path.name} has no elements that a filter could select.")
    condition = parse_element_filter(inside, resource_type, path)
    if tail:
        sub = attribute.sub(tail[1:])
        if sub is None:
            return None
        path = Path(path.urn, attribute, sub, f"{path.name}.{sub.name}")
    return PatchPath(
        path,
        condition,
        compile_element_filter(condition),
        _template(condition),
        terms=_count_terms(condition),
        bare_extension=path.urn is not None and ":" not in head,
    )


def _template(condition: Filter) -> dict[str, Any] | None:
    """Return the sub-attributes a conjunction of equalities asks for; None when the filter says anything else."""
    template: dict[str, Any] = {}
    stack = [condition]
    while stack:
        node = stack.pop()
        if isinstance(node, And):
            stack += (node.right, node.left)
            continue
        if (
            not isinstance(node, Comparison)
            or node.operator != "eq"
            or node.value is None
            or node.path.sub is None
        ):
            return None
        if template.setdefault(node.path.sub.name, node.value) != node.value:
            return None
    return template


def _count_terms(condition: Filter) -> int:
    terms = 0
    stack = [condition]
    while stack:
        node = stack.pop()
        if isinstance(node, (And, Or)):
            stack += (node.left, node.right)
        elif isinstance(node, Not):
            stack.append(node.filter)
        else:
            terms += 1
    return terms


def _check_unknown(resource_type: ResourceType, text: str) -> None:
    """Raise InvalidPath unless the text is a well-formed path to something unknown."""
    if not (_WELL_FORMED.fullmatch(text) or _WELL_FORMED_URN.fullmatch(text)):
        raise InvalidPath("The path is malformed.")
    head, dot, _ = text.rpartition(".")
    known = resource_type.path(head) if dot else None
    if known is not None and known.attribute is not None and (known.sub or known.attribute.type != "complex"):
        raise InvalidPath(f"{known.name} has no sub-attributes.")
    if re.split(r"[.:/]", text)[-1].lower() == "active":
        raise InvalidPath("The path does not name the attribute active.")
