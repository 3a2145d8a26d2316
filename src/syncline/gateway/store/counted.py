"""How the deliveries of a tenant are counted: each is of one kind at a time, told from its row alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from syncline.gateway.domain.delivery import FAILING_FROM, DeliveryState, Intent

IN_STEP: Final = DeliveryState.IN_STEP.value
WAITING: Final = DeliveryState.WAITING.value
RETRYING: Final = DeliveryState.RETRYING.value
FAILING: Final = "failing"
ON_THEIR_WAY: Final = frozenset({IN_STEP, WAITING, RETRYING, FAILING})
"""The kinds of those who are not held; every other kind is the reason of a hold."""


def counted_as(row: Mapping[str, Any]) -> str | None:
    """Return what a row of `deliveries` counts as; None when the person has moved on and nothing is owed.

    What is due is on its way, whatever held it before; but not what is due only because its hold has an end.
    """
    due_at, reason = row["due_at"], row["hold_reason"]
    if due_at is None:
        if reason is None:
            return None if row["intent"] == Intent.RELEASED.value else IN_STEP
    elif reason is None or row["held_until"] != due_at:
        attempts = row["attempts"]
        return WAITING if attempts == 0 else RETRYING if attempts < FAILING_FROM else FAILING
    return str(reason)


def counts_of(text: str) -> dict[str, int]:
    """Return the counts kept in a row of `counters`, by kind."""
    counts: dict[str, int] = orjson.loads(text)
    return counts
