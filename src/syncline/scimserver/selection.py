"""Which attributes an answer carries: `attributes` and `excludedAttributes` (RFC 7644 §3.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from syncline.scim.attributes import ResourceType
from syncline.scim.resource import Projection

Names = str | list[str] | None
"""As the query string (comma-separated) or a search request (a list) gives them."""

_COMPUTED: Final = {"User": frozenset({"groups"}), "Group": frozenset({"members"})}


@dataclass(frozen=True, slots=True)
class Selection:
    """`include` names the computed attributes to fetch; without a projection the document goes out whole."""

    projection: Projection | None
    include: frozenset[str]


_WHOLE: Final = {name: Selection(None, computed) for name, computed in _COMPUTED.items()}
_BARE: Final = {name: Selection(None, frozenset()) for name in _COMPUTED}


def select(resource_type: ResourceType, attributes: Names = None, excluded: Names = None) -> Selection:
    """Return the selection; `InvalidValue` from the kernel where both parameters contradict.

    Leaving out just the computed attribute, as Entra does with every group it reads, needs no
    projection: the stored text is sent as it is.
    """
    computed = _COMPUTED[resource_type.name]
    if not attributes:
        if not excluded:
            return _WHOLE[resource_type.name]
        if isinstance(excluded, str) and excluded.strip().lower() in computed:
            return _BARE[resource_type.name]
    projection = Projection.parse(resource_type, attributes or None, excluded or None)
    if projection is None:
        return _WHOLE[resource_type.name]
    return Selection(projection, frozenset(name for name in computed if projection.includes(name)))
