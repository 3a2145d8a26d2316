"""OAuth as HubSpot plays it: apps, installations, authorization codes, and what may be asked.

Source: HubSpot's OAuth guide for 2026-03 and its changelog of January 2026 on error bodies.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from syncline.clock import Milliseconds
from syncline.portal.domain.scopes import KNOWN_SCOPES, OAUTH

ACCESS_LIFE = 1_800_000
"""An access token lives for half an hour."""
CODE_LIFE = 60_000
"""An authorization code lives for a minute."""


class OAuthError(Exception):
    """A refusal of a token endpoint: RFC 6749's `error` beside HubSpot's older `status` and `message`."""

    def __init__(self, error: str, status: str, message: str, *, http_status: int = 400) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.body = {"error": error, "error_description": message, "status": status, "message": message}


class CannotAuthorize(Exception):
    """An authorization request that must not be answered with a redirect; the message is for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A developer app; its installer must grant `scopes` and may grant `optional_scopes`."""

    client_id: str
    app_id: int
    portal_id: int
    name: str
    secret_id: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    optional_scopes: tuple[str, ...] = ()
    created_at: Milliseconds = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code as it is kept, and what it is good for."""

    id: str
    portal_id: int
    client_id: str
    user_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    challenge_method: str | None
    expires_at: Milliseconds
    used_at: Milliseconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """What an app asks the person at the consent page for; made by `authorization_request` only."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None
    challenge_method: str | None

    def redirect(self, **answer: str) -> str:
        """Return the app's address with the answer and the state it asked to get back."""
        given = {**answer, **({"state": self.state} if self.state is not None else {})}
        parts = urlsplit(self.redirect_uri)
        query = "&".join(filter(None, (parts.query, urlencode(given))))
        return urlunsplit(parts._replace(query=query))


def check_redirect_uri(text: str) -> str:
    """Return an address people can be sent back to; `ValueError` says what one looks like."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or "#" in text or "@" in parts.netloc or not text.isascii() or not text.isprintable():
        raise ValueError(
            f"a redirect URI is an absolute http or https address without a fragment, not {text!r}"
        )
    return text


def check_scopes(scopes: Sequence[str]) -> tuple[str, ...]:
    """Return scopes in order and without repetition; `ValueError` names one the portal does not know."""
    if unknown := sorted(set(scopes) - KNOWN_SCOPES):
        raise ValueError(f"unknown scope {unknown[0]}; the portal knows {', '.join(sorted(KNOWN_SCOPES))}")
    return tuple(sorted(set(scopes)))


def authorization_request(
    app: App,
    *,
    redirect_uri: str | None,
    scope: str | None,
    optional_scope: str | None,
    state: str | None,
    challenge: str | None,
    challenge_method: str | None,
) -> AuthorizationRequest:
    """Return a request that may be shown to a person.

    `CannotAuthorize` when the address is not exactly one of the app's, when scopes do not fit those the app
    declares, or when a PKCE challenge makes no sense: nobody is sent anywhere then.
    """
    if redirect_uri not in app.redirect_uris or redirect_uri is None:
        raise CannotAuthorize(
            "The redirect_uri of this link is not one of those the app is registered with. It must match one "
            "of them exactly."
        )
    method = challenge_method or ("plain" if challenge else None)
    if (challenge is None) != (method is None) or method not in (None, "S256", "plain"):
        raise CannotAuthorize("The link's code_challenge needs the code_challenge_method S256 or plain.")
    return AuthorizationRequest(
        app=app,
        redirect_uri=redirect_uri,
        scopes=_asked(app, scope, optional_scope),
        state=state,
        challenge=challenge,
        challenge_method=method,
    )


def _asked(app: App, scope: str | None, optional_scope: str | None) -> tuple[str, ...]:
    needed, optional = set((scope or "").split()), set((optional_scope or "").split())
    declared = {*app.scopes, *app.optional_scopes, OAUTH}
    missing = sorted({*app.scopes} - needed - {OAUTH})
    undeclared = sorted((needed | optional) - declared)
    if missing or undeclared:
        trouble = (
            f"the link does not ask for {', '.join(missing)}"
            if missing
            else f"the app does not declare {', '.join(undeclared)}"
        )
        raise CannotAuthorize(f"The scopes of this link do not match the app's configured scopes: {trouble}.")
    return tuple(sorted(needed | optional | {OAUTH}))


def check_verifier(code: Code, verifier: str | None) -> None:
    """Raise `OAuthError` unless the PKCE verifier belongs to the code's challenge; no challenge needs none."""
    if code.challenge is None:
        return
    given = verifier or ""
    if code.challenge_method == "S256":
        digest = hashlib.sha256(given.encode()).digest()
        given = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not verifier or not hmac.compare_digest(given.encode(), code.challenge.encode()):
        raise OAuthError("invalid_grant", "BAD_CODE_VERIFIER", "missing or invalid code verifier")


def bad_code() -> OAuthError:
    """Refuse a code that is unknown, used, expired or another app's."""
    return OAuthError("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code")


def bad_refresh_token() -> OAuthError:
    """Refuse a refresh token, in HubSpot's words since January 2026."""
    message = "refresh token is invalid, expired or revoked"
    return OAuthError("invalid_grant", "BAD_REFRESH_TOKEN", message)


def bad_client() -> OAuthError:
    """Refuse an unknown client id or a wrong secret, without telling which."""
    return OAuthError("invalid_client", "BAD_CLIENT", "missing or invalid client id or client secret")


def bad_redirect_uri() -> OAuthError:
    """Refuse a redirect URI other than that of the authorization."""
    message = "redirect URI does not match the one the code was issued for"
    return OAuthError("invalid_grant", "MISMATCH_REDIRECT_URI_AUTH_CODE", message)
