"""Rows and what they stand for, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

import msgspec
import orjson

from syncline.portal.domain.account import Account, Flags, Invites, PermissionSet, SetUp, Team, Tier
from syncline.portal.domain.oauth import App, Code
from syncline.portal.domain.tokens import Grant, TokenKind
from syncline.portal.domain.user import AccountUser, ScimState
from syncline.portal.domain.verification import DomainClaim, DomainState, Look
from syncline.sql.rows import Row

# Made while this is imported, by one thread: msgspec does not bear two that use a type for the first time at once.
_FLAGS: Final = msgspec.json.Decoder(Flags)
_LOOKS: Final = msgspec.json.Decoder(tuple[Look, ...])

AnyRow = Mapping[Any, Any]
"""A row of ours, or the mapping of a row just selected."""


def account_from(row: AnyRow) -> Account:
    """Return the account a row holds."""
    return Account(
        portal_id=row["portal_id"],
        name=row["name"],
        account_type=row["account_type"],
        tier=Tier(row["tier"]),
        sso=row["sso"],
        role_sync=row["role_sync"],
        invites=Invites.parse(row["invites"]),
        time_zone=row["time_zone"],
        currency=row["currency"],
        flags=_FLAGS.decode(row["flags"]),
        created_at=row["created_at"],
        seats_pricing=row["seats_pricing"],
    )


def account_settings(account: Account) -> Row:
    """Return the columns of an account that may change after it was created."""
    return {
        "tier": account.tier.value,
        "sso": account.sso,
        "role_sync": account.role_sync,
        "invites": str(account.invites),
        "time_zone": account.time_zone,
        "flags": msgspec.json.encode(account.flags).decode(),
        "seats_pricing": account.seats_pricing,
    }


def set_up_from(
    account: AnyRow,
    sets: Iterable[AnyRow],
    teams: Iterable[AnyRow],
    domains: Iterable[AnyRow],
    seats: Iterable[AnyRow],
    scim_app: AnyRow | None,
) -> SetUp:
    """Return an account with what its users can be given, in the order of creation."""
    return SetUp(
        account=account_from(account),
        permission_sets=tuple(map(permission_set_from, sets)),
        teams=tuple(Team(row["id"], row["name"], row["parent_id"]) for row in teams),
        domains=frozenset(row["domain"] for row in domains),
        seat_names=tuple(row["name"] for row in seats),
        role_sync_enabled=scim_app is None or scim_app["role_sync"] is True,
    )


def permission_set_from(row: AnyRow) -> PermissionSet:
    """Return the permission set a row holds."""
    return PermissionSet(
        id=row["id"],
        name=row["name"],
        paid=row["paid"],
        super_admin=row["super_admin"],
        seat=row["seat"],
    )


def grant_from(row: AnyRow) -> Grant:
    """Return what a token's row opens."""
    scopes = frozenset(orjson.loads(row["scopes"]))
    return Grant(
        row["portal_id"],
        row["id"],
        TokenKind(row["kind"]),
        scopes,
        client_id=row["client_id"],
        user_id=row["user_id"],
        expires_at=row["expires_at"],
    )


def app_from(row: AnyRow) -> App:
    """Return the developer app a row holds."""
    return App(
        client_id=row["client_id"],
        app_id=row["app_id"],
        portal_id=row["portal_id"],
        name=row["name"],
        secret_id=row["secret_id"],
        redirect_uris=_list(row["redirect_uris"]),
        scopes=_list(row["scopes"]),
        optional_scopes=_list(row["optional_scopes"]),
        created_at=row["created_at"],
    )


def app_row(app: App) -> Row:
    """Return the row of `apps` that holds an app."""
    return {
        "client_id": app.client_id,
        "app_id": app.app_id,
        "portal_id": app.portal_id,
        "name": app.name,
        "secret_id": app.secret_id,
        "redirect_uris": _text(app.redirect_uris),
        "scopes": _text(app.scopes),
        "optional_scopes": _text(app.optional_scopes),
        "created_at": app.created_at,
    }


def code_from(row: AnyRow) -> Code:
    """Return the authorization code a row holds."""
    return Code(
        id=row["id"],
        portal_id=row["portal_id"],
        client_id=row["client_id"],
        user_id=row["user_id"],
        redirect_uri=row["redirect_uri"],
        scopes=_list(row["scopes"]),
        challenge=row["challenge"],
        challenge_method=row["challenge_method"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )


def code_row(code: Code) -> Row:
    """Return the row of `oauth_codes` that holds a code."""
    return {**asdict(code), "scopes": _text(code.scopes)}


def claim_from(row: AnyRow) -> DomainClaim:
    """Return the claim of a domain a row holds."""
    return DomainClaim(
        portal_id=row["portal_id"],
        domain=row["domain"],
        value=row["value"],
        state=DomainState(row["state"]),
        claimed_at=row["claimed_at"],
        since=row["since"],
        next_look_at=row["next_look_at"],
        looked_at=row["looked_at"],
        looks=_LOOKS.decode(row["looks"]),
    )


def claim_row(claim: DomainClaim) -> Row:
    """Return the row of `domain_claims` that holds a claim."""
    return {
        "portal_id": claim.portal_id,
        "domain": claim.domain,
        "value": claim.value,
        "state": claim.state.value,
        "claimed_at": claim.claimed_at,
        "since": claim.since,
        "next_look_at": claim.next_look_at,
        "looked_at": claim.looked_at,
        "looks": msgspec.json.encode(claim.looks).decode(),
    }


def user_from(row: AnyRow) -> AccountUser:
    """Return the user a row of `account_users` holds."""
    return AccountUser(
        portal_id=row["portal_id"],
        id=row["user_id"],
        email=row["email"],
        owner_id=row["owner_id"],
        record_id=row["record_id"],
        scim_id=row["scim_id"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        permission_set_ids=_list(row["permission_set_ids"]),
        primary_team_id=row["primary_team_id"],
        secondary_team_ids=_list(row["secondary_team_ids"]),
        seat_names=_list(row["seat_names"]),
        super_admin=row["super_admin"],
        scim=ScimState(row["scim"]),
        accepts_at=row["accepts_at"],
        deactivated_at=row["deactivated_at"],
        removed_at=row["removed_at"],
        revision=row["revision"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def user_row(user: AccountUser) -> Row:
    """Return the row of `account_users` that holds a user."""
    return {
        "portal_id": user.portal_id,
        "user_id": user.id,
        "email": user.email,
        "owner_id": user.owner_id,
        "record_id": user.record_id,
        "scim_id": user.scim_id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "permission_set_ids": _text(user.permission_set_ids),
        "primary_team_id": user.primary_team_id,
        "secondary_team_ids": _text(user.secondary_team_ids),
        "seat_names": _text(user.seat_names),
        "super_admin": user.super_admin,
        "scim": user.scim.value,
        "accepts_at": user.accepts_at,
        "deactivated_at": user.deactivated_at,
        "removed_at": user.removed_at,
        "revision": user.revision,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }


def _list(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(orjson.loads(text))


def _text(values: tuple[str, ...]) -> str:
    return orjson.dumps(values).decode()
