"""Resources read into their canonical form (RFC 7643 §3), for POST and PUT.

Lenient in, strict out: names in any case, string booleans, nulls, foreign URNs and unknown attributes are read as
`dialects` says and noted; what is returned has canonical names, canonical types and a complete `schemas` list.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from syncline.scim import dialects
from syncline.scim.attributes import Path, ResourceType
from syncline.scim.dialects import Notes
from syncline.scim.errors import InvalidSyntax, InvalidValue, Mutability
from syncline.scim.projection import Projection, project
from syncline.scim.shapes import shape_of
from syncline.scim.values import Converter, Entry, converter, distinct, exact_types, object_reader

__all__ = ["Notes", "Projection", "Resource", "check_required", "list_schemas", "project", "read"]

Resource = dict[str, Any]
"""The canonical form: no id, meta, groups or password; extension data under its URN; `schemas` first."""


def read(resource_type: ResourceType, body: Any, notes: Notes, *, resource_id: str | None = None) -> Resource:
    """Return the canonical resource that a POST or PUT body describes.

    With `resource_id` (PUT) a repeated `id` must equal it, else Mutability. A group's `members` is present only
    when the body has it; an empty list means no members. The body is left as it is; the resource may hold parts of it.
    InvalidSyntax: not an object, an attribute given twice.
    InvalidValue: a required attribute is missing or a value does not fit.
    """
    if type(body) is not dict:
        raise InvalidSyntax("The body must be a JSON object.")
    resource = _reader(resource_type)(body, notes)
    if resource_id is not None:
        check_id(body, resource_id)
    check_required(resource_type, resource)
    return resource


def check_id(body: dict[str, Any], resource_id: str) -> None:
    """Raise Mutability when the object names another id than the one in the request's path."""
    for key, value in body.items():
        if len(key) == 2 and key.lower() == "id" and value is not None and value != resource_id:
            raise Mutability("id is read-only and differs from the id in the path.")


def check_required(resource_type: ResourceType, resource: Resource) -> None:
    """Raise InvalidValue when a required attribute is missing."""
    for name in _required(resource_type):
        if name not in resource:
            raise InvalidValue(f"{name} is required.")


@cache
def _required(resource_type: ResourceType) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in resource_type.schema.attributes if attribute.required)


def list_schemas(resource_type: ResourceType, resource: Resource) -> list[str]:
    """Return the URNs the resource uses: the core schema, then each extension it has data of."""
    return [resource_type.schema.id, *[s.id for s in resource_type.extensions if s.id in resource]]


def read_schemas(resource_type: ResourceType, value: Any, notes: Notes) -> frozenset[str]:
    """Return the known URNs of a `schemas` value; unknown ones are left out and noted."""
    urns = [value] if isinstance(value, str) else value
    if not isinstance(urns, list):
        raise InvalidValue("schemas must be a list of URNs.")
    if urns == _own_urns(resource_type):
        return frozenset(urns)
    listed = set()
    for urn in urns:
        if type(urn) is not str:
            raise InvalidValue("schemas must be a list of URNs.")
        schema = resource_type.schema_named(urn)
        if schema is None:
            notes.add(dialects.FOREIGN_SCHEMA)
            continue
        if urn != schema.id and urn.lower() != schema.id.lower():
            notes.add(dialects.LEGACY_URN)
        listed.add(schema.id)
    return frozenset(listed)


@cache
def _own_urns(resource_type: ResourceType) -> list[str]:
    """Return what `schemas` holds where every extension is used, as Entra sends it."""
    return [schema.id for schema in resource_type.schemas]


@cache
def _reader(resource_type: ResourceType) -> Callable[[dict[str, Any], Notes], Resource]:
    """Compile the reader of whole bodies of this type."""
    fits, take, convert = shape_of(resource_type), _taker(resource_type), _members_reader(resource_type)

    def read_body(body: dict[str, Any], notes: Notes) -> Resource:
        out: Resource = take(body, notes) if fits(body) else convert(body, notes)
        listed = out["schemas"]
        schemas = out["schemas"] = list_schemas(resource_type, out)
        if not listed:
            notes.add(dialects.MISSING_SCHEMAS)
        elif len(schemas) > 1 and not listed.issuperset(schemas[1:]):
            notes.add(dialects.UNLISTED_EXTENSION)
        return out

    return read_body


def _taker(resource_type: ResourceType) -> Converter:
    """Compile the reader of bodies that fit their shape; what it returns has the URNs that are known as `schemas`."""
    required = [
        (a.name, converter(a)) for a in resource_type.attributes if a.required and a.name != "schemas"
    ]
    lists = [a.name for a in resource_type.attributes if a.multi_valued and a.sub("primary") is not None]

    def take(body: dict[str, Any], notes: Notes) -> Resource:
        out = dict(body)
        out["schemas"] = read_schemas(resource_type, body["schemas"], notes)
        out.pop("meta", None)
        for name, convert in required:
            if name in out:
                convert(out[name], notes)
        for name in lists:
            if name in out:
                if elements := out[name]:
                    out[name] = distinct(elements, name)
                else:
                    del out[name]
        return out

    return take


def _members_reader(resource_type: ResourceType) -> Converter:
    """Compile the reader that looks at every member of a body; what it returns has None as `schemas` without any."""
    attributes = [a for a in resource_type.attributes if a.name != "schemas"]
    exact = exact_types(attributes)
    table: dict[str, Entry] = {a.name: (a.name, converter(a)) for a in attributes}
    for schema in resource_type.extensions:
        table[schema.id] = (schema.id, _extension_converter(object_reader(schema.attributes), schema.name))

    def read_members(body: dict[str, Any], notes: Notes) -> Resource:
        out: Resource = {"schemas": None}
        others: list[tuple[str, Any]] = []
        for key, value in body.items():
            if exact.get(key) is type(value):
                out[key] = value
            elif (entry := table.get(key)) is not None:
                name, convert = entry
                converted = convert(value, notes)
                if converted is not None:
                    out[name] = converted
            elif key == "schemas" and value is not None:
                out[key] = read_schemas(resource_type, value, notes)
            else:
                others.append((key, value))
        if others:
            _read_others(resource_type, table, body, others, out, notes)
        return out

    return read_members


def _extension_converter(read_object: Converter, name: str) -> Converter:
    def convert(value: Any, notes: Notes) -> Any:
        if value is None:
            return None
        if type(value) is not dict:
            raise InvalidValue(f"The {name} extension must be an object.")
        return read_object(value, notes)

    return convert


def _read_others(
    resource_type: ResourceType,
    table: dict[str, Entry],
    body: dict[str, Any],
    others: list[tuple[str, Any]],
    out: Resource,
    notes: Notes,
) -> None:
    """Read the members whose key is not a canonical top-level name."""
    seen = {name for name in body if name in table}
    for key, value in others:
        path = resource_type.path(key)
        if path is None:
            notes.add(dialects.UNKNOWN_ATTRIBUTE)
        elif path.name == "schemas":
            read_schemas(resource_type, value or [], notes)
        elif path.attribute is None and path.urn is None:
            _read_core_object(resource_type, value, seen, out, notes)
        else:
            _read_spelled(table, path, key, value, seen, out, notes)


def _read_core_object(
    resource_type: ResourceType, value: Any, seen: set[str], out: Resource, notes: Notes
) -> None:
    """Read core attributes wrapped in an object under the core schema's URN."""
    if value is None:
        return
    if type(value) is not dict:
        raise InvalidValue(f"{resource_type.schema.id} must be an object.")
    _refuse_twice(resource_type.schema.id, seen)
    inner = _core_reader(resource_type)(value, notes) or {}
    for name in inner:
        _refuse_twice(name, seen)
    out.update(inner)


@cache
def _core_reader(resource_type: ResourceType) -> Converter:
    return object_reader(a for a in resource_type.attributes if a.name != "schemas")


def _read_spelled(
    table: dict[str, Entry],
    path: Path,
    key: str,
    value: Any,
    seen: set[str],
    out: Resource,
    notes: Notes,
) -> None:
    """Read a known attribute behind another spelling: another case, a URN in front, a dotted key."""
    _refuse_twice(path.name, seen)
    if path.attribute is None:
        notes.add(dialects.LEGACY_URN)
        converted = table[path.top][1](value, notes)
        if converted is not None:
            out[path.top] = converted
        return
    notes.add(_spelling_note(path, key))
    converted = converter(path.sub or path.attribute)(value, notes)
    if converted is None:
        return
    if path.attribute.multi_valued and path.sub is not None:
        raise InvalidSyntax(f"{path.name} cannot be a key of a resource: it has many values.")
    target = out if path.urn is None else out.setdefault(path.urn, {})
    if path.sub is not None:
        target = target.setdefault(path.attribute.name, {})
    name = (path.sub or path.attribute).name
    if name in target:
        raise InvalidSyntax(f"{path.name} is given twice.")
    target[name] = converted


def _spelling_note(path: Path, key: str) -> str:
    if "." in key or ":" in key:
        return dialects.PATH_KEYS
    return dialects.NAME_CASE if path.urn is None else dialects.EXTENSION_WITHOUT_URN


def _refuse_twice(name: str, seen: set[str]) -> None:
    if name in seen:
        raise InvalidSyntax(f"{name} is given twice, in different spelling.")
    seen.add(name)
