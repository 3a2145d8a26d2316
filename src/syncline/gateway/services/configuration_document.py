"""A tenant's choices as a document: permission sets and teams by name, nothing secret, one order for everything.

A section that is not in a document is left as it is; a section that is there is the whole of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from syncline.gateway.domain.account import Account
from syncline.gateway.domain.configuration import Configuration, Protection, protections, with_known_rules
from syncline.gateway.domain.consent import term_of, term_text
from syncline.gateway.domain.drift import CHOSEN
from syncline.gateway.domain.errors import DomainError, Invalid
from syncline.gateway.domain.near_misses import nearest
from syncline.gateway.domain.rules import Rule, RuleKind, in_order
from syncline.gateway.domain.tenant import DriftPolicy, Policy
from syncline.gateway.services.policies import (
    check_protected_email,
    permission_set_of,
    policy_fields,
    rule_of,
    switched,
)
from syncline.gateway.services.ports.notices import ChannelKind
from syncline.gateway.services.showing import policy_shown

VERSION: Final = 1
MOST_RULES: Final = 1000
MOST_PROTECTED: Final = 10_000
_SECTIONS: Final = ("version", "policy", "default_role", "rules", "privileged_sets", "protected", "notices")
_KINDS: Final[Mapping[str, type]] = {
    "deactivated": str,
    "deleted": str,
    "strip_to": str,
    "email_from": str,
    "welcome_email": bool,
    "match_role_names": bool,
    "domains": list,
    "create_users": bool,
    "update_users": bool,
    "deactivate_users": bool,
    "deletion_threshold": int,
    "identity_provider": str,
    "approval_days": int,
    "four_eyes": bool,
    "drift": dict,
    "crm_attributes": dict,
}
_MAY_BE_NULL: Final = ("deactivated", "deleted", "strip_to", "identity_provider", "deletion_threshold")
_RULE: Final[Mapping[str, type]] = {
    "role": str,
    "group": str,
    "attribute": str,
    "equals": str,
    "permission_set": str,
    "primary_team": str,
    "secondary_teams": list,
    "seat": str,
}
_WORDS: Final = {
    str: "text",
    bool: "true or false",
    list: "a list of texts",
    int: "a whole number",
    dict: "names and values",
}


def document_of(configuration: Configuration, account: Account | None) -> dict[str, Any]:
    """Return the document that says exactly this. A set or team without a name of its own is named by its id."""
    policy = policy_shown(configuration.policy, None)
    default = policy.pop("default_permission_set")
    policy["strip_to"] = _set_name(account, policy["strip_to"])
    privileged = (_set_name(account, each) for each in configuration.privileged)
    return {
        "version": VERSION,
        "policy": policy,
        "default_role": _set_name(account, default),
        "rules": [_rule_shown(rule, account) for rule in in_order(configuration.rules)],
        "privileged_sets": sorted(each for each in privileged if each is not None),
        "protected": [
            _protection_shown(configuration.protected[key]) for key in sorted(configuration.protected)
        ],
        "notices": [{channel: address} for channel, address in sorted(configuration.notices)],
    }


def configuration_of(
    document: Mapping[str, Any], known: Configuration, account: Account | None
) -> Configuration:
    """Return what a document asks for, on top of what is chosen already.

    Raises `Invalid`, and `NotFound` for a permission set or team the account does not have, each naming the place.
    """
    _only(document, _SECTIONS, "The document")
    if document.get("version", VERSION) != VERSION:
        raise Invalid(f"version: this Syncline reads version {VERSION} of the document.")
    policy = known.policy
    if "policy" in document:
        fields = _policy_fields(_mapping(document["policy"], "policy"), account)
        drift = _drift(policy, fields.get("drift", {}))
        attributes = switched(policy.crm_attributes, fields.get("crm_attributes", {}))
        policy = replace(policy, **{**fields, "drift": drift, "crm_attributes": attributes})
    if "default_role" in document:
        policy = replace(policy, default_permission_set=_set_id(document["default_role"], account))
    chosen = replace(known, policy=policy)
    if "rules" in document:
        listed = _list(document["rules"], "rules", MOST_RULES)
        rules = tuple(_rule(each, f"rules[{at}]", account) for at, each in enumerate(listed, start=1))
        chosen = replace(chosen, rules=with_known_rules(rules, known.rules))
    if "privileged_sets" in document:
        names = _texts(document["privileged_sets"], "privileged_sets")
        ids = (_at("privileged_sets", permission_set_of, account, each) for each in names)
        chosen = replace(chosen, privileged=frozenset(ids))
    if "protected" in document:
        listed = _list(document["protected"], "protected", MOST_PROTECTED)
        chosen = replace(chosen, protected=protections(_protected(each) for each in listed))
    if "notices" in document:
        listed = _list(document["notices"], "notices", MOST_RULES)
        chosen = replace(chosen, notices=frozenset(_notice(each) for each in listed))
    return chosen


def _protection_shown(protection: Protection) -> dict[str, Any]:
    told = {"email": protection.email, "reason": protection.reason}
    return told if protection.until is None else {**told, "until": term_text(protection.until)}


def _rule_shown(rule: Rule, account: Account | None) -> dict[str, Any]:
    sets: dict[str, Any] = {
        "permission_set": _set_name(account, rule.permission_set_id),
        "primary_team": _team_name(account, rule.primary_team_id),
        "secondary_teams": [_team_name(account, each) for each in rule.secondary_team_ids],
        "seat": rule.seat,
    }
    when = {rule.kind.value: rule.match}
    if rule.kind is RuleKind.ATTRIBUTE:
        when["equals"] = rule.equals or ""
    return {**when, **{name: value for name, value in sets.items() if value}}


def _set_name(account: Account | None, set_id: str | None) -> str | None:
    """Return a name by which the set is found again: its own if no other has it, else its id."""
    found = None if account is None or set_id is None else account.permission_set(set_id)
    if account is None or found is None or len(account.permission_sets_named(found.name)) > 1:
        return set_id
    return set_id if account.permission_set(found.name) is not None else found.name


def _team_name(account: Account | None, team_id: str | None) -> str | None:
    found = None if account is None or team_id is None else account.team(team_id)
    if account is None or found is None or len(account.teams_named(found.name)) > 1:
        return team_id
    return team_id if account.team(found.name) is not None else found.name


def _policy_fields(section: Mapping[str, Any], account: Account | None) -> dict[str, Any]:
    _only(section, tuple(_KINDS), "policy")
    fields: dict[str, Any] = {}
    for name, value in section.items():
        if value is None and name in _MAY_BE_NULL:
            fields[name] = None
            continue
        _kind(value, _KINDS[name], f"policy.{name}")
        fields.update(_at(f"policy.{name}", _policy_field, account, name, value))
    return fields


def _policy_field(account: Account | None, name: str, value: Any) -> dict[str, Any]:
    return policy_fields(account, **{name: value})


def _drift(policy: Policy, given: Mapping[str, DriftPolicy]) -> dict[str, DriftPolicy]:
    """Return what drift is met with, only where something else is chosen than to report it."""
    chosen = {each.value: given.get(each.value, policy.drift_policy(each.value)) for each in CHOSEN}
    return {name: choice for name, choice in chosen.items() if choice is not DriftPolicy.REPORT}


def _set_id(value: object, account: Account | None) -> str | None:
    if value is None:
        return None
    _kind(value, str, "default_role")
    return str(_at("default_role", permission_set_of, account, value))


def _rule(value: object, place: str, account: Account | None) -> Rule:
    given = _mapping(value, place)
    _only(given, tuple(_RULE), place)
    for name, each in given.items():
        _kind(each, _RULE[name], f"{place}.{name}")
    rule: Rule = _at(place, lambda: rule_of(account, **given))
    return rule


def _protected(value: object) -> Protection:
    given = {"email": value} if isinstance(value, str) else _mapping(value, "protected")
    _only(given, ("email", "reason", "until"), "protected")
    email, reason, until = given.get("email"), given.get("reason") or "", given.get("until")
    _kind(email, str, "protected: email")
    _kind(reason, str, "protected: reason")
    if until is not None:
        _kind(until, str, "protected: until")
        until = _at(f"protected: {email}", term_of, until)
    return Protection(check_protected_email(str(email)), str(reason), until)


def _notice(value: object) -> tuple[str, str]:
    given = _mapping(value, "notices")
    channels = tuple(each.value for each in ChannelKind)
    _only(given, channels, "notices")
    if len(given) != 1:
        raise Invalid("notices: each entry is one of email: ADDRESS and webhook: URL.")
    [(channel, address)] = given.items()
    _kind(address, str, f"notices: {channel}")
    return channel, address


def _at(place: str, read: Any, *arguments: Any) -> Any:
    """Return what `read` makes of it; what it finds wrong is told with the place."""
    try:
        return read(*arguments)
    except DomainError as error:
        raise error.at(place) from None


def _only(given: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    for name in given:
        if name not in known:
            meant = nearest(str(name), tuple(known))
            hint = f"Did you mean {meant!r}?" if meant else f"There are: {', '.join(known)}."
            raise Invalid(f"{place} has no {name!r}. {hint}")


def _kind(value: object, kind: type, place: str) -> None:
    right = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    if right and isinstance(value, list):
        right = all(isinstance(each, str) for each in value)
    if not right or (isinstance(value, str) and "\0" in value):
        raise Invalid(f"{place} is {_WORDS[kind]}, not {value!r}. In YAML, quote what is meant as text.")


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Invalid(f"{place} is a list of names and values, not {value!r}.")
    return value


def _list(value: object, place: str, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise Invalid(f"{place} is a list of at most {most} entries.")
    return value


def _texts(value: object, place: str) -> list[str]:
    _kind(value, list, place)
    return _list(value, place, MOST_RULES)
