"""What a token is, and its end: v1 by address, later versions by form or JSON with the app's credentials."""

from __future__ import annotations

import hashlib
from typing import Any

from syncline.clock import Milliseconds
from syncline.portal.domain.errors import ObjectNotFound
from syncline.portal.domain.tokens import REGION, TokenKind
from syncline.portal.store import oauth_reads
from syncline.portal.store.commands.oauth import RevokeToken
from syncline.portal.store.oauth_reads import IntrospectedToken
from syncline.portal.web.answer import Answer
from syncline.portal.web.oauth.endpoint import OpenCall
from syncline.portal.web.oauth.tokens import authenticated_app

_USES = {TokenKind.OAUTH: "access", TokenKind.REFRESH: "refresh"}


async def introspect(call: OpenCall) -> Answer:
    """Tell an app what one of its own tokens is; any other text is `{"active": false}`."""
    app = await authenticated_app(call)
    token = call.given("token") or ""
    found = await _lookup(call, token)
    if found is None or found.app.client_id != app.client_id or found.grant.expired(call.now):
        return Answer(200, {"active": False})
    shown = {
        "active": True,
        "token_use": f"{_USES[found.grant.kind]}_token",
        "client_id": found.app.client_id,
        "app_id": found.app.app_id,
        **_common(found, token),
    }
    if found.grant.kind is TokenKind.OAUTH:
        shown |= _access_only(found, call.now)
    return Answer(200, shown)


async def revoke(call: OpenCall) -> Answer:
    """End one token of the app; a token that is none of its own is no error (RFC 7009 §2.2)."""
    app = await authenticated_app(call)
    token = call.given("token") or ""
    await call.store.writer.submit(RevokeToken(token=token, client_id=app.client_id, now=call.now))
    return Answer(200, {})


async def describe_access_token(call: OpenCall) -> Answer:
    """v1: tell what an access token is; 404 once it is over."""
    found, token = await _by_address(call, TokenKind.OAUTH)
    return Answer(200, {"app_id": found.app.app_id, **_common(found, token), **_access_only(found, call.now)})


async def describe_refresh_token(call: OpenCall) -> Answer:
    """v1: tell what a refresh token is; 404 once it is revoked."""
    found, token = await _by_address(call, TokenKind.REFRESH)
    return Answer(200, {"client_id": found.app.client_id, **_common(found, token)})


async def delete_refresh_token(call: OpenCall) -> Answer:
    """v1: revoke a refresh token; access tokens it gave out live on, and the app stays installed."""
    _, token = await _by_address(call, TokenKind.REFRESH)
    await call.store.writer.submit(RevokeToken(token=token, client_id=None, now=call.now))
    return Answer(204)


async def _by_address(call: OpenCall, kind: TokenKind) -> tuple[IntrospectedToken, str]:
    token: str = call.request.path_params["token"]
    found = await _lookup(call, token)
    if found is None or found.grant.kind is not kind or found.grant.expired(call.now):
        raise ObjectNotFound(f"The {_USES[kind]} token was not found.")
    return found, token


async def _lookup(call: OpenCall, token: str) -> IntrospectedToken | None:
    return await call.store.reader.point(lambda connection: oauth_reads.introspected(connection, token))


def _common(found: IntrospectedToken, token: str) -> dict[str, Any]:
    return {
        "token": token,
        "token_type": _USES[found.grant.kind],
        "hub_id": found.grant.portal_id,
        "hub_domain": f"{found.account.name.lower().replace(' ', '-')}.rehearsal.example",
        "user": found.email,
        "user_id": found.grant.user_id,
        "scopes": sorted(found.grant.scopes),
    }


def _access_only(found: IntrospectedToken, now: Milliseconds) -> dict[str, Any]:
    expires_at = found.grant.expires_at or now
    return {
        "expires_in": (expires_at - now) // 1000,
        "is_private_distribution": False,
        "signed_access_token": _signed(found, expires_at),
    }


def _signed(found: IntrospectedToken, expires_at: Milliseconds) -> dict[str, Any]:
    """Return the same in HubSpot's signed form. The signatures are stand-ins: nobody can check HubSpot's."""
    stand_in = hashlib.sha256(f"rehearsal {found.grant.token_id}".encode()).hexdigest()
    return {
        "appId": found.app.app_id,
        "appInstallId": found.app.app_id,
        "audience": None,
        "expiresAt": expires_at,
        "hubId": found.grant.portal_id,
        "hublet": REGION,
        "installingUserId": found.grant.user_id,
        "isPrivateDistribution": False,
        "isServiceAccount": False,
        "isUserLevel": False,
        "newSignature": stand_in,
        "signature": stand_in,
        "scopes": " ".join(sorted(found.grant.scopes)),
        "scopeToScopeGroupPks": "",
        "trialScopes": "",
        "trialScopeToScopeGroupPks": "",
        "userId": found.grant.user_id,
    }
