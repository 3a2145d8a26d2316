"""Retry as a pure decision: when to try again, or which hold to fall back on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.holds import Hold, HoldReason

SECOND: Final[Milliseconds] = 1_000
MINUTE: Final[Milliseconds] = 60 * SECOND
HOUR: Final[Milliseconds] = 60 * MINUTE
LONGEST: Final[Milliseconds] = 24 * HOUR
"""However long HubSpot asks us to wait, a day is the most that is believed."""


class FailureKind(StrEnum):
    """What a failed attempt means for the next one."""

    RETRY = "retry"
    """HubSpot or the way to it failed; the same call may work later."""
    RATE_LIMITED = "rate-limited"
    HELD = "held"
    """HubSpot refuses and will again; a person must do something."""
    CONNECTION = "connection"
    """The credential or its scopes: nobody's delivery can work until it is renewed."""
    PENDING = "pending"
    """Not a failure: HubSpot takes names only after the person's first sign-in."""
    UNKNOWN_OUTCOME = "unknown-outcome"
    """The reply was lost: what HubSpot did is found out by reading before anything is sent again."""
    NO_SEAT = "no-seat"
    """No seat is free; HubSpot may count one that was just freed some minutes later."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Try again at that moment."""

    at: Milliseconds


RetryDecision = RetryAt | Hold


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits double from `first` up to `longest`; after `attempts` of them (None: never) it is held for `then`."""

    first: Milliseconds
    longest: Milliseconds
    attempts: int | None = None
    then: HoldReason = HoldReason.RETRIES_EXHAUSTED


BACKOFFS: Final = {
    FailureKind.RETRY: Backoff(2 * SECOND, 30 * MINUTE, attempts=500),
    FailureKind.RATE_LIMITED: Backoff(1 * SECOND, 5 * MINUTE),
    FailureKind.UNKNOWN_OUTCOME: Backoff(1 * SECOND, 30 * MINUTE, attempts=500),
    FailureKind.PENDING: Backoff(15 * MINUTE, 24 * HOUR),
    FailureKind.NO_SEAT: Backoff(1 * MINUTE, 15 * MINUTE, attempts=6, then=HoldReason.NO_SEAT_FREE),
}
"""500 waits come to more than a week, so a HubSpot outage of a day is never given up on.

Six waits for a seat come to half an hour or more: what is still short then, somebody must buy or free.
"""

HELD_AS: Final = {
    FailureKind.HELD: HoldReason.REFUSED_BY_HUBSPOT,
    FailureKind.CONNECTION: HoldReason.CONNECTION_TROUBLE,
}


def decide_retry(
    failure_kind: FailureKind,
    attempts: int,
    now: Milliseconds,
    *,
    retry_after: Milliseconds | None = None,
    seed: str = "",
    detail: str = "",
) -> RetryDecision:
    """Return when to try again, or the hold, after `attempts` failed attempts (this one included, so ≥ 1).

    `retry_after` is the span HubSpot asked for: never undercut, believed up to a day. `seed` (the delivery's
    key) spreads people over up to half a wait, the same way every time. `detail` goes into a hold.
    """
    held_as = HELD_AS.get(failure_kind)
    if held_as is not None:
        return Hold(held_as, detail)
    backoff = BACKOFFS[failure_kind]
    if backoff.attempts is not None and attempts > backoff.attempts:
        return Hold(backoff.then, detail)
    wait, spread = _wait(backoff, attempts, seed)
    asked = min(max(retry_after or 0, 0), LONGEST)
    return RetryAt(now + (max(asked + spread, wait - spread) if asked else wait - spread))


def look_again(attempts: int, now: Milliseconds, *, seed: str = "") -> Milliseconds:
    """Return when to send again what HubSpot takes only later (`FailureKind.PENDING`): it is never given up."""
    wait, spread = _wait(BACKOFFS[FailureKind.PENDING], attempts, seed)
    return now + wait - spread


def _wait(backoff: Backoff, attempts: int, seed: str) -> tuple[Milliseconds, Milliseconds]:
    """Return the wait after so many attempts, and how much of it spreads people apart."""
    doublings = min(max(attempts, 1) - 1, 40)
    wait = min(backoff.first << doublings, backoff.longest)
    return wait, wait * _fraction(seed, attempts) // 2000


def _fraction(seed: str, attempts: int) -> int:
    """Return a number of thousandths, 0 to 999, fixed by the seed and the attempt."""
    digest = hashlib.blake2b(f"{attempts}:{seed}".encode(errors="surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") % 1000
