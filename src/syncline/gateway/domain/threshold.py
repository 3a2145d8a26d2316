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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionThreshold:
    """A tenant's threshold as it stands now. Each person counts once, however often he is tried."""

    limit: int
    spent: frozenset[str] = frozenset()
    """The keys of the deliveries that took access away within the window."""

    def lets_through(self, key: str) -> bool:
        """Tell whether this person may still lose access without anybody looking."""
        return key in self.spent or len(self.spent) < self.limit


def deletion_limit(delivered: int, chosen: int | None) -> int:
    """Return the threshold: what an operator chose, else a fifth of the people delivered, at least 5, at most 50."""
    if chosen is not None:
        return chosen
    return max(LEAST, min(delivered * SHARE_PERCENT // 100, MOST))
