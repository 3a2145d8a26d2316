"""Permission sets that are never given without a person's approval."""

from __future__ import annotations

from collections.abc import Set

from syncline.gateway.domain.account import PermissionSet


def privileged_because(permission_set: PermissionSet, marked: Set[str]) -> str | None:
    """Return why a permission set needs approval, None when it does not. Marks are by id: names may change."""
    if permission_set.id in marked:
        return "an operator has marked it as privileged"
    if permission_set.requires_billing_write:
        return "it comes with a paid seat"
    if "admin" in permission_set.name.casefold():
        return "its name resembles an administrator's"
    return None
