"""Credentials on their way in and out of rows: sealed for the tenant and the column they stand in."""

from __future__ import annotations

import orjson

from syncline.gateway.domain.grant import Credential, OAuthGrant, StaticToken, TokenPair
from syncline.gateway.domain.tenant import TenantId
from syncline.sql.rows import Row
from syncline.sql.sealing import Sealer

STATIC, OAUTH = "static", "oauth"


def seal(sealer: Sealer, tenant_id: TenantId, place: str, secret: str | None) -> str | None:
    """Return a secret sealed for a place of that tenant; nothing stays nothing."""
    return None if secret is None else sealer.seal(secret, tenant_id, place)


def unseal(sealer: Sealer, tenant_id: TenantId, place: str, sealed: str | None) -> str | None:
    """Return the secret; raises `SealBroken` under another key or in another place."""
    return None if sealed is None else sealer.open(sealed, tenant_id, place)


def credential_row(sealer: Sealer, tenant_id: TenantId, credential: Credential) -> Row:
    """Return the columns of `connections` that keep a credential, every one of them."""
    if isinstance(credential, StaticToken):
        columns = ("refresh_token", "token_obtained_at", "token_expires_at", "grant_id", "client_id")
        grant = ("client_secret", "scopes", "grant_holder", "grant_holder_id")
        return {
            "credential": STATIC,
            "access_token": seal(sealer, tenant_id, "access_token", credential.token),
            "grant_ended": False,
            **dict.fromkeys((*columns, *grant)),
        }
    return {
        "credential": OAUTH,
        **tokens_row(sealer, tenant_id, credential.tokens),
        "grant_id": credential.grant_id,
        "grant_ended": credential.ended,
        "client_id": credential.client_id,
        "client_secret": seal(sealer, tenant_id, "client_secret", credential.client_secret),
        "scopes": orjson.dumps(credential.scopes).decode(),
        "grant_holder": credential.holder,
        "grant_holder_id": credential.holder_id,
    }


def tokens_row(sealer: Sealer, tenant_id: TenantId, tokens: TokenPair) -> Row:
    """Return the columns that change when tokens are renewed."""
    return {
        "access_token": seal(sealer, tenant_id, "access_token", tokens.access_token),
        "refresh_token": seal(sealer, tenant_id, "refresh_token", tokens.refresh_token),
        "token_obtained_at": tokens.obtained_at,
        "token_expires_at": tokens.expires_at,
    }


def credential_of(sealer: Sealer, tenant_id: TenantId, row: Row) -> Credential:
    """Return the credential of a row of `connections`, opened."""
    access_token = sealer.open(row["access_token"], tenant_id, "access_token")
    if row["credential"] == STATIC:
        return StaticToken(access_token)
    return OAuthGrant(
        grant_id=row["grant_id"],
        client_id=row["client_id"],
        client_secret=unseal(sealer, tenant_id, "client_secret", row["client_secret"]),
        tokens=TokenPair(
            access_token=access_token,
            refresh_token=sealer.open(row["refresh_token"], tenant_id, "refresh_token"),
            obtained_at=row["token_obtained_at"],
            expires_at=row["token_expires_at"],
        ),
        scopes=tuple(orjson.loads(row["scopes"])),
        holder=row["grant_holder"],
        holder_id=row["grant_holder_id"],
        ended=row["grant_ended"],
    )
