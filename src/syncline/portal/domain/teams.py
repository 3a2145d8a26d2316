"""Teams: their names and their places, and what membership is to a user."""

from __future__ import annotations

from dataclasses import replace

from syncline.portal.domain.account import SetUp, Team
from syncline.portal.domain.errors import Detail, ObjectAlreadyExists, ObjectNotFound, ValidationError
from syncline.portal.domain.user import AccountUser

LONGEST_NAME = 200


def check_name(name: str, setup: SetUp) -> str:
    """Return a name a team may have; `ValidationError`, or `ObjectAlreadyExists` when it is taken."""
    trimmed = name.strip()
    if not trimmed or len(trimmed) > LONGEST_NAME or not trimmed.isprintable():
        message = f"A team's name is 1 to {LONGEST_NAME} printable characters."
        raise ValidationError(message, Detail(message, code="INVALID_NAME", where="name"))
    if any(team.name == trimmed for team in setup.teams):
        message = f"A team named {trimmed} already exists."
        raise ObjectAlreadyExists(message, Detail(message, code="TEAM_ALREADY_EXISTS", where="name"))
    return trimmed


def check_parent(parent_id: str | None, setup: SetUp, *, of: Team | None = None) -> None:
    """Raise `ValidationError` when no team can lie there: the parent is unknown, or lies below the team itself."""
    if not parent_id:
        return
    above, seen = setup.team(parent_id), set[str]()
    if above is None:
        raise _wrong_parent(f"Team {parent_id[:50]!r} does not exist.")
    while above is not None and above.id not in seen:
        if of is not None and above.id == of.id:
            raise _wrong_parent("A team can't lie below itself.")
        seen.add(above.id)
        above = setup.team(above.parent_id) if above.parent_id else None


def no_such_team(team_id: str) -> ObjectNotFound:
    """Return the answer for a team the account has not."""
    return ObjectNotFound(f"No team was found for {team_id[:100]!r}.")


def with_membership(user: AccountUser, team_id: str, *, primary: bool) -> AccountUser:
    """Return the user in a team; a new primary team takes the place of the old one."""
    if primary:
        further = tuple(one for one in user.secondary_team_ids if one != team_id)
        return replace(user, primary_team_id=team_id, secondary_team_ids=further)
    if team_id in (user.primary_team_id, *user.secondary_team_ids):
        return user
    return replace(user, secondary_team_ids=(*user.secondary_team_ids, team_id))


def without_membership(user: AccountUser, team_id: str, *, primary: bool) -> AccountUser:
    """Return the user without a team as the primary one, or as a further one; unchanged if it is not that."""
    if primary:
        return replace(user, primary_team_id=None) if user.primary_team_id == team_id else user
    return replace(user, secondary_team_ids=tuple(one for one in user.secondary_team_ids if one != team_id))


def without_team(user: AccountUser, team_id: str) -> AccountUser:
    """Return the user without a team in either way."""
    return without_membership(without_membership(user, team_id, primary=True), team_id, primary=False)


def _wrong_parent(message: str) -> ValidationError:
    return ValidationError(message, Detail(message, code="INVALID_TEAM_ID", where="parentTeamId"))
