"""What HubSpot states about its rate limits, and the share of it that is ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from syncline.clock import Milliseconds

_SHARE = Fraction(9, 10)
_KEPT_FOR_URGENT = Fraction(1, 25)
_MAX_COUNT = 1_000_000_000
_DAY: Milliseconds = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The rolling window HubSpot states, and the daily count, which it leaves out for OAuth apps."""

    maximum: int
    interval: Milliseconds
    daily: int | None = None
    daily_remaining: int | None = None

    @property
    def allowance(self) -> int:
        """The calls we send in one interval at most: 0.90 of the maximum, rounded down, but one."""
        return max(1, int(self.maximum * _SHARE))

    @property
    def kept_for_urgent(self) -> int:
        """The calls of the allowance that only an urgent change may use; small enough to leave 95 % to the others."""
        return int(self.allowance * _KEPT_FOR_URGENT)

    @property
    def gap(self) -> Fraction:
        """The span between two calls when they are spread evenly over the interval."""
        return Fraction(self.interval, self.allowance)

    @property
    def slack(self) -> Fraction:
        """How early a call may come on an even spread: a tenth of a tenth of the interval.

        Small enough that HubSpot's older limit of a tenth of the maximum per second (policy ``SECONDLY``) holds too.
        """
        return Fraction(self.interval, 100)


CAUTIOUS = Limits(maximum=100, interval=10_000)
"""The least HubSpot grants any kind of app (Free and Starter): used until an answer says more."""


def stated_limits(headers: Mapping[str, str]) -> Limits | None:
    """Read the limits from the headers of an answer; None when it states none that can be believed."""
    maximum = _count(headers, "x-hubspot-ratelimit-max")
    interval = _count(headers, "x-hubspot-ratelimit-interval-milliseconds")
    if not maximum or not interval or interval > _DAY:
        return None
    return Limits(
        maximum=maximum,
        interval=interval,
        daily=_count(headers, "x-hubspot-ratelimit-daily"),
        daily_remaining=_count(headers, "x-hubspot-ratelimit-daily-remaining"),
    )


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 10:
        return None
    return min(int(text), _MAX_COUNT)
