"""Who is told when something needs a person, and whether it arrives."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.notices import NOTICES
from syncline.gateway.web.console.settings_tabs import show_settings
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

_TAB = "settings/notices"
_BLANK = Form.of(channel="email")


async def notices(visit: Visit) -> Response:
    """List subscribers, and what they were told of late."""
    return await _page(visit, _BLANK)


async def subscribe(visit: Visit) -> Response:
    """Tell an address; the secret of a webhook is shown this once."""
    channel = "webhook" if visit.form.one("channel") == "webhook" else "email"
    try:
        made = await visit.run("notice.subscribe", **{channel: visit.form.one("address")})
    except DomainError as error:
        return await _page(visit, visit.form.wrong(address=error.message), 422)
    return await _page(visit, _BLANK, made=made)


async def unsubscribe(visit: Visit) -> Response:
    """End a subscription."""
    try:
        ended = await visit.run("notice.unsubscribe", subscription=visit.part("subscription"))
    except DomainError as error:
        return await _page(visit, _BLANK.wrong(whole=error.message), 422)
    return visit.go(visit.below(_TAB), f"{ended['address']} is told nothing any more.")


async def test(visit: Visit) -> Response:
    """Send a test to every subscriber, and say what came of each."""
    try:
        sent = await visit.run("notice.test")
    except DomainError as error:
        return await _page(visit, _BLANK.wrong(whole=error.message), 422)
    return await _page(visit, _BLANK, sent=sent["sent"])


async def _page(
    visit: Visit,
    form: Form,
    status: int = 200,
    made: dict[str, Any] | None = None,
    sent: list[dict[str, Any]] | None = None,
) -> Response:
    listed = await visit.run("notice.list")
    notices = await visit.console.store.notices.notices(visit.here.id)
    return show_settings(
        visit,
        _TAB,
        status=status,
        listed=listed,
        notices=sorted(notices, key=lambda each: each.ended_at is not None),
        titles={kind: text.title for kind, text in NOTICES.items()},
        form=form,
        made=made,
        sent=sent,
    )
