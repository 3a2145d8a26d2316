"""Drift: what somebody changed at HubSpot, told apart from what is still to be delivered.

Three values decide about each field: what HubSpot last *confirmed* of what was wanted, what it has *now*, and what the
identity provider *wants*. Where HubSpot's value is not the wanted one, it is drift if the wanted one was confirmed
before (so somebody has changed it since), and an ordinary delivery if it was not (so the wish is new). The newest wish
always goes out, whatever was found or decided about an older one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum, auto
from typing import Final

from msgspec import Struct

from syncline.gateway.domain.account import Account, AccountUser, ChangedBy
from syncline.gateway.domain.agreement import UNAGREED, Agreement, Drift
from syncline.gateway.domain.crm import CrmAttribute
from syncline.gateway.domain.delivery import Access, Delivery, enforce_of, is_ours
from syncline.gateway.domain.differences import (
    wanted_permission_set,
    wanted_primary_team,
    wanted_secondary_teams,
)
from syncline.gateway.domain.person import Person, email_key
from syncline.gateway.domain.placement import Placement
from syncline.gateway.domain.seats import wanted_seats
from syncline.gateway.domain.tenant import DriftPolicy, Policy


class DriftField(StrEnum):
    """What is compared, in the words of a change's differences."""

    PERMISSION_SET = "permission_set"
    PRIMARY_TEAM = "primary_team"
    SECONDARY_TEAMS = "secondary_teams"
    SEATS = "seats"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    PRESENCE = "presence"
    """Whether the account has the person at all."""
    ACCESS = "access"
    """Whether the person can sign in."""
    SUPER_ADMIN = "super_admin"
    JOB_TITLE = CrmAttribute.JOB_TITLE.value
    PHONE = CrmAttribute.PHONE.value
    TIME_ZONE = CrmAttribute.TIME_ZONE.value
    LANGUAGE = CrmAttribute.LANGUAGE.value


FIXED: Final = frozenset({DriftField.ACCESS, DriftField.SUPER_ADMIN})
"""Fields nobody chooses a policy for: whoever was deactivated at HubSpot stays so until released, whoever left and was
let in again leaves again, and super admin is HubSpot's own to give and to take."""
CHOSEN: Final = tuple(each for each in DriftField if each not in FIXED)

# As text, looked up once: a member of an enumeration gives its own at the price of a look-up in a row.
_PERMISSION_SET: Final = DriftField.PERMISSION_SET.value
_PRIMARY_TEAM: Final = DriftField.PRIMARY_TEAM.value
_SECONDARY_TEAMS: Final = DriftField.SECONDARY_TEAMS.value
_SEATS: Final = DriftField.SEATS.value
_FIRST_NAME: Final = DriftField.FIRST_NAME.value
_LAST_NAME: Final = DriftField.LAST_NAME.value
_EMAIL: Final = DriftField.EMAIL.value
_PRESENCE: Final = DriftField.PRESENCE.value
_ACCESS: Final = DriftField.ACCESS.value
_SUPER_ADMIN: Final = DriftField.SUPER_ADMIN.value
_CRM_ATTRIBUTES: Final = tuple(each.value for each in CrmAttribute)

PRESENT, ABSENT = "present", "absent"
ACTIVE, DEACTIVATED = "active", "deactivated"
YES, NO = "yes", "no"


class Outcome(Enum):
    """What the comparison of one field comes to."""

    IN_STEP = auto()
    NEW = auto()
    """Wanted and never confirmed: an ordinary delivery."""
    REPORTED = auto()
    ENFORCED = auto()
    ACCEPTED = auto()


_BY_POLICY: Final = {
    DriftPolicy.REPORT: Outcome.REPORTED,
    DriftPolicy.ENFORCE: Outcome.ENFORCED,
    DriftPolicy.ACCEPT: Outcome.ACCEPTED,
}


_LEFT: Final = (Outcome.ACCEPTED, Outcome.REPORTED)
"""What stays as HubSpot has it."""


class Judgement(Struct, frozen=True):
    """What became of the comparison: the fields to leave as HubSpot has them, and what to remember."""

    left: frozenset[str] = frozenset()
    agreement: Agreement = UNAGREED


def wanted_values(
    person: Person, placement: Placement, account: Account, known: AccountUser | None = None
) -> dict[str, str]:
    """Return what the identity provider wants, for every field it has a say in; seats given by hand are part of it."""
    wanted = {
        _PRESENCE: PRESENT,
        _PERMISSION_SET: wanted_permission_set(placement, account),
        _PRIMARY_TEAM: wanted_primary_team(placement, account),
        _SECONDARY_TEAMS: _listed(wanted_secondary_teams(placement)),
        _SEATS: _listed(wanted_seats(placement, known, account)),
        _FIRST_NAME: person.given_name,
        _LAST_NAME: person.family_name,
        _EMAIL: None if person.email is None else email_key(person.email),
    }
    said = {name: value for name, value in wanted.items() if value is not None}
    said.update(placement.crm_attributes)
    return said


def values_at_hubspot(known: AccountUser | None) -> dict[str, str]:
    """Return what HubSpot has; of somebody it does not have, nothing but that."""
    if known is None:
        return {_PRESENCE: ABSENT}
    values = {
        _PRESENCE: PRESENT,
        _PERMISSION_SET: ",".join(known.permission_set_ids),
        _PRIMARY_TEAM: known.primary_team_id or "",
        _SECONDARY_TEAMS: _listed(known.secondary_team_ids) or "",
        _FIRST_NAME: known.first_name or "",
        _LAST_NAME: known.last_name or "",
        _EMAIL: email_key(known.email),
        _SUPER_ADMIN: YES if known.super_admin else NO,
    }
    if known.seat_names is not None:
        values[_SEATS] = _listed(known.seat_names) or ""
    if known.crm is not None:
        values |= {name: known.crm.get(name, "") for name in _CRM_ATTRIBUTES}
    if known.active is not None:
        values[_ACCESS] = ACTIVE if known.active else DEACTIVATED
    return values


def judge(
    wanted: Mapping[str, str],
    known: AccountUser | None,
    delivery: Delivery,
    policy: Policy,
    account: Account,
) -> Judgement:
    """Compare for somebody the identity provider wants at HubSpot.

    Before a person is ours nothing of him was confirmed, so nothing of him drifts.
    """
    before = delivery.agreement
    if known is not None and not is_ours(delivery):
        return Judgement()
    now = values_at_hubspot(known)
    confirmed: dict[str, str] = {}
    if known is None:
        # Of somebody who is gone nothing but that is compared: what was confirmed of him before still tells of it.
        confirmed = {name: before.confirmed[name] for name in before.confirmed.keys() - now.keys()}
    accepted: dict[str, str] = {}
    drift: dict[str, Drift] = {}
    left: list[str] = []
    for name, wish in {**wanted, **_standing_wishes(now, before)}.items():
        value = now.get(name)
        if value is None:
            continue
        outcome = Outcome.IN_STEP if value == wish else _outcome(name, wish, value, delivery, policy)
        if outcome is Outcome.NEW:
            continue
        confirmed[name] = wish
        if outcome is Outcome.ACCEPTED:
            accepted[name] = wish
        elif outcome is not Outcome.IN_STEP:
            drift[name] = _drift(name, wish, value, known, before, account)
        if outcome in _LEFT:
            left.append(name)
    removed_by = before.removed_by if known is None else ()
    return Judgement(frozenset(left), Agreement(confirmed, accepted, drift, removed_by))


def _outcome(name: str, wish: str, value: str, delivery: Delivery, policy: Policy) -> Outcome:
    """Say what a field comes to that is not as wanted: what was confirmed, an operator's word, the tenant's policy."""
    before = delivery.agreement
    enforced = _is_enforced(name, value, delivery)
    if before.accepted.get(name) == wish and not enforced:
        return Outcome.ACCEPTED
    if before.confirmed.get(name) != wish:
        return Outcome.NEW
    return Outcome.ENFORCED if enforced else _BY_POLICY[_policy(name, policy)]


def let_in_again(delivery: Delivery, known: AccountUser | None) -> Agreement:
    """Return what is to be remembered of somebody who left: nothing, unless HubSpot shows him with access again."""
    undone = known is not None and known.active is not False
    if delivery.access is Access.DEACTIVATED:
        undone = known is not None and known.active is True
    if known is None or not undone or not delivery.access.revoked:
        return Agreement()
    found = Drift(
        value=ACTIVE,
        confirmed=delivery.access.value,
        at_hubspot=ACTIVE,
        by=who_changed(DriftField.ACCESS, known.changed_by),
    )
    return Agreement(drift={DriftField.ACCESS.value: found})


def confirmed_by(answer: AccountUser, wanted: Mapping[str, str], agreement: Agreement) -> Agreement:
    """Return what is to be remembered once HubSpot has answered a change with the person as he is now."""
    now = values_at_hubspot(answer)
    confirmed = dict(agreement.confirmed)
    confirmed |= {name: wish for name, wish in wanted.items() if now.get(name) == wish}
    confirmed.setdefault(DriftField.SUPER_ADMIN.value, now[DriftField.SUPER_ADMIN])
    if answer.active is not False:
        confirmed[DriftField.ACCESS.value] = ACTIVE
    return Agreement(
        confirmed,
        {name: wish for name, wish in agreement.accepted.items() if now.get(name) != wish},
        {name: found for name, found in agreement.drift.items() if now.get(name) != confirmed.get(name)},
    )


def _standing_wishes(now: Mapping[str, str], before: Agreement) -> dict[str, str]:
    """Return what is compared although the identity provider does not speak of it: access, and super admin."""
    wishes: dict[str, str] = {}
    if _ACCESS in now:
        wishes[_ACCESS] = ACTIVE
    if _SUPER_ADMIN in now:
        wishes[_SUPER_ADMIN] = before.confirmed.get(_SUPER_ADMIN, now[_SUPER_ADMIN])
    return wishes


def _policy(name: str, policy: Policy) -> DriftPolicy:
    return DriftPolicy.REPORT if name in FIXED else policy.drift_policy(name)


def _is_enforced(name: str, value: str, delivery: Delivery) -> bool:
    """Tell whether an operator has said that this person's field is delivered again."""
    released = name == _PRESENCE and delivery.may_reactivate
    return released or (bool(delivery.approvals) and enforce_of(name, value) in delivery.approvals)


def _drift(
    name: str, wish: str, value: str, known: AccountUser | None, before: Agreement, account: Account
) -> Drift:
    return Drift(
        value=value,
        confirmed=shown(name, wish, account),
        at_hubspot=shown(name, value, account),
        by=who_changed(name, before.removed_by if known is None else known.changed_by),
    )


def shown(name: str, value: str, account: Account) -> str | None:
    """Return a raw value as people read it: permission sets and teams by name, None for nothing there."""
    if name == DriftField.PERMISSION_SET:
        return ", ".join(account.permission_set_name(each) for each in value.split(",") if each) or None
    if name in (DriftField.PRIMARY_TEAM, DriftField.SECONDARY_TEAMS):
        return ", ".join(sorted(account.team_name(each) for each in value.split(",") if each)) or None
    if name == DriftField.SEATS:
        return value.replace(",", ", ") or None
    return value or None


_TELLING: Final = {
    DriftField.PRESENCE: ("REMOVE_USER",),
    DriftField.ACCESS: ("DEACTIVATE_USER", "REACTIVATE_USER"),
    DriftField.PRIMARY_TEAM: ("TEAM_USER_",),
    DriftField.SECONDARY_TEAMS: ("TEAM_USER_",),
    DriftField.SUPER_ADMIN: ("_ADMIN_USER",),
}
"""The types of HubSpot's log that tell of one field; the others share a type."""
_TOLD_APART: Final = tuple(word for words in _TELLING.values() for word in words)


def tells_of(name: str, said: ChangedBy) -> bool:
    """Tell whether an entry of the log is about this field and no other."""
    return any(word in said.how for word in _TELLING.get(DriftField(name), ()))


def who_changed(name: str, said: Sequence[ChangedBy]) -> ChangedBy | None:
    """Return the newest entry of the log that tells of this field, else the newest that tells of no other one."""
    fitting = [each for each in said if tells_of(name, each)]
    rest = [each for each in said if not any(word in each.how for word in _TOLD_APART)]
    return next(iter([*fitting, *rest, *said]), None)


def _listed(ids: tuple[str, ...] | None) -> str | None:
    return None if ids is None else ",".join(sorted(ids))
