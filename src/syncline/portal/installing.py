"""Installing a project's app in its account, and its one token: what pages, command line and API share."""

from __future__ import annotations

from syncline.clock import Clock
from syncline.portal.credentials import new_credential, open_token, seal_token
from syncline.portal.domain.project import ProjectApp
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.store import project_reads
from syncline.portal.store.commands.static_apps import InstallProjectApp, RotateToken
from syncline.portal.store.store import Store


async def install_app(store: Store, clock: Clock, app: ProjectApp, *, user_id: int | None) -> None:
    """Install an app in its account in the name of one of its users.

    It gets a token, or keeps the one it has with the scopes it now asks for. `ValidationError` when the
    account does not meet SCIM's prerequisites.
    """
    token = new_credential(await token_kind_of(store, app))
    await store.writer.submit(
        InstallProjectApp(
            portal_id=app.portal_id,
            app_id=app.app_id,
            token=token,
            sealed=seal_token(store.sealer, token),
            user_id=user_id,
            now=clock.now(),
        )
    )


async def rotate_token(store: Store, clock: Clock, app: ProjectApp, *, user_id: int | None) -> None:
    """Give an installed app a new token; the one before ends at once. `ObjectNotFound` unless it is installed."""
    token = new_credential(await token_kind_of(store, app))
    await store.writer.submit(
        RotateToken(
            portal_id=app.portal_id,
            app_id=app.app_id,
            token=token,
            sealed=seal_token(store.sealer, token),
            user_id=user_id,
            now=clock.now(),
        )
    )


async def token_of(store: Store, app: ProjectApp) -> str | None:
    """Return the token of an app, None while it is not installed; `SetupError` when it cannot be opened."""
    sealed = await store.reader.point(lambda connection: project_reads.sealed_token(connection, app))
    return None if sealed is None else open_token(store.sealer, *sealed)


async def token_kind_of(store: Store, app: ProjectApp) -> TokenKind:
    """Return what the app's token opens: native SCIM for the account's SCIM app, the public API for another."""
    claim = await store.reader.point(lambda connection: project_reads.scim_app_of(connection, app.portal_id))
    return TokenKind.SCIM if claim is not None and claim.project_id == app.project_id else TokenKind.API
