"""The provisioning log of a tenant, newest first."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.domain.errors import NotFound
from syncline.gateway.web.console.visit import Visit

PAGE = 50


async def log(visit: Visit) -> Response:
    """List events; a person's e-mail or the beginning of a kind narrows them."""
    after = visit.query("after")
    found = await visit.run(
        "events.list",
        user=visit.query("search").strip() or None,
        kind=visit.query("kind").strip() or None,
        after=_number(after) if after else None,
        limit=PAGE,
    )
    return visit.show(
        "log.html",
        current="log",
        events=found["events"],
        next=found["next"],
        after=after,
        search=visit.query("search"),
        kind=visit.query("kind"),
    )


async def event(visit: Visit) -> Response:
    """Show one event with all that is known of it."""
    shown = await visit.run("events.show", seq=_number(visit.part("seq")))
    return visit.show("event.html", current="log", event=shown)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise NotFound("There is no such event.")
    return int(text)
