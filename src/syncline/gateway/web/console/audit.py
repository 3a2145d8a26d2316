"""The audit log: who changed the set-up of a tenant, when and how."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.web.console.settings_tabs import show_settings
from syncline.gateway.web.console.visit import Visit

PAGE = 50


async def audit(visit: Visit) -> Response:
    """Show a page of changes, the latest first."""
    after = visit.query("after")
    number = int(after) if after.isascii() and after.isdecimal() and len(after) < 16 else None
    listed = await visit.run("audit.list", limit=PAGE, after=number)
    return show_settings(
        visit, "settings/audit", entries=listed["entries"], next=listed["next"], is_first=number is None
    )
