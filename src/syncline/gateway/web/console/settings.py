"""Settings of a tenant: the tokens its identity provider signs in with."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.services.showing import moment
from syncline.gateway.web.console.settings_tabs import show_settings
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

_BLANK = Form.of(days="365")


async def settings(visit: Visit) -> Response:
    """List the tenant's tokens."""
    return await _page(visit, _BLANK)


async def create_token(visit: Visit) -> Response:
    """Make a token beside those there are; it is shown this once."""
    days = visit.form.one("days")
    if days and not (days.isascii() and days.isdecimal() and 0 < int(days[:6]) <= 3650):
        return await _page(visit, visit.form.wrong(days="Give a number of days up to 3650, or nothing."), 422)
    try:
        made = await visit.run(
            "token.create",
            description=visit.form.one("description")[:200],
            expires_in_days=int(days) if days else None,
        )
    except DomainError as error:
        return await _page(visit, visit.form.wrong(whole=error.message), 422)
    return await _page(visit, _BLANK, made=made)


async def revoke_token(visit: Visit) -> Response:
    """End a token at once."""
    await visit.run("token.revoke", token_id=visit.part("token"))
    return visit.go(
        visit.below("settings"), "The token is revoked; the next request that carries it is refused."
    )


async def _page(visit: Visit, form: Form, status: int = 200, made: dict[str, Any] | None = None) -> Response:
    listed = await visit.run("token.list")
    ended = str(moment(visit.console.clock.now()))
    for each in listed["tokens"]:
        each["expired"] = each["expires_at"] is not None and each["expires_at"] <= ended
    tokens = sorted(listed["tokens"], key=lambda each: (each["revoked_at"] is not None, each["created_at"]))
    return show_settings(visit, "settings", status=status, tokens=tokens, form=form, made=made)
