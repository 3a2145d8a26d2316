"""Reads of users as owners of CRM records, under the third id that HubSpot gives a person."""

from __future__ import annotations

from sqlalchemy import Connection, and_, bindparam, or_, select

from syncline.portal.domain.account import Flags
from syncline.portal.domain.emails import email_key
from syncline.portal.domain.user import AccountUser
from syncline.portal.store.mapping import user_from
from syncline.portal.store.reads import select_users
from syncline.portal.store.tables import account_users, identities

_users = account_users.c
_IN_ACCOUNT = _users.portal_id == bindparam("portal_id")
_ACTIVE = and_(_users.removed_at.is_(None), _users.deactivated_at.is_(None))
_DEACTIVATED = and_(_users.removed_at.is_(None), _users.deactivated_at.is_not(None))
_REMOVED = _users.removed_at.is_not(None)
_STANDINGS = {
    (False, False): _ACTIVE,
    (False, True): _ACTIVE,
    (True, False): _DEACTIVATED,
    (True, True): or_(_DEACTIVATED, _REMOVED),
}

_PAGES = {
    case: select(account_users)
    .where(_IN_ACCOUNT, standing, _users.owner_id > bindparam("after"))
    .order_by(_users.owner_id)
    .limit(bindparam("limit"))
    for case, standing in _STANDINGS.items()
}
_BY_EMAIL = {
    case: select(account_users)
    .join(identities, identities.c.user_id == _users.user_id)
    .where(_IN_ACCOUNT, standing, identities.c.email_key == bindparam("email_key"))
    for case, standing in _STANDINGS.items()
}
_BY_ID = {
    column: select(account_users).where(_IN_ACCOUNT, _users[column] == bindparam("id"))
    for column in ("owner_id", "user_id")
}


def owners_after(
    connection: Connection, portal_id: int, after: int, limit: int, *, archived: bool, flags: Flags
) -> list[AccountUser]:
    """Return up to `limit` users whose owner ids are above `after`; `archived` asks for those without access."""
    statement = _PAGES[archived, flags.removed_owners_archived]
    return select_users(connection, statement, portal_id, after=after, limit=limit)


def owners_of_email(
    connection: Connection, portal_id: int, email: str, *, archived: bool, flags: Flags
) -> list[AccountUser]:
    """Return the owner of that e-mail, if there is one of that standing."""
    statement = _BY_EMAIL[archived, flags.removed_owners_archived]
    return select_users(connection, statement, portal_id, email_key=email_key(email))


def owner(
    connection: Connection, portal_id: int, number: int, *, by_user_id: bool, archived: bool, flags: Flags
) -> AccountUser | None:
    """Return the owner of that owner id or user id and standing."""
    statement = _BY_ID["user_id" if by_user_id else "owner_id"]
    row = connection.execute(statement, {"portal_id": portal_id, "id": number}).mappings().first()
    if row is None:
        return None
    found = user_from(row)
    if not found.present:
        return found if archived and flags.removed_owners_archived else None
    return found if found.active is not archived else None
