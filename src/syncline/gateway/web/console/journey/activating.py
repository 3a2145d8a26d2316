"""Plan mode and the identity provider: the address and the token it needs, and waiting for it to call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.web.console.journey.identity_providers import GUIDES, READ
from syncline.gateway.web.console.journey.steps import show_step, stand_of
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form


async def activate(visit: Visit) -> Response:
    """Explain plan mode and offer the token."""
    return await _activate(visit, Form())


async def make_token(visit: Visit) -> Response:
    """Begin plan mode if it has not begun, and show address and token: the token this once."""
    name = visit.here.policy.identity_provider
    try:
        if visit.here.mode is TenantMode.COLLECTING:
            await visit.run("tenant.mode", mode=TenantMode.PLAN.value)
        made = await visit.run(
            "token.create", description="set-up" if name is None else f"set-up, {name.value}"
        )
    except DomainError as error:
        return await _activate(visit, visit.form.wrong(whole=error.message))
    return await _activate(visit, Form(), made)


async def _activate(visit: Visit, form: Form, made: Mapping[str, Any] | None = None) -> Response:
    return await show_step(visit, "activate", form, made=made)


async def provider(visit: Visit) -> Response:
    """Say what to enter at the identity provider, and whether it has called yet."""
    stand = await stand_of(visit)
    chosen = visit.here.policy.identity_provider
    guide = GUIDES["other" if chosen is None else chosen.value]
    used = max((each for each in stand.tokens if each.last_used_at), key=_used_at, default=None)
    return await show_step(
        visit,
        "provider",
        stand=stand,
        guide=guide,
        read=READ,
        tenant_url=f"{visit.console.address()}/scim/v2",
        used=used,
        received=stand.heard_at,
    )


def _used_at(token: Any) -> int:
    return int(token.last_used_at or 0)
