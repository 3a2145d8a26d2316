"""Changes of teams, of who is in them, and of permission sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from msgspec import UNSET

from syncline.clock import Milliseconds
from syncline.portal.domain.account import PermissionSet, SetUp, Team
from syncline.portal.domain.activity import Happening
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.provisioning import check_removable, not_found
from syncline.portal.domain.requests import TeamCreateRequest, TeamMember, TeamUpdateRequest
from syncline.portal.domain.teams import (
    check_name,
    check_parent,
    no_such_team,
    with_membership,
    without_membership,
    without_team,
)
from syncline.portal.domain.user import AccountUser, stamped
from syncline.portal.store.activity import note
from syncline.portal.store.mapping import user_from
from syncline.portal.store.numbers import next_number
from syncline.portal.store.people import active_super_admins, find_user, save, set_up, set_up_needs
from syncline.portal.store.tables import account_users, permission_sets, teams
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTeam:
    """Make a team with its first members and return it; `ValidationError`, `ObjectNotFound` for a member."""

    portal_id: int
    request: TeamCreateRequest
    now: Milliseconds
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        return set_up_needs(self.portal_id)

    def apply(self, rows: Rows) -> Team:
        setup = set_up(rows, self.portal_id)
        name = check_name(self.request.name, setup)
        check_parent(self.request.parent_team_id, setup)
        team = Team(str(next_number(rows, "team")), name, self.request.parent_team_id or None)
        rows.insert(
            teams,
            {"portal_id": self.portal_id, "id": team.id, "name": team.name, "parent_id": team.parent_id},
        )
        note(rows, self.portal_id, Happening.TEAM_ADDED, actor=self.actor, about=team.id, now=self.now)
        _join(rows, self.portal_id, team, self.request.members, self.now, self.actor)
        return team


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTeam:
    """Rename or move a team and return it; `ObjectNotFound`, `ValidationError`."""

    portal_id: int
    team_id: str
    request: TeamUpdateRequest

    def prefetch(self) -> Iterable[Need]:
        return set_up_needs(self.portal_id)

    def apply(self, rows: Rows) -> Team:
        setup = set_up(rows, self.portal_id)
        team = _team(setup, self.team_id)
        name, parent = self.request.name, self.request.parent_team_id
        if name is not UNSET and name != team.name:
            team = replace(team, name=check_name(name, setup))
        if parent is not UNSET:
            check_parent(parent, setup, of=team)
            team = replace(team, parent_id=parent or None)
        rows.update(teams, (self.portal_id, team.id), name=team.name, parent_id=team.parent_id)
        return team


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTeam:
    """End a team; its members lose it, the teams below it rise to the top. `ObjectNotFound`.

    It looks at every user of the account.
    """

    portal_id: int
    team_id: str
    now: Milliseconds
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        return set_up_needs(self.portal_id)

    def apply(self, rows: Rows) -> None:
        setup = set_up(rows, self.portal_id)
        team = _team(setup, self.team_id)
        for user in _everybody(rows, self.portal_id):
            save(rows, user, stamped(user, without_team(user, team.id), self.now), actor=self.actor)
        for below in setup.teams:
            if below.parent_id == team.id:
                rows.update(teams, (self.portal_id, below.id), parent_id=None)
        rows.delete(teams, self.portal_id, team.id)
        note(rows, self.portal_id, Happening.TEAM_DELETED, actor=self.actor, about=team.id, now=self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTeamMembers:
    """Put users into a team, all or none. `ObjectNotFound` for a team or a user the account has not."""

    portal_id: int
    team_id: str
    members: Sequence[TeamMember]
    now: Milliseconds
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        return set_up_needs(self.portal_id)

    def apply(self, rows: Rows) -> None:
        team = _team(set_up(rows, self.portal_id), self.team_id)
        _join(rows, self.portal_id, team, self.members, self.now, self.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveTeamMember:
    """Take somebody out of a team; nothing happens for somebody who is not in it that way. `ObjectNotFound`."""

    portal_id: int
    team_id: str
    member: TeamMember
    now: Milliseconds
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        return set_up_needs(self.portal_id)

    def apply(self, rows: Rows) -> None:
        team = _team(set_up(rows, self.portal_id), self.team_id)
        user = _member(rows, self.portal_id, self.member.user_id)
        after = without_membership(user, team.id, primary=self.member.type == "DEFAULT")
        save(rows, user, stamped(user, after, self.now), actor=self.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPermissionSet:
    """Make a permission set and return it; `SetupError` for a name that is taken or a seat nobody sells."""

    portal_id: int
    draft: PermissionSet

    def prefetch(self) -> Iterable[Need]:
        return set_up_needs(self.portal_id)

    def apply(self, rows: Rows) -> PermissionSet:
        setup = set_up(rows, self.portal_id)
        _check_set_name(self.draft.name, setup)
        if self.draft.seat is not None and self.draft.seat not in setup.seat_names:
            raise SetupError(
                f"There is no seat {self.draft.seat!r}; there are {', '.join(setup.seat_names)}."
            )
        made = replace(self.draft, id=str(next_number(rows, "set")))
        row = {
            "portal_id": self.portal_id,
            "id": made.id,
            "name": made.name,
            "paid": made.paid,
            "super_admin": made.super_admin,
            "seat": made.seat,
        }
        rows.insert(permission_sets, row)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamePermissionSet:
    """Call a permission set something else; who has it keeps it. `SetupError`."""

    portal_id: int
    set_id: str
    name: str

    def prefetch(self) -> Iterable[Need]:
        return set_up_needs(self.portal_id)

    def apply(self, rows: Rows) -> None:
        setup = set_up(rows, self.portal_id)
        _check_set_name(self.name, setup)
        _permission_set(setup, self.set_id)
        rows.update(permission_sets, (self.portal_id, self.set_id), name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePermissionSet:
    """End a permission set; who had it is left with minimal permissions. `SetupError`.

    The set of the last super admin cannot go. It looks at every user of the account.
    """

    portal_id: int
    set_id: str
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return set_up_needs(self.portal_id)

    def apply(self, rows: Rows) -> None:
        setup = set_up(rows, self.portal_id)
        _permission_set(setup, self.set_id)
        for user in _everybody(rows, self.portal_id):
            if self.set_id not in user.permission_set_ids:
                continue
            left = tuple(one for one in user.permission_set_ids if one != self.set_id)
            after = replace(user, permission_set_ids=left, super_admin=setup.grants_super_admin(left))
            if user.super_admin and not after.super_admin:
                check_removable(user, active_super_admins(rows, self.portal_id))
            save(rows, user, stamped(user, after, self.now))
        rows.delete(permission_sets, self.portal_id, self.set_id)


def _team(setup: SetUp, team_id: str) -> Team:
    team = setup.team(team_id)
    if team is None:
        raise no_such_team(team_id)
    return team


def _permission_set(setup: SetUp, set_id: str) -> PermissionSet:
    found = setup.permission_set(set_id)
    if found is None:
        raise SetupError("The permission set is no longer there.")
    return found


def _check_set_name(name: str, setup: SetUp) -> None:
    if not name.strip() or name != name.strip() or len(name) > 200 or not name.isprintable():
        raise SetupError("A permission set's name is 1 to 200 printable characters without blanks around.")
    if any(one.name == name for one in setup.permission_sets):
        raise SetupError(f"There is a permission set {name!r} already.")


def _everybody(rows: Rows, portal_id: int) -> list[AccountUser]:
    found = [user_from(row) for row in rows.find(account_users, portal_id=portal_id)]
    return [user for user in found if user.present]


def _member(rows: Rows, portal_id: int, user_id: str) -> AccountUser:
    number = int(user_id) if user_id.isascii() and user_id.isdecimal() and len(user_id) <= 18 else 0
    user = find_user(rows, portal_id, number)
    if user is None or not user.present:
        raise not_found(user_id)
    return user


def _join(
    rows: Rows,
    portal_id: int,
    team: Team,
    members: Sequence[TeamMember],
    now: Milliseconds,
    actor: int | None,
) -> None:
    for member in members:
        user = _member(rows, portal_id, member.user_id)
        after = with_membership(user, team.id, primary=member.type == "DEFAULT")
        save(rows, user, stamped(user, after, now), actor=actor)
