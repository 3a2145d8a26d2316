"""Reads of who is in a team."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, or_, select

from syncline.portal.store.tables import account_users

_users = account_users.c
_MEMBERS = (
    select(_users.user_id, _users.primary_team_id)
    .where(
        _users.portal_id == bindparam("portal_id"),
        _users.removed_at.is_(None),
        _users.user_id > bindparam("after"),
        or_(
            _users.primary_team_id == bindparam("team_id"),
            _users.secondary_team_ids.contains(bindparam("quoted"), autoescape=False),
        ),
    )
    .order_by(_users.user_id)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody in a team, as the primary one or as a further one."""

    user_id: int
    primary: bool


def members_after(
    connection: Connection, portal_id: int, team_id: str, after: int, limit: int
) -> list[Membership]:
    """Return up to `limit` members of an existing team with user ids above `after`: for `Reader.scan`."""
    values = {"portal_id": portal_id, "team_id": team_id, "quoted": f'"{team_id}"'}
    found = connection.execute(_MEMBERS, {**values, "after": after, "limit": limit})
    return [Membership(user_id, primary == team_id) for user_id, primary in found]
