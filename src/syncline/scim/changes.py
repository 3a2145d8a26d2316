"""The effect of single PATCH changes on a resource (RFC 7644 §3.5.2), copy on write.

Only the containers on the way to a changed value are copied; a value that was in the resource before is never
altered in place, so the input of a failed PATCH is whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from syncline.scim import dialects
from syncline.scim.attributes import Attribute
from syncline.scim.dialects import Notes
from syncline.scim.errors import InvalidValue, NoTarget
from syncline.scim.path import PatchPath
from syncline.scim.values import MAX_VALUES

Op = Literal["add", "replace", "remove"]
Element = Any
"""An object of a complex multi-valued attribute, or the plain value of a simple one."""

# What may be left of an element that lost its value: nothing a person entered.
_HUSK = frozenset({"type", "primary"})


@dataclass(frozen=True, slots=True)
class Change:
    """One operation on one target, its value converted; a remove with a value removes these elements only."""

    op: Op
    target: PatchPath
    value: Any = None


def apply_change(resource: dict[str, Any], change: Change, notes: Notes) -> None:
    """Make the change to `resource`, whose top level is the caller's own copy. NoTarget, InvalidValue."""
    path = change.target.path
    if path.urn is None:
        _change_member(resource, change, notes)
        return
    extension = dict(resource.get(path.urn) or {})
    if path.attribute is None:
        extension = {}
    else:
        _change_member(extension, change, notes)
    _put(resource, path.urn, extension)


def _change_member(container: dict[str, Any], change: Change, notes: Notes) -> None:
    attribute = change.target.path.attribute
    assert attribute is not None  # noqa: S101 - a URN alone is handled before
    name = attribute.name
    if attribute.multi_valued:
        _put(container, name, _changed_list(container.get(name) or [], attribute, change, notes))
    elif attribute.type == "complex":
        _put(container, name, _changed_object(container.get(name) or {}, attribute, change))
    elif change.op == "remove":
        container.pop(name, None)
    else:
        container[name] = change.value


def _put(container: dict[str, Any], name: str, value: Any) -> None:
    if value:
        container[name] = value
    else:
        container.pop(name, None)


def _changed_object(existing: dict[str, Any], attribute: Attribute, change: Change) -> dict[str, Any]:
    sub = change.target.path.sub
    if sub is not None:
        if change.op == "remove":
            return {name: value for name, value in existing.items() if name != sub.name}
        return {**existing, sub.name: change.value}
    if change.op == "remove":
        return {}
    # A reference to somebody else keeps nothing of the one before; other objects are merged (§3.5.2.3).
    refers = attribute.sub("value") is not None and "value" in change.value
    if refers and change.value["value"] != existing.get("value"):
        return dict(change.value)
    return {**existing, **change.value}


def _changed_list(
    existing: list[Element], attribute: Attribute, change: Change, notes: Notes
) -> list[Element]:
    target = change.target
    if target.select is None and target.path.sub is None:
        return _changed_whole(existing, attribute, change)
    places = [at for at, element in enumerate(existing) if target.select is None or target.select(element)]
    if change.op == "remove":
        return _removed(existing, places, change)
    if not places:
        return _created(existing, attribute, change, notes)
    out = list(existing)
    for at in places:
        out[at] = _changed_element(existing[at], change)
    claims = [at for at in places if _claims_primary(change)]
    return _one_primary(out, claims, attribute)


def _changed_whole(existing: list[Element], attribute: Attribute, change: Change) -> list[Element]:
    if change.op == "replace":
        return list(change.value)
    if change.op == "add":
        return _merged(existing, change.value, attribute)
    if change.value is None:
        return []
    return [element for element in existing if not any(_same(element, given) for given in change.value)]


def _changed_element(element: dict[str, Any], change: Change) -> dict[str, Any]:
    sub = change.target.path.sub
    if sub is not None:
        return {**element, sub.name: change.value}
    if change.op == "add":
        return {**element, **change.value}
    return {**(change.target.template or {}), **change.value}


def _removed(existing: list[Element], places: list[int], change: Change) -> list[Element]:
    sub = change.target.path.sub
    chosen = set(places)
    if sub is None:
        return [element for at, element in enumerate(existing) if at not in chosen]
    out = []
    for at, element in enumerate(existing):
        if at in chosen and sub.name in element:
            element = {name: value for name, value in element.items() if name != sub.name}
            if element.keys() <= _HUSK:
                continue
        out.append(element)
    return out


def _created(existing: list[Element], attribute: Attribute, change: Change, notes: Notes) -> list[Element]:
    """Return the list with the element that the path asks for and that is not there."""
    template: dict[str, Any] | None = {} if change.target.select is None else change.target.template
    if template is None:
        raise NoTarget(f"No value of {attribute.name} matches the filter of the path.")
    notes.add(dialects.CREATED_ELEMENT)
    sub = change.target.path.sub
    element = {**template, **({sub.name: change.value} if sub is not None else change.value)}
    out = [*existing, element]
    _check_size(out, attribute)
    return _one_primary(out, [len(existing)] if element.get("primary") is True else [], attribute)


def _merged(existing: list[Element], new: list[Element], attribute: Attribute) -> list[Element]:
    """Return the list with the new elements; one that is there already is brought up to date, not repeated."""
    out = list(existing)
    places: dict[Any, list[int]] = {}
    for at, element in enumerate(out):
        places.setdefault(_identity(element), []).append(at)
    claims = []
    for element in new:
        identity = _identity(element)
        same = (at for at in places.get(identity, ()) if _same(out[at], element))
        at = next(same, len(out))
        if at == len(out):
            places.setdefault(identity, []).append(at)
            out.append(element)
        elif isinstance(element, dict):
            out[at] = {**out[at], **element}
        if isinstance(element, dict) and element.get("primary") is True:
            claims.append(at)
    _check_size(out, attribute)
    return _one_primary(out, claims, attribute)


def _identity(element: Element) -> Any:
    return element.get("value") if isinstance(element, dict) else element


def _same(element: Element, given: Element) -> bool:
    """Tell whether the two are the same value: equal `value` and no other `type`, or every part given equal."""
    if not isinstance(element, dict) or not isinstance(given, dict):
        return bool(element == given)
    if "value" not in given:
        return given.items() <= element.items()
    if element.get("value") != given["value"]:
        return False
    return "type" not in element or "type" not in given or element["type"] == given["type"]


def _claims_primary(change: Change) -> bool:
    sub = change.target.path.sub
    if sub is not None:
        return sub.name == "primary" and change.value is True
    return change.value.get("primary") is True


def _one_primary(elements: list[Element], claims: list[int], attribute: Attribute) -> list[Element]:
    """Return the elements with no other primary value than the one claimed (RFC 7644 §3.5.2)."""
    if not claims:
        return elements
    if len(set(claims)) > 1:
        raise InvalidValue(f"{attribute.name} can have only one primary value.")
    return [
        {**element, "primary": False} if at != claims[0] and element.get("primary") is True else element
        for at, element in enumerate(elements)
    ]


def _check_size(elements: list[Element], attribute: Attribute) -> None:
    if len(elements) > MAX_VALUES:
        raise InvalidValue(f"{attribute.name} has more than {MAX_VALUES} values.")
