"""Reads of apps, of tokens of any standing, and of who may sign in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, select

from syncline.clock import Milliseconds
from syncline.portal.domain.account import Account
from syncline.portal.domain.emails import email_key
from syncline.portal.domain.oauth import App
from syncline.portal.domain.tokens import Grant, fingerprint
from syncline.portal.store.mapping import account_from, app_from, grant_from, user_from
from syncline.portal.store.tables import account_users, accounts, apps, identities, tokens

_users = account_users.c
_APP = select(apps).where(apps.c.client_id == bindparam("client_id"))
_APPS = select(apps).where(apps.c.portal_id == bindparam("portal_id")).order_by(apps.c.app_id)
_PERSON = select(identities).where(identities.c.email_key == bindparam("email_key"))
_POWERFUL = (
    select(account_users)
    .where(
        and_(
            _users.user_id == bindparam("user_id"),
            _users.super_admin.is_(True),
            _users.removed_at.is_(None),
            _users.deactivated_at.is_(None),
        )
    )
    .order_by(_users.portal_id)
)
_ACCOUNT = select(accounts).where(accounts.c.portal_id == bindparam("portal_id"))
_TOKEN = select(tokens, identities.c.email).where(
    tokens.c.id == bindparam("id"),
    tokens.c.revoked_at.is_(None),
    identities.c.user_id == tokens.c.user_id,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs in, and the hash of the password, if there is one."""

    user_id: int
    email: str
    password: str | None


@dataclass(frozen=True, slots=True)
class IntrospectedToken:
    """A token that has not been revoked, its app, its account, and the e-mail of who granted it."""

    grant: Grant
    app: App
    account: Account
    email: str


def app(connection: Connection, client_id: str) -> App | None:
    """Return the app of that client id."""
    row = connection.execute(_APP, {"client_id": client_id}).mappings().first()
    return None if row is None else app_from(row)


def apps_of(connection: Connection, portal_id: int) -> list[App]:
    """Return the apps an account registered, oldest first."""
    return [app_from(row) for row in connection.execute(_APPS, {"portal_id": portal_id}).mappings()]


def person(connection: Connection, email: str) -> Person | None:
    """Return the person of that e-mail address, in any case."""
    row = connection.execute(_PERSON, {"email_key": email_key(email)}).mappings().first()
    return None if row is None else Person(row["user_id"], row["email"], row["password"])


def accounts_to_install_in(connection: Connection, user_id: int, now: Milliseconds) -> list[Account]:
    """Return the accounts in which this person is an active super admin."""
    found = [user_from(row) for row in connection.execute(_POWERFUL, {"user_id": user_id}).mappings()]
    return [
        account_from(connection.execute(_ACCOUNT, {"portal_id": user.portal_id}).mappings().one())
        for user in found
        if user.has_accepted(now)
    ]


def introspected(connection: Connection, token: str) -> IntrospectedToken | None:
    """Return what is known of an app's token, also after it expired; None for any other text."""
    row = connection.execute(_TOKEN, {"id": fingerprint(token)}).mappings().first()
    if row is None or row["client_id"] is None:
        return None
    found = app(connection, row["client_id"])
    if found is None:
        return None
    account = connection.execute(_ACCOUNT, {"portal_id": row["portal_id"]}).mappings().one()
    return IntrospectedToken(grant_from(row), found, account_from(account), row["email"])
