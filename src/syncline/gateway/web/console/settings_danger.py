"""The danger zone: stop sending, and part from HubSpot, each with what happens there; and how long logs are kept."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError, Invalid
from syncline.gateway.domain.operators import Permission
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.web.console.settings_tabs import show_settings
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

_TAB = "settings/danger"


async def danger(visit: Visit) -> Response:
    """Show what can be ended."""
    return await _page(visit, Form())


async def stop(visit: Visit) -> Response:
    """Go back to plan mode: nothing is sent until somebody sets the tenant live again."""
    try:
        await visit.run("tenant.mode", mode=TenantMode.PLAN.value)
    except DomainError as error:
        return await _page(visit, visit.form.wrong(whole=error.message), 422)
    return visit.go(visit.below(_TAB), "Nothing more is sent to HubSpot. Everything is decided and shown.")


async def disconnect(visit: Visit) -> Response:
    """End the credential at HubSpot, as far as that can be done, and forget it; the tenant's name confirms it."""
    if visit.form.one("confirm") != visit.here.name:
        wrong = visit.form.wrong(confirm=f"Type the tenant's name exactly as it is: {visit.here.name}")
        return await _page(visit, wrong, 422)
    try:
        done = await visit.run("connection.revoke")
    except DomainError as error:
        return await _page(visit, visit.form.wrong(whole=error.message), 422)
    return visit.go(visit.below(_TAB), done["message"])


async def delete(visit: Visit) -> Response:
    """Delete the tenant with all that is stored of it; its name confirms it."""
    try:
        done = await visit.run("tenant.delete", confirm=visit.form.one("name"))
    except Invalid as error:
        return await _page(visit, visit.form.wrong(name=error.message), 422)
    except DomainError as error:
        return await _page(visit, visit.form.wrong(whole=error.message), 422)
    return visit.go("/", done["message"])


async def retention(visit: Visit) -> Response:
    """Show how long logs are kept, and which settings say so."""
    return show_settings(visit, "settings/retention", kept=visit.console.retention)


async def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    connection = await visit.console.store.setup.connection(visit.here.id)
    return show_settings(
        visit,
        _TAB,
        status=status,
        form=form,
        portal_id=None if connection is None else connection.portal_id,
        is_live=visit.here.mode is TenantMode.LIVE,
        may_delete=visit.may(Permission.DELETE),
    )
