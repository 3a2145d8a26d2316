"""Comparing what a person should have with what HubSpot shows, field by field."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.change import Difference
from syncline.gateway.domain.person import Person, email_key
from syncline.gateway.domain.placement import Placement
from syncline.gateway.domain.seats import wanted_seats


class Comparison(Struct, frozen=True, kw_only=True):
    """The values to send; None for every field that is right already or that nobody has a say in."""

    first_name: str | None
    last_name: str | None
    permission_set_id: str | None
    primary_team_id: str | None
    secondary_team_ids: tuple[str, ...] | None
    seat_names: tuple[str, ...] | None
    crm_attributes: tuple[tuple[str, str], ...]
    differences: tuple[Difference, ...]


def compare(
    person: Person,
    placement: Placement,
    known: AccountUser | None,
    account: Account,
    left: Collection[str] = (),
) -> Comparison:
    """Compare with the HubSpot user, or with nobody. A name the client does not send erases nothing.

    The fields in `left` stay as HubSpot has them: somebody changed them there (`drift`).
    """
    first = _unless_equal(person.given_name, known.first_name if known else None)
    first = None if "first_name" in left else first
    last = _unless_equal(person.family_name, known.last_name if known else None)
    last = None if "last_name" in left else last
    permission_set = None if "permission_set" in left else _permission_set(placement, known, account)
    primary = _unless_equal(wanted_primary_team(placement, account), known.primary_team_id if known else None)
    primary = None if "primary_team" in left else primary
    secondary = None if "secondary_teams" in left else _secondary_teams(placement, known)
    seats = None if "seats" in left else _seats(placement, known, account)
    attributes = _crm_attributes(placement, known, left)
    return Comparison(
        first_name=first,
        last_name=last,
        permission_set_id=permission_set,
        primary_team_id=primary,
        secondary_team_ids=secondary,
        seat_names=seats,
        crm_attributes=attributes,
        differences=(
            *_name_difference("first_name", known.first_name if known else None, first),
            *_name_difference("last_name", known.last_name if known else None, last),
            *_permission_set_difference(permission_set, known, account),
            *_primary_difference(primary, known, account),
            *_secondary_difference(secondary, known, account),
            *_seat_difference(seats, known),
            *[Difference(name, _crm(known).get(name), value) for name, value in attributes],
        ),
    )


def same_address(one: str, other: str) -> bool:
    """Tell whether two addresses are one, whatever their case."""
    return one == other or email_key(one) == email_key(other)


def permission_sets_text(known: AccountUser | None, account: Account) -> str | None:
    """Return the names of the user's permission sets, None when there are none."""
    if known is None:
        return None
    return ", ".join(account.permission_set_name(each) for each in known.permission_set_ids) or None


def primary_team_text(known: AccountUser | None, account: Account) -> str | None:
    """Return the name of the user's primary team, None when there is none."""
    return account.team_name(known.primary_team_id) if known is not None and known.primary_team_id else None


def teams_text(team_ids: tuple[str, ...], account: Account) -> str | None:
    """Return the teams' names in alphabetical order, None when there are none."""
    return ", ".join(sorted(account.team_name(each) for each in team_ids)) or None


def seats_text(known: AccountUser | None) -> str | None:
    """Return the names of the user's seats, None when there are none, or none are known."""
    return ", ".join(sorted(known.seat_names or ())) or None if known is not None else None


def wanted_permission_set(placement: Placement, account: Account) -> str | None:
    """Return the wanted permission set unless the account no longer has it."""
    wanted = placement.permission_set_id
    return wanted if wanted is not None and account.permission_set(wanted) is not None else None


def wanted_primary_team(placement: Placement, account: Account) -> str | None:
    """Return the wanted primary team unless the account no longer has it."""
    wanted = placement.primary_team_id
    return wanted if wanted is not None and account.team(wanted) is not None else None


def wanted_secondary_teams(placement: Placement) -> tuple[str, ...] | None:
    """Return the wanted secondary teams; None when nobody has a say in them, or a team is missing."""
    return None if placement.missing_teams else placement.secondary_team_ids


def _permission_set(placement: Placement, known: AccountUser | None, account: Account) -> str | None:
    wanted = wanted_permission_set(placement, account)
    return None if wanted is None or (known is not None and known.permission_set_ids == (wanted,)) else wanted


def _secondary_teams(placement: Placement, known: AccountUser | None) -> tuple[str, ...] | None:
    wanted = wanted_secondary_teams(placement)
    if wanted is None:
        return None
    return None if set(wanted) == set(known.secondary_team_ids if known else ()) else wanted


def _permission_set_difference(
    wanted: str | None, known: AccountUser | None, account: Account
) -> tuple[Difference, ...]:
    if wanted is None:
        return ()
    before = permission_sets_text(known, account)
    return (Difference("permission_set", before, account.permission_set_name(wanted)),)


def _primary_difference(
    wanted: str | None, known: AccountUser | None, account: Account
) -> tuple[Difference, ...]:
    if wanted is None:
        return ()
    return (Difference("primary_team", primary_team_text(known, account), account.team_name(wanted)),)


def _secondary_difference(
    wanted: tuple[str, ...] | None, known: AccountUser | None, account: Account
) -> tuple[Difference, ...]:
    if wanted is None:
        return ()
    before = teams_text(known.secondary_team_ids, account) if known else None
    return (Difference("secondary_teams", before, teams_text(wanted, account)),)


def _seats(placement: Placement, known: AccountUser | None, account: Account) -> tuple[str, ...] | None:
    wanted = wanted_seats(placement, known, account)
    held = known.seat_names if known else ()
    return None if wanted is None or set(wanted) == set(held or ()) else wanted


def _seat_difference(wanted: tuple[str, ...] | None, known: AccountUser | None) -> tuple[Difference, ...]:
    if wanted is None:
        return ()
    return (Difference("seats", seats_text(known), ", ".join(wanted) or None),)


def _crm_attributes(
    placement: Placement, known: AccountUser | None, left: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """Return what the CRM record lacks; nothing while no record of somebody at HubSpot is known."""
    if known is not None and known.crm is None:
        return ()
    wanted = placement.crm_attributes
    if not wanted:
        return ()
    there = _crm(known)
    return tuple(
        [(name, value) for name, value in wanted.items() if name not in left and there.get(name) != value]
    )


def _crm(known: AccountUser | None) -> Mapping[str, str]:
    return {} if known is None or known.crm is None else known.crm


def _unless_equal(wanted: str | None, present: str | None) -> str | None:
    return None if wanted == present else wanted


def _name_difference(field: str, before: str | None, after: str | None) -> tuple[Difference, ...]:
    return () if after is None else (Difference(field, before, after),)
