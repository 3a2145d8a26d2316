"""Placement: which permission set, teams, seat and CRM attributes a person should have at HubSpot, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from syncline.gateway.domain.account import Account
from syncline.gateway.domain.crm import mapped_attributes
from syncline.gateway.domain.near_misses import NearMiss, nearest
from syncline.gateway.domain.person import Person
from syncline.gateway.domain.rules import Rule, RuleBook
from syncline.gateway.domain.tenant import Policy

ROLE_NAME = "role-name"
DEFAULT = "default"
MINIMAL = "minimal"
KEPT = "kept"
SCIM_ATTRIBUTE = "scim-attribute"
NOTHING_MATCHES = "nothing matches"
"""How the reason begins that says that no rule and no name gave a permission set."""
NO_SEAT = ""
"""As `Placement.seat`: none of the seats that rules give (None leaves them as they are)."""
REMEMBERED = 5_000
"""Placements that are kept for the next person like that: some megabytes."""


class Output(StrEnum):
    """What a placement decides."""

    PERMISSION_SET = "permission set"
    PRIMARY_TEAM = "primary team"
    SECONDARY_TEAMS = "secondary teams"
    SEAT = "seat"
    CRM_ATTRIBUTE = "CRM attribute"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an output is what it is, or who else wanted to set it."""

    output: Output
    source: str
    """`rule:<id>`, `role-name`, `default`, `minimal`, `scim-attribute` or `kept`."""
    text: str
    won: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The outputs by id. None means: leave as it is, or HubSpot's own minimum for somebody new."""

    permission_set_id: str | None = None
    primary_team_id: str | None = None
    secondary_team_ids: tuple[str, ...] | None = None
    """The whole list, empty included; None when no rule has a say in it."""
    seat: str | None = None
    """A seat's name, `NO_SEAT` for none of ours, None when no rule has a say in it."""
    ruled_seats: frozenset[str] = frozenset()
    """The seats that rules give: ours to take back. Any other seat is HubSpot's own affair."""
    crm_attributes: Mapping[str, str] = field(default_factory=dict)
    """What the CRM record should say (`crm.CrmAttribute`), in HubSpot's forms; what is not named is nobody's affair."""
    reasons: tuple[Reason, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    missing: tuple[str, ...] = ()
    """Ids of permission sets that were chosen and are no longer in the account."""
    missing_teams: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    """Role values that name more than one permission set."""

    def source_of(self, output: Output) -> str | None:
        """Return what decided the output."""
        return next(
            (reason.source for reason in self.reasons if reason.won and reason.output is output), None
        )


@dataclass(frozen=True, slots=True)
class _Choice:
    """One output, decided."""

    ids: tuple[str, ...] | None
    reasons: tuple[Reason, ...]
    ambiguous: tuple[str, ...] = ()

    @property
    def one(self) -> str | None:
        return self.ids[0] if self.ids else None


def place(
    person: Person, rules: tuple[Rule, ...], policy: Policy, account: Account, *, existing: bool
) -> Placement:
    """Decide the outputs; each comes from the first matching rule that sets it, secondary teams are the union.

    `existing` says that the HubSpot user was not created by us: the default role is not for him, and without a
    match he keeps what he has. An id the account no longer has is reported as missing and never replaced.
    """
    return Placements(RuleBook(rules), policy, account).of(person, existing=existing)


class Placements:
    """`place` for many people: those with the same roles and the same matching rules are placed once.

    All else that a placement rests on is the person's CRM attributes, which come to it one by one.
    """

    __slots__ = ("_account", "_book", "_placed", "_policy")

    def __init__(self, book: RuleBook, policy: Policy, account: Account) -> None:
        self._book = book
        self._policy = policy
        self._account = account
        self._placed: dict[tuple[object, ...], Placement] = {}

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to another process without what was placed here."""
        return (Placements, (self._book, self._policy, self._account))

    def of(self, person: Person, *, existing: bool) -> Placement:
        """Return the person's placement."""
        places = self._book.places(person)
        alike = (existing, person.roles, places)
        placed = self._placed.get(alike)
        if placed is None:
            if len(self._placed) == REMEMBERED:
                self._placed.clear()
            matched = [self._book.ordered[place] for place in places]
            placed = self._placed[alike] = self._place(person.roles, matched, existing=existing)
        if not self._policy.crm_attributes:
            return placed
        attributes, why = _crm_attributes(person, self._policy, self._account)
        return replace(placed, crm_attributes=attributes, reasons=(*placed.reasons, *why))

    def _place(self, roles: tuple[str, ...], matched: Sequence[Rule], *, existing: bool) -> Placement:
        book, policy, account = self._book, self._policy, self._account
        permission_set = _permission_set(roles, matched, policy, account, existing=existing)
        primary = _primary_team(matched, account)
        secondary = _secondary_teams(book, matched, account, existing=existing)
        seat = _seat(book, matched, existing=existing)
        teams = dict.fromkeys((*(primary.ids or ()), *(secondary.ids or ())))
        return Placement(
            permission_set_id=permission_set.one,
            primary_team_id=primary.one,
            secondary_team_ids=secondary.ids,
            seat=seat.one,
            ruled_seats=book.seats,
            reasons=(*permission_set.reasons, *primary.reasons, *secondary.reasons, *seat.reasons),
            near_misses=_near_misses(roles, book, policy, account) if roles else (),
            missing=tuple(each for each in permission_set.ids or () if account.permission_set(each) is None),
            missing_teams=tuple(each for each in teams if account.team(each) is None),
            ambiguous=permission_set.ambiguous,
        )


def _permission_set(
    roles: tuple[str, ...], matched: Sequence[Rule], policy: Policy, account: Account, *, existing: bool
) -> _Choice:
    by_rule = _first(
        Output.PERMISSION_SET, matched, lambda rule: rule.permission_set_id, account.permission_set_name
    )
    by_name = _role_name(roles, account, lost=by_rule is not None) if policy.match_role_names else None
    if by_rule is not None:
        return _Choice(by_rule.ids, (*by_rule.reasons, *(by_name.reasons if by_name else ())))
    if by_name is not None:
        return by_name
    return _without_match(policy, account, existing=existing)


def _without_match(policy: Policy, account: Account, *, existing: bool) -> _Choice:
    if existing:
        text = f"{NOTHING_MATCHES}: the person was at HubSpot before and keeps what is there"
        return _Choice(None, (Reason(Output.PERMISSION_SET, KEPT, text),))
    if policy.default_permission_set is None:
        text = f"{NOTHING_MATCHES} and there is no default role: HubSpot's minimal permissions"
        return _Choice(None, (Reason(Output.PERMISSION_SET, MINIMAL, text),))
    name = account.permission_set_name(policy.default_permission_set)
    reason = Reason(Output.PERMISSION_SET, DEFAULT, f"{NOTHING_MATCHES}: the default role {name!r}")
    return _Choice((policy.default_permission_set,), (reason,))


def _role_name(roles: tuple[str, ...], account: Account, *, lost: bool) -> _Choice | None:
    """Return the first role that is a permission set's name exactly; roles come in the client's order."""
    chosen: tuple[str, ...] | None = None
    ambiguous: tuple[str, ...] = ()
    reasons: list[Reason] = []
    for role in roles:
        named = account.permission_sets_named(role)
        if not named:
            continue
        won = not lost and not reasons
        text = f"the role {role!r} is the name of a permission set"
        if len(named) > 1:
            text = f"the role {role!r} is the name of {len(named)} permission sets"
        if not won:
            text += ", but the permission set was decided before"
        elif len(named) > 1:
            ambiguous = (role,)
        else:
            chosen = (named[0].id,)
        reasons.append(Reason(Output.PERMISSION_SET, ROLE_NAME, text, won=won))
    return _Choice(chosen, tuple(reasons), ambiguous) if reasons else None


def _primary_team(matched: Sequence[Rule], account: Account) -> _Choice:
    chosen = _first(Output.PRIMARY_TEAM, matched, lambda rule: rule.primary_team_id, account.team_name)
    if chosen is not None:
        return chosen
    return _Choice(None, (Reason(Output.PRIMARY_TEAM, KEPT, "no matching rule sets a primary team"),))


def _secondary_teams(book: RuleBook, matched: Sequence[Rule], account: Account, *, existing: bool) -> _Choice:
    setting = [rule for rule in matched if rule.secondary_team_ids]
    union = tuple(dict.fromkeys(team for rule in setting for team in rule.secondary_team_ids))
    if setting:
        reasons = tuple(
            Reason(Output.SECONDARY_TEAMS, _source(rule), f"{rule.when} adds {_named(rule, account)}")
            for rule in setting
        )
        return _Choice(union, reasons)
    if existing or not book.gives_secondary_teams:
        return _Choice(None, (Reason(Output.SECONDARY_TEAMS, KEPT, "no matching rule sets secondary teams"),))
    text = "rules give secondary teams, and none of them matches any more"
    return _Choice((), (Reason(Output.SECONDARY_TEAMS, MINIMAL, text),))


def _seat(book: RuleBook, matched: Sequence[Rule], *, existing: bool) -> _Choice:
    """Return the seat; without a match whoever we created gives back what rules gave, as with secondary teams."""
    if not book.seats:
        return _Choice(None, ())
    chosen = _first(Output.SEAT, matched, lambda rule: rule.seat, str)
    if chosen is not None:
        return chosen
    if existing:
        return _Choice(None, (Reason(Output.SEAT, KEPT, "no matching rule sets a seat"),))
    text = "rules give seats, and none of them matches: no seat of theirs"
    return _Choice((NO_SEAT,), (Reason(Output.SEAT, MINIMAL, text),))


def _crm_attributes(
    person: Person, policy: Policy, account: Account
) -> tuple[Mapping[str, str], tuple[Reason, ...]]:
    """Return the attributes of the CRM record; what cannot be written, or has no form at HubSpot, is said."""
    if not policy.crm_attributes:
        return {}, ()
    if not account.crm_users:
        why = "are not read yet" if account.crm_users is None else "cannot be reached with this credential"
        text = f"HubSpot's CRM records of users {why}: the attributes stay as they are"
        return {}, (Reason(Output.CRM_ATTRIBUTE, KEPT, text),)
    values: dict[str, str] = {}
    reasons: list[Reason] = []
    for each in mapped_attributes(person.resource, policy.crm_attributes):
        label = each.attribute.replace("_", " ")
        if each.value is None:
            text = f"the {label} stays as it is: {each.source} is {each.given[:80]!r}, and {each.problem}"
            reasons.append(Reason(Output.CRM_ATTRIBUTE, KEPT, text))
        else:
            values[each.attribute.value] = each.value
            text = f"{each.source} sets the {label} {each.value[:80]!r}"
            reasons.append(Reason(Output.CRM_ATTRIBUTE, SCIM_ATTRIBUTE, text))
    return values, tuple(reasons)


def _first(
    output: Output,
    matched: Sequence[Rule],
    wanted: Callable[[Rule], str | None],
    name_of: Callable[[str], str],
) -> _Choice | None:
    """Return what the first matching rule that sets the output says, and name the rules that came too late."""
    chosen: str | None = None
    reasons: list[Reason] = []
    for rule in matched:
        wish = wanted(rule)
        if wish is None:
            continue
        if chosen is None:
            chosen = wish
            reasons.append(Reason(output, _source(rule), f"{rule.when} sets {name_of(wish)!r}"))
        else:
            text = f"{rule.when} would set {name_of(wish)!r}, but an earlier rule decided"
            reasons.append(Reason(output, _source(rule), text, won=False))
    return _Choice((chosen,), tuple(reasons)) if chosen is not None else None


def _near_misses(
    roles: tuple[str, ...], book: RuleBook, policy: Policy, account: Account
) -> tuple[NearMiss, ...]:
    """Find what the roles that match nothing may have meant: the role of a rule, else a permission set."""
    by_role = book.by_role
    candidates = book.candidates(account.permission_set_names() if policy.match_role_names else ())
    found: list[NearMiss] = []
    for role in roles:
        meant = nearest(role, candidates)
        if meant is None:
            continue
        rule = by_role.get(meant)
        if rule is None:
            found.append(NearMiss(role, meant, meant, ROLE_NAME))
            continue
        given = rule.permission_set_id
        permission_set = account.permission_set_name(given) if given is not None else ""
        found.append(NearMiss(role, meant, permission_set, _source(rule)))
    return tuple(found)


def _source(rule: Rule) -> str:
    return f"rule:{rule.id}"


def _named(rule: Rule, account: Account) -> str:
    return ", ".join(repr(account.team_name(team)) for team in rule.secondary_team_ids)
