"""Installing a project's app in its account: one static token each install, shown again whenever asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from syncline.clock import Milliseconds
from syncline.portal.domain.activity import Happening
from syncline.portal.domain.errors import ObjectNotFound, ValidationError
from syncline.portal.domain.project import ProjectApp
from syncline.portal.domain.scim_user import check_account
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.store.activity import note
from syncline.portal.store.commands.accounts import NewToken, token_row
from syncline.portal.store.people import set_up, set_up_needs
from syncline.portal.store.project_rows import project_apps
from syncline.portal.store.tables import apps, installs, scim_apps, tokens
from syncline.scim.errors import Forbidden
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallProjectApp:
    """Install an app in its account with the scopes it asks for, and return it as it was before.

    `token` becomes its token, unless it is installed already: then the token stays, with the app's present
    scopes. `ObjectNotFound`; `ValidationError` when the account does not meet SCIM's prerequisites.
    """

    portal_id: int
    app_id: int
    token: str
    sealed: str
    user_id: int | None
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return [*set_up_needs(self.portal_id), Need(apps, ("portal_id",), (self.portal_id,))]

    def apply(self, rows: Rows) -> ProjectApp:
        app = _find_app(rows, self.portal_id, self.app_id)
        kind = token_kind(rows, app)
        if kind is TokenKind.SCIM:
            try:
                check_account(set_up(rows, self.portal_id))
            except Forbidden as error:
                raise ValidationError(error.detail) from None
        if app.installed_at is None:
            self._install(rows, app, kind)
        elif not app.up_to_date:
            _grant(rows, app)
        return app

    def _install(self, rows: Rows, app: ProjectApp, kind: TokenKind) -> None:
        key = (self.portal_id, app.client_id)
        granted = {"scopes": _text(app.scopes), "installed_at": self.now, "uninstalled_at": None}
        granted["user_id"] = self.user_id or 0
        if rows.get(installs, *key) is None:
            rows.insert(installs, {"portal_id": self.portal_id, "client_id": app.client_id, **granted})
        else:
            rows.update(installs, key, **granted)
        _issue(rows, app, kind, self.token, self.sealed, self.user_id, self.now)
        note(
            rows,
            self.portal_id,
            Happening.INSTALL_INTEGRATION,
            actor=self.user_id,
            about=app.app_id,
            now=self.now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateToken:
    """Give an installed app a new token; the one before ends at once. `ObjectNotFound` unless it is installed."""

    portal_id: int
    app_id: int
    token: str
    sealed: str
    user_id: int | None
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return [Need(apps, ("portal_id",), (self.portal_id,))]

    def apply(self, rows: Rows) -> ProjectApp:
        app = _find_app(rows, self.portal_id, self.app_id)
        if app.installed_at is None:
            raise ObjectNotFound(f"{app.name} is not installed in this account, so it has no token.")
        for row in rows.find(tokens, portal_id=self.portal_id, client_id=app.client_id):
            if row["revoked_at"] is None:
                rows.update(tokens, (row["id"],), revoked_at=self.now, sealed=None)
        _issue(rows, app, token_kind(rows, app), self.token, self.sealed, self.user_id, self.now)
        return app


def token_kind(rows: Rows, app: ProjectApp) -> TokenKind:
    """Return what an app's token opens: native SCIM for the account's SCIM app, the public API for another."""
    claim = rows.get(scim_apps, app.portal_id)
    is_scim = claim is not None and claim["project_id"] == app.project_id
    return TokenKind.SCIM if is_scim else TokenKind.API


def _issue(
    rows: Rows,
    app: ProjectApp,
    kind: TokenKind,
    text: str,
    sealed: str,
    user_id: int | None,
    now: Milliseconds,
) -> None:
    token = NewToken(kind, text, app.scopes, sealed)
    rows.insert(tokens, token_row(app.portal_id, token, now, user_id=user_id, client_id=app.client_id))


def _grant(rows: Rows, app: ProjectApp) -> None:
    """Give the install and its token the scopes the app asks for now."""
    rows.update(installs, (app.portal_id, app.client_id), scopes=_text(app.scopes))
    for row in rows.find(tokens, portal_id=app.portal_id, client_id=app.client_id):
        if row["revoked_at"] is None:
            rows.update(tokens, (row["id"],), scopes=_text(app.scopes))


def _find_app(rows: Rows, portal_id: int, app_id: int) -> ProjectApp:
    found = next((app for app in project_apps(rows, portal_id) if app.app_id == app_id), None)
    if found is None:
        raise no_app(app_id)
    return found


def no_app(app_id: object) -> ObjectNotFound:
    """Return the answer for an app no deployed project of the account has."""
    return ObjectNotFound(f"There is no app {str(app_id)[:80]} in this account's deployed projects.")


def _text(scopes: tuple[str, ...]) -> str:
    return orjson.dumps(sorted(scopes)).decode()
