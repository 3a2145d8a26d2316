"""What an operator chooses for a tenant: policies, rules, the default role, protected people."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.attributes import parse_attribute_path
from syncline.gateway.domain.consent import LONGEST_KEPT, Consent, end_of
from syncline.gateway.domain.crm import CrmAttribute
from syncline.gateway.domain.drift import CHOSEN
from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.domain.near_misses import nearest
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.rules import Rule, RuleKind
from syncline.gateway.domain.tenant import DriftPolicy, EmailSource, IdentityProvider, LeaverPolicy
from syncline.gateway.services.finding import find_group
from syncline.gateway.services.ports import (
    Actor,
    ChoiceStore,
    JournalStore,
    ProtectedUser,
    Tenant,
    Wake,
)
from syncline.gateway.services.showing import moment, policy_shown, rule_shown, set_name
from syncline.gateway.services.tenants import Tenants


class Policies:
    """The `policy.*`, `rule.*`, `role.*` and `protect.*` operations."""

    def __init__(
        self, choices: ChoiceStore, journal: JournalStore, tenants: Tenants, clock: Clock, wake: Wake
    ) -> None:
        self._choices = choices
        self._journal = journal
        self._tenants = tenants
        self._clock = clock
        self._wake = wake

    def on(self, choices: ChoiceStore) -> Policies:
        """Return the same operations on another store, one that keeps nothing for example; nobody is woken."""
        return Policies(choices, self._journal, self._tenants, self._clock, lambda _tenant: None)

    async def show(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return the tenant's choices."""
        found = await self._tenants.find(tenant)
        return policy_shown(found.policy, await self._account(found))

    async def set(
        self,
        actor: str,
        tenant: str,
        deactivated: str | None = None,
        deleted: str | None = None,
        strip_to: str | None = None,
        email_from: str | None = None,
        welcome_email: bool | None = None,
        match_role_names: bool | None = None,
        domains: Sequence[str] | None = None,
        create_users: bool | None = None,
        update_users: bool | None = None,
        deactivate_users: bool | None = None,
        deletion_threshold: int | None = None,
        identity_provider: str | None = None,
        approval_days: int | None = None,
        four_eyes: bool | None = None,
        drift: Mapping[str, str] | None = None,
        crm_attributes: Mapping[str, bool] | None = None,
        expect: str | None = None,
    ) -> dict[str, Any]:
        """Change what is given, leave the rest; raises `Invalid` and `Refused` with what to do instead.

        Four eyes stay on until a second person has taken them off, too: what is returned says how it is.

        Here and below `expect` is the fingerprint of a preview: `Conflict` when something else would be saved.
        """
        found = await self._tenants.find(tenant)
        account = await self._account(found)
        changes = policy_fields(
            account,
            deactivated=deactivated,
            deleted=deleted,
            strip_to=strip_to,
            email_from=email_from,
            welcome_email=welcome_email,
            match_role_names=match_role_names,
            domains=domains,
            create_users=create_users,
            update_users=update_users,
            deactivate_users=deactivate_users,
            deletion_threshold=deletion_threshold,
            identity_provider=identity_provider,
            approval_days=approval_days,
            four_eyes=four_eyes,
            drift=drift or None,
            crm_attributes=crm_attributes or None,
        )
        if changes["drift"] is not None:
            changes["drift"] = {**found.policy.drift, **changes["drift"]}
        if changes["crm_attributes"] is not None:
            changes["crm_attributes"] = switched(found.policy.crm_attributes, changes["crm_attributes"])
        given = {name: value for name, value in changes.items() if value is not None}
        policy = await self._choices.change_policy(found.id, given, self._by(actor), expect)
        self._wake(found.id)
        shown = policy_shown(policy, account)
        if four_eyes is False and policy.four_eyes:
            shown["waiting"] = "four eyes stay on until a second person takes them off, too"
        return shown

    async def default_role(
        self, actor: str, tenant: str, name: str, expect: str | None = None
    ) -> dict[str, Any]:
        """Set the permission set that people we create get when no rule gives them one."""
        found = await self._tenants.find(tenant)
        account = await self._account(found)
        change = {"default_permission_set": permission_set_of(account, name)}
        policy = await self._choices.change_policy(found.id, change, self._by(actor), expect)
        self._wake(found.id)
        return {"default_permission_set": set_name(account, policy.default_permission_set)}

    async def add_rule(
        self,
        actor: str,
        tenant: str,
        role: str | None = None,
        group: str | None = None,
        attribute: str | None = None,
        equals: str | None = None,
        permission_set: str | None = None,
        primary_team: str | None = None,
        secondary_teams: Sequence[str] = (),
        seat: str | None = None,
        position: int | None = None,
        expect: str | None = None,
    ) -> dict[str, Any]:
        """Add a rule at a position (the last one when it is left out); names are kept as ids, a group's too."""
        found = await self._tenants.find(tenant)
        account = await self._account(found)
        looked_at = None if not group else await find_group(self._journal, found, group)
        group = group if looked_at is None else looked_at.id
        rule = rule_of(
            account, role, group, attribute, equals, permission_set, primary_team, secondary_teams, seat
        )
        added = await self._choices.add_rule(found.id, rule, position, self._by(actor), expect)
        self._wake(found.id)
        name = None if looked_at is None else looked_at.display_name
        return rule_shown(replace(added, group_name=name), account)

    async def list_rules(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return the rules in the order they are tried, and what comes after them."""
        found = await self._tenants.find(tenant)
        account = await self._account(found)
        return {
            "rules": [rule_shown(rule, account) for rule in await self._choices.rules(found.id)],
            "default_permission_set": set_name(account, found.policy.default_permission_set),
            "match_role_names": found.policy.match_role_names,
        }

    async def move_rule(
        self, actor: str, tenant: str, rule_id: str, position: int, expect: str | None = None
    ) -> dict[str, Any]:
        """Move a rule to a position, counted from 1; raises `NotFound`."""
        found = await self._tenants.find(tenant)
        rule = await self._choices.move_rule(found.id, rule_id, position, self._by(actor), expect)
        self._wake(found.id)
        return rule_shown(rule, await self._account(found))

    async def remove_rule(
        self, actor: str, tenant: str, rule_id: str, expect: str | None = None
    ) -> dict[str, Any]:
        """Remove a rule; raises `NotFound`."""
        found = await self._tenants.find(tenant)
        rule = await self._choices.remove_rule(found.id, rule_id, self._by(actor), expect)
        self._wake(found.id)
        return rule_shown(rule, await self._account(found))

    async def protect(
        self, actor: str, tenant: str, email: str, reason: str = "", until: str | None = None
    ) -> dict[str, Any]:
        """Have nothing ever changed for this person, or nothing until a date (`consent.end_of`)."""
        found = await self._tenants.find(tenant)
        check_protected_email(email)
        now = self._clock.now()
        end = None if until is None else end_of(until, now)
        user = ProtectedUser(email=email, reason=reason, created_at=now, created_by=actor, until=end)
        await self._choices.protect(found.id, user, Actor(actor, now))
        self._wake(found.id)
        return _protected(user, now)

    async def list_protected(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return the people an operator protects; super admins are protected besides."""
        found = await self._tenants.find(tenant)
        now = self._clock.now()
        return {
            "protected": [_protected(each, now) for each in await self._choices.protected_users(found.id)]
        }

    async def unprotect(self, actor: str, tenant: str, email: str) -> dict[str, Any]:
        """Lift a protection; raises `NotFound`. `protected` stays true while a second person has to say so, too."""
        found = await self._tenants.find(tenant)
        consent = await self._choices.unprotect(found.id, email, self._by(actor))
        if consent is Consent.NOTHING:
            raise NotFound(f"{email} is not protected.", Remedy("{protected:See who is}.", found.name))
        self._wake(found.id)
        return {"email": email, "protected": consent is Consent.PENDING}

    async def _account(self, tenant: Tenant) -> Account | None:
        connection = await self._choices.connection(tenant.id)
        return None if connection is None else connection.account

    def _by(self, actor: str) -> Actor:
        return Actor(actor, self._clock.now())


_READERS: Final[Mapping[str, Callable[[Account | None, Any], Any]]] = {
    "deactivated": lambda _, text: _leaver_policy(text),
    "deleted": lambda _, text: _leaver_policy(text),
    "strip_to": lambda account, text: permission_set_of(account, text),
    "email_from": lambda _, text: _email_source(text),
    "identity_provider": lambda _, text: _identity_provider(text),
    "domains": lambda _, texts: tuple(_domain(each) for each in texts),
    "deletion_threshold": lambda _, number: _threshold(number),
    "approval_days": lambda _, number: _approval_days(number),
    "drift": lambda _, given: _drift_policies(given),
    "crm_attributes": lambda _, given: _crm_switches(given),
}


def policy_fields(account: Account | None, **given: Any) -> dict[str, Any]:
    """Return fields of a policy from what people write, None where nothing is given; raises as `permission_set_of`."""
    return {
        name: value if value is None or name not in _READERS else _READERS[name](account, value)
        for name, value in given.items()
    }


def rule_of(
    account: Account | None,
    role: str | None = None,
    group: str | None = None,
    attribute: str | None = None,
    equals: str | None = None,
    permission_set: str | None = None,
    primary_team: str | None = None,
    secondary_teams: Sequence[str] = (),
    seat: str | None = None,
) -> Rule:
    """Return a new rule, names turned to ids; raises `Invalid`, `NotFound` and `Refused` with what to do instead."""
    kind, match = _condition(role, group, attribute)
    if (kind is RuleKind.ATTRIBUTE) != (equals is not None):
        raise Invalid("An attribute rule says what the attribute equals; other rules do not.")
    if not (permission_set or primary_team or secondary_teams or seat):
        raise Invalid("A rule sets something: a permission set, a primary team, secondary teams or a seat.")
    if kind is RuleKind.ATTRIBUTE:
        parse_attribute_path(match)
    return Rule(
        id=uuid.uuid4().hex[:8],
        position=0,
        kind=kind,
        match=match,
        equals=equals,
        permission_set_id=None if permission_set is None else permission_set_of(account, permission_set),
        primary_team_id=None if primary_team is None else team_of(account, primary_team),
        secondary_team_ids=tuple(team_of(account, each) for each in secondary_teams),
        seat=None if seat is None else _seat(account, seat),
    )


def check_protected_email(email: str) -> str:
    """Return an address that somebody can be protected by; raises `Invalid`."""
    local, _, domain = email.rpartition("@")
    if not local or not domain:
        raise Invalid(f"Protect somebody by e-mail address; {email!r} is none.")
    return email


def _leaver_policy(text: str) -> LeaverPolicy:
    try:
        return LeaverPolicy(text)
    except ValueError:
        raise Invalid(f"A leaver policy is deactivate, remove or strip, not {text!r}.") from None


def _threshold(number: int | None) -> int | None:
    if number is not None and number < 0:
        raise Invalid("The deletion threshold is the number of people a day, 0 or more.")
    return number


def _approval_days(number: int | None) -> int | None:
    if number is not None and not 1 <= number <= LONGEST_KEPT:
        raise Invalid(f"Approvals end after 1 to {LONGEST_KEPT} days.")
    return number


def _drift_policies(given: Mapping[str, str]) -> dict[str, DriftPolicy]:
    chosen = [each.value for each in CHOSEN]
    unknown = [name for name in given if name not in chosen]
    if unknown:
        raise Invalid(f"Drift is decided for {', '.join(chosen)}, not for {', '.join(map(repr, unknown))}.")
    try:
        return {name: DriftPolicy(choice) for name, choice in given.items()}
    except ValueError:
        raise Invalid("Drift is met with report, enforce or accept: FIELD=report.") from None


def _crm_switches(given: Mapping[str, Any]) -> Mapping[str, bool]:
    known = [each.value for each in CrmAttribute]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise Invalid(f"CRM attributes are {', '.join(known)}, not {', '.join(map(repr, unknown))}.")
    if not all(isinstance(each, bool) for each in given.values()):
        raise Invalid("A CRM attribute is kept in line or not: NAME is true or false.")
    return given


def switched(on: Collection[str], given: Mapping[str, bool]) -> tuple[str, ...]:
    """Return the CRM attributes that are on once those given are switched, in the order of the table."""
    return tuple(each.value for each in CrmAttribute if given.get(each.value, each.value in on))


def _email_source(text: str) -> EmailSource:
    try:
        return EmailSource(text)
    except ValueError:
        raise Invalid(f"E-mails come from userName or work, not {text!r}.") from None


def _identity_provider(text: str) -> IdentityProvider:
    try:
        return IdentityProvider(text)
    except ValueError:
        known = ", ".join(each.value for each in IdentityProvider)
        raise Invalid(f"The identity provider is one of {known}, not {text!r}.") from None


def _domain(text: str) -> str:
    domain = text.strip().lower().removeprefix("@")
    if "." not in domain or any(character.isspace() or character == "@" for character in domain):
        raise Invalid(f"{text!r} is not a domain such as acme.example.")
    return domain


def _condition(role: str | None, group: str | None, attribute: str | None) -> tuple[RuleKind, str]:
    given = [
        (kind, match)
        for kind, match in ((RuleKind.ROLE, role), (RuleKind.GROUP, group), (RuleKind.ATTRIBUTE, attribute))
        if match
    ]
    if len(given) != 1:
        raise Invalid("A rule looks at one thing: a role, a group or an attribute.")
    return given[0]


def permission_set_of(account: Account | None, name_or_id: str) -> str:
    """Return the id of the account's permission set of that name or id; raises `NotFound`, `Invalid`, `Refused`."""
    if account is None:
        raise Refused(
            "Connect the tenant to HubSpot first: permission sets are chosen from the account's own."
        )
    if account.permission_set(name_or_id) is not None:
        return name_or_id
    named = account.permission_sets_named(name_or_id)
    if len(named) == 1:
        return named[0].id
    if named:
        ids = ", ".join(each.id for each in named)
        raise Invalid(f"Several permission sets are named {name_or_id!r}: give the id, one of {ids}.")
    names = account.permission_set_names()
    raise NotFound(f"The HubSpot account has no permission set {name_or_id!r}. {_near(name_or_id, names)}")


def team_of(account: Account | None, name_or_id: str) -> str:
    """Return the id of the account's team of that name or id; raises `NotFound`, `Invalid`, `Refused`."""
    if account is None:
        raise Refused("Connect the tenant to HubSpot first: teams are chosen from the account's own.")
    if account.team(name_or_id) is not None:
        return name_or_id
    named = account.teams_named(name_or_id)
    if len(named) == 1:
        return named[0].id
    if named:
        ids = ", ".join(each.id for each in named)
        raise Invalid(f"Several teams are named {name_or_id!r}: give the id, one of {ids}.")
    names = tuple(each.name for each in account.teams)
    raise NotFound(f"The HubSpot account has no team {name_or_id!r}. {_near(name_or_id, names)}")


def _near(name: str, names: tuple[str, ...]) -> str:
    """Say which name was meant, if one is near, and which there are."""
    meant = nearest(name, names)
    there = f"It has: {', '.join(names) or 'none'}."
    return there if meant is None else f"Did you mean {meant!r}? {there}"


def _seat(account: Account | None, name: str) -> str:
    if account is None:
        raise Refused("Connect the tenant to HubSpot first: seats are chosen from the account's own.")
    if account.seats is None:
        raise Refused("The seats of the account are not read yet.", Remedy("{seats:Read them} first."))
    if account.seat(name) is None:
        names = tuple(each.name for each in account.seats)
        raise NotFound(f"The HubSpot account has no seat {name!r}. {_near(name, names)}")
    return name


def _protected(user: ProtectedUser, now: Milliseconds) -> dict[str, Any]:
    return {
        "email": user.email,
        "reason": user.reason,
        "since": moment(user.created_at),
        "by": user.created_by,
        "until": moment(user.until),
        "expired": user.until is not None and user.until <= now,
    }
