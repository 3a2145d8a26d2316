"""The calls of HubSpot's OAuth endpoints, how their bodies read, and what their refusals mean.

Source: HubSpot's published description of OAuth, version 2026-03, and its guide: every parameter
in a form-encoded body; refusals are 400 with `error` and, older, `status` (`BAD_REFRESH_TOKEN`, `BAD_AUTH_CODE`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.grant import RECONNECT_NEEDED, OAuthApp, TokenPair
from syncline.gateway.hubspot.call import Answer, Call, Channel
from syncline.gateway.hubspot.failures import Failure, FailureKind
from syncline.gateway.hubspot.reply import Reply, read_reply
from syncline.gateway.hubspot.waits import asked_wait

TOKEN: Final = "/oauth/2026-03/token"  # noqa: S105 - an address
LONGEST_LIFE: Final[Milliseconds] = 24 * 3_600_000
"""However long a token is said to live, it is renewed within a day."""
EXCHANGE, RENEW = "oauth.exchange", "oauth.renew"


def exchange(app: OAuthApp, code: str, code_verifier: str, redirect_uri: str) -> Call:
    """Turn the code of the callback into tokens; a code works once."""
    return _call(
        EXCHANGE,
        TOKEN,
        app,
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", code_verifier),
    )


def renew(app: OAuthApp, refresh_token: str) -> Call:
    """Get the next access token; the answer may bring another refresh token."""
    return _call(RENEW, TOKEN, app, ("grant_type", "refresh_token"), ("refresh_token", refresh_token))


def introspect(app: OAuthApp, access_token: str) -> Call:
    """Ask whose grant an access token comes from."""
    hint = ("token_type_hint", "access_token")
    return _call("oauth.introspect", f"{TOKEN}/introspect", app, ("token", access_token), hint)


def revoke(app: OAuthApp, refresh_token: str) -> Call:
    """End a grant."""
    hint = ("token_type_hint", "refresh_token")
    return _call("oauth.revoke", f"{TOKEN}/revoke", app, ("token", refresh_token), hint)


def _call(purpose: str, path: str, app: OAuthApp, *form: tuple[str, str]) -> Call:
    credentials = (("client_id", app.client_id), ("client_secret", app.client_secret))
    return Call(channel=Channel.OAUTH, method="POST", path=path, purpose=purpose, form=(*form, *credentials))


@dataclass(frozen=True, slots=True)
class NewTokens:
    """What the token endpoint answered; the account is named on an exchange."""

    tokens: TokenPair
    portal_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Introspection:
    """Whose grant a token comes from."""

    portal_id: int
    holder: str | None
    holder_id: str | None
    scopes: tuple[str, ...] = field(default=())


def read_tokens(body: Any, asked_at: Milliseconds, refresh_token: str | None = None) -> NewTokens | None:
    """Read an answer to a request made at `asked_at`; without a new refresh token the one given goes on.

    None unless there are both tokens and a lifetime in seconds.
    """
    if not isinstance(body, dict):
        return None
    access, refresh = _token(body.get("access_token")), _token(body.get("refresh_token")) or refresh_token
    seconds = _count(body.get("expires_in"))
    if access is None or refresh is None or seconds is None:
        return None
    life = min(seconds * 1000, LONGEST_LIFE)
    pair = TokenPair(
        access_token=access, refresh_token=refresh, obtained_at=asked_at, expires_at=asked_at + life
    )
    return NewTokens(pair, _count(body.get("hub_id")))


def read_introspection(body: Any) -> Introspection | None:
    """Read who granted what; None for a token that is not active, and for a body that does not name the account."""
    portal_id = _count(body.get("hub_id")) if isinstance(body, dict) else None
    if portal_id is None or body.get("active") is False:
        return None
    user, user_id, scopes = body.get("user"), body.get("user_id"), body.get("scopes")
    return Introspection(
        portal_id=portal_id,
        holder=user if isinstance(user, str) and "@" in user else None,
        holder_id=str(user_id) if isinstance(user_id, str | int) and not isinstance(user_id, bool) else None,
        scopes=tuple(each for each in scopes if isinstance(each, str)) if isinstance(scopes, list) else (),
    )


def _token(value: Any) -> str | None:
    usable = isinstance(value, str) and 0 < len(value) <= 4_000 and all("!" <= c <= "~" for c in value)
    return value if usable else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def classify_oauth(call: Call, answer: Answer) -> Failure:
    """Return what an answer of the OAuth endpoints that did not succeed, or cannot be read, means."""
    reply = read_reply(call, answer)
    refused = str(answer.body.get("error", "")) if isinstance(answer.body, dict) else ""
    status = str(answer.body.get("status", "")) if isinstance(answer.body, dict) else ""
    marks = f"{refused} {status} {reply.text}".upper()
    row = next(row for row in _TABLE if row.matches(reply, marks))
    wait = asked_wait(answer)
    return Failure(
        kind=row.kind,
        code=row.code,
        sentence=row.sentence.format(
            status=answer.status,
            error=answer.error or "the reply was not what was expected",
            message=f"HubSpot says: {reply.message}" if reply.message else "It gives no reason.",
        ),
        retry_at_hint=None if wait is None else answer.at + wait,
        status=answer.status,
        correlation_id=reply.correlation_id,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    code: str
    kind: FailureKind
    matches: Callable[[Reply, str], bool]
    sentence: str


def _refused(*marks: str, purpose: str = "oauth.") -> Callable[[Reply, str], bool]:
    return lambda reply, text: (
        reply.status in {400, 401}
        and reply.purpose.startswith(purpose)
        and any(mark in text for mark in marks)
    )


_AGAIN = "Ask HubSpot once more."
_TABLE: Final = (
    _Row(
        "SIGN_IN_UNREACHABLE",
        FailureKind.RETRY,
        lambda reply, _: reply.status is None,
        "HubSpot's sign-in could not be reached: {error}. It is tried again by itself.",
    ),
    _Row(
        "SIGN_IN_UNREADABLE",
        FailureKind.RETRY,
        lambda reply, _: reply.status is not None and 200 <= reply.status < 300,
        "The answer of HubSpot's sign-in could not be read: {error}. It is tried again by itself.",
    ),
    _Row(
        "REDIRECTED",
        FailureKind.CONNECTION,
        lambda reply, _: reply.status is not None and 300 <= reply.status < 400,
        "The address of HubSpot's sign-in answers with a redirect, which is never followed. Check the base URL.",
    ),
    _Row(
        "RATE_LIMITED",
        FailureKind.RATE_LIMITED,
        lambda reply, _: reply.status == 429,
        "HubSpot's rate limit is reached. It is tried again by itself when the limit allows.",
    ),
    _Row(
        "BAD_REDIRECT_URI",
        FailureKind.CONNECTION,
        _refused("REDIRECT", purpose=EXCHANGE),
        "HubSpot does not accept the address it was to send you back to. Add it to the app's redirect URLs, letter "
        "by letter. " + _AGAIN,
    ),
    _Row(
        "BAD_CLIENT",
        FailureKind.CONNECTION,
        _refused("INVALID_CLIENT", "BAD_CLIENT", "CLIENT_ID", "CLIENT ID", "CLIENT_SECRET", "CLIENT SECRET"),
        "HubSpot does not accept the client id and secret of the app.",
    ),
    _Row(
        RECONNECT_NEEDED,
        FailureKind.CONNECTION,
        _refused("INVALID_GRANT", "BAD_REFRESH_TOKEN", purpose=RENEW),
        "Reconnect needed: HubSpot has ended the grant, because somebody revoked it or uninstalled the app. Nothing "
        "is lost and nothing is sent until a super admin grants it anew.",
    ),
    _Row(
        "BAD_AUTH_CODE",
        FailureKind.CONNECTION,
        _refused("INVALID_GRANT", "BAD_AUTH_CODE", "BAD_CODE", purpose=EXCHANGE),
        "HubSpot no longer takes the code it sent: it works once, and for a short time. " + _AGAIN,
    ),
    _Row(
        "SIGN_IN_FAILING",
        FailureKind.RETRY,
        # A 403 is no lost grant (HubSpot's guide): something in between may have answered in HubSpot's place.
        lambda reply, _: reply.status in {403, 404, 408, 423, 425, 477} or (reply.status or 0) >= 500,
        "HubSpot's sign-in fails ({status}). It is tried again by itself.",
    ),
    _Row(
        "SIGN_IN_REFUSED",
        FailureKind.CONNECTION,
        lambda _reply, _: True,
        "HubSpot's sign-in refuses this ({status}). {message}",
    ),
)
"""Looked through in order; the first row that matches decides, and the last one always does."""
