"""Reads of an account's logs, by key in either direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from syncline.clock import Milliseconds
from syncline.portal.domain.activity import Activity, Happening, Login
from syncline.portal.store.tables import activities, identities, logins

_activities = activities.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which events are asked for: those of some users, of a time (both ends belong to it), after an id."""

    limit: int
    after: int = 0
    acting_user_ids: Sequence[int] = ()
    since: Milliseconds | None = None
    until: Milliseconds | None = None
    newest_first: bool = True
    audited_only: bool = False


def activities_of(connection: Connection, portal_id: int, wanted: Slice) -> list[Activity]:
    """Return up to `limit` events; the security history leaves out what only the audit log tells."""
    statement = (
        select(activities, identities.c.email)
        .outerjoin(identities, identities.c.user_id == _activities.acting_user_id)
        .where(_activities.portal_id == portal_id)
        .limit(wanted.limit)
    )
    if wanted.after:
        beyond = _activities.id < wanted.after if wanted.newest_first else _activities.id > wanted.after
        statement = statement.where(beyond)
    if wanted.acting_user_ids:
        statement = statement.where(_activities.acting_user_id.in_(wanted.acting_user_ids))
    if wanted.since is not None:
        statement = statement.where(_activities.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(_activities.at <= wanted.until)
    if not wanted.audited_only:
        statement = statement.where(_activities.type != Happening.CHANGE_USER.value)
    order = _activities.id.desc() if wanted.newest_first else _activities.id
    return [
        Activity(
            id=row["id"],
            type=Happening(row["type"]),
            acting_user_id=row["acting_user_id"],
            acting_email=row["email"],
            object_id=row["object_id"],
            at=row["at"],
        )
        for row in connection.execute(statement.order_by(order)).mappings()
    ]


def logins_of(
    connection: Connection, portal_id: int, *, user_id: int | None, after: int, limit: int
) -> list[Login]:
    """Return up to `limit` sign-ins, newest first, older than the one with the id `after`."""
    statement = select(logins).where(logins.c.portal_id == portal_id).limit(limit)
    if after:
        statement = statement.where(logins.c.id < after)
    if user_id is not None:
        statement = statement.where(logins.c.user_id == user_id)
    return [
        Login(
            id=row["id"],
            user_id=row["user_id"],
            email=row["email"],
            succeeded=row["succeeded"],
            address=row["address"],
            user_agent=row["user_agent"],
            at=row["at"],
        )
        for row in connection.execute(statement.order_by(logins.c.id.desc())).mappings()
    ]
