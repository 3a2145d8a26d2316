"""What operators approve, and the count of those who have lost access."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.change import CHANGE_APPROVED
from syncline.gateway.domain.consent import DAY, Consent
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.domain.threshold import WINDOW
from syncline.gateway.services.ports import Actor
from syncline.gateway.store.commands.journal import counters_of, record_audit
from syncline.gateway.store.commands.seconding import Given, Word, policy_of, seconded
from syncline.gateway.store.commands.setup import bump_epoch
from syncline.gateway.store.tables import approvals, deletions, deliveries, privileged_sets, tenants
from syncline.sql.rows import Need, Row, Rows

SAID: Final = {"leave": "leaving", "grant": "a privileged permission set", "change": "a change of the plan"}
"""What an approval is for that needs a second person with four eyes, by how it begins."""


@dataclass(frozen=True, slots=True)
class Approve:
    """Approve one thing for each of these deliveries and have them decided again; returns who needs a second word.

    An approval is for the person the delivery now has: whoever takes over the e-mail does not inherit it. Of
    the changes of one person only the last one approved stands. What nothing comes of ends after the policy's days.
    """

    tenant_id: TenantId
    granted: tuple[tuple[str, str], ...]
    actor: Actor
    because: str = ""

    def prefetch(self) -> Iterable[Need]:
        primary_key = ("tenant_id", "key")
        return (
            Need(tenants, ("id",), (self.tenant_id,)),
            counters_of(self.tenant_id),
            *(Need(deliveries, primary_key, (self.tenant_id, key)) for key, _ in self.granted),
            *(Need(approvals, primary_key, (self.tenant_id, key)) for key, _ in self.granted),
        )

    def apply(self, rows: Rows) -> frozenset[str]:
        return frozenset(key for key, what in self.granted if not self._approve(rows, key, what))

    def _approve(self, rows: Rows, key: str, what: str) -> bool:
        """Approve one thing; returns False while a second person has to."""
        delivery = rows.get(deliveries, self.tenant_id, key)
        if delivery is None or self._stands(rows, delivery, what):
            return True
        given = self._given(rows, delivery, what)
        if given is None:
            return False
        days = policy_of(rows, self.tenant_id).approval_days
        approval: Row = {
            "tenant_id": self.tenant_id,
            "key": key,
            "what": what,
            "user_id": delivery["user_id"],
            "approved_at": self.actor.at,
            "approved_by": given.by,
            "because": given.because,
            "expires_at": self.actor.at + days * DAY,
        }
        # One for somebody who had this e-mail before is worth nothing any more.
        for outdated in self._outdated(rows, key, what):
            rows.delete(approvals, self.tenant_id, key, outdated)
        rows.insert(approvals, approval)
        revision = delivery["desired_revision"] + 1
        rows.update(deliveries, (self.tenant_id, key), due_at=self.actor.at, desired_revision=revision)
        told = {"delivery": key, "what": what, **_because(given)}
        record_audit(rows, self.tenant_id, self.actor.at, given.by, "approved", **told)
        return True

    def _given(self, rows: Rows, delivery: Row, what: str) -> Given | None:
        """Return by whom and why it is approved, None while a second person has to; only `SAID` needs one."""
        kind, key = what.partition(":")[0], delivery["key"]
        if kind not in SAID:
            return Given(self.actor.name, self.because)
        subject = f"{SAID[kind]} for {delivery['email'] or key}"
        # Bound to the person as an approval is: whoever takes over the e-mail is asked for anew.
        word = Word(f"approval:{key}:{delivery['user_id']}:{what}", subject, self.because)
        return seconded(rows, self.tenant_id, word, self.actor)

    def _stands(self, rows: Rows, delivery: Row, what: str) -> bool:
        """Tell whether the same is approved already, for the same person, and has not ended."""
        held = rows.get(approvals, self.tenant_id, delivery["key"], what)
        if held is None or held["user_id"] != delivery["user_id"]:
            return False
        return held["expires_at"] is None or bool(held["expires_at"] > self.actor.at)

    def _outdated(self, rows: Rows, key: str, what: str) -> list[str]:
        held = [row["what"] for row in rows.find(approvals, tenant_id=self.tenant_id, key=key)]
        is_change = what.startswith(CHANGE_APPROVED)
        return [each for each in held if each == what or (is_change and each.startswith(CHANGE_APPROVED))]


@dataclass(frozen=True, slots=True)
class ApprovePlan:
    """Remember that an operator has seen the plan and agreed to it; PENDING while a second person has to."""

    tenant_id: TenantId
    counts: Mapping[str, int]
    fingerprint: str
    actor: Actor
    because: str = ""

    def prefetch(self) -> Iterable[Need]:
        return (Need(tenants, ("id",), (self.tenant_id,)), counters_of(self.tenant_id))

    def apply(self, rows: Rows) -> Consent:
        word = Word(f"plan:{self.fingerprint}", f"the plan {self.fingerprint}", self.because)
        given = seconded(rows, self.tenant_id, word, self.actor)
        if given is None:
            return Consent.PENDING
        told = {**self.counts, **_because(given)}
        rows.update(tenants, (self.tenant_id,), plan_approved_at=self.actor.at, plan_approved_by=given.by)
        bump_epoch(rows, self.tenant_id)
        record_audit(rows, self.tenant_id, self.actor.at, given.by, "plan.approved", **told)
        return Consent.DONE


@dataclass(frozen=True, slots=True)
class PassThreshold:
    """Count somebody who is about to lose access; returns False, counting nobody, when the threshold is reached.

    Without a limit he is counted whatever the number: an operator has said so. A person counts once in a window.
    """

    tenant_id: TenantId
    key: str
    at: Milliseconds
    limit: int | None

    def prefetch(self) -> Iterable[Need]:
        if self.limit is None:
            return (Need(deletions, ("tenant_id", "key"), (self.tenant_id, self.key)),)
        return (Need(deletions, ("tenant_id",), (self.tenant_id,)),)

    def apply(self, rows: Rows) -> bool:
        before = rows.get(deletions, self.tenant_id, self.key)
        if before is not None and before["at"] > self._since:
            return True
        if self.limit is not None and self._counted_lately(rows) >= self.limit:
            return False
        rows.delete(deletions, self.tenant_id, self.key)
        rows.insert(deletions, {"tenant_id": self.tenant_id, "key": self.key, "at": self.at})
        return True

    @property
    def _since(self) -> Milliseconds:
        return self.at - WINDOW

    def _counted_lately(self, rows: Rows) -> int:
        """Return how many have left within the window, and forget whoever left before."""
        counted = rows.find(deletions, tenant_id=self.tenant_id)
        past = [row["key"] for row in counted if row["at"] <= self._since]
        for key in past:
            rows.delete(deletions, self.tenant_id, key)
        return len(counted) - len(past)


@dataclass(frozen=True, slots=True)
class MarkPrivileged:
    """Mark a permission set as privileged, or take the mark away; returns whether that changed anything.

    A mark goes with a second person where the policy says four eyes: without it grants would need nobody.
    """

    tenant_id: TenantId
    permission_set_id: str
    marked: bool
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (
            Need(tenants, ("id",), (self.tenant_id,)),
            counters_of(self.tenant_id),
            Need(privileged_sets, ("tenant_id",), (self.tenant_id,)),
        )

    def apply(self, rows: Rows) -> bool:
        there = rows.get(privileged_sets, self.tenant_id, self.permission_set_id) is not None
        if there == self.marked:
            return False
        given: Given | None = Given(self.actor.name)
        if not self.marked:
            what = f"unmark:{self.permission_set_id}"
            word = Word(what, f"no mark on the permission set {self.permission_set_id}")
            given = seconded(rows, self.tenant_id, word, self.actor)
        if given is None:
            return False
        if self.marked:
            mark: Row = {
                "tenant_id": self.tenant_id,
                "permission_set_id": self.permission_set_id,
                "marked_at": self.actor.at,
                "marked_by": self.actor.name,
            }
            rows.insert(privileged_sets, mark)
        else:
            rows.delete(privileged_sets, self.tenant_id, self.permission_set_id)
        bump_epoch(rows, self.tenant_id)
        action = "privileged.marked" if self.marked else "privileged.unmarked"
        record_audit(
            rows,
            self.tenant_id,
            self.actor.at,
            given.by,
            action,
            permission_set=self.permission_set_id,
        )
        return True


def _because(given: Given) -> Mapping[str, str]:
    return {"because": given.because} if given.because else {}
