"""What was changed at HubSpot by others, of everybody: a line for each field, decided about on the person's page."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from syncline.gateway.domain.drift import DriftField
from syncline.gateway.web.console.people import person_path, views
from syncline.gateway.web.console.visit import Visit

PAGE: Final = 50


async def drift(visit: Visit) -> Response:
    """List what differs by e-mail, a page at a time, of all fields or of one."""
    field, after = visit.query("field"), visit.query("after")
    field = field if field in set(DriftField) else ""
    found = await visit.run("drift.list", field=field or None, after=after or None, limit=PAGE)
    here = visit.below("drift")
    asked = {"field": field} if field else {}
    return visit.show(
        "drift.html",
        current="people",
        lines=[{**each, "href": f"{person_path(visit, each)}#drift"} for each in found["drift"]],
        views=views(visit, "drift"),
        fields=[("", "any field"), *((each.value, each.value.replace("_", " ")) for each in DriftField)],
        field=field,
        first=f"{here}?{urlencode(asked)}" if after else None,
        next=None if found["next"] is None else f"{here}?{urlencode({**asked, 'after': found['next']})}",
    )
