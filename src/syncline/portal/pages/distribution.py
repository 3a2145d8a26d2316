"""*Distribution*: the app is installed, after a warning; its access token is shown, copied, rotated, revoked."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from syncline.portal import administration
from syncline.portal.domain.project import ProjectApp
from syncline.portal.domain.scopes import IN_WORDS
from syncline.portal.installing import install_app, rotate_token
from syncline.portal.pages.projects import Shown, crumbs, read_project
from syncline.portal.pages.visit import PageNotFound, Visit


async def show_distribution(visit: Visit) -> Response:
    """Show where the app is installed; its token stays hidden."""
    return _distribution(visit, await _read(visit), None)


async def show_token(visit: Visit) -> Response:
    """Show the page with the token on it: in answer to a form, so that no address and no history holds it."""
    shown = await _read(visit)
    found = await administration.show_token(visit.store, visit.name, shown.name, address=visit.address)
    return _distribution(visit, shown, found)


async def ask_install(visit: Visit) -> Response:
    """Warn of the unverified app and name what it may do."""
    shown = await _read(visit)
    wishes = [(scope, IN_WORDS.get(scope, scope)) for scope in _app(shown).scopes]
    return visit.show("install", crumbs=crumbs(visit, shown), shown=shown, app=_app(shown), wishes=wishes)


async def install(visit: Visit) -> Response:
    """Connect the app."""
    shown = await _read(visit)
    await install_app(visit.store, visit.clock, _app(shown), user_id=visit.session.user_id)
    return visit.go(f"{shown.scim_path}/distribution", "connected")


async def rotate(visit: Visit) -> Response:
    """Give the app another token."""
    shown = await _read(visit)
    await rotate_token(visit.store, visit.clock, _app(shown), user_id=visit.session.user_id)
    return visit.go(f"{shown.scim_path}/distribution", "rotated")


async def revoke(visit: Visit) -> Response:
    """Disconnect the app."""
    shown = await _read(visit)
    await administration.uninstall_project(visit.store, visit.clock, visit.name, shown.name)
    return visit.go(f"{shown.scim_path}/distribution", "revoked")


def _distribution(visit: Visit, shown: Shown, token: dict[str, Any] | None) -> Response:
    return visit.show(
        "distribution",
        crumbs=crumbs(visit, shown),
        shown=shown,
        app=_app(shown),
        token=token,
        tenant_url=f"{visit.address}/scim/v2" if shown.scim else None,
    )


async def _read(visit: Visit) -> Shown:
    shown = await read_project(visit)
    if visit.place("uid") not in (shown.scim and shown.scim.uid, shown.app and shown.app.uid):
        raise PageNotFound
    return shown


def _app(shown: Shown) -> ProjectApp:
    if shown.app is None:
        raise PageNotFound
    return shown.app
