"""Groups as the identity provider sent them, and who is in them."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from starlette.responses import Response

from syncline.gateway.web.console.people import person_path
from syncline.gateway.web.console.visit import Visit

PAGE = 50


async def groups(visit: Visit) -> Response:
    """List groups in the order they came, a page at a time."""
    after = visit.query("after")
    found = await visit.run("groups.list", after=after or None, limit=PAGE)
    return visit.show(
        "groups.html",
        current="groups",
        groups=[{**each, "href": _group_path(visit, each["id"])} for each in found["groups"]],
        next=found["next"],
        after=after,
    )


async def group(visit: Visit) -> Response:
    """Show one group with its direct members, a page at a time."""
    after = visit.query("after")
    shown = await visit.run("groups.members", group=visit.part("group"), after=after or None, limit=PAGE)
    here = _group_path(visit, shown["id"])
    members = [
        {**each, "href": person_path(visit, {"key": each["user_name"] or each["id"]})}
        for each in shown["members"]
    ]
    return visit.show(
        "group.html",
        current="groups",
        group=shown,
        members=members,
        first=here if after else None,
        next=None if shown["next"] is None else f"{here}?{urlencode({'after': shown['next']})}",
    )


def _group_path(visit: Visit, group_id: str) -> str:
    return f"{visit.below('groups')}/{quote(group_id, safe='')}"
