"""Deciding everybody again after a change of the set-up: who comes to something else, and who does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncline.gateway.domain.delivery import Intent
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.delivering import decide_item, settle_decision
from syncline.gateway.services.ports import Redecided, Settlement, WorkItem

AT_ONCE = 4
MARKED_AT_ONCE = 8
"""People in a piece, which is written in one transaction: those who come to something else, and those whose mark alone
is renewed. Either takes about half a millisecond of the processor, so nobody's write waits much longer for one."""


class Redeciding:
    """Decides those last decided on an older set-up, or before a reading found something new: a `Tally`.

    Whoever comes to something else is handed out first: for the others only their mark is to be renewed.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._others: list[Redecided] = []
        self._same: list[Redecided] = []

    def add(self, item: WorkItem) -> Sequence[Redecided] | None:
        """Decide about one person; return those who come to something else when there are enough for a piece."""
        if item.epoch >= self._setup.epoch:
            return None
        decided = redecided(item, self._setup)
        is_same = decided.settlement is None and not decided.to_send
        (self._same if is_same else self._others).append(decided)
        if len(self._others) < AT_ONCE:
            return None
        piece, self._others = self._others, []
        return piece

    def end(self) -> Iterator[Sequence[Redecided]]:
        """Yield the last of those who come to something else, then everybody who does not."""
        if self._others:
            yield self._others
        for start in range(0, len(self._same), MARKED_AT_ONCE):
            yield self._same[start : start + MARKED_AT_ONCE]


def redecided(item: WorkItem, setup: Setup) -> Redecided:
    """Decide again about one person."""
    settlement = settle_decision(item, decide_item(item, setup), setup.epoch)
    return Redecided(
        key=item.delivery.key,
        renamed_from=item.delivery.renamed_from,
        revision=item.delivery.desired_revision,
        epoch=item.epoch,
        due_at=item.delivery.due_at,
        settlement=None if settlement is None or _changes_nothing(item, settlement) else settlement,
        to_send=settlement is None,
    )


def _changes_nothing(item: WorkItem, settlement: Settlement) -> bool:
    """Tell whether writing a settlement would leave the row as it is; False where that is not sure."""
    row = item.delivery
    if settlement.standing is not None:
        return False
    if row.intent is Intent.RELEASED:
        return True
    known_already = settlement.agreement is None or settlement.agreement == row.agreement
    if row.approvals or row.kept_until is not None or not known_already:
        return False
    found = (row.due_at, row.hold_reason, row.hold_detail, row.attempts, row.last_error)
    detail = settlement.hold_detail or ""
    if found != (
        settlement.retry_at,
        settlement.hold_reason,
        detail,
        settlement.attempts,
        settlement.last_error,
    ):
        return False
    return settlement.hold_reason is not None or row.delivered_revision >= settlement.revision
