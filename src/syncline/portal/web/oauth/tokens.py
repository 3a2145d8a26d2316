"""The token endpoints: `/oauth/v1/token` with parameters anywhere, `/oauth/{v3|2026-03|2026-09}/token` in the body.

Source: HubSpot's OAuth guide; forms by its word, JSON because its own Python client sends that.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from syncline.portal.domain.oauth import (
    ACCESS_LIFE,
    App,
    OAuthError,
    bad_client,
    bad_code,
    bad_refresh_token,
)
from syncline.portal.domain.tokens import TokenKind, fingerprint, mint
from syncline.portal.store import oauth_reads
from syncline.portal.store.commands.oauth import ExchangeCode, GiveAppToken, Issued, RefreshAccess
from syncline.portal.web.answer import Answer
from syncline.portal.web.oauth.endpoint import OpenCall

LIFE_SECONDS = ACCESS_LIFE // 1000


async def give_tokens(call: OpenCall) -> Answer:
    """Answer a token request by its `grant_type`."""
    grant_type = call.given("grant_type")
    if grant_type not in _GRANTS:
        raise OAuthError("unsupported_grant_type", "BAD_GRANT_TYPE", "missing or unknown grant type")
    app = await authenticated_app(call)
    return Answer(200, await _GRANTS[grant_type](call, app))


async def authenticated_app(call: OpenCall) -> App:
    """Return the app whose id and secret were sent; `OAuthError` otherwise."""
    client_id, secret = call.given("client_id"), call.given("client_secret")
    if client_id is None or secret is None:
        raise bad_client()
    app = await call.store.reader.point(lambda connection: oauth_reads.app(connection, client_id))
    if app is None or not hmac.compare_digest(app.secret_id, fingerprint(secret)):
        raise bad_client()
    return app


async def _authorization_code(call: OpenCall, app: App) -> dict[str, Any]:
    code = call.given("code")
    if code is None:
        raise bad_code()
    access = _minted(TokenKind.OAUTH)
    issued = await call.store.writer.submit(
        ExchangeCode(
            app=app,
            code=code,
            redirect_uri=call.given("redirect_uri"),
            verifier=call.given("code_verifier"),
            access=access,
            refresh=_minted(TokenKind.REFRESH),
            now=call.now,
        )
    )
    return _shown(issued, access, issued.refresh or "")


async def _refresh_token(call: OpenCall, app: App) -> dict[str, Any]:
    refresh, scope = call.given("refresh_token"), call.given("scope")
    if refresh is None:
        raise bad_refresh_token()
    access = _minted(TokenKind.OAUTH)
    issued = await call.store.writer.submit(
        RefreshAccess(
            app=app,
            refresh=refresh,
            scopes=None if scope is None else tuple(scope.split()),
            access=access,
            next_refresh=_minted(TokenKind.REFRESH),
            now=call.now,
        )
    )
    return _shown(issued, access, issued.refresh or refresh)


async def _client_credentials(call: OpenCall, app: App) -> dict[str, Any]:
    scopes = tuple((call.given("scope") or "").split())
    if not {*scopes} <= {*app.scopes, *app.optional_scopes}:
        raise OAuthError("invalid_scope", "BAD_SCOPE", "scope exceeds what the app declares")
    text = _minted(TokenKind.CLIENT)
    await call.store.writer.submit(GiveAppToken(app=app, scopes=scopes, text=text, now=call.now))
    return {
        "token_type": "bearer",
        "access_token": text,
        "expires_in": LIFE_SECONDS,
        "token_use": "client_credentials",
        "scopes": list(scopes),
    }


_GRANTS = {
    "authorization_code": _authorization_code,
    "refresh_token": _refresh_token,
    "client_credentials": _client_credentials,
}


def _shown(issued: Issued, access: str, refresh: str) -> dict[str, Any]:
    return {
        "token_type": "bearer",
        "access_token": access,
        "refresh_token": refresh,
        "expires_in": LIFE_SECONDS,
        "hub_id": issued.grant.portal_id,
        "scopes": sorted(issued.grant.scopes),
        "user_id": issued.grant.user_id,
        "token_use": "access_token",
    }


def _minted(kind: TokenKind) -> str:
    return mint(kind, secrets.token_bytes(32))
