"""Reads of users as SCIM sees them: look-ups by what an identity provider matches on, pages, bounded scans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, select

from syncline.portal.domain.account import SetUp
from syncline.portal.domain.emails import email_key
from syncline.portal.domain.user import AccountUser, ScimState
from syncline.portal.store.mapping import user_from
from syncline.portal.store.tables import account_users, identities, scim_resources

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """A user and, if SCIM manages them, the document it left."""

    user: AccountUser
    document: bytes | None


_users = account_users.c
_resources = scim_resources.c
_SELECT = (
    select(account_users, _resources.document)
    .outerjoin(
        scim_resources,
        and_(_resources.portal_id == _users.portal_id, _resources.user_id == _users.user_id),
    )
    .where(_users.portal_id == bindparam("portal_id"))
)
_MANAGED: ColumnElement[bool] = and_(
    _users.portal_id == bindparam("portal_id"),
    _users.removed_at.is_(None),
    _users.scim == ScimState.MANAGED.value,
)
_VISIBLE: ColumnElement[bool] = and_(
    _users.portal_id == bindparam("portal_id"),
    _users.removed_at.is_(None),
    _users.scim != ScimState.RELEASED.value,
)
_STANDINGS = {True: _VISIBLE, False: _MANAGED}

_BY_SCIM_ID = _SELECT.where(_users.scim_id == bindparam("key"))
_BY_EMAIL = _SELECT.join(identities, identities.c.user_id == _users.user_id).where(
    identities.c.email_key == bindparam("key")
)
_BY_EXTERNAL_ID = _SELECT.where(_resources.external_id == bindparam("key")).order_by(_users.user_id)
_COUNTS = {case: select(func.count()).where(standing) for case, standing in _STANDINGS.items()}
_PAGES = {
    case: _SELECT.where(standing)
    .order_by(_users.user_id)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
    for case, standing in _STANDINGS.items()
}
_CHUNKS = {
    case: _SELECT.where(standing, _users.user_id > bindparam("after")).order_by(_users.user_id).limit(CHUNK)
    for case, standing in _STANDINGS.items()
}


def by_scim_id(connection: Connection, portal_id: int, key: str) -> list[Seen]:
    """Return the user of that SCIM id, whatever their standing."""
    return _seen(connection, _BY_SCIM_ID, portal_id, key=key)


def by_email(connection: Connection, portal_id: int, key: str) -> list[Seen]:
    """Return the user of that e-mail, whatever their standing."""
    return _seen(connection, _BY_EMAIL, portal_id, key=email_key(key))


def by_external_id(connection: Connection, portal_id: int, key: str) -> list[Seen]:
    """Return the users whose identity provider calls them so."""
    return _seen(connection, _BY_EXTERNAL_ID, portal_id, key=key)


def page(connection: Connection, setup: SetUp, offset: int, limit: int) -> tuple[list[Seen], int]:
    """Return a page of the users SCIM sees, in the order of ids, and how many there are."""
    portal_id, case = setup.account.portal_id, setup.account.flags.scim_matches_members
    total = connection.execute(_COUNTS[case], {"portal_id": portal_id}).scalar_one()
    if limit == 0 or offset >= total:
        return [], total
    return _seen(connection, _PAGES[case], portal_id, offset=offset, limit=limit), total


def everyone(connection: Connection, setup: SetUp) -> Iterator[Seen]:
    """Yield every user SCIM sees, in the order of ids: for `Reader.scan`."""
    portal_id, case, after = setup.account.portal_id, setup.account.flags.scim_matches_members, 0
    while chunk := _seen(connection, _CHUNKS[case], portal_id, after=after):
        yield from chunk
        after = chunk[-1].user.id


def _seen(connection: Connection, statement: Select[Any], portal_id: int, **values: object) -> list[Seen]:
    rows = connection.execute(statement, {"portal_id": portal_id, **values}).mappings()
    return [Seen(user_from(row), row["document"] and row["document"].encode()) for row in rows]
