"""What the person at the keyboard does with accounts and their users: use cases over an open store.

Results are plain JSON-able dictionaries. `SetupError` says in one sentence what is wrong and what would help;
refusals of the account itself are `HubSpotError`s.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from syncline.clock import Clock, Milliseconds
from syncline.portal.domain.account import Account, Flags, Invites, SetUp, Tier
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.limits import zone_named
from syncline.portal.domain.requests import UserProvisionRequest
from syncline.portal.domain.scopes import DEFAULT_SCOPES, KNOWN_SCOPES
from syncline.portal.domain.tokens import TokenKind, mint
from syncline.portal.domain.user import AccountUser
from syncline.portal.store import reads
from syncline.portal.store.commands.accounts import ChangeAccount, NewToken, OpenAccount, no_account
from syncline.portal.store.commands.users import AcceptInvite, CreateUser, RemoveUser, SetAccess
from syncline.portal.store.people import UserKey
from syncline.portal.store.store import Store

_NOT_IN_A_LABEL = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 80


async def open_account(
    store: Store,
    clock: Clock,
    *,
    name: str,
    address: str,
    with_scim: bool = False,
    domains: Sequence[str] = (),
    scopes: Sequence[str] = (),
    **settings: object,
) -> dict[str, Any]:
    """Open an account and return its id and credentials, which nothing shows again.

    `address` is where the portal listens. `settings` are those of `change_account`; `scopes` come on top of
    what every access token carries. With SCIM, the account's one SCIM app is installed and its token returned.
    """
    if not name.strip() or name != name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise SetupError(
            f"An account name is 1 to {_LONGEST_NAME} printable characters without blanks around."
        )
    if unknown := sorted(set(scopes) - KNOWN_SCOPES):
        raise SetupError(f"Unknown scope {unknown[0]}; the portal knows {', '.join(sorted(KNOWN_SCOPES))}.")
    account = Account(portal_id=0, name=name, created_at=clock.now(), **_parsed(settings, Flags()))
    tokens = {
        "access_token": NewToken(TokenKind.API, _minted(TokenKind.API), tuple({*DEFAULT_SCOPES, *scopes})),
        "personal_access_key": NewToken(TokenKind.PERSONAL, _minted(TokenKind.PERSONAL)),
    }
    if with_scim:
        tokens["scim_token"] = NewToken(TokenKind.SCIM, _minted(TokenKind.SCIM))
    opened = await store.writer.submit(
        OpenAccount(account, tuple(domains) or (_default_domain(name),), tuple(tokens.values()))
    )
    result: dict[str, Any] = {"portal_id": opened.portal_id, "name": opened.name, "base_url": address}
    result |= {key: token.text for key, token in tokens.items()}
    return result | ({"scim_base_url": f"{address}/scim/v2"} if with_scim else {})


async def change_account(
    store: Store, clock: Clock, name: str, *, domains: Sequence[str] = (), **settings: object
) -> dict[str, Any]:
    """Change settings of an account and return it; a setting that is None stays.

    `tier`, `invites` and `time_zone` are texts, `sso` and `role_sync` switches, `flags` a mapping of flag
    to text; `domains` are verified besides those the account has.
    """
    account = await _account(store, name)
    changes = _parsed(settings, account.flags)
    await store.writer.submit(ChangeAccount(name, changes, tuple(domains), clock.now()))
    return await show_account(store, name)


async def list_accounts(store: Store) -> dict[str, Any]:
    """Return every account with its number of users."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        return [
            {
                "portal_id": account.portal_id,
                "name": account.name,
                "tier": account.tier.value,
                "users": reads.count_users(connection, account.portal_id),
            }
            for account in reads.all_accounts(connection)
        ]

    return {"accounts": await store.reader.scan(read)}


async def show_account(store: Store, name: str) -> dict[str, Any]:
    """Return an account with what its users can be given."""
    account = await _account(store, name)

    def read(connection: Connection) -> tuple[SetUp, int]:
        portal_id = account.portal_id
        return reads.set_up(connection, portal_id), reads.count_users(connection, portal_id)

    setup, users = await store.reader.scan(read)
    return _shown_account(setup, users)


async def list_users(
    store: Store, clock: Clock, account_name: str, *, limit: int = 100, after: int = 0
) -> dict[str, Any]:
    """Return users in the order of ids, and the `after` of the next page, or None."""
    account = await _account(store, account_name)

    def read(connection: Connection) -> tuple[SetUp, list[AccountUser]]:
        found = reads.users_after(connection, account.portal_id, after, limit + 1, with_deactivated=True)
        return reads.set_up(connection, account.portal_id), found

    setup, found = await store.reader.scan(read)
    now = clock.now()
    shown = [_shown_user(user, setup, now) for user in found[:limit]]
    return {"users": shown, "next": found[limit - 1].id if len(found) > limit else None}


async def show_user(store: Store, clock: Clock, account_name: str, user: str) -> dict[str, Any]:
    """Return one user, named by e-mail or id."""
    account = await _account(store, account_name)
    found = await _user(store, account, user)
    setup = await _set_up(store, account)
    return _shown_user(found, setup, clock.now())


async def add_user(
    store: Store,
    clock: Clock,
    account_name: str,
    *,
    email: str,
    first_name: str | None = None,
    last_name: str | None = None,
    permission_set: str | None = None,
    team: str | None = None,
    further_teams: Sequence[str] = (),
) -> dict[str, Any]:
    """Add somebody by hand, as a super admin does in HubSpot; sets and teams go by name or id."""
    account = await _account(store, account_name)
    setup = await _set_up(store, account)
    sets, teams = _named(setup.permission_sets), _named(setup.teams)
    request = UserProvisionRequest(
        email=email,
        first_name=first_name or msgspec.UNSET,
        last_name=last_name or msgspec.UNSET,
        role_id=_chosen("permission set", permission_set, sets) or msgspec.UNSET,
        primary_team_id=_chosen("team", team, teams) or msgspec.UNSET,
        secondary_team_ids=[_chosen("team", name, teams) or "" for name in further_teams],
    )
    added = await store.writer.submit(
        CreateUser(portal_id=account.portal_id, request=request, may_bill=True, now=clock.now(), by_hand=True)
    )
    return _shown_user(added, setup, clock.now())


async def set_access(
    store: Store, clock: Clock, account_name: str, user: str, *, active: bool
) -> dict[str, Any]:
    """Deactivate or reactivate a user by hand."""
    account = await _account(store, account_name)
    command = SetAccess(portal_id=account.portal_id, key=_key(user), active=active, now=clock.now())
    return _shown_user(await store.writer.submit(command), await _set_up(store, account), clock.now())


async def accept_invite(store: Store, clock: Clock, account_name: str, user: str) -> dict[str, Any]:
    """Let a user accept the invitation now."""
    account = await _account(store, account_name)
    command = AcceptInvite(portal_id=account.portal_id, key=_key(user), now=clock.now())
    return _shown_user(await store.writer.submit(command), await _set_up(store, account), clock.now())


async def remove_user(store: Store, clock: Clock, account_name: str, user: str) -> dict[str, Any]:
    """Remove a user from the account by hand; `SetupError` for somebody who is not in it."""
    account = await _account(store, account_name)
    found = await _user(store, account, user)
    await store.writer.submit(RemoveUser(portal_id=account.portal_id, key=found.id, now=clock.now()))
    return {"removed": found.email}


def _minted(kind: TokenKind) -> str:
    return mint(kind, secrets.token_bytes(32))


def _default_domain(name: str) -> str:
    label = _NOT_IN_A_LABEL.sub("-", name.lower()).strip("-")
    if not label:
        raise SetupError(f"{name!r} makes no domain; name one with --domain.")
    return f"{label}.example"


def _parsed(settings: Mapping[str, object], flags: Flags) -> dict[str, Any]:
    """Return fields of `Account` from texts and switches; `SetupError` names what cannot be used."""
    given: dict[str, Any] = {name: value for name, value in settings.items() if value is not None}
    try:
        if "tier" in given:
            given["tier"] = Tier(given["tier"])
        if "invites" in given:
            given["invites"] = Invites.parse(given["invites"])
        if "time_zone" in given:
            zone_named(given["time_zone"])
        for name, text in given.pop("flags", {}).items():
            flags = flags.having(name, text)
    except ValueError as error:
        raise SetupError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    return {**given, "flags": flags}


async def _account(store: Store, name: str) -> Account:
    found = await store.reader.scan(lambda connection: reads.account_named(connection, name))
    if found is None:
        raise no_account(name)
    return found


async def _set_up(store: Store, account: Account) -> SetUp:
    return await store.reader.scan(lambda connection: reads.set_up(connection, account.portal_id))


async def _user(store: Store, account: Account, user: str) -> AccountUser:
    key = _key(user)
    found = await store.reader.scan(lambda connection: reads.user(connection, account.portal_id, key))
    if found is None:
        raise SetupError(f"There is no user {user} in the account {account.name}.")
    return found


def _key(user: str) -> UserKey:
    return user if "@" in user else int(user) if user.isascii() and user.isdecimal() else user


def _named(things: Sequence[Any]) -> dict[str, str]:
    return {thing.name: thing.id for thing in things}


def _chosen(what: str, wanted: str | None, ids: Mapping[str, str]) -> str | None:
    """Return the id of a thing called by name or id; the default is none."""
    if not wanted or wanted in ids.values():
        return wanted
    if wanted not in ids:
        raise SetupError(f"There is no {what} {wanted!r}; there are {', '.join(ids)}.")
    return ids[wanted]


def _shown_account(setup: SetUp, users: int) -> dict[str, Any]:
    account = setup.account
    return {
        "portal_id": account.portal_id,
        "name": account.name,
        "tier": account.tier.value,
        "sso": account.sso,
        "role_sync": account.role_sync,
        "invites": str(account.invites),
        "time_zone": account.time_zone,
        "domains": sorted(setup.domains),
        "permission_sets": [
            {"id": one.id, "name": one.name, "paid": one.paid, "super_admin": one.super_admin}
            for one in setup.permission_sets
        ],
        "teams": [{"id": team.id, "name": team.name} for team in setup.teams],
        "users": users,
        "flags": msgspec.to_builtins(account.flags),
        "created_at": _moment(account.created_at),
    }


def _shown_user(user: AccountUser, setup: SetUp, now: Milliseconds) -> dict[str, Any]:
    sets = {one.id: one.name for one in setup.permission_sets}
    teams = {team.id: team.name for team in setup.teams}
    return {
        "id": str(user.id),
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "standing": user.standing(now).value,
        "permission_sets": [sets.get(set_id, set_id) for set_id in user.permission_set_ids],
        "primary_team": user.primary_team_id and teams.get(user.primary_team_id, user.primary_team_id),
        "secondary_teams": [teams.get(team_id, team_id) for team_id in user.secondary_team_ids],
        "super_admin": user.super_admin,
        "scim": user.scim.value,
        "scim_id": user.scim_id,
        "owner_id": str(user.owner_id),
        "created_at": _moment(user.created_at),
        "updated_at": _moment(user.updated_at),
    }


def _moment(milliseconds: Milliseconds) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
