"""Apps and where they are: registration, a person's consent, uninstallation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson

from syncline.clock import Milliseconds
from syncline.portal.domain.activity import Happening
from syncline.portal.domain.errors import InvalidAuthentication
from syncline.portal.domain.oauth import CODE_LIFE, App, AuthorizationRequest, Code
from syncline.portal.domain.tokens import TokenKind, fingerprint
from syncline.portal.store.activity import note
from syncline.portal.store.mapping import app_row, code_row
from syncline.portal.store.numbers import next_number
from syncline.portal.store.tables import apps, installs, oauth_codes, tokens
from syncline.sql.rows import Need, Rows

DAY = 86_400_000
"""How long what has expired is told from what never was."""


@dataclass(frozen=True, slots=True)
class RegisterApp:
    """Register a developer app and return it with its number."""

    app: App

    def prefetch(self) -> Iterable[Need]:
        return ()

    def apply(self, rows: Rows) -> App:
        app = replace(self.app, app_id=next_number(rows, "app"))
        rows.insert(apps, app_row(app))
        return app


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Install the app in the account on somebody's word and issue an authorization code."""

    portal_id: int
    user_id: int
    request: AuthorizationRequest
    code: str
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        key = (self.portal_id, self.request.app.client_id)
        return [
            Need(installs, ("portal_id", "client_id"), key),
            Need(oauth_codes, ("portal_id", "client_id"), key),
        ]

    def apply(self, rows: Rows) -> None:
        client_id = self.request.app.client_id
        for stale in rows.find(oauth_codes, portal_id=self.portal_id, client_id=client_id):
            if stale["expires_at"] <= self.now - DAY:
                rows.delete(oauth_codes, stale["id"])
        self._install(rows, client_id)
        code = Code(
            id=fingerprint(self.code),
            portal_id=self.portal_id,
            client_id=client_id,
            user_id=self.user_id,
            redirect_uri=self.request.redirect_uri,
            scopes=self.request.scopes,
            challenge=self.request.challenge,
            challenge_method=self.request.challenge_method,
            expires_at=self.now + CODE_LIFE,
        )
        rows.insert(oauth_codes, code_row(code))

    def _install(self, rows: Rows, client_id: str) -> None:
        granted = {
            "user_id": self.user_id,
            "scopes": orjson.dumps(self.request.scopes).decode(),
            "installed_at": self.now,
            "uninstalled_at": None,
        }
        known = rows.get(installs, self.portal_id, client_id)
        if known is None:
            rows.insert(installs, {"portal_id": self.portal_id, "client_id": client_id, **granted})
        else:
            rows.update(installs, (self.portal_id, client_id), **granted)
        if known is None or known["uninstalled_at"] is not None:
            about = self.request.app.app_id
            note(
                rows,
                self.portal_id,
                Happening.INSTALL_INTEGRATION,
                actor=self.user_id,
                about=about,
                now=self.now,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Uninstall:
    """Take an app out of an account: all its tokens and codes end. `InvalidAuthentication` when it is not in."""

    portal_id: int
    client_id: str
    actor: int | None
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        key = (self.portal_id, self.client_id)
        return [Need(table, ("portal_id", "client_id"), key) for table in (installs, tokens, oauth_codes)]

    def apply(self, rows: Rows) -> None:
        if not is_installed(rows, self.portal_id, self.client_id):
            raise InvalidAuthentication("The app is not installed in this account.")
        uninstall(rows, self.portal_id, self.client_id, actor=self.actor, now=self.now)


def uninstall(rows: Rows, portal_id: int, client_id: str, *, actor: int | None, now: Milliseconds) -> None:
    """End an installed app's tokens and codes for an account, and write it to the log."""
    rows.update(installs, (portal_id, client_id), uninstalled_at=now)
    for row in rows.find(tokens, portal_id=portal_id, client_id=client_id):
        if row["revoked_at"] is None and row["kind"] != TokenKind.CLIENT.value:
            rows.update(tokens, (row["id"],), revoked_at=now, sealed=None)
    for row in rows.find(oauth_codes, portal_id=portal_id, client_id=client_id):
        rows.delete(oauth_codes, row["id"])
    app = rows.get(apps, client_id)
    about = None if app is None else app["app_id"]
    note(rows, portal_id, Happening.UNINSTALL_INTEGRATION, actor=actor, about=about, now=now)


def is_installed(rows: Rows, portal_id: int, client_id: str) -> bool:
    """Tell whether the account has the app now."""
    row = rows.get(installs, portal_id, client_id)
    return row is not None and row["uninstalled_at"] is None
