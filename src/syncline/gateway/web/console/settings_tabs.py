"""The pages of a tenant's settings, as the tabs that lead from one to the other."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from syncline.gateway.domain.operators import Permission
from syncline.gateway.web.console.visit import Visit

_TABS: Final = (
    ("settings", "SCIM tokens", Permission.VIEW),
    ("settings/connection", "Connection", Permission.VIEW),
    ("settings/policy", "Policy", Permission.VIEW),
    ("settings/protected", "Protected", Permission.VIEW),
    ("settings/privileged", "Privileged", Permission.VIEW),
    ("settings/notices", "Notices", Permission.VIEW),
    ("settings/retention", "Retention", Permission.VIEW),
    ("settings/audit", "Audit log", Permission.AUDIT),
    ("settings/danger", "Danger zone", Permission.SET_UP),
)


def show_settings(visit: Visit, tab: str, *, status: int = 200, **data: Any) -> Response:
    """Answer with the page of a tab; its template is named after it."""
    tabs = [
        (label, visit.below(place), None, place == tab)
        for place, label, permission in _TABS
        if visit.may(permission)
    ]
    template = tab.replace("/", "-") + ".html"
    return visit.show(template, status=status, current="settings", tabs=tabs, tab=tab, **data)
