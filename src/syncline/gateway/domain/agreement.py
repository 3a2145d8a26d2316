"""What a person's HubSpot user was last confirmed to have, and in which fields that no longer holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import ChangedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One field that somebody changed at HubSpot, and that is not what the identity provider wants.

    Values are shown as people read them; `value` is the raw one, by which a further change is told from this one.
    """

    value: str
    confirmed: str | None
    at_hubspot: str | None
    by: ChangedBy | None = None
    since: Milliseconds = 0
    """When it was found."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Field by field (`drift.DriftField`), in raw values: ids, keys of addresses, names."""

    confirmed: Mapping[str, str] = field(default_factory=dict)
    """What was wanted and was seen to hold at HubSpot, whoever brought it there."""
    accepted: Mapping[str, str] = field(default_factory=dict)
    """What was wanted when HubSpot's other value was accepted: that value stays while this is still wanted."""
    drift: Mapping[str, Drift] = field(default_factory=dict)
    removed_by: tuple[ChangedBy, ...] = ()
    """What the log says of him, newest first, where a reading found him gone."""


UNAGREED: Final = Agreement()
"""Of somebody who is not at HubSpot by our doing."""
