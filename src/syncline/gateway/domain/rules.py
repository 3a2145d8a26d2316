"""Rules: from what the identity provider says about a person to what HubSpot should give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from syncline.gateway.domain.attributes import attribute_texts, parse_attribute_path
from syncline.gateway.domain.errors import Invalid, NotFound
from syncline.gateway.domain.person import Person
from syncline.gateway.domain.remedies import Remedy


class RuleKind(StrEnum):
    """What a rule looks at."""

    ROLE = "role"
    GROUP = "group"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `match` is a role value, a group's id, or an attribute path; `equals` only for attributes.

    Raises `Invalid` for an attribute rule without `equals`, or with a path that means no attribute.
    """

    id: str
    position: int
    kind: RuleKind
    match: str
    equals: str | None = None
    permission_set_id: str | None = None
    primary_team_id: str | None = None
    secondary_team_ids: tuple[str, ...] = ()
    seat: str | None = None
    """A seat's name, which is all HubSpot knows it by."""
    group_name: str | None = field(default=None, compare=False)
    """What the group is called now, for people to read; never kept with the rule, which knows the group by its id."""

    def __post_init__(self) -> None:
        if self.kind is RuleKind.ATTRIBUTE:
            parse_attribute_path(self.match)
            if self.equals is None:
                raise Invalid(f"A rule on the attribute {self.match} needs the value it should equal.")

    @property
    def when(self) -> str:
        """The condition in words: `role = Manager`."""
        if self.kind is RuleKind.ATTRIBUTE:
            return f"{self.match} = {self.equals}"
        return f"{self.kind} = {self.group_name or self.match}"


def with_group_names(rules: Iterable[Rule], names: Mapping[str, str]) -> list[Rule]:
    """Return the rules with what their groups are called now, by id; a group that is not there has no name."""
    return [
        replace(rule, group_name=names.get(rule.match)) if rule.kind is RuleKind.GROUP else rule
        for rule in rules
    ]


def in_order(rules: tuple[Rule, ...]) -> list[Rule]:
    """Return the rules as they are tried: by position, then by id, so that the order is total."""
    return sorted(rules, key=lambda rule: (rule.position, rule.id))


def matches(rule: Rule, person: Person) -> bool:
    """Tell whether the rule applies. Roles and attribute values compare exactly, groups by id."""
    if rule.kind is RuleKind.ROLE:
        return rule.match in person.roles
    if rule.kind is RuleKind.GROUP:
        return any(group.id == rule.match for group in person.groups)
    return rule.equals is not None and rule.equals in attribute_texts(person.resource, rule.match)


class RuleBook:
    """Rules made ready for many people: whom they match is looked up, not tried one after the other.

    Agrees with `matches` about every person and every rule.
    """

    __slots__ = (
        "_attributes",
        "_candidates",
        "_groups",
        "_roles",
        "by_role",
        "gives_secondary_teams",
        "ordered",
        "seats",
    )

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.ordered = tuple(in_order(rules))
        self.gives_secondary_teams = any(rule.secondary_team_ids for rule in rules)
        self.seats = frozenset(rule.seat for rule in rules if rule.seat is not None)
        """The seats that are ours to give and to take back: those that any rule names."""
        self.by_role: dict[str, Rule] = {}
        """The first rule for each role value."""
        self._candidates: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._roles: dict[str, list[int]] = {}
        self._groups: dict[str, list[int]] = {}
        self._attributes: dict[str, dict[str, list[int]]] = {}
        for place, rule in enumerate(self.ordered):
            self._take(place, rule)

    def _take(self, place: int, rule: Rule) -> None:
        if rule.kind is RuleKind.ROLE:
            self._roles.setdefault(rule.match, []).append(place)
            self.by_role.setdefault(rule.match, rule)
        elif rule.kind is RuleKind.GROUP:
            self._groups.setdefault(rule.match, []).append(place)
        elif rule.equals is not None:
            self._attributes.setdefault(rule.match, {}).setdefault(rule.equals, []).append(place)

    def candidates(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return what a role may have meant: the roles of the rules, then these names, each once."""
        if names not in self._candidates:
            self._candidates[names] = tuple(dict.fromkeys((*self.by_role, *names)))
        return self._candidates[names]

    def places(self, person: Person) -> tuple[int, ...]:
        """Return the places in `ordered` of the rules that apply to the person, as they are tried."""
        places: set[int] = set()
        if self._roles:
            for role in person.roles:
                places.update(self._roles.get(role, ()))
        if self._groups:
            for group in person.groups:
                places.update(self._groups.get(group.id, ()))
        for path, by_value in self._attributes.items():
            for text in attribute_texts(person.resource, path):
                places.update(by_value.get(text, ()))
        return tuple(sorted(places))

    def matched(self, person: Person) -> list[Rule]:
        """Return the rules that apply to the person, as they are tried."""
        return [self.ordered[place] for place in self.places(person)]


def with_rule(rules: Sequence[Rule], rule: Rule, position: int | None) -> tuple[Rule, ...]:
    """Return the rules with one more at a position, counted from 1 (the last one for None), numbered anew."""
    ordered = in_order(tuple(rules))
    ordered.insert(len(ordered) if position is None else _index(position, ordered), rule)
    return _numbered(ordered)


def with_rule_at(rules: Sequence[Rule], rule_id: str, position: int) -> tuple[Rule, ...]:
    """Return the rules with that one moved to a position, counted from 1; raises `NotFound`."""
    ordered = in_order(tuple(rules))
    rule = rule_of_id(ordered, rule_id)
    ordered.remove(rule)
    ordered.insert(_index(position, ordered), rule)
    return _numbered(ordered)


def without_rule(rules: Sequence[Rule], rule_id: str) -> tuple[Rule, ...]:
    """Return the rules without that one, numbered anew; raises `NotFound`."""
    ordered = in_order(tuple(rules))
    ordered.remove(rule_of_id(ordered, rule_id))
    return _numbered(ordered)


def rule_of_id(rules: Sequence[Rule], rule_id: str) -> Rule:
    """Return the rule of that id; raises `NotFound`."""
    for rule in rules:
        if rule.id == rule_id:
            return rule
    raise NotFound(f"There is no rule {rule_id!r}.", Remedy("{rules:See which there are}."))


def _index(position: int, ordered: Sequence[Rule]) -> int:
    return max(0, min(position - 1, len(ordered)))


def _numbered(ordered: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(replace(rule, position=position) for position, rule in enumerate(ordered, start=1))
