"""HubSpot's rate limits: a rolling ten seconds per app, and a day per account in the account's time zone.

Source: HubSpot's usage guidelines (facts of November 2026): 100 or 190 calls in ten seconds by tier,
250,000, 625,000 or 1,000,000 a day.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from syncline.clock import Milliseconds
from syncline.portal.domain.account import Tier

TEN_SECONDS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many calls an app may make in ten seconds, and an account in a day."""

    per_ten_seconds: int
    per_day: int


ALLOWANCES = {
    Tier.FREE: Allowance(100, 250_000),
    Tier.STARTER: Allowance(100, 250_000),
    Tier.PROFESSIONAL: Allowance(190, 625_000),
    Tier.ENTERPRISE: Allowance(190, 1_000_000),
}

SEARCHES_PER_SECOND = 5
OAUTH_PER_TEN_SECONDS = 110
"""Of an OAuth app in each account that installed it; it has no daily limit."""


class RollingWindow:
    """The calls of one app in the last ten seconds, or in another span.

    Refused calls do not count. Memory and time per call are bounded by the limit, which may change between
    calls.
    """

    def __init__(self, span: int = TEN_SECONDS) -> None:
        self._span = span
        self._calls: deque[Milliseconds] = deque()

    def admit(self, now: Milliseconds, limit: int) -> int | None:
        """Count a call and return how many are left, or count nothing and return None: over the limit."""
        calls = self._calls
        while calls and calls[0] <= now - self._span:
            calls.popleft()
        if len(calls) >= limit:
            return None
        calls.append(now)
        return limit - len(calls)


class DailyCount:
    """The calls of one account since midnight in its own time zone."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._calls = 0

    def used(self, now: Milliseconds, zone: tzinfo) -> int:
        """Return how many calls the account made since midnight in that zone."""
        day = datetime.fromtimestamp(now / 1000, zone).date()
        if day != self._day:
            self._day, self._calls = day, 0
        return self._calls

    def ends(self, now: Milliseconds, zone: tzinfo) -> Milliseconds:
        """Return the midnight in that zone at which the day ends."""
        tomorrow = datetime.fromtimestamp(now / 1000, zone).date() + timedelta(days=1)
        return int(datetime.combine(tomorrow, time(), zone).timestamp() * 1000)

    def count(self) -> None:
        """Count one call to the day last asked about."""
        self._calls += 1


def zone_named(name: str) -> tzinfo:
    """Return the time zone of that IANA name; `ValueError` when there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; use an IANA name such as Europe/Paris") from None
