"""A HubSpot account as it was last read whole: permission sets, teams, seats, and one of its users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

FORMER_KEPT: Final = 200
"""Of how many permission sets and teams that are gone the names are remembered."""


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """What HubSpot calls a role in its API and a permission set in its pages."""

    id: str
    name: str
    requires_billing_write: bool = False
    """True for a set that comes with a paid seat."""


@dataclass(frozen=True, slots=True)
class Team:
    """A HubSpot team."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Seat:
    """A kind of seat the account pays for. HubSpot knows it by its name alone."""

    name: str
    description: str = ""
    remaining: int | None = None
    """How many are free; None where HubSpot states no number."""


@dataclass(frozen=True, slots=True)
class ChangedBy:
    """What HubSpot's activity log says of a change we did not make; `actor` is None when it says nothing."""

    actor: str | None
    at: int | None
    how: str
    """The entry of the log, or why there is none, as an admin reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUser:
    """One user as HubSpot's API shows him."""

    hubspot_id: str
    email: str
    first_name: str | None = None
    last_name: str | None = None
    permission_set_ids: tuple[str, ...] = ()
    primary_team_id: str | None = None
    secondary_team_ids: tuple[str, ...] = ()
    super_admin: bool = False
    seat_names: tuple[str, ...] | None = None
    """None while not known: only one version of the API tells."""
    crm: Mapping[str, str] | None = None
    """What his CRM record says (`crm.CrmAttribute`), empty values left out; None while no record of his is known."""
    crm_id: str | None = None
    """The id of that record, which is another than the user's."""
    active: bool | None = None
    """None when no list that tells it was readable; the users API itself does not."""
    changed_by: tuple[ChangedBy, ...] = ()
    """What the log says of the last change that was not ours, newest first, where a reading met one."""


def with_what_was_known(user: AccountUser, known: AccountUser | None) -> AccountUser:
    """Return the user with the seats and the CRM record he was known to have, where an answer does not tell."""
    if known is None:
        return user
    return replace(
        user,
        seat_names=known.seat_names if user.seat_names is None else user.seat_names,
        crm=known.crm if user.crm is None else user.crm,
        crm_id=known.crm_id if user.crm_id is None else user.crm_id,
    )


def as_far_as_known(user: AccountUser, known: AccountUser) -> AccountUser:
    """Return the user without what was not asked for when he was known: that is news about us, not about him."""
    return replace(
        user,
        seat_names=None if known.seat_names is None else user.seat_names,
        crm=None if known.crm is None else user.crm,
        crm_id=None if known.crm_id is None else user.crm_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A complete reading of the account's set-up. An incomplete one is no Account at all."""

    portal_id: int
    account_type: str = "STANDARD"
    time_zone: str = ""
    permission_sets: tuple[PermissionSet, ...] = ()
    teams: tuple[Team, ...] = ()
    has_permission_sets: bool = True
    """False when HubSpot answers that the account has no access to permission sets."""
    super_admin_count: int = 1
    former_permission_sets: tuple[PermissionSet, ...] = ()
    """Sets that an earlier reading showed, for their names alone; the oldest are forgotten."""
    former_teams: tuple[Team, ...] = ()
    seats: tuple[Seat, ...] | None = None
    """None while they are not read: nobody has asked for them, or the credential may not see them."""
    crm_users: bool | None = None
    """Whether the CRM records of users can be read and written; None while nobody has asked."""
    _sets: Mapping[str, PermissionSet] = field(init=False, repr=False, compare=False)
    _sets_by_name: Mapping[str, tuple[PermissionSet, ...]] = field(init=False, repr=False, compare=False)
    _teams: Mapping[str, Team] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name: dict[str, tuple[PermissionSet, ...]] = {}
        for permission_set in self.permission_sets:
            by_name[permission_set.name] = (*by_name.get(permission_set.name, ()), permission_set)
        object.__setattr__(self, "_sets", {each.id: each for each in self.permission_sets})
        object.__setattr__(self, "_sets_by_name", by_name)
        object.__setattr__(self, "_teams", {each.id: each for each in self.teams})

    def after(self, before: Account | None) -> Account:
        """Return this reading with the names of what was there at the reading before and is there no more."""
        if before is None or before.portal_id != self.portal_id:
            return self
        return replace(
            self,
            former_permission_sets=_former(
                (*before.former_permission_sets, *before.permission_sets), self._sets
            ),
            former_teams=_former((*before.former_teams, *before.teams), self._teams),
        )

    def permission_set(self, permission_set_id: str) -> PermissionSet | None:
        """Return the set with that id, or None when the account no longer has it."""
        return self._sets.get(permission_set_id)

    def permission_sets_named(self, name: str) -> tuple[PermissionSet, ...]:
        """Return the sets of exactly that name, case and spaces; HubSpot does not forbid namesakes."""
        return self._sets_by_name.get(name, ())

    def permission_set_names(self) -> tuple[str, ...]:
        """Return every set's name once, in HubSpot's order."""
        return tuple(self._sets_by_name)

    def team(self, team_id: str) -> Team | None:
        """Return the team with that id, or None when the account no longer has it."""
        return self._teams.get(team_id)

    def teams_named(self, name: str) -> tuple[Team, ...]:
        """Return the teams of exactly that name."""
        return tuple(team for team in self.teams if team.name == name)

    def seat(self, name: str) -> Seat | None:
        """Return the seat of exactly that name, or None when the account has none, or none is known."""
        return next((each for each in self.seats or () if each.name == name), None)

    def permission_set_name(self, permission_set_id: str) -> str:
        """Return the set's name for people to read; of one that is gone the id too, or the id alone."""
        found = self._sets.get(permission_set_id)
        return found.name if found else _gone(permission_set_id, self.former_permission_sets)

    def team_name(self, team_id: str) -> str:
        """Return the team's name for people to read; of one that is gone the id too, or the id alone."""
        found = self._teams.get(team_id)
        return found.name if found else _gone(team_id, self.former_teams)


Named = TypeVar("Named", PermissionSet, Team)


def _former(known: tuple[Named, ...], present: Mapping[str, Named]) -> tuple[Named, ...]:
    newest = {each.id: each for each in known if each.id not in present}
    return tuple(newest.values())[-FORMER_KEPT:]


def _gone(element_id: str, former: tuple[Named, ...]) -> str:
    name = next((each.name for each in former if each.id == element_id), None)
    return element_id if name is None else f"{name} (gone, id {element_id})"
