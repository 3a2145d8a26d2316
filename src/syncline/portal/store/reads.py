"""Reads of accounts and users. Each takes a connection inside one read transaction.

Statements are module constants, so that they are compiled once. Lists page by key: the hundredth page costs
what the first one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, func, or_, select

from syncline.clock import Milliseconds
from syncline.portal.domain.account import Account, SetUp
from syncline.portal.domain.emails import email_key
from syncline.portal.domain.seats import Seat
from syncline.portal.domain.tokens import Grant
from syncline.portal.domain.user import AccountUser
from syncline.portal.store.mapping import account_from, grant_from, set_up_from, user_from
from syncline.portal.store.people import UserKey
from syncline.portal.store.seats import seat_from
from syncline.portal.store.tables import (
    account_users,
    accounts,
    domains,
    identities,
    permission_sets,
    scim_apps,
    seats,
    teams,
    tokens,
)
from syncline.scim.names import comparison_key

_users = account_users.c
_PORTAL: BindParameter[int] = bindparam("portal_id")
_IN_ACCOUNT = _users.portal_id == _PORTAL
_PRESENT = and_(_IN_ACCOUNT, _users.removed_at.is_(None))

_TOKEN = select(tokens).where(tokens.c.id == bindparam("id"), tokens.c.revoked_at.is_(None))
_ACCOUNT = select(accounts).where(accounts.c.portal_id == _PORTAL)
_ACCOUNT_NAMED = select(accounts).where(accounts.c.name_key == bindparam("name_key"))
_ACCOUNTS = select(accounts).order_by(accounts.c.portal_id)
_SETS = select(permission_sets).where(permission_sets.c.portal_id == _PORTAL).order_by(permission_sets.c.id)
_TEAMS = select(teams).where(teams.c.portal_id == _PORTAL).order_by(teams.c.id)
_DOMAINS = select(domains).where(domains.c.portal_id == _PORTAL).order_by(domains.c.domain)
_SEATS = select(seats).where(seats.c.portal_id == _PORTAL).order_by(seats.c.name)
_SCIM_APP = select(scim_apps).where(scim_apps.c.portal_id == _PORTAL)
_BY_ID = select(account_users).where(_PRESENT, _users.user_id == bindparam("key"))
_BY_EMAIL = (
    select(account_users)
    .join(identities, identities.c.user_id == _users.user_id)
    .where(_PRESENT, identities.c.email_key == bindparam("key"))
)
_PAGE = (
    select(account_users)
    .where(_PRESENT, _users.user_id > bindparam("after"))
    .order_by(_users.user_id)
    .limit(bindparam("limit"))
)
_ACTIVE_PAGE = _PAGE.where(_users.deactivated_at.is_(None))
_LAGGING_PAGE = (
    select(account_users)
    .where(
        _IN_ACCOUNT,
        or_(_users.removed_at.is_(None), _users.removed_at > bindparam("since")),
        _users.user_id > bindparam("after"),
    )
    .order_by(_users.user_id)
    .limit(bindparam("limit"))
)
_FIRST_ADMIN = (
    select(_users.user_id)
    .where(_PRESENT, _users.super_admin.is_(True), _users.deactivated_at.is_(None))
    .order_by(_users.user_id)
    .limit(1)
)
_COUNT = select(func.count()).where(_PRESENT)
_MEMBERSHIPS = (
    select(_users.user_id, _users.primary_team_id, _users.secondary_team_ids)
    .where(_PRESENT, or_(_users.primary_team_id.is_not(None), _users.secondary_team_ids != "[]"))
    .order_by(_users.user_id)
)


def grant(connection: Connection, token_id: str) -> tuple[Grant, Account] | None:
    """Return what the token of that fingerprint opens, or None when it is unknown or revoked."""
    row = connection.execute(_TOKEN, {"id": token_id}).mappings().first()
    if row is None:
        return None
    account = connection.execute(_ACCOUNT, {"portal_id": row["portal_id"]}).mappings().one()
    return grant_from(row), account_from(account)


def account_named(connection: Connection, name: str) -> Account | None:
    """Return the account of that name, in any case."""
    key = comparison_key(name)
    row = connection.execute(_ACCOUNT_NAMED, {"name_key": key}).mappings().first()
    return None if row is None else account_from(row)


def all_accounts(connection: Connection) -> list[Account]:
    """Return every account, oldest first."""
    return [account_from(row) for row in connection.execute(_ACCOUNTS).mappings()]


def set_up(connection: Connection, portal_id: int) -> SetUp:
    """Return an account with its permission sets, teams and verified domains."""
    found = {"portal_id": portal_id}
    return set_up_from(
        connection.execute(_ACCOUNT, found).mappings().one(),
        connection.execute(_SETS, found).mappings().all(),
        connection.execute(_TEAMS, found).mappings().all(),
        connection.execute(_DOMAINS, found).mappings().all(),
        connection.execute(_SEATS, found).mappings().all(),
        connection.execute(_SCIM_APP, found).mappings().first(),
    )


def seats_of(connection: Connection, portal_id: int) -> list[Seat]:
    """Return the kinds of seats of an account, with their counts."""
    return [seat_from(row) for row in connection.execute(_SEATS, {"portal_id": portal_id}).mappings()]


def user(connection: Connection, portal_id: int, key: UserKey) -> AccountUser | None:
    """Return the user of that id or e-mail in the account; None for one removed or never there."""
    statement = _BY_ID if isinstance(key, int) else _BY_EMAIL
    wanted = key if isinstance(key, int) else email_key(key)
    row = connection.execute(statement, {"portal_id": portal_id, "key": wanted}).mappings().first()
    return None if row is None else user_from(row)


def users_after(
    connection: Connection,
    portal_id: int,
    after: int,
    limit: int,
    *,
    with_deactivated: bool,
    removed_since: Milliseconds | None = None,
) -> list[AccountUser]:
    """Return up to `limit` users with ids above `after`, in the order of ids.

    `removed_since` asks for those removed after that moment too, as a list that lags behind shows them.
    """
    if removed_since is not None:
        found = select_users(
            connection, _LAGGING_PAGE, portal_id, after=after, limit=limit, since=removed_since
        )
        return [user for user in found if with_deactivated or user.deactivated_at is None]
    statement = _PAGE if with_deactivated else _ACTIVE_PAGE
    return select_users(connection, statement, portal_id, after=after, limit=limit)


def select_users(
    connection: Connection, statement: Select[Any], portal_id: int, **values: object
) -> list[AccountUser]:
    """Return the users a statement over `account_users` selects."""
    rows = connection.execute(statement, {"portal_id": portal_id, **values}).mappings()
    return [user_from(row) for row in rows]


def count_users(connection: Connection, portal_id: int) -> int:
    """Return how many users the account has, active or not."""
    return connection.execute(_COUNT, {"portal_id": portal_id}).scalar_one()


def first_super_admin(connection: Connection, portal_id: int) -> int | None:
    """Return the id of the account's first active super admin."""
    found: int | None = connection.execute(_FIRST_ADMIN, {"portal_id": portal_id}).scalar()
    return found


@dataclass(frozen=True, slots=True)
class TeamMembers:
    """The members of one team by user id: those it is the primary team of, and the others."""

    primary: Sequence[int]
    secondary: Sequence[int]


def team_members(connection: Connection, portal_id: int, team_ids: Iterable[str]) -> dict[str, TeamMembers]:
    """Return the members of each team. Reads every user of the account: for `Reader.scan`."""
    members: dict[str, tuple[list[int], list[int]]] = {team_id: ([], []) for team_id in team_ids}
    for user_id, primary, secondary in connection.execute(_MEMBERSHIPS, {"portal_id": portal_id}):
        if primary in members:
            members[primary][0].append(user_id)
        if secondary != "[]":
            for team_id in orjson.loads(secondary):
                if team_id in members:
                    members[team_id][1].append(user_id)
    return {team_id: TeamMembers(*both) for team_id, both in members.items()}
