"""HubSpot's rate limits at the door: counted per token and per account, in memory, announced in headers."""

from __future__ import annotations

from collections import defaultdict
from datetime import tzinfo
from functools import cache

from syncline.clock import Milliseconds
from syncline.portal.domain.account import Account
from syncline.portal.domain.errors import RateLimited
from syncline.portal.domain.limits import (
    ALLOWANCES,
    TEN_SECONDS,
    Allowance,
    DailyCount,
    RollingWindow,
    zone_named,
)
from syncline.portal.domain.tokens import Grant


class Limiter:
    """Counts the calls of every token in ten seconds and of every account in a day; a restart forgets."""

    def __init__(self) -> None:
        self._windows: defaultdict[str, RollingWindow] = defaultdict(RollingWindow)
        self._days: defaultdict[int, DailyCount] = defaultdict(DailyCount)

    def admit(self, grant: Grant, account: Account, now: Milliseconds) -> dict[str, str]:
        """Count a call and return the headers that announce the limits; `RateLimited` past one of them."""
        allowed = ALLOWANCES[account.tier]
        today = self._days[account.portal_id]
        used = today.used(now, _zone(account.time_zone))
        if used >= allowed.per_day:
            raise RateLimited("DAILY", headers=_headers(allowed, allowed.per_ten_seconds, 0))
        left = self._windows[grant.token_id].admit(now, allowed.per_ten_seconds)
        if left is None:
            headers = _headers(allowed, 0, allowed.per_day - used)
            raise RateLimited("TEN_SECONDLY_ROLLING", headers=headers)
        today.count()
        return _headers(allowed, left, allowed.per_day - used - 1)


@cache
def _zone(name: str) -> tzinfo:
    return zone_named(name)


def _headers(allowed: Allowance, left: int, left_today: int) -> dict[str, str]:
    secondly = allowed.per_ten_seconds // 10
    return {
        "X-HubSpot-RateLimit-Max": str(allowed.per_ten_seconds),
        "X-HubSpot-RateLimit-Remaining": str(left),
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(TEN_SECONDS),
        "X-HubSpot-RateLimit-Daily": str(allowed.per_day),
        "X-HubSpot-RateLimit-Daily-Remaining": str(left_today),
        "X-HubSpot-RateLimit-Secondly": str(secondly),
        "X-HubSpot-RateLimit-Secondly-Remaining": str(min(secondly, left)),
    }
