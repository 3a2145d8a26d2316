"""Changes to a group's members as a delta, so that adding one costs the same in a group of any size.

All member operations of one PATCH fold into one `MemberChange`. Only when an operation selects members by
something else than their value must the present members be known; see `resolve`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from syncline.scim import dialects
from syncline.scim.attributes import Path
from syncline.scim.dialects import Notes
from syncline.scim.errors import InvalidValue, Mutability
from syncline.scim.nodes import Comparison, Filter, Or
from syncline.scim.path import PatchPath
from syncline.scim.values import converter, element_converter

Member = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What happens to the members: empty the group if `clear`, drop `remove`, then put in `add`.

    `add` and `remove` have no value in common. Adding a member who is there merges what is said of him; removing
    one who is not there changes nothing.
    """

    clear: bool = False
    add: Mapping[str, Member] = field(default_factory=lambda: MappingProxyType({}))
    remove: frozenset[str] = frozenset()

    def apply(self, members: Iterable[Member]) -> list[Member]:
        """Return the members after the change, in order of arrival."""
        kept = {} if self.clear else {m["value"]: m for m in members if m["value"] not in self.remove}
        for value, member in self.add.items():
            kept[value] = {**kept.get(value, {}), **member}
        return list(kept.values())


@dataclass(frozen=True, slots=True)
class MemberStep:
    """One member operation: empty or not, then drop, then put in."""

    clear: bool = False
    remove: frozenset[str] = frozenset()
    remove_where: Callable[[Member], bool] | None = None
    terms: int = 0
    """Comparisons that `remove_where` makes for each member."""
    add: tuple[Member, ...] = ()


def parse_step(op: str, target: PatchPath, value: Any, notes: Notes) -> MemberStep | None:
    """Return the step of one operation on `members`, or None when it says to leave them.

    `value` None is an absent value or null. Mutability: a change within a member. InvalidValue: replace or add
    without a value, a member without one.
    """
    path = target.path
    if path.sub is not None:
        raise Mutability(f"{path.name} is immutable: remove the member and add another.")
    if target.filter is not None:
        return _selected_step(op, target, value, notes)
    if op == "remove":
        if value is None:
            return MemberStep(clear=True)
        notes.add(dialects.REMOVE_BY_VALUE)
        return MemberStep(remove=frozenset(member["value"] for member in _read_members(path, value, notes)))
    if value is None:
        raise InvalidValue("members needs a list; an empty one empties the group.")
    return MemberStep(clear=op == "replace", add=tuple(_read_members(path, value, notes)))


def fold(steps: Iterable[MemberStep]) -> MemberChange:
    """Return one change that does what the steps do one after the other; none of them uses `remove_where`."""
    clear = False
    add: dict[str, Member] = {}
    remove: set[str] = set()
    for step in steps:
        if step.clear:
            clear = True
            add, remove = {}, set()
        for value in step.remove:
            add.pop(value, None)
            remove.add(value)
        for member in step.add:
            value = member["value"]
            remove.discard(value)
            add[value] = {**add.get(value, {}), **member}
    return MemberChange(clear, MappingProxyType(add), frozenset() if clear else frozenset(remove))


def resolve(steps: Iterable[MemberStep], members: Iterable[Member]) -> MemberChange:
    """Return the change that the steps make to exactly these members."""
    before = {member["value"]: member for member in members}
    after = dict(before)
    for step in steps:
        if step.clear:
            after = {}
        for value in step.remove:
            after.pop(value, None)
        if step.remove_where is not None:
            after = {value: member for value, member in after.items() if not step.remove_where(member)}
        for member in step.add:
            after[member["value"]] = {**after.get(member["value"], {}), **member}
    added = {value: member for value, member in after.items() if before.get(value) != member}
    return MemberChange(False, MappingProxyType(added), frozenset(before.keys() - after.keys()))


def _selected_step(op: str, target: PatchPath, value: Any, notes: Notes) -> MemberStep | None:
    assert target.filter is not None  # noqa: S101 - the caller looked
    if op == "remove":
        values = _values_selected(target.filter)
        if values is not None:
            return MemberStep(remove=values)
        return MemberStep(remove_where=target.select, terms=target.terms)
    wanted = (target.template or {}).get("value")
    if wanted is None:
        raise Mutability("Members are immutable: only members[value eq …] can be added or replaced.")
    if value is None:
        return None
    assert target.path.attribute is not None  # noqa: S101 - a path with a filter has an attribute
    given = value if isinstance(value, dict) and "value" not in value else None
    convert = element_converter(target.path.attribute)
    member = convert({**given, "value": wanted} if given is not None else value, notes)
    if member["value"] != wanted:
        raise Mutability("members.value is immutable: remove the member and add another.")
    return MemberStep(add=({**target.template, **member} if target.template else member,))


def _read_members(path: Path, value: Any, notes: Notes) -> list[Member]:
    assert path.attribute is not None  # noqa: S101 - members is an attribute
    members: list[Member] = converter(path.attribute)(value, notes)
    return members


def _values_selected(condition: Filter) -> frozenset[str] | None:
    """Return the member values that the filter names, or None when it asks for more than `value eq`."""
    values = set()
    stack = [condition]
    while stack:
        node = stack.pop()
        if isinstance(node, Or):
            stack += (node.left, node.right)
        elif (
            isinstance(node, Comparison)
            and node.operator == "eq"
            and isinstance(node.value, str)
            and node.path.sub is not None
            and node.path.sub.name == "value"
        ):
            values.add(node.value)
        else:
            return None
    return frozenset(values)
