"""Keys to the admin API."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.web.console.operators import ROLES
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form


async def api_keys(visit: Visit) -> Response:
    """List every key without its secret."""
    return await _page(visit, Form.of(days="365", role="viewer"))


async def create(visit: Visit) -> Response:
    """Make a key; it is shown this once."""
    form = visit.form
    days = form.one("days")
    if days and not (days.isascii() and days.isdecimal() and len(days) < 6):
        return await _page(visit, form.wrong(days="Give a number of days, or nothing."), 422)
    try:
        made = await visit.run(
            "api_key.create",
            role=form.one("role"),
            tenant=form.one("tenant") or None,
            description=form.one("description"),
            expires_in_days=int(days) if days else None,
        )
    except DomainError as error:
        return await _page(visit, form.wrong(whole=error.message), 422)
    return await _page(visit, Form.of(days="365", role="viewer"), made=made)


async def revoke(visit: Visit) -> Response:
    """End a key at once."""
    key_id = visit.part("key")
    await visit.run("api_key.revoke", key_id=key_id)
    return visit.go("/api-keys", f"The key {key_id} is revoked.")


async def _page(visit: Visit, form: Form, status: int = 200, made: dict[str, Any] | None = None) -> Response:
    listed = await visit.run("api_key.list")
    tenants = [(each.id, each.name) for each in await visit.console.store.setup.tenants()]
    return visit.show(
        "api-keys.html",
        status=status,
        current="api-keys",
        keys=listed["api_keys"],
        form=form,
        roles=ROLES,
        tenants=[("", "All tenants"), *tenants],
        tenant_names=dict(tenants),
        made=made,
    )
