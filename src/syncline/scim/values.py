"""Values coerced to their attribute's type: lenient in what is read, one canonical form out (RFC 7643 §2.3 to §2.5).

One converter is compiled per attribute. It returns the canonical value, or None for what SCIM calls unassigned
(null, an empty list, an object without values), or raises InvalidValue or InvalidSyntax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from syncline.scim import dialects
from syncline.scim.attributes import Attribute
from syncline.scim.dialects import Notes
from syncline.scim.errors import InvalidSyntax, InvalidValue, ScimError
from syncline.scim.json import decode
from syncline.scim.names import check_user_name

Converter = Callable[[Any, Notes], Any]
Entry = tuple[str, Converter]
"""How a member is read: its canonical name, its converter."""

MAX_VALUES = 500
"""Elements one multi-valued attribute may hold; members of a group are not bounded by it."""

# Deactivation must never be lost in a null: unassigned would be read as active.
_NEVER_NULL = frozenset({"active"})
_EXACT: dict[str, type[object]] = {
    "string": str,
    "reference": str,
    "binary": str,
    "boolean": bool,
    "integer": int,
}
JSON_TEXT_IN = frozenset({"roles", "entitlements"})
_MEMBER_KEYS = ("value", "type", "display")


@cache
def converter(attribute: Attribute) -> Converter:
    """Return the converter of a whole attribute: of its list when it is multi-valued."""
    if attribute.returned == "never":
        return _drop_password
    if attribute.mutability == "readOnly":
        return _drop_meta if attribute.name == "meta" else _drop_read_only
    if attribute.multi_valued:
        return _list_converter(attribute)
    return element_converter(attribute)


@cache
def element_converter(attribute: Attribute) -> Converter:
    """Return the converter of one value of the attribute."""
    if attribute.type == "complex":
        return _complex_converter(attribute)
    scalar = _SCALARS[attribute.type](attribute)
    if attribute.required:
        return _required(attribute, scalar)
    return _never_null(attribute, scalar) if attribute.name in _NEVER_NULL else scalar


@cache
def sub_converter(attribute: Attribute, sub: Attribute) -> Converter:
    """Return the converter of one sub-attribute: that of the element where a role may be JSON text."""
    if attribute.name not in JSON_TEXT_IN or sub.name != "value":
        return converter(sub)
    element = element_converter(attribute)

    def convert(value: Any, notes: Notes) -> Any:
        return (element({"value": value}, notes) or {}).get("value")

    return convert


def exact_types(attributes: Iterable[Attribute]) -> dict[str, type[object]]:
    """Return, by name, the type whose every value is already the attribute's canonical value: nothing to convert."""
    return {
        attribute.name: _EXACT[attribute.type]
        for attribute in attributes
        if attribute.type in _EXACT
        and not (attribute.multi_valued or attribute.required)
        and attribute.mutability not in ("readOnly", "writeOnly")
    }


def object_reader(attributes: Iterable[Attribute], aliases: dict[str, str] | None = None) -> Converter:
    """Return a reader of JSON objects with these members, in any case.

    Unknown members are left out and noted. InvalidSyntax: a member given twice in different case.
    """
    attributes = tuple(attributes)
    exact = exact_types(attributes)
    table = {a.name: (a.name, converter(a)) for a in attributes}
    by_lower = {name.lower(): entry for name, entry in table.items()}
    other_names = aliases or {}

    def alias(lower: str, value: dict[str, Any], notes: Notes) -> Entry | None:
        notes.add(dialects.DISPLAY_NAME)
        names = [name.lower() for name in value]
        if names.count(lower) > 1:
            raise InvalidSyntax(f"{lower} is given twice, in different case.")
        return None if other_names[lower] in names else by_lower[other_names[lower]]

    def other_spelling(key: str, value: dict[str, Any], notes: Notes) -> Entry | None:
        lower = key.lower()
        if lower in other_names:
            return alias(lower, value, notes)
        entry = by_lower.get(lower)
        notes.add(dialects.UNKNOWN_ATTRIBUTE if entry is None else dialects.NAME_CASE)
        if entry is not None and sum(name.lower() == lower for name in value) > 1:
            raise InvalidSyntax(f"{entry[0]} is given twice, in different case.")
        return entry

    def read(value: dict[str, Any], notes: Notes) -> dict[str, Any] | None:
        out = {}
        for key, item in value.items():
            if exact.get(key) is type(item):
                out[key] = item
                continue
            entry = table.get(key) or other_spelling(key, value, notes)
            if entry is None:
                continue
            name, convert = entry
            converted = convert(item, notes)
            if converted is not None:
                out[name] = converted
        return out or None

    return read


def distinct(elements: list[Any], name: str) -> list[Any]:
    """Return the elements of a list that can have a primary one, each once. InvalidValue: several are primary."""
    if len(elements) < 2:
        return elements
    values, primaries = set(), 0
    for element in elements:
        values.add(element.get("value"))
        if element.get("primary"):
            primaries += 1
    if len(values) < len(elements):  # only then can two be the same
        once = list({frozenset(element.items()): element for element in elements}.values())
        if len(once) < len(elements):
            return distinct(once, name)
    if primaries > 1:
        raise InvalidValue(f"{name} has more than one primary value.")
    return elements


def parse_boolean(value: Any, notes: Notes, name: str) -> bool:
    """Return the boolean that the text "true" or "false" says, in any case. InvalidValue for all else."""
    if isinstance(value, str):
        text = value.strip().lower()
        if text in ("true", "false"):
            notes.add(dialects.STRING_BOOLEAN)
            return text == "true"
    raise InvalidValue(f"{name} must be true or false.")


def parse_moment(text: str) -> datetime:
    """Return the moment of an xsd:dateTime (RFC 7643 §2.3.5), UTC when it names no offset. ValueError otherwise."""
    if len(text) > 40 or "T" not in text.upper():
        raise ValueError("not a dateTime")
    moment = datetime.fromisoformat(text.upper())
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _drop_password(value: Any, notes: Notes) -> None:
    if value is not None:
        notes.add(dialects.PASSWORD_DROPPED)


def _drop_meta(_: Any, __: Notes) -> None:
    """Leave out what the server alone records; every client sends it back, so it is not worth a note."""


def _drop_read_only(value: Any, notes: Notes) -> None:
    if value not in (None, [], {}, ""):
        notes.add(dialects.READ_ONLY_REPEATED)


def _text(attribute: Attribute) -> Converter:
    name = attribute.name

    def convert(value: Any, notes: Notes) -> Any:
        if type(value) is str or value is None:
            return value
        if type(value) in (int, float):
            notes.add(dialects.NUMBER_AS_STRING)
            return str(value)
        raise InvalidValue(f"{name} must be a string.")

    return convert


def _boolean(attribute: Attribute) -> Converter:
    name = attribute.name

    def convert(value: Any, notes: Notes) -> Any:
        if value is None or type(value) is bool:
            return value
        return parse_boolean(value, notes, name)

    return convert


def _number(attribute: Attribute) -> Converter:
    kinds = (int,) if attribute.type == "integer" else (int, float)

    def convert(value: Any, _: Notes) -> Any:
        if value is None or type(value) in kinds:
            return value
        raise InvalidValue(f"{attribute.name} must be a number ({attribute.type}).")

    return convert


def _moment(attribute: Attribute) -> Converter:
    def convert(value: Any, _: Notes) -> Any:
        if value is None:
            return None
        try:
            parse_moment(value)
        except (ValueError, TypeError, AttributeError):
            raise InvalidValue(f"{attribute.name} must be a dateTime such as 2027-01-23T04:56:22Z.") from None
        return value

    return convert


_SCALARS: dict[str, Callable[[Attribute], Converter]] = {
    "string": _text,
    "reference": _text,
    "binary": _text,
    "boolean": _boolean,
    "integer": _number,
    "decimal": _number,
    "dateTime": _moment,
}


def _required(attribute: Attribute, scalar: Converter) -> Converter:
    name = attribute.name

    def convert(value: Any, notes: Notes) -> Any:
        text = scalar(value, notes)
        if text is None or not text.strip():
            raise InvalidValue(f"{name} is required and must not be empty.")
        return check_user_name(text) if name == "userName" else text

    return convert


def _never_null(attribute: Attribute, scalar: Converter) -> Converter:
    def convert(value: Any, notes: Notes) -> Any:
        if value is None:
            raise InvalidValue(f"{attribute.name} must be true or false, not null.")
        return scalar(value, notes)

    return convert


def _complex_converter(attribute: Attribute) -> Converter:
    name = attribute.name
    has_value = attribute.sub("value") is not None
    aliases = (
        {"displayname": "display"} if attribute.sub("display") and not attribute.sub("displayName") else {}
    )
    read = object_reader(attribute.sub_attributes, aliases)
    if attribute.multi_valued and name in JSON_TEXT_IN:
        read = _reading_json_text(read)
    bare_note = dialects.STRING_ELEMENT if attribute.multi_valued else dialects.BARE_REFERENCE

    def convert(value: Any, notes: Notes) -> Any:
        if type(value) is dict:
            return read(value, notes)
        if value is None or value == "":
            return None
        if type(value) is str and has_value:
            notes.add(bare_note)
            return read({"value": value}, notes)
        if type(value) is list and not attribute.multi_valued and len(value) <= 1:
            notes.add(dialects.LIST_OF_ONE)
            return convert(value[0], notes) if value and type(value[0]) is not list else None
        raise InvalidValue(f"{name} must be an object.")

    return _member_converter(convert) if name == "members" else convert


def _reading_json_text(read: Converter) -> Converter:
    """Wrap an element's reader: Entra sends a role as JSON text inside `value`."""

    def read_element(value: dict[str, Any], notes: Notes) -> Any:
        element = read(value, notes)
        text = element.get("value") if element else None
        if text is None or not text.startswith("{"):
            return element
        try:
            described = decode(text.encode(), max_depth=2)
        except (ScimError, UnicodeEncodeError):
            return element
        if not (isinstance(described, dict) and isinstance(described.get("value"), str)):
            return element
        notes.add(dialects.JSON_TEXT)
        described.pop("id", None)
        return {**element, **(read(described, notes) or {})}

    return read_element


def _member_converter(convert: Converter) -> Converter:
    """Wrap an element's converter: a member is its value, with a type and a name; its address is ours to tell."""

    def convert_member(value: Any, notes: Notes) -> dict[str, Any]:
        member = convert(value, notes)
        if not member or not member.get("value"):
            raise InvalidValue("A member needs a value.")
        return {key: member[key] for key in _MEMBER_KEYS if key in member}

    return convert_member


def _list_converter(attribute: Attribute) -> Converter:
    name = attribute.name
    element = element_converter(attribute)
    is_members = name == "members"
    has_primary = attribute.sub("primary") is not None

    def convert(value: Any, notes: Notes) -> Any:
        if value is None:
            return None
        if type(value) is not list:
            notes.add(dialects.SINGLE_AS_LIST)
            value = [value]
        if len(value) > MAX_VALUES and not is_members:
            raise InvalidValue(f"{name} has more than {MAX_VALUES} values.")
        out = [converted for item in value if (converted := element(item, notes)) is not None]
        if is_members:
            # An empty list empties the group; only an absent one leaves it alone.
            return list({member["value"]: member for member in out}.values())
        return (distinct(out, name) if has_primary else out) or None

    return convert
