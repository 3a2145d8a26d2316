"""Accounts: opening them, changing their settings, showing them."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from syncline.clock import Clock
from syncline.portal.administration.naming import moment, named_account
from syncline.portal.credentials import new_credential, seal_token
from syncline.portal.domain import passwords
from syncline.portal.domain.account import Account, Flags, Invites, SetUp, Tier
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.limits import zone_named
from syncline.portal.domain.oauth import check_scopes
from syncline.portal.domain.project import PLATFORM_VERSIONS
from syncline.portal.domain.project_components import components_of
from syncline.portal.domain.project_source import pack, source_files, upload_request
from syncline.portal.domain.project_template import SCIM_PROJECT, project_files
from syncline.portal.domain.scopes import DEFAULT_SCOPES
from syncline.portal.domain.seats import Seat
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.store import reads
from syncline.portal.store.commands.accounts import ChangeAccount, NewToken, OpenAccount
from syncline.portal.store.commands.scim_accounts import OpenScimAccount
from syncline.portal.store.store import Store
from syncline.sql.sealing import Sealer

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
    seats: Mapping[str, str] = {},
    **settings: object,
) -> dict[str, Any]:
    """Open an account and return its id and credentials, which nothing shows again.

    `address` is where the portal listens. `settings` are those of `change_account`; `scopes` come on top of
    what every access token carries. With SCIM, a project with the account's one SCIM app is
    uploaded, deployed and installed, and the app's token returned.
    """
    if not name.strip() or name != name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise SetupError(
            f"An account name is 1 to {_LONGEST_NAME} printable characters without blanks around."
        )
    try:
        further = check_scopes(scopes)
    except ValueError as error:
        raise SetupError(f"{str(error).capitalize()}.") from None
    account = Account(portal_id=0, name=name, created_at=clock.now(), **_parsed(settings, Flags()))
    key = new_credential(TokenKind.PERSONAL)
    tokens = {
        "access_token": NewToken(
            TokenKind.API, new_credential(TokenKind.API), tuple({*DEFAULT_SCOPES, *further})
        ),
        "personal_access_key": NewToken(TokenKind.PERSONAL, key, (), seal_token(store.sealer, key)),
    }
    password = secrets.token_urlsafe(12)
    opening = OpenAccount(
        account,
        tuple(domains) or (_default_domain(name),),
        tuple(tokens.values()),
        await asyncio.to_thread(passwords.hashed, password, secrets.token_bytes(16)),
        _purchased(seats),
    )
    scim = new_credential(TokenKind.SCIM) if with_scim else None
    opened = await store.writer.submit(
        opening if scim is None else _with_scim_app(opening, store.sealer, scim)
    )
    result: dict[str, Any] = {"portal_id": opened.portal_id, "name": opened.name, "base_url": address}
    result |= {key: token.text for key, token in tokens.items()}
    result["admin_password"] = password
    return result if scim is None else result | {"scim_token": scim, "scim_base_url": f"{address}/scim/v2"}


async def change_account(
    store: Store,
    clock: Clock,
    name: str,
    *,
    domains: Sequence[str] = (),
    seats: Mapping[str, str] = {},
    **settings: object,
) -> dict[str, Any]:
    """Change settings of an account and return it; a setting that is None stays.

    `tier`, `invites` and `time_zone` are texts, `sso`, `role_sync` and `seats_pricing` switches, `flags` a mapping of
    flag to text; `domains` are verified besides those the account has; `seats` is a mapping of a kind of seat to how
    many are bought, a number or `unlimited`.
    """
    account = await named_account(store, name)
    changes = _parsed(settings, account.flags)
    await store.writer.submit(ChangeAccount(name, changes, tuple(domains), clock.now(), _purchased(seats)))
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
    account = await named_account(store, name)

    def read(connection: Connection) -> tuple[SetUp, list[Seat], int]:
        portal_id = account.portal_id
        return (
            reads.set_up(connection, portal_id),
            reads.seats_of(connection, portal_id),
            reads.count_users(connection, portal_id),
        )

    setup, seats, users = await store.reader.scan(read)
    return _shown_account(setup, seats, users)


def _purchased(seats: Mapping[str, str]) -> dict[str, int | None]:
    bought: dict[str, int | None] = {}
    for name, text in seats.items():
        if text != "unlimited" and not (text.isascii() and text.isdecimal() and len(text) <= 9):
            raise SetupError(f"Seats are a number or unlimited, not {text!r}: --seats {name}=10")
        bought[name] = None if text == "unlimited" else int(text)
    return bought


def _with_scim_app(opening: OpenAccount, sealer: Sealer, token: str) -> OpenScimAccount:
    """Return the command that also uploads, deploys and installs the guide's project, with role sync on."""
    files = source_files(project_files(SCIM_PROJECT, uid=SCIM_PROJECT, role_sync=True))
    request = upload_request(SCIM_PROJECT, files)
    return OpenScimAccount(
        account=opening,
        project=SCIM_PROJECT,
        platform_version=PLATFORM_VERSIONS[0],
        components=components_of(request, files),
        archive=pack(files),
        token=token,
        sealed=seal_token(sealer, token),
    )


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


def _shown_account(setup: SetUp, seats: Sequence[Seat], users: int) -> dict[str, Any]:
    account = setup.account
    return {
        "portal_id": account.portal_id,
        "name": account.name,
        "tier": account.tier.value,
        "sso": account.sso,
        "role_sync": account.role_sync,
        "role_sync_in_force": setup.role_sync,
        "seats_pricing": account.seats_pricing,
        "invites": str(account.invites),
        "time_zone": account.time_zone,
        "domains": sorted(setup.domains),
        "permission_sets": [
            {
                "id": one.id,
                "name": one.name,
                "paid": one.paid,
                "super_admin": one.super_admin,
                "seat": one.seat,
            }
            for one in setup.permission_sets
        ],
        "teams": [{"id": team.id, "name": team.name} for team in setup.teams],
        "seats": [{"name": seat.name, "purchased": seat.purchased, "used": seat.used} for seat in seats],
        "users": users,
        "flags": msgspec.to_builtins(account.flags),
        "created_at": moment(account.created_at),
    }
