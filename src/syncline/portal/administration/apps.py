"""Developer apps: registering them, listing them, and what an account does with them besides the web page."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from typing import Any

from syncline.clock import Clock
from syncline.portal.administration.naming import moment, named_account, read_user
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.oauth import (
    App,
    CannotAuthorize,
    authorization_request,
    check_redirect_uri,
    check_scopes,
)
from syncline.portal.domain.tokens import TokenKind, fingerprint, mint
from syncline.portal.store import oauth_reads
from syncline.portal.store.commands.installs import Consent, RegisterApp, Uninstall
from syncline.portal.store.store import Store


async def create_app(
    store: Store,
    clock: Clock,
    account_name: str,
    *,
    redirect_uris: Sequence[str],
    scopes: Sequence[str] = (),
    optional_scopes: Sequence[str] = (),
    name: str = "Syncline",
) -> dict[str, Any]:
    """Register an app and return its `client_id` and `client_secret`, which nothing shows again.

    `scopes` must be granted by whoever installs it, `optional_scopes` may be asked for or not.
    """
    account = await named_account(store, account_name)
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise SetupError("An app's name is 1 to 80 printable characters.")
    if not redirect_uris:
        raise SetupError("An app needs an address to send people back to: --redirect-uri https://…")
    secret = mint(TokenKind.SECRET, secrets.token_bytes(32))
    try:
        app = App(
            client_id=str(uuid.uuid4()),
            app_id=0,
            portal_id=account.portal_id,
            name=name.strip(),
            secret_id=fingerprint(secret),
            redirect_uris=tuple(dict.fromkeys(map(check_redirect_uri, redirect_uris))),
            scopes=check_scopes(scopes),
            optional_scopes=check_scopes(optional_scopes),
            created_at=clock.now(),
        )
    except ValueError as error:
        raise SetupError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    registered = await store.writer.submit(RegisterApp(app))
    return {**_shown(registered), "client_secret": secret}


async def list_apps(store: Store, account_name: str) -> dict[str, Any]:
    """Return the apps an account registered."""
    account = await named_account(store, account_name)
    found = await store.reader.scan(lambda connection: oauth_reads.apps_of(connection, account.portal_id))
    return {"apps": [_shown(app) for app in found]}


async def grant_app(
    store: Store,
    clock: Clock,
    account_name: str,
    user: str,
    *,
    client_id: str,
    redirect_uri: str,
    scope: str,
    optional_scope: str | None = None,
    challenge: str | None = None,
) -> str:
    """Consent on a user's behalf as the page does, without a browser, and return the authorization code.

    For tests: nothing but the page's own checks of the request is checked. `challenge` is an S256 one.
    """
    account = await named_account(store, account_name)
    granting = await read_user(store, account, user)
    app = await _app(store, client_id)
    try:
        request = authorization_request(
            app,
            redirect_uri=redirect_uri,
            scope=scope,
            optional_scope=optional_scope,
            state=None,
            challenge=challenge,
            challenge_method=None if challenge is None else "S256",
        )
    except CannotAuthorize as error:
        raise SetupError(str(error)) from None
    code = mint(TokenKind.CODE, secrets.token_bytes(32))
    await store.writer.submit(
        Consent(
            portal_id=account.portal_id,
            user_id=granting.id,
            request=request,
            code=code,
            now=clock.now(),
        )
    )
    return code


async def uninstall_app(store: Store, clock: Clock, account_name: str, client_id: str) -> dict[str, Any]:
    """Take an app out of an account by hand, as a super admin does under *Connected apps*."""
    account = await named_account(store, account_name)
    app = await _app(store, client_id)
    await store.writer.submit(
        Uninstall(portal_id=account.portal_id, client_id=client_id, actor=None, now=clock.now())
    )
    return {"uninstalled": app.name}


async def _app(store: Store, client_id: str) -> App:
    app = await store.reader.scan(lambda connection: oauth_reads.app(connection, client_id))
    if app is None:
        raise SetupError(f"There is no app with the client id {client_id}.")
    return app


def _shown(app: App) -> dict[str, Any]:
    return {
        "client_id": app.client_id,
        "app_id": app.app_id,
        "name": app.name,
        "redirect_uris": list(app.redirect_uris),
        "scopes": list(app.scopes),
        "optional_scopes": list(app.optional_scopes),
        "created_at": moment(app.created_at),
    }
