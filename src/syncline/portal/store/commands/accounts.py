"""Opening an account and changing its settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from syncline.clock import Milliseconds
from syncline.portal.domain.account import Account
from syncline.portal.domain.activity import Happening
from syncline.portal.domain.defaults import ADMIN_LOCAL_PART, PERMISSION_SETS, SEATS, TEAMS
from syncline.portal.domain.emails import domain_key, is_email
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.seats import Seat, held
from syncline.portal.domain.tokens import TokenKind, fingerprint
from syncline.portal.domain.user import AccountUser, stamped
from syncline.portal.store.activity import note
from syncline.portal.store.commands.domains import verify_by_hand
from syncline.portal.store.mapping import account_from, account_settings, user_from
from syncline.portal.store.numbers import next_number
from syncline.portal.store.people import newcomer, save
from syncline.portal.store.seats import seat_row, seats_of_sets, set_purchased
from syncline.portal.store.tables import (
    account_users,
    accounts,
    domains,
    identities,
    permission_sets,
    seats,
    teams,
    tokens,
)
from syncline.scim.names import comparison_key
from syncline.sql.rows import Need, Row, Rows


@dataclass(frozen=True, slots=True)
class NewToken:
    """A credential to be registered; the text itself is not kept, but sealed for what is shown again."""

    kind: TokenKind
    text: str
    scopes: tuple[str, ...] = ()
    sealed: str | None = None


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open an account with the sets, teams, domains and the super admin of `domain.defaults`.

    The account's own `portal_id` is ignored: the command gives out a new one and returns the account.
    `admin_password` is the hash of the super admin's password; an e-mail that is an identity already gets it too.
    """

    account: Account
    verified_domains: tuple[str, ...]
    tokens: tuple[NewToken, ...]
    admin_password: str | None = None
    purchased: Mapping[str, int | None] = field(default_factory=dict)

    def prefetch(self) -> Iterable[Need]:
        return [Need(accounts, ("name_key",), (comparison_key(self.account.name),))]

    def apply(self, rows: Rows) -> Account:
        if rows.find(accounts, name_key=comparison_key(self.account.name)):
            raise SetupError(
                f"An account named {self.account.name} exists already; choose another name, "
                f"or see it with: syncline portal account show {self.account.name}"
            )
        admin = f"{ADMIN_LOCAL_PART}@{self.verified_domains[0]}"
        if not is_email(admin):
            raise SetupError(f"{self.verified_domains[0]!r} is no domain for e-mail addresses.")
        account = replace(self.account, portal_id=next_number(rows, "portal"))
        rows.insert(accounts, _account_row(account))
        for domain in dict.fromkeys(map(domain_key, self.verified_domains)):
            row = {"portal_id": account.portal_id, "domain": domain, "verified_at": account.created_at}
            rows.insert(domains, row)
        admin_set = _furnish(rows, account.portal_id)
        first = _super_admin(rows, account, admin, admin_set)
        save(rows, None, first, actor=first.id)
        rows.update(identities, (first.id,), password=self.admin_password)
        set_purchased(rows, account.portal_id, self.purchased)
        for token in self.tokens:
            rows.insert(tokens, token_row(account.portal_id, token, account.created_at, user_id=first.id))
        return account


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """Change the settings of an account and return it; `changes` are fields of `Account`.

    `purchased` says how many seats of a kind are bought, None for as many as needed; `SetupError` for a kind
    that nobody sells. Fewer than are taken is no error: nobody loses a seat, and nobody new gets one.
    """

    name: str
    changes: Mapping[str, Any]
    verified_domains: tuple[str, ...]
    now: Milliseconds
    purchased: Mapping[str, int | None] = field(default_factory=dict)

    def prefetch(self) -> Iterable[Need]:
        return [Need(accounts, ("name_key",), (comparison_key(self.name),))]

    def apply(self, rows: Rows) -> Account:
        found = rows.find(accounts, name_key=comparison_key(self.name))
        if not found:
            raise no_account(self.name)
        before = account_from(found[0])
        account = replace(before, **self.changes)
        set_purchased(rows, account.portal_id, self.purchased)
        if account.sso is not before.sso:
            happening = Happening.ADD_SINGLE_SIGN_ON if account.sso else Happening.REMOVE_SINGLE_SIGN_ON
            note(rows, account.portal_id, happening, actor=None, about=None, now=self.now)
        rows.update(accounts, (account.portal_id,), **account_settings(account))
        if account.seats_pricing and not before.seats_pricing:
            _keep_seats(rows, account.portal_id, self.now)
        for domain in map(domain_key, self.verified_domains):
            verify_by_hand(rows, account.portal_id, domain, self.now)
        return account


def _keep_seats(rows: Rows, portal_id: int, now: Milliseconds) -> None:
    """Make the seats that came with permission sets the users' own, so that nobody loses one."""
    carried = seats_of_sets(rows, portal_id)
    for row in rows.find(account_users, portal_id=portal_id):
        user = user_from(row)
        if user.present and (seats := held(user, carried)) != set(user.seat_names):
            after = stamped(user, replace(user, seat_names=tuple(sorted(seats))), now)
            rows.update(
                account_users,
                (portal_id, user.id),
                seat_names=orjson.dumps(after.seat_names).decode(),
                revision=after.revision,
                updated_at=after.updated_at,
            )


def no_account(name: str) -> SetupError:
    """Return what to tell somebody who names an account that does not exist."""
    return SetupError(f"There is no account named {name!r}; see them with: syncline portal account list")


def _account_row(account: Account) -> Row:
    return {
        "portal_id": account.portal_id,
        "name": account.name,
        "name_key": comparison_key(account.name),
        "account_type": account.account_type,
        "currency": account.currency,
        "created_at": account.created_at,
        **account_settings(account),
    }


def _furnish(rows: Rows, portal_id: int) -> str:
    """Create the permission sets and teams; return the id of the set that makes super admins."""
    admin_set = ""
    for draft in PERMISSION_SETS:
        set_id = str(next_number(rows, "set"))
        admin_set = set_id if draft.super_admin else admin_set
        rows.insert(
            permission_sets,
            {
                "portal_id": portal_id,
                "id": set_id,
                "name": draft.name,
                "paid": draft.paid,
                "super_admin": draft.super_admin,
                "seat": draft.seat,
            },
        )
    for name, description in SEATS:
        rows.insert(seats, seat_row(portal_id, Seat(name, description)))
    for name in TEAMS:
        team_id = str(next_number(rows, "team"))
        rows.insert(teams, {"portal_id": portal_id, "id": team_id, "name": name, "parent_id": None})
    return admin_set


def _super_admin(rows: Rows, account: Account, email: str, admin_set: str) -> AccountUser:
    return replace(
        newcomer(rows, account.portal_id, email, account.created_at),
        first_name="Account",
        last_name="Admin",
        permission_set_ids=(admin_set,),
        super_admin=True,
        accepts_at=account.created_at,
    )


def token_row(
    portal_id: int,
    token: NewToken,
    now: Milliseconds,
    *,
    user_id: int | None,
    client_id: str | None = None,
    expires_at: Milliseconds | None = None,
) -> Row:
    """Return the row of `tokens` for a credential, which `user_id` made or granted."""
    return {
        "id": fingerprint(token.text),
        "portal_id": portal_id,
        "kind": token.kind.value,
        "scopes": orjson.dumps(sorted(token.scopes)).decode(),
        "client_id": client_id,
        "user_id": user_id,
        "created_at": now,
        "expires_at": expires_at,
        "revoked_at": None,
        "sealed": token.sealed,
    }
