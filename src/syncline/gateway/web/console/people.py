"""People of a tenant: who there is, and where each of them stands."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.web.console.visit import Visit

STATES = {
    "in-step": "good",
    "waiting": "wait",
    "retrying": "again",
    "held": "hold",
}
PAGE = 50


async def people(visit: Visit) -> Response:
    """List people by e-mail, a page at a time."""
    search = visit.query("search").strip()
    found = await visit.run(
        "users.list", search=search or None, after=visit.query("after") or None, limit=PAGE
    )
    return visit.show(
        "people.html",
        current="people",
        users=found["users"],
        next=found["next"],
        search=search,
        after=visit.query("after"),
        tones=STATES,
    )


async def groups(visit: Visit) -> Response:
    """List groups in the order they came, a page at a time."""
    found = await visit.run("groups.list", after=visit.query("after") or None, limit=PAGE)
    after = visit.query("after")
    return visit.show(
        "groups.html", current="groups", groups=found["groups"], next=found["next"], after=after
    )
