"""Quarantine: what sends a job there, how it slows down, and when it is disabled.

Documented by Microsoft: refused credentials and answers that are no SCIM at once; else from 5,000 failed objects
when they are more than 40 % or more than 40,000, failed references not counted; 60,000 failures in all. How the
percentage is taken is not published: here it is the share of the objects the job knows. In quarantine a job runs
once a day, and after four weeks it is disabled.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from syncline.clock import Milliseconds

HOUR: Milliseconds = 3_600_000
CYCLE_GAP: Milliseconds = 40 * 60_000
"""Between two cycles of a job that is well (D; other guides say 20 to 40 minutes)."""

QUARANTINE_GAP: Milliseconds = 24 * HOUR
LONGEST_QUARANTINE: Milliseconds = 28 * 24 * HOUR

FEWEST_FAILURES = 5_000
FAILING_PERCENT = 40
MOST_FAILURES = 40_000
MOST_FAILURES_IN_ALL = 60_000


class Cause(StrEnum):
    """Why a job is in quarantine."""

    CREDENTIALS = "credentials"
    COMPLIANCE = "compliance"
    FAILURES = "failures"
    DELETIONS = "deletions"


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A job's quarantine: its cause, the sentence an administrator reads, and since when."""

    cause: Cause
    reason: str
    since: Milliseconds

    @property
    def ends_at(self) -> Milliseconds:
        """The moment the job is disabled unless it recovered."""
        return self.since + LONGEST_QUARANTINE


@dataclass(frozen=True, slots=True)
class Failing:
    """How much of a job fails: objects, references, and how many objects the job knows."""

    objects: int
    references: int
    known: int


def too_many(failing: Failing) -> str | None:
    """Return why so many failures mean quarantine, or None while they do not."""
    if failing.objects + failing.references >= MOST_FAILURES_IN_ALL:
        return f"{failing.objects + failing.references:,} objects and references fail."
    if failing.objects < FEWEST_FAILURES:
        return None
    if failing.objects > MOST_FAILURES:
        return f"{failing.objects:,} objects fail."
    if failing.objects * 100 > FAILING_PERCENT * failing.known:
        return f"{failing.objects:,} of {failing.known:,} objects fail, more than {FAILING_PERCENT} %."
    return None
