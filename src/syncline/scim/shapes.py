"""Which bodies are in canonical form already, as nearly all are that identity providers send.

A shape is a type compiled from the attribute tables, which msgspec holds a decoded body against at a sixth of what it
costs to convert it member by member. It is narrower than what can be read: every member is known by its canonical name
and has its canonical type. What does not fit is not wrong; the converters read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from syncline.scim.attributes import Attribute, ResourceType
from syncline.scim.values import JSON_TEXT_IN, MAX_VALUES, exact_types

_CHECKED = (str, bool)
"""Types of which a value is taken as it is by msgspec, too; it would read 1.0 as an integer."""


def shape_of(resource_type: ResourceType) -> Callable[[dict[str, Any]], bool]:
    """Return a function that tells whether converting a body's attributes would leave all of them as they are.

    It says nothing of what `schemas` and `meta` hold, of empty lists and attributes that are required, of elements that
    are there twice, and of more than one that is primary.
    """
    attributes = [each for each in resource_type.attributes if each.name not in ("schemas", "members")]
    fields = [*_fields(attributes), ("schemas", list[str]), ("meta", Any)]
    fields += [(schema.id, _struct(_fields(schema.attributes))) for schema in resource_type.extensions]
    shape = _struct(fields)
    msgspec.json.Decoder(shape)  # msgspec gets to know it here: two threads must not be the first to use it
    singles = [each.name for each in attributes if each.type == "complex" and not each.multi_valued]
    singles += [schema.id for schema in resource_type.extensions]
    with_text = [each.name for each in attributes if each.multi_valued and each.name in JSON_TEXT_IN]

    def fits(body: dict[str, Any]) -> bool:
        try:
            msgspec.convert(body, shape)
        except msgspec.ValidationError:
            return False
        for name in singles:
            if not body.get(name, True):
                return False
        for name in with_text:
            if name in body and [True for element in body[name] if element["value"].startswith("{")]:
                return False
        return next(iter(body), None) == "schemas"

    return fits


def _fields(attributes: Iterable[Attribute]) -> Iterator[tuple[str, Any]]:
    """Yield the names and types of attributes that are plain or have plain parts."""
    attributes = tuple(attributes)
    for name, kind in exact_types(attributes).items():
        if kind in _CHECKED:
            yield name, kind
    for attribute in attributes:
        if attribute.type == "complex" and attribute.mutability == "readWrite":
            part = _struct(_fields(attribute.sub_attributes), needs=("value", "type"))
            yield attribute.name, _list_of(part) if attribute.multi_valued else part
        elif attribute.required and attribute.type == "string":
            yield attribute.name, str


def _list_of(element: Any) -> Any:
    return Annotated[list[element], Meta(max_length=MAX_VALUES)]


def _struct(fields: Iterable[tuple[str, Any]], needs: Iterable[str] = ()) -> Any:
    """Return a type with these members and no others; the first of `needs` that is one of them must be there.

    So an element is never an empty object, which stands for nothing.
    """
    named = dict(fields)
    needed = next((name for name in needs if name in named), None)
    ordered = sorted(named, key=lambda name: name != needed)
    places = {name: f"m{at}" for at, name in enumerate(ordered)}
    return msgspec.defstruct(
        "Shape",
        [
            (places[name], named[name]) if name == needed else (places[name], named[name], msgspec.UNSET)
            for name in ordered
        ],
        rename={place: name for name, place in places.items()},
        forbid_unknown_fields=True,
    )
