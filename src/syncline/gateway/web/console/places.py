"""The navigation: which places there are, and who is shown which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from syncline.gateway.domain.operators import Access, Permission
from syncline.webkit.frame import Place

_OF_A_TENANT: Final = (
    ("overview", "Overview", "overview", Permission.VIEW),
    ("set-up", "Set-up", "path", Permission.VIEW),
    ("people", "People", "people", Permission.VIEW),
    ("groups", "Groups", "group", Permission.VIEW),
    ("approvals", "Approvals", "inbox", Permission.VIEW),
    ("plan", "Plan", "plan", Permission.VIEW),
    ("log", "Log", "log", Permission.VIEW),
    ("workbench", "Workbench", "info", Permission.SET_UP),
    ("settings", "Settings", "settings", Permission.VIEW),
    ("operators", "Operators", "key", Permission.PEOPLE),
)
"""Name in the address, label, icon, and what somebody must be allowed to see it."""


def context_places(tenant_id: str, access: Access, current: str) -> Sequence[Place]:
    """Return the places of a tenant."""
    return [
        Place(label, f"/tenants/{tenant_id}/{name}", icon, name == current)
        for name, label, icon, permission in _OF_A_TENANT
        if access.may(permission, tenant_id)
    ]


def main_places(access: Access, current: str) -> Sequence[Place]:
    """Return the places of the whole installation."""
    places = [Place("Tenants", "/", "building", current == "fleet")]
    if access.may(Permission.PEOPLE):
        places.append(Place("Operators", "/operators", "key", current == "all-operators"))
        places.append(Place("API keys", "/api-keys", "shield", current == "api-keys"))
    return places
