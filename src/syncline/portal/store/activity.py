"""Writing an account's logs, as part of the command that makes something happen."""

from __future__ import annotations

from collections.abc import Iterator

from syncline.clock import Milliseconds
from syncline.portal.domain.activity import Happening
from syncline.portal.domain.user import AccountUser
from syncline.portal.store.numbers import next_number
from syncline.portal.store.tables import account_users, activities
from syncline.sql.rows import Rows


def note(
    rows: Rows,
    portal_id: int,
    happening: Happening,
    *,
    actor: int | None,
    about: str | int | None,
    now: Milliseconds,
) -> None:
    """Write one event; `actor` is the user who did it (None: a super admin by hand), `about` the id it is about."""
    rows.insert(
        activities,
        {
            "portal_id": portal_id,
            "id": next_number(rows, "activity"),
            "type": happening.value,
            "acting_user_id": _super_admin(rows, portal_id) if actor is None else actor,
            "object_id": None if about is None else str(about),
            "at": now,
        },
    )


def note_changes(rows: Rows, before: AccountUser | None, after: AccountUser, *, actor: int | None) -> None:
    """Write what a change of a user comes to."""
    for happening in _happenings(before, after):
        note(rows, after.portal_id, happening, actor=actor, about=after.id, now=after.updated_at)


def _happenings(before: AccountUser | None, after: AccountUser) -> Iterator[Happening]:
    was_there = before is not None and before.present
    if not after.present:
        if was_there:
            yield Happening.REMOVE_USER
        return
    if before is None or not was_there:
        yield Happening.ADD_USER
        if after.super_admin:
            yield Happening.ADD_ADMIN_USER
        if _teams(after):
            yield Happening.TEAM_USER_ADDED
        return
    if before.active is not after.active:
        yield Happening.REACTIVATE_USER if after.active else Happening.DEACTIVATE_USER
    if before.super_admin is not after.super_admin:
        yield Happening.ADD_ADMIN_USER if after.super_admin else Happening.REMOVE_ADMIN_USER
    if _teams(after) - _teams(before):
        yield Happening.TEAM_USER_ADDED
    if _teams(before) - _teams(after):
        yield Happening.TEAM_USER_DELETED
    if _rest(before) != _rest(after):
        yield Happening.CHANGE_USER


def _teams(user: AccountUser) -> frozenset[str]:
    return frozenset(filter(None, (user.primary_team_id, *user.secondary_team_ids)))


def _rest(user: AccountUser) -> tuple[object, ...]:
    return (user.email, user.first_name, user.last_name, user.permission_set_ids, user.seat_names)


def _super_admin(rows: Rows, portal_id: int) -> int | None:
    found = rows.find(account_users, portal_id=portal_id, super_admin=True)
    return next((row["user_id"] for row in found if row["removed_at"] is None), None)
