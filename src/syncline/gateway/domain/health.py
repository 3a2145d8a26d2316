"""How a connection is: derived from its trouble, a pure table."""

from __future__ import annotations

from enum import StrEnum

from syncline.gateway.domain.grant import RECONNECT_NEEDED
from syncline.gateway.domain.holds import HoldReason


class Health(StrEnum):
    """From nothing to do, over what passes by itself, to what only a person can end."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """HubSpot or the way to it fails; tried again every minute by itself."""
    QUARANTINED = "quarantined"
    """Nothing is sent until an operator has looked."""
    RECONNECT_NEEDED = "reconnect needed"
    """HubSpot has ended the grant; nothing is tried until there is a new one."""


TWO_ACCOUNTS = "two-accounts"
"""The trouble of a connection whose channels look like two different accounts: nothing is sent until it is set anew."""

_OF_TROUBLE = {
    TWO_ACCOUNTS: Health.QUARANTINED,
    RECONNECT_NEEDED: Health.RECONNECT_NEEDED,
    HoldReason.UNASKED_PERMISSION_CHANGE.value: Health.QUARANTINED,
}


def health_of(trouble: str | None) -> Health:
    """Return how a connection with that trouble is; without trouble it is healthy."""
    return Health.HEALTHY if trouble is None else _OF_TROUBLE.get(trouble, Health.DEGRADED)
