"""The brake: how many people may lose access within a day before the rest is staged for an operator.

Entra calls the same guard the accidental-deletion threshold. One wrong filter in a directory must not empty a HubSpot
account: past the threshold nobody else leaves until a person has said so, and nothing staged ever expires silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from syncline.clock import Milliseconds

WINDOW: Final[Milliseconds] = 24 * 3_600_000
LEAST: Final = 5
MOST: Final = 50
SHARE_PERCENT: Final = 20
COUNTED: Final = 1_000
"""Leavers of a day are counted up to so many, or up to the limit: what more there are decides nothing."""
ENOUGH: Final = MOST * 100 // SHARE_PERCENT
"""With so many people delivered the threshold is at its most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionThreshold:
    """A tenant's threshold as it stands now. Each person counts once, however often he is tried."""

    limit: int
    gone: int = 0
    """How many have lost access within the window; counted no further than `COUNTED`, or than a higher limit."""

    def lets_through(self, gone_at: Milliseconds | None, now: Milliseconds) -> bool:
        """Tell whether somebody who last lost access at that moment may lose it now without anybody looking."""
        counts_already = gone_at is not None and gone_at > now - WINDOW
        return counts_already or self.gone < self.limit

    @property
    def told(self) -> str:
        """How many have lost access, for people to read."""
        return (
            f"{self.gone} people" if self.gone < max(COUNTED, self.limit) else f"{self.gone} people or more"
        )


def deletion_limit(delivered: int, chosen: int | None) -> int:
    """Return the threshold: what an operator chose, else a fifth of the people delivered, at least 5, at most 50."""
    if chosen is not None:
        return chosen
    return max(LEAST, min(delivered * SHARE_PERCENT // 100, MOST))
