"""What a plan comes to: everybody counted, some of them shown, and a fingerprint of it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from syncline.gateway.domain.change import Change, ChangeKind, approval_of, content_of
from syncline.gateway.domain.decision import Decision
from syncline.gateway.domain.delivery import as_of
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.seats import seat_taken
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.delivering import change_shown, decide_item, reasons_shown
from syncline.gateway.services.ports import WorkItem
from syncline.gateway.services.showing import hold_shown, holds_counted, set_name, team_name
from syncline.gateway.services.walking import concerns_hubspot

KINDS: Final = (
    "create",
    "adopt",
    "update",
    "rename",
    "reactivate",
    "deactivate",
    "remove",
    "strip",
    "look",
    "unchanged",
    "held",
)
"""What can be said of one person in a plan."""

_IGNORED: Final = frozenset({HoldReason.OUTSIDE_DOMAINS})
_PROTECTED: Final = frozenset(
    {HoldReason.LAST_SUPER_ADMIN, HoldReason.SUPER_ADMIN, HoldReason.GRANT_HOLDER, HoldReason.PROTECTED}
)


@dataclass
class Plan:
    """What deciding about everybody came to."""

    setup: Setup
    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    held_as: Counter[str] = field(default_factory=Counter)
    near_misses: Counter[tuple[str, str]] = field(default_factory=Counter)
    emails_sent: int = 0
    seats: Counter[str] = field(default_factory=Counter)
    """How many people would take one of each seat."""
    leaving: int = 0
    people: list[dict[str, Any]] = field(default_factory=list)
    more: bool = False
    """More people would be shown than are in `people`."""
    last: str = ""
    """The key of the last one in `people`."""
    keys: dict[str, list[str]] = field(default_factory=dict)
    """Of whom what can be said, by kind, where that was asked for."""
    fingerprint: str = ""
    """A short text that changes with whatever the plan shows of anybody."""

    def add(self, item: WorkItem, decision: Decision, *, keep: bool) -> None:
        """Count one person in; `keep` shows him too."""
        would = decision.would_hold
        if would is not None:
            self.counts["held"] += 1
            self.held[would.reason.value] += 1
            self.held_as[held_as(would.reason)] += 1
        else:
            self._count_change(decision.change)
        if would is None or would.reason is HoldReason.NO_SEAT_FREE:
            seat = seat_taken(decision.placement, decision.change, item.known)
            if seat is not None:
                self.seats[seat] += 1
        for miss in decision.placement.near_misses if decision.placement is not None else ():
            self.near_misses[(miss.role, miss.meant)] += 1
        if keep:
            self.people.append(person_shown(item, decision, self.setup))
            self.last = item.delivery.key

    def _count_change(self, change: Change) -> None:
        self.counts[kind_of(change)] += 1
        for name in {each.field for each in change.differences}:
            self.fields[name] += 1
        self.emails_sent += change.send_welcome_email
        self.leaving += change.kind.is_leaving

    def shown(self) -> dict[str, Any]:
        """Return the plan but for its people."""
        return {
            "counts": counted(self.counts),
            "fields": dict(self.fields.most_common()),
            "held": holds_counted(self.held),
            "held_as": {name: self.held_as[name] for name in ("ignored", "protected", "waiting")},
            "emails_sent": self.emails_sent,
            "leaving": self._leaving(),
            "seats": self._seats(),
            "near_misses": [
                {"role": role, "permission_set": meant, "count": count}
                for (role, meant), count in self.near_misses.most_common()
            ],
            "fingerprint": self.fingerprint,
        }

    def _seats(self) -> list[dict[str, Any]]:
        """Return how many people need which seat, and how many of them would have to wait for one."""
        account = self.setup.account
        found = {} if account is None else {name: account.seat(name) for name in self.seats}
        return [
            {
                "seat": name,
                "needed": self.seats[name],
                "remaining": seat.remaining,
                "waiting": 0 if seat.remaining is None else max(0, self.seats[name] - seat.remaining),
            }
            for name, seat in sorted(found.items())
            if seat is not None
        ]

    def _leaving(self) -> dict[str, Any]:
        threshold = self.setup.threshold
        if threshold is None:
            return {"people": self.leaving, "threshold": None, "staged": 0}
        free = max(0, threshold.limit - threshold.gone)
        return {
            "people": self.leaving,
            "threshold": threshold.limit,
            "staged": max(0, self.leaving - free),
        }


class Planner:
    """Decides about everybody: a `Tally` of one plan."""

    def __init__(self, setup: Setup, limit: int, kinds: frozenset[str], *, indexed: bool) -> None:
        """Show the first `limit` people of these kinds, of all without any; `indexed` keeps who is of which kind."""
        self._plan = Plan(setup)
        self._limit = limit
        self._kinds = kinds
        self._indexed = indexed
        self._digest = blake2b(str(setup.epoch).encode(), digest_size=8)

    def add(self, item: WorkItem) -> None:
        """Decide about one person."""
        if not concerns_hubspot(item):
            return
        plan, key = self._plan, item.delivery.key
        decision = decide_item(item, plan.setup)
        outcome = outcome_of(decision)
        meant = not self._kinds or outcome in self._kinds
        keep = meant and len(plan.people) < self._limit
        plan.more = plan.more or (meant and not keep)
        plan.add(item, decision, keep=keep)
        reason = "" if decision.would_hold is None else decision.would_hold.reason.value
        self._digest.update(f"{key}\0{reason}\0{content_of(decision.change)!r}\n".encode())
        if self._indexed:
            plan.keys.setdefault(outcome, []).append(key)

    def end(self) -> tuple[Plan]:
        """Return the plan."""
        self._plan.fingerprint = f"{self._plan.setup.epoch}-{self._digest.hexdigest()}"
        return (self._plan,)


class Page:
    """Some people of a plan: a `Tally` that hands itself out as soon as it is full and somebody more is found."""

    def __init__(self, setup: Setup, limit: int, kinds: frozenset[str]) -> None:
        """Show at most `limit` people of these kinds, of all without any."""
        self._setup = setup
        self._limit = limit
        self._kinds = kinds
        self.people: list[dict[str, Any]] = []
        self.more = False
        self.last = ""
        """The key of the last one in `people`."""

    def add(self, item: WorkItem) -> Page | None:
        """Decide about one person; return the page if he no longer fits in."""
        if not concerns_hubspot(item):
            return None
        decision = decide_item(item, self._setup)
        if self._kinds and outcome_of(decision) not in self._kinds:
            return None
        if len(self.people) == self._limit:
            self.more = True
            return self
        self.people.append(person_shown(item, decision, self._setup))
        self.last = item.delivery.key
        return None

    def end(self) -> tuple[Page]:
        """Return the page, which is the last one."""
        return (self,)


def kind_of(change: Change) -> str:
    """Return the kind of a change as a plan names it."""
    return "unchanged" if change.kind is ChangeKind.NONE else change.kind.value


def held_as(reason: HoldReason) -> str:
    """Return which of three sorts a reason is: ignored by domain, protected, or waiting for something."""
    if reason in _IGNORED:
        return "ignored"
    return "protected" if reason in _PROTECTED else "waiting"


def outcome_of(decision: Decision) -> str:
    """Return what a plan says of one person in one word: one of `KINDS`."""
    return "held" if decision.would_hold is not None else kind_of(decision.change)


def counted(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts of all kinds, those of nobody included."""
    return {kind: counts.get(kind, 0) for kind in KINDS}


def person_shown(item: WorkItem, decision: Decision, setup: Setup) -> dict[str, Any]:
    """Return one person's line of the plan."""
    change, placement = decision.change, decision.placement
    shown = change_shown(change)
    would = decision.would_hold
    account = setup.account
    teams = () if placement is None else placement.secondary_team_ids or ()
    return {
        "user_id": item.delivery.user_id,
        "user_name": item.person.user_name if item.person is not None else None,
        "email": item.delivery.email,
        "kind": kind_of(change),
        "permission_set": None if placement is None else set_name(account, placement.permission_set_id),
        "primary_team": None if placement is None else team_name(account, placement.primary_team_id),
        "secondary_teams": [team_name(account, each) for each in teams],
        "seat": None if placement is None else placement.seat or None,
        "differences": shown["differences"],
        "welcome_email": change.send_welcome_email,
        "reasons": reasons_shown(placement),
        "verdict": "send" if would is None else "hold",
        "hold": None if would is None else hold_shown(would.reason.value, would.detail),
        "held_as": None if would is None else held_as(would.reason),
        "approved": approval_of(change) in as_of(item.delivery, setup.at).approvals,
    }
