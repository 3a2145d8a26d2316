"""Who calls: a bearer token, looked up at every call, so that a revoked one ends at once."""

from __future__ import annotations

from collections.abc import Sequence

from syncline.clock import Milliseconds
from syncline.portal.domain.account import Account
from syncline.portal.domain.errors import ExpiredAuthentication, InvalidAuthentication, MissingScopes
from syncline.portal.domain.tokens import Grant, TokenKind, fingerprint
from syncline.portal.store import reads
from syncline.portal.store.store import Store

_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_LONGEST_TOKEN = 512
_KINDS = (TokenKind.API, TokenKind.DEVELOPER, TokenKind.OAUTH)


async def authenticate(store: Store, authorization: str | None, now: Milliseconds) -> tuple[Grant, Account]:
    """Return what the token opens; `InvalidAuthentication` unless it is a token for the API, still good."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
        raise InvalidAuthentication(
            "Authentication credentials not found. This API supports OAuth 2.0 authentication "
            "with the Authorization header: Bearer and a token.",
            headers=_CHALLENGE,
        )
    found = await lookup(store, token)
    if found is None or found[0].kind not in _KINDS:
        raise InvalidAuthentication(
            "The access token is invalid, revoked or not meant for this API.", headers=_CHALLENGE
        )
    if found[0].expired(now):
        seconds = (now - (found[0].expires_at or now)) // 1000
        raise ExpiredAuthentication(
            f"The OAuth token used to make this call expired {seconds} second(s) ago.", headers=_CHALLENGE
        )
    return found


async def lookup(store: Store, token: str) -> tuple[Grant, Account] | None:
    """Return what a token of any kind opens, or None."""
    token_id = fingerprint(token)
    return await store.reader.point(lambda connection: reads.grant(connection, token_id))


def check_scopes(grant: Grant, any_of: Sequence[str]) -> None:
    """Raise `MissingScopes` unless the token has one of these; nothing asked is nothing missing."""
    if any_of and grant.scopes.isdisjoint(any_of):
        raise MissingScopes(any_of)
