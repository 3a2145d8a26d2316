"""How long HubSpot asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from syncline.clock import Milliseconds
from syncline.gateway.hubspot.call import Answer
from syncline.gateway.hubspot.limits import stated_limits

_SECOND: Milliseconds = 1_000
_DAY: Milliseconds = 86_400_000
_LOCKED: Milliseconds = 2 * _SECOND
_MIGRATING: Milliseconds = 60 * _SECOND


def asked_wait(answer: Answer, time_zone: str | None = None) -> Milliseconds | None:
    """Return the span from `answer.at` that HubSpot wants to pass before the next call, None when it wants none.

    429 by its policy: one second, ten seconds (or the interval it states), or to the next midnight of the account;
    423 at least two seconds; 477 a minute unless told; everywhere a longer ``Retry-After`` counts, up to a day.
    """
    least = {423: _LOCKED, 429: 0, 477: _MIGRATING}.get(answer.status or 0)
    told = _retry_after(answer)
    if answer.status == 429:
        least = _policy_wait(answer, time_zone)
    elif answer.status == 477 and told:
        least = told
    waits = [wait for wait in (least, told) if wait]
    return max(waits) if waits else None


def _policy_wait(answer: Answer, time_zone: str | None) -> Milliseconds:
    policy = _policy(answer)
    if policy == "DAILY":
        return until_midnight(answer.at, time_zone)
    if policy == "SECONDLY":
        return _SECOND
    limits = stated_limits(answer.headers)
    return limits.interval if limits else 10 * _SECOND


def _policy(answer: Answer) -> str:
    body = answer.body if isinstance(answer.body, dict) else {}
    named = body.get("policyName")
    if isinstance(named, str):
        return named
    message = str(body.get("message", "")).lower()
    if "daily" in message:
        return "DAILY"
    return "SECONDLY" if "secondly" in message and "ten_secondly" not in message else ""


def until_midnight(now: Milliseconds, time_zone: str | None) -> Milliseconds:
    """Return the span to the next midnight in that IANA time zone; in UTC when there is no such zone."""
    zone = _zone(time_zone)
    tomorrow = datetime.fromtimestamp(now / 1000, zone).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time.min, zone)
    return max(_SECOND, int(midnight.timestamp() * 1000) - now)


def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def _retry_after(answer: Answer) -> Milliseconds | None:
    text = answer.headers.get("retry-after", "").strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return min(int(text) * _SECOND, _DAY)
