"""What installed apps are given: tokens for codes, refreshed tokens, and the end of a token."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.portal.domain.oauth import (
    ACCESS_LIFE,
    App,
    OAuthError,
    bad_code,
    bad_redirect_uri,
    bad_refresh_token,
    check_verifier,
)
from syncline.portal.domain.tokens import Grant, TokenKind, fingerprint
from syncline.portal.store.commands.accounts import NewToken, token_row
from syncline.portal.store.commands.installs import DAY, is_installed
from syncline.portal.store.mapping import account_from, code_from, grant_from
from syncline.portal.store.tables import accounts, oauth_codes, tokens
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True)
class Issued:
    """What a token endpoint gives out; `refresh` is None when the caller keeps the one it has."""

    grant: Grant
    refresh: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeCode:
    """Trade a code for tokens, once. `OAuthError` without one that is good now."""

    app: App
    code: str
    redirect_uri: str | None
    verifier: str | None
    access: str
    refresh: str
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return [Need(oauth_codes, ("id",), (fingerprint(self.code),))]

    def apply(self, rows: Rows) -> Issued:
        row = rows.get(oauth_codes, fingerprint(self.code))
        code = None if row is None else code_from(row)
        if (
            code is None
            or code.client_id != self.app.client_id
            or code.used_at is not None
            or code.expires_at <= self.now
            or not is_installed(rows, code.portal_id, code.client_id)
        ):
            raise bad_code()
        if self.redirect_uri != code.redirect_uri:
            raise bad_redirect_uri()
        check_verifier(code, self.verifier)
        rows.update(oauth_codes, (code.id,), used_at=self.now)
        refresh = NewToken(TokenKind.REFRESH, self.refresh, code.scopes)
        rows.insert(
            tokens,
            token_row(code.portal_id, refresh, self.now, user_id=code.user_id, client_id=code.client_id),
        )
        grant = _give_access(
            rows, code.portal_id, code.client_id, code.user_id, code.scopes, self.access, self.now
        )
        return Issued(grant, self.refresh)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshAccess:
    """Trade a refresh token for an access token; where the account's flag rotates, for a new refresh token too."""

    app: App
    refresh: str
    scopes: tuple[str, ...] | None
    access: str
    next_refresh: str
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return [Need(tokens, ("id",), (fingerprint(self.refresh),))]

    def apply(self, rows: Rows) -> Issued:
        held = _refresh_token(rows, self.refresh, self.app.client_id)
        scopes = held.scopes if self.scopes is None else frozenset(self.scopes)
        if not scopes <= held.scopes:
            raise OAuthError("invalid_scope", "BAD_SCOPE", "scope exceeds what was granted")
        _forget_expired(rows, held, self.now)
        client_id, user_id = held.client_id or "", held.user_id or 0
        rotated = None
        (account,) = rows.find(accounts, portal_id=held.portal_id)
        if account_from(account).flags.oauth_rotates_refresh_token:
            rotated = self.next_refresh
            rows.update(tokens, (held.token_id,), revoked_at=self.now)
            token = NewToken(TokenKind.REFRESH, rotated, tuple(held.scopes))
            rows.insert(
                tokens, token_row(held.portal_id, token, self.now, user_id=user_id, client_id=client_id)
            )
        grant = _give_access(rows, held.portal_id, client_id, user_id, tuple(scopes), self.access, self.now)
        return Issued(grant, rotated)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveAppToken:
    """Issue a token an app uses for itself (`client_credentials`)."""

    app: App
    scopes: tuple[str, ...]
    text: str
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return ()

    def apply(self, rows: Rows) -> None:
        token = NewToken(TokenKind.CLIENT, self.text, self.scopes)
        row = token_row(
            self.app.portal_id,
            token,
            self.now,
            user_id=None,
            client_id=self.app.client_id,
            expires_at=self.now + ACCESS_LIFE,
        )
        rows.insert(tokens, row)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeToken:
    """End one token of an app, or of any app when `client_id` is None; return whether there was one to end.

    The access tokens that a revoked refresh token gave out live on until they expire.
    """

    token: str
    client_id: str | None
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return [Need(tokens, ("id",), (fingerprint(self.token),))]

    def apply(self, rows: Rows) -> bool:
        row = rows.get(tokens, fingerprint(self.token))
        if row is None or row["revoked_at"] is not None or row["client_id"] is None:
            return False
        if self.client_id is not None and row["client_id"] != self.client_id:
            return False
        rows.update(tokens, (row["id"],), revoked_at=self.now)
        return True


def _refresh_token(rows: Rows, text: str, client_id: str) -> Grant:
    row = rows.get(tokens, fingerprint(text))
    if (
        row is None
        or row["kind"] != TokenKind.REFRESH.value
        or row["client_id"] != client_id
        or row["revoked_at"] is not None
        or not is_installed(rows, row["portal_id"], client_id)
    ):
        raise bad_refresh_token()
    return grant_from(row)


def _give_access(
    rows: Rows,
    portal_id: int,
    client_id: str,
    user_id: int,
    scopes: tuple[str, ...],
    text: str,
    now: Milliseconds,
) -> Grant:
    token = NewToken(TokenKind.OAUTH, text, scopes)
    row = token_row(portal_id, token, now, user_id=user_id, client_id=client_id, expires_at=now + ACCESS_LIFE)
    rows.insert(tokens, row)
    return grant_from(row)


def _forget_expired(rows: Rows, held: Grant, now: Milliseconds) -> None:
    for row in rows.find(tokens, portal_id=held.portal_id, client_id=held.client_id):
        if row["expires_at"] is not None and row["expires_at"] <= now - DAY:
            rows.delete(tokens, row["id"])
