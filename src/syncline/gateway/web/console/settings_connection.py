"""The connection to HubSpot: what is known of it, tried again, resumed."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError, NotFound
from syncline.gateway.domain.health import what_helps
from syncline.gateway.web.console.settings_tabs import show_settings
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

_TAB = "settings/connection"


async def connection(visit: Visit) -> Response:
    """Show the connection; no secret is part of it."""
    return await _page(visit, Form())


async def check(visit: Visit) -> Response:
    """Read the account again and try each channel; nothing at HubSpot is changed."""
    try:
        report = await visit.run("connection.check")
    except DomainError as error:
        return await _page(visit, visit.form.wrong(whole=error.message), 422)
    return await _page(visit, Form(), report=report)


async def resume(visit: Visit) -> Response:
    """Have a connection that is stopped tried again."""
    try:
        await visit.run("connection.resume")
    except DomainError as error:
        return await _page(visit, visit.form.wrong(whole=error.message), 422)
    return visit.go(visit.below(_TAB), "It is tried again now, with one person first.")


async def _page(
    visit: Visit, form: Form, status: int = 200, report: dict[str, Any] | None = None
) -> Response:
    try:
        known: dict[str, Any] | None = await visit.run("connection.show")
    except NotFound:
        known = None
    link = await visit.console.store.setup.connection(visit.here.id)
    remedy = None if link is None else what_helps(link.health, link.trouble)
    fix = None if remedy is None else visit.said(remedy)
    return show_settings(visit, _TAB, status=status, known=known, fix=fix, form=form, report=report)
