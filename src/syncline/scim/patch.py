"""PATCH requests (RFC 7644 §3.5.2): parsed whole, then applied to a copy, so that one bad operation changes nothing.

Operations on a group's members are not applied here but folded into `Patch.member_change`; see `members`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from syncline.scim import dialects, members
from syncline.scim.attributes import Attribute, ResourceType
from syncline.scim.changes import Change, Op, apply_change
from syncline.scim.dialects import Notes
from syncline.scim.errors import (
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    Mutability,
    NoTarget,
    PayloadTooLarge,
)
from syncline.scim.members import MemberChange, MemberStep
from syncline.scim.path import PatchPath, parse_path
from syncline.scim.resource import Resource, list_schemas, read_schemas
from syncline.scim.values import converter, element_converter, sub_converter

__all__ = ["MAX_OPERATIONS", "PATCH_SCHEMA", "MemberChange", "Patch", "apply_patch", "parse_patch"]

PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MAX_OPERATIONS = 1000
"""Operations of one request; the keys of a value without path count as one each."""
MAX_PARTS = 5000
"""Comparisons in value paths and elements of lists (other than members) that one request may hold in all."""
MAX_MEMBER_TERMS = 50
"""Comparisons with something else than a member's value that one request may make with every member."""

_OPS: dict[str, Op] = {"add": "add", "replace": "replace", "remove": "remove"}
_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Patch:
    """A PATCH request, understood: changes to the resource, and apart from them the change to the members."""

    changes: tuple[Change, ...]
    member_steps: tuple[MemberStep, ...] = ()
    member_change: MemberChange | None = None
    """All member operations in one; None when there are none, or when `needs_members`."""

    @property
    def needs_members(self) -> bool:
        """Whether an operation selects members by something else than value: then call `resolve_members`."""
        return any(step.remove_where is not None for step in self.member_steps)

    def resolve_members(self, present: Iterable[dict[str, Any]]) -> MemberChange:
        """Return what the member operations change in exactly these members."""
        return members.resolve(self.member_steps, present)


def parse_patch(
    resource_type: ResourceType, body: Any, notes: Notes, *, resource_id: str | None = None
) -> Patch:
    """Return the PATCH that a body describes.

    `resource_id` is the id in the request's path: an `id` in the body must equal it. Without it a path `id` is
    refused and an `id` among other keys ignored. InvalidSyntax, InvalidValue, InvalidPath, InvalidFilter,
    Mutability, NoTarget (remove without path); PayloadTooLarge past 1,000 operations.
    """
    parser = _Parser(resource_type, notes, resource_id)
    for operation in _operations(body, notes):
        parser.read(operation)
    steps = tuple(parser.member_steps)
    if sum(step.terms for step in steps) > MAX_MEMBER_TERMS:
        raise PayloadTooLarge(f"More than {MAX_MEMBER_TERMS} comparisons with every member.")
    unresolved = any(step.remove_where is not None for step in steps)
    return Patch(tuple(parser.changes), steps, members.fold(steps) if steps and not unresolved else None)


def apply_patch(resource_type: ResourceType, resource: Resource, patch: Patch, notes: Notes) -> Resource:
    """Return the resource after the patch; the one given stays as it is. NoTarget, InvalidValue.

    The result equals the input when nothing changed. Members are left alone.
    """
    out = dict(resource)
    for change in patch.changes:
        apply_change(out, change, notes)
    out["schemas"] = list_schemas(resource_type, out)
    return out


def _operations(body: Any, notes: Notes) -> list[Any]:
    if type(body) is not dict:
        raise InvalidSyntax("The body must be a JSON object.")
    message = _lower_names(body, ("schemas", "operations"))
    if "operations" not in message:
        raise InvalidSyntax("The body lacks Operations.")
    _check_message_schema(message.get("schemas"), notes)
    operations = message["operations"]
    if type(operations) is not list:
        raise InvalidSyntax("Operations must be a list.")
    if len(operations) > MAX_OPERATIONS:
        raise PayloadTooLarge(f"More than {MAX_OPERATIONS} operations.")
    return operations


def _check_message_schema(schemas: Any, notes: Notes) -> None:
    if not schemas:
        notes.add(dialects.MISSING_SCHEMAS)
        return
    urns = [schemas] if isinstance(schemas, str) else schemas
    if not isinstance(urns, list) or not any(
        isinstance(u, str) and u.lower() == PATCH_SCHEMA.lower() for u in urns
    ):
        raise InvalidSyntax(f"schemas must list {PATCH_SCHEMA}.")


def _lower_names(message: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """Return the known members under lower-case names. InvalidSyntax when one is given twice."""
    out: dict[str, Any] = {}
    for key, value in message.items():
        lower = key.lower()
        if lower in known:
            if lower in out:
                raise InvalidSyntax(f"{lower} is given twice, in different case.")
            out[lower] = value
    return out


class _Parser:
    """Turns operations into changes and member steps, in order."""

    __slots__ = ("_notes", "_parts", "_read", "_resource_id", "_resource_type", "changes", "member_steps")

    def __init__(self, resource_type: ResourceType, notes: Notes, resource_id: str | None) -> None:
        self._resource_type = resource_type
        self._notes = notes
        self._resource_id = resource_id
        self._read = 0
        self._parts = 0
        self.changes: list[Change] = []
        self.member_steps: list[MemberStep] = []

    def read(self, operation: Any) -> None:
        """Read one element of `Operations`."""
        if type(operation) is not dict:
            raise InvalidSyntax("An operation must be an object.")
        message = operation
        op = operation.get("op")
        if op is None or not operation.keys() <= {"op", "path", "value"}:
            message = _lower_names(operation, ("op", "path", "value"))
            op = message.get("op")
        if type(op) is not str or (name := _OPS.get(op.lower())) is None:
            raise InvalidSyntax("op must be add, replace or remove.")
        if op != name or message is not operation:
            self._notes.add(dialects.OPERATION_CASE)
        path = message.get("path")
        value = message.get("value", _ABSENT)
        if path == "":
            self._notes.add(dialects.EMPTY_PATH)
        if path is None or path == "":
            self._read_keys(name, value)
        elif type(path) is not str:
            raise InvalidPath("path must be a string.")
        else:
            self._read_path(name, path, value, explicit=True)

    def _read_keys(self, op: Op, value: Any) -> None:
        """Read an operation without path: every key of its value is one."""
        if op == "remove":
            raise NoTarget("remove needs a path.")
        if type(value) is list and len(value) == 1:
            self._notes.add(dialects.LIST_OF_ONE)
            value = value[0]
        if type(value) is not dict:
            raise InvalidValue(f"{op} without path needs an object as value.")
        for key, item in value.items():
            if "." in key or ":" in key or "[" in key:
                self._notes.add(dialects.PATH_KEYS)
            self._read_path(op, key, item, explicit=False)

    def _read_path(self, op: Op, text: str, value: Any, *, explicit: bool) -> None:
        self._read += 1
        if self._read > MAX_OPERATIONS:
            raise PayloadTooLarge(f"More than {MAX_OPERATIONS} operations.")
        target = parse_path(self._resource_type, text)
        if target is None:
            self._notes.add(dialects.UNKNOWN_ATTRIBUTE)
            return
        if op != "remove" and value is _ABSENT:
            raise InvalidValue(f"{op} needs a value.")
        if target.bare_extension:
            self._notes.add(dialects.EXTENSION_WITHOUT_URN)
        attribute = target.path.attribute
        if attribute is None:
            self._read_schema_object(op, target, value)
        elif attribute.mutability == "readOnly" or attribute.name == "schemas":
            self._check_read_only(op, target, value, explicit=explicit)
        elif attribute.returned == "never":
            self._notes.add(dialects.PASSWORD_DROPPED)
        elif attribute.name == "members":
            self._read_members(op, target, value, explicit=explicit)
        else:
            self._read_change(op, target, attribute, value)

    def _read_schema_object(self, op: Op, target: PatchPath, value: Any) -> None:
        """Read an operation on a schema's URN: its keys are attributes of that schema."""
        urn = target.path.urn
        if op == "remove" or value is None:
            if urn is None:
                raise Mutability("The core attributes cannot be removed as a whole.")
            if op != "add":
                self.changes.append(Change("remove", target))
            return
        if type(value) is not dict:
            raise InvalidValue(f"{target.path.name} needs an object as value.")
        for key, item in value.items():
            if key.lower().startswith("urn:"):
                raise InvalidPath(f"{target.path.name} cannot hold another schema.")
            self._read_path(op, key if urn is None else f"{urn}:{key}", item, explicit=False)

    def _check_read_only(self, op: Op, target: PatchPath, value: Any, *, explicit: bool) -> None:
        """Ignore a read-only attribute that is only repeated; Mutability when it would change."""
        name = target.path.name
        if name == "id":
            unchanged = value == self._resource_id if self._resource_id is not None else not explicit
        elif name == "schemas":
            listed = read_schemas(self._resource_type, [] if value in (None, _ABSENT) else value, self._notes)
            unchanged = op != "remove" and (not explicit or bool(listed))
        else:
            unchanged = not explicit
        if not unchanged:
            raise Mutability(f"{name} is read-only.")
        self._notes.add(dialects.READ_ONLY_REPEATED)

    def _read_members(self, op: Op, target: PatchPath, value: Any, *, explicit: bool) -> None:
        if value is None and not explicit:
            self._notes.add(dialects.NULL_MEMBERS)
            return
        step = members.parse_step(op, target, None if value is _ABSENT else value, self._notes)
        if step is not None:
            self.member_steps.append(step)

    def _read_change(self, op: Op, target: PatchPath, attribute: Attribute, value: Any) -> None:
        self._count_parts(target.terms)
        if op == "remove":
            self._read_removal(target, attribute, value)
            return
        if attribute.multi_valued:
            self._count_parts(len(value) if type(value) is list else 1)
        elif op == "replace" and type(value) is dict:
            self._read_nulls(target, value)
        sub, whole = target.path.sub, target.select is None
        if sub is not None:
            convert = sub_converter(attribute, sub)
        else:
            convert = converter(attribute) if whole else element_converter(attribute)
        converted = convert(value, self._notes)
        if converted is not None:
            if op == "replace" and attribute.type == "complex" and not attribute.multi_valued and sub is None:
                self._notes.add(dialects.PARTIAL_COMPLEX)
            self.changes.append(Change(op, target, converted))
        elif op == "replace" and _unassigns(value):
            self._read_removal(target, attribute, _ABSENT)
        elif op == "replace" and attribute.multi_valued and whole and sub is None:
            raise InvalidValue(f"The value of {target.path.name} holds nothing that is known.")

    def _read_nulls(self, target: PatchPath, value: dict[str, Any]) -> None:
        """Read the sub-attributes that a replace unassigns: the others of the object stay."""
        for key, item in value.items():
            if item is None:
                self._read_path("remove", f"{target.path.name}.{key}", _ABSENT, explicit=False)

    def _count_parts(self, parts: int) -> None:
        self._parts += parts
        if self._parts > MAX_PARTS:
            raise PayloadTooLarge(f"More than {MAX_PARTS} comparisons and list elements.")

    def _read_removal(self, target: PatchPath, attribute: Attribute, value: Any) -> None:
        if attribute.required or attribute.name == "active":
            raise Mutability(f"{attribute.name} cannot be removed.")
        if value is _ABSENT or value is None or not attribute.multi_valued:
            self.changes.append(Change("remove", target))
            return
        if target.select is not None or target.path.sub is not None:
            self.changes.append(Change("remove", target))
            return
        self._notes.add(dialects.REMOVE_BY_VALUE)
        self._count_parts(len(value) if type(value) is list else 1)
        elements = converter(attribute)(value, self._notes)
        if elements:
            self.changes.append(Change("remove", target, elements))


def _unassigns(value: Any) -> bool:
    """Tell whether a replace with this value empties its target (RFC 7643 §2.5)."""
    return value is None or value in ("", []) or (type(value) is list and all(map(_is_blank, value)))


def _is_blank(value: Any) -> bool:
    """Tell whether the value says nothing: null, empty, or made of such."""
    if type(value) is dict:
        return all(item is None or item in ("", [], {}) for item in value.values())
    return value is None or value in ("", [])
