"""What an admin sees confirmed before he trusts a set-up: four kinds of change that HubSpot has answered to be done."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from syncline.gateway.domain.placement import NOTHING_MATCHES


class Check(StrEnum):
    """One line of the checklist."""

    CREATE = "create"
    UPDATE = "update"
    ROLE = "role"
    DEACTIVATE = "deactivate"


_CHANGES: Final = frozenset({"delivery.update", "delivery.rename", "delivery.adopt"})
_PLACES: Final = _CHANGES | {"delivery.create", "delivery.reactivate"}
_ENDS: Final = frozenset({"delivery.deactivate", "delivery.remove", "delivery.strip"})


def confirmed_by(kind: str, detail: Mapping[str, Any]) -> frozenset[Check]:
    """Return which checks an event confirms, by its kind and detail.

    Only events that say HubSpot has done it confirm anything; what was received, decided or sent does not.
    """
    change = detail.get("change") or {}
    fields = {each["field"] for each in change.get("differences", ())}
    by_rule = not any(each.startswith(NOTHING_MATCHES) for each in detail.get("reasons", ()))
    confirmed = {
        Check.CREATE: kind == "delivery.create",
        Check.UPDATE: kind in _CHANGES and bool(fields),
        Check.ROLE: kind in _PLACES and "permission_set" in fields and by_rule,
        Check.DEACTIVATE: kind in _ENDS,
    }
    return frozenset(check for check, holds in confirmed.items() if holds)
