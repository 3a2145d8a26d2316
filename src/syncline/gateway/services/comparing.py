"""Comparing decisions about everybody under the set-up as it is with those under the set-up as it would be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from syncline.gateway.domain.change import ChangeKind, content_of
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.privileged import privileged_because
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.delivering import decide_item
from syncline.gateway.services.planned import counted, outcome_of, person_shown
from syncline.gateway.services.ports import WorkItem
from syncline.gateway.services.showing import people_counted
from syncline.gateway.services.walking import concerns_hubspot

_SHOWN = (
    "kind",
    "permission_set",
    "primary_team",
    "secondary_teams",
    "seat",
    "differences",
    "reasons",
    "verdict",
    "hold",
)


@dataclass
class Comparison:
    """Whom a change of the set-up would move, and where to."""

    before: Setup
    after: Setup
    limit: int
    moved: int = 0
    privileged: int = 0
    leaving: int = 0
    held: int = 0
    released: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    people: list[dict[str, Any]] = field(default_factory=list)

    seen: Callable[[WorkItem], WorkItem] | None = None
    """How each person would be seen after the change, if that is otherwise than now."""

    def add(self, item: WorkItem) -> None:
        """Count one person in, if the change would move him."""
        if not concerns_hubspot(item):
            return
        later = item if self.seen is None else self.seen(item)
        before, after = decide_item(item, self.before), decide_item(later, self.after)
        if not moves(before, after):
            return
        self.moved += 1
        self.held += after.would_hold is not None
        self.released += before.would_hold is not None
        self.privileged += self._is_privileged(after) and not self._is_privileged(before)
        if after.would_hold is None:
            self.leaving += after.change.kind.is_leaving and not before.change.kind.is_leaving
            self.fields.update({each.field for each in after.change.differences})
        self.counts[outcome_of(after)] += 1
        if len(self.people) < self.limit:
            self.people.append(self._shown(item, before, later, after))

    def end(self) -> tuple[Comparison]:
        """Return the comparison: it is a `Tally` of itself."""
        return (self,)

    def shown(self) -> dict[str, Any]:
        """Return the comparison for people and machines."""
        return {
            "would_change": self.moved,
            "privileged": self.privileged,
            "leaving": self.leaving,
            "held": self.held,
            "released": self.released,
            "counts": counted(self.counts),
            "fields": dict(self.fields.most_common()),
            "sentence": self.sentence,
            "people": self.people,
        }

    @property
    def sentence(self) -> str:
        """What the change comes to, in one sentence."""
        if not self.moved:
            return "would change nobody"
        parts = [
            f"would change {people_counted(self.moved)}",
            f"{self.privileged} to a privileged set" if self.privileged else "",
            f"{self.leaving} would lose access" if self.leaving else "",
            f"{self.held} would be held" if self.held else "",
            f"{self.released} would no longer be held" if self.released else "",
        ]
        return ", ".join(part for part in parts if part)

    def _is_privileged(self, decision: Decision) -> bool:
        account, set_id = self.after.account, decision.change.permission_set_id
        if account is None or set_id is None or decision.change.kind.is_leaving:
            return False
        found = account.permission_set(set_id)
        return found is not None and privileged_because(found, self.after.privileged) is not None

    def _shown(self, item: WorkItem, before: Decision, later: WorkItem, after: Decision) -> dict[str, Any]:
        was, would = person_shown(item, before, self.before), person_shown(later, after, self.after)
        return {
            **{name: would[name] for name in ("user_id", "user_name", "email")},
            "before": {name: was[name] for name in _SHOWN},
            "after": {name: would[name] for name in _SHOWN},
        }


def moves(before: Decision, after: Decision) -> bool:
    """Tell whether the two come to something else: another change, or held where the other is not.

    Who is held either way stays where he is.
    """
    held_before, held_after = before.would_hold is not None, after.would_hold is not None
    if held_before or held_after:
        only = after if held_before else before
        return held_before != held_after and (held_after or only.change.kind is not ChangeKind.NONE)
    return content_of(before.change) != content_of(after.change)
