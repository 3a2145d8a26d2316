"""HubSpot's rate limits at the door: counted per token and per account, in memory, announced in headers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache

from syncline.clock import Milliseconds
from syncline.portal.domain.account import Account
from syncline.portal.domain.errors import RateLimited
from syncline.portal.domain.limits import (
    ALLOWANCES,
    OAUTH_PER_TEN_SECONDS,
    SEARCHES_PER_SECOND,
    TEN_SECONDS,
    Allowance,
    DailyCount,
    RollingWindow,
    zone_named,
)
from syncline.portal.domain.tokens import Grant

SECOND = 1_000


@dataclass(frozen=True, slots=True)
class Today:
    """The calls of an account's day: how many it may make, how many it made, when the next day begins."""

    limit: int
    used: int
    resets_at: Milliseconds


class Limiter:
    """Counts the calls of every token in ten seconds and of every account in a day; a restart forgets."""

    def __init__(self) -> None:
        self._windows: defaultdict[str, RollingWindow] = defaultdict(RollingWindow)
        self._searches: defaultdict[str, RollingWindow] = defaultdict(lambda: RollingWindow(SECOND))
        self._days: defaultdict[int, DailyCount] = defaultdict(DailyCount)

    def admit(self, grant: Grant, account: Account, now: Milliseconds) -> dict[str, str]:
        """Count a call and return the headers that announce the limits; `RateLimited` past one of them.

        An OAuth app has one window per account, whatever tokens it uses, and no daily limit.
        """
        if grant.client_id is not None:
            return self._admit_app(f"{grant.client_id}/{grant.portal_id}", now)
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

    def admit_search(self, grant: Grant, now: Milliseconds) -> None:
        """Count a CRM search, which has a window of its own and no headers; `RateLimited` past five in a second."""
        window = self._searches[f"{grant.client_id or grant.token_id}/{grant.portal_id}"]
        if window.admit(now, SEARCHES_PER_SECOND) is None:
            raise RateLimited("SECONDLY")

    def today(self, account: Account, now: Milliseconds) -> Today:
        """Return what the account's static tokens used of the day's calls."""
        count, zone = self._days[account.portal_id], _zone(account.time_zone)
        return Today(ALLOWANCES[account.tier].per_day, count.used(now, zone), count.ends(now, zone))

    def _admit_app(self, window: str, now: Milliseconds) -> dict[str, str]:
        left = self._windows[window].admit(now, OAUTH_PER_TEN_SECONDS)
        if left is None:
            raise RateLimited("TEN_SECONDLY_ROLLING", headers=_rolling(OAUTH_PER_TEN_SECONDS, 0))
        return _rolling(OAUTH_PER_TEN_SECONDS, left)


@cache
def _zone(name: str) -> tzinfo:
    return zone_named(name)


def _headers(allowed: Allowance, left: int, left_today: int) -> dict[str, str]:
    return {
        **_rolling(allowed.per_ten_seconds, left),
        "X-HubSpot-RateLimit-Daily": str(allowed.per_day),
        "X-HubSpot-RateLimit-Daily-Remaining": str(left_today),
    }


def _rolling(limit: int, left: int) -> dict[str, str]:
    secondly = limit // 10
    return {
        "X-HubSpot-RateLimit-Max": str(limit),
        "X-HubSpot-RateLimit-Remaining": str(left),
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(TEN_SECONDS),
        "X-HubSpot-RateLimit-Secondly": str(secondly),
        "X-HubSpot-RateLimit-Secondly-Remaining": str(min(secondly, left)),
    }
