"""Which attributes an answer shows: `attributes` and `excludedAttributes` (RFC 7644 §3.9, RFC 7643 §7 `returned`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from syncline.scim.attributes import Attribute, ResourceType
from syncline.scim.errors import InvalidValue

MAX_NAMES = 200
"""Names that one `attributes` or `excludedAttributes` parameter may list."""

_ALWAYS = ("schemas", "id")


@dataclass(frozen=True, slots=True)
class Projection:
    """A choice of attributes: each top-level key, with the sub-attributes chosen, or None for all of it."""

    only: bool
    chosen: dict[str, frozenset[str] | None]

    @classmethod
    def parse(
        cls,
        resource_type: ResourceType,
        attributes: str | list[str] | None,
        excluded: str | list[str] | None,
    ) -> Projection | None:
        """Return the projection of a request, or None when it asks for none.

        Names may be in any case, with or without URN; unknown names are ignored. InvalidValue: both parameters
        are given, or one lists more than 200 names.
        """
        wanted, unwanted = _names(attributes), _names(excluded)
        if wanted and unwanted:
            raise InvalidValue("Give attributes or excludedAttributes, not both.")
        if not wanted and not unwanted:
            return None
        return _compile(resource_type, wanted or unwanted, bool(wanted))

    def includes(self, name: str) -> bool:
        """Tell whether any part of the attribute of that canonical name will be shown."""
        if name in _ALWAYS:
            return True
        return name in self.chosen if self.only else self.chosen.get(name, frozenset()) is not None


def project(
    resource_type: ResourceType, resource: dict[str, Any], projection: Projection | None
) -> dict[str, Any]:
    """Return what an answer may show of the resource; `schemas` and `id` always, a password never."""
    hidden = _never_returned(resource_type)
    if projection is None:
        return {name: value for name, value in resource.items() if name not in hidden}
    chosen, only = projection.chosen, projection.only
    out = {}
    for name, value in resource.items():
        if name in _ALWAYS:
            out[name] = value
        elif name in hidden:
            continue
        elif name not in chosen:
            if not only:
                out[name] = value
        elif (subs := chosen[name]) is None:
            if only:
                out[name] = value
        elif (part := _part(value, subs, only)) is not None:
            out[name] = part
    return out


def _names(names: str | list[str] | None) -> tuple[str, ...]:
    if names is None:
        return ()
    texts = (
        names.split(",") if isinstance(names, str) else [part for name in names for part in name.split(",")]
    )
    found = tuple(text.strip().lower() for text in texts if text.strip())
    if len(found) > MAX_NAMES:
        raise InvalidValue(f"More than {MAX_NAMES} attribute names.")
    return found


@lru_cache(maxsize=256)
def _compile(resource_type: ResourceType, names: tuple[str, ...], only: bool) -> Projection:
    chosen: dict[str, set[str] | None] = {}
    for name in names:
        path = resource_type.path(name)
        if path is None or path.top == "":
            continue
        if path.urn is None:
            part = None if path.sub is None else path.sub.name
        elif path.attribute is None:
            part = None
        else:
            part = path.attribute.name if path.sub is None else f"{path.attribute.name}.{path.sub.name}"
        parts = chosen.setdefault(path.top, set())
        if part is None:
            chosen[path.top] = None
        elif parts is not None:
            parts.add(part)
    return Projection(
        only, {top: None if parts is None else frozenset(parts) for top, parts in chosen.items()}
    )


@cache
def _never_returned(resource_type: ResourceType) -> frozenset[str]:
    def hidden(attributes: Iterable[Attribute]) -> Iterable[str]:
        return (attribute.name for attribute in attributes if attribute.returned == "never")

    return frozenset(hidden(resource_type.attributes))


def _part(value: Any, subs: frozenset[str], only: bool) -> Any:
    """Return the value with only these sub-attributes, or without them; None when nothing is left."""
    if isinstance(value, list):
        parts = [part for item in value if (part := _part(item, subs, only)) is not None]
        return parts or None
    out = {}
    for name, item in value.items():
        deeper = frozenset(sub.split(".", 1)[1] for sub in subs if sub.startswith(name + "."))
        if name in subs:
            if only:
                out[name] = item
        elif deeper:
            part = _part(item, deeper, only)
            if part is not None:
                out[name] = part
        elif not only:
            out[name] = item
    return out or None
