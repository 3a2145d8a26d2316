"""What a person's word comes to: approvals that end, exceptions with a date, and four eyes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.errors import Invalid

DAY: Final[Milliseconds] = 24 * 3_600_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_KEPT: Final = 366
"""Days somebody may be kept or protected by one word: longer, and nobody remembers why."""


class Consent(StrEnum):
    """What came of a word that may need a second person's."""

    DONE = "done"
    PENDING = "pending"
    """A second person must say so, too."""
    NOTHING = "nothing"
    """There was nothing to agree to."""


def end_of(text: str, now: Milliseconds) -> Milliseconds:
    """Return the end of a term as `term_of` reads it.

    Raises `Invalid` for what is none, has passed, or is further off than `LONGEST_KEPT` days.
    """
    until = term_of(text)
    if until <= now:
        raise Invalid(f"{text} has passed already.")
    refuse_too_far(until, now)
    return until


def term_of(text: str) -> Milliseconds:
    """Return the end of a day such as 2026-12-24 (UTC), or a moment in RFC 3339, whether or not it has passed.

    Raises `Invalid` for what is neither.
    """
    try:
        if "T" in text:
            parsed = datetime.fromisoformat(text)
            end = parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
        else:
            end = datetime.combine(date.fromisoformat(text), time(), UTC) + timedelta(days=1)
        return (end - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise Invalid(f"{text!r} is no date: write it as 2026-12-24, or as 2026-12-24T18:00:00Z.") from None


def term_text(until: Milliseconds) -> str:
    """Return the text that `term_of` reads as this moment: a day where it is the end of one."""
    end = _EPOCH + timedelta(milliseconds=until)
    if until % DAY == 0:
        return (end - timedelta(days=1)).date().isoformat()
    return end.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refuse_too_far(until: Milliseconds, now: Milliseconds) -> None:
    """Raise `Invalid` for what is further off than `LONGEST_KEPT` days."""
    if until - now > LONGEST_KEPT * DAY:
        raise Invalid(f"{term_text(until)} is too far off: at most {LONGEST_KEPT} days.")
