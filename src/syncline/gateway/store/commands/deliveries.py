"""What the drain writes: calls before they are sent, and what came of each delivery."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.change import CHANGE_APPROVED
from syncline.gateway.domain.delivery import LEAVE, Access, Intent
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.validation import confirmed_by
from syncline.gateway.services.ports import Cause, Redecided, Settlement, Standing
from syncline.gateway.store.commands import claims, drifting
from syncline.gateway.store.commands.journal import count, counters_of, record_event, take_number
from syncline.gateway.store.records import account_user_row
from syncline.gateway.store.tables import account_users, approvals, calls, confirmations, deliveries
from syncline.sql.rows import Need, Row, Rows

GONE = {Access.REMOVED, Access.NONE}
SCIM = "scim"
REMOVAL = "users.remove"
CHANGES = frozenset({"users.create", "users.update", REMOVAL, "scim.users.create", "scim.users.update"})
"""The purposes of calls that may change a person at HubSpot."""


@dataclass(frozen=True, slots=True)
class LogCall:
    """Write down a call that is about to be sent, and return its number."""

    tenant_id: str
    channel: str
    purpose: str
    delivery_key: str | None
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        return (counters_of(self.tenant_id),)

    def apply(self, rows: Rows) -> int:
        seq = take_number(rows, self.tenant_id, "call_seq")
        call: Row = {
            "tenant_id": self.tenant_id,
            "seq": seq,
            "sent_at": self.cause.at,
            "channel": self.channel,
            "purpose": self.purpose,
            "delivery_key": self.delivery_key,
            "correlation_id": self.cause.correlation_id,
            "status": None,
            "answered_at": None,
            "doubted": self._doubt(rows),
        }
        rows.insert(calls, call)
        return seq

    def _doubt(self, rows: Rows) -> bool:
        """Distrust what is known of the person from now on: a change is leaving, and its answer may never come.

        Returns whether this call is the first to bring doubt.
        """
        if self.delivery_key is None or self.purpose not in CHANGES:
            return False
        row = rows.get(deliveries, self.tenant_id, self.delivery_key)
        if row is None:
            return False
        changes: Row = {} if row["uncertain"] == SCIM else {"uncertain": self.channel}
        if self.purpose == REMOVAL:
            # That he is not there from now on is our doing: should the answer never come, it is nobody's drift.
            changes |= {"agreement": None, "drifted": False}
        if changes:
            rows.update(deliveries, (self.tenant_id, self.delivery_key), **changes)
        return row["uncertain"] is None


@dataclass(frozen=True, slots=True)
class LogAnswer:
    """Write down how HubSpot answered a call; `status` is None when it did not."""

    tenant_id: str
    seq: int
    status: int | None
    at: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return (Need(calls, ("tenant_id", "seq"), (self.tenant_id, self.seq)),)

    def apply(self, rows: Rows) -> None:
        call = rows.get(calls, self.tenant_id, self.seq)
        if call is None:
            return
        rows.update(calls, (self.tenant_id, self.seq), status=self.status, answered_at=self.at)
        if call["doubted"] and _did_nothing(self.status):
            self._trust_again(rows, call)

    def _trust_again(self, rows: Rows, call: Row) -> None:
        """Take the doubt back: a refused call has changed nothing, what was known before it still holds."""
        row = rows.get(deliveries, self.tenant_id, call["delivery_key"])
        if row is not None and row["uncertain"] == call["channel"]:
            rows.update(deliveries, (self.tenant_id, row["key"]), uncertain=None)


@dataclass(frozen=True, slots=True)
class Settle:
    """Write what came of a number of deliveries of one tenant."""

    tenant_id: str
    settlements: tuple[Settlement, ...]
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        primary_key = ("tenant_id", "key")
        return (
            counters_of(self.tenant_id),
            Need(confirmations, ("tenant_id",), (self.tenant_id,)),
            *(Need(deliveries, primary_key, (self.tenant_id, item.key)) for item in self.settlements),
            *(Need(approvals, primary_key, (self.tenant_id, item.key)) for item in self.settlements),
        )

    def apply(self, rows: Rows) -> None:
        for settlement in self.settlements:
            row = rows.get(deliveries, self.tenant_id, settlement.key)
            if row is not None:
                self._settle(rows, row, settlement)

    def _settle(self, rows: Rows, row: Row, settlement: Settlement) -> None:
        changes: Row = {"decided_epoch": drifting.decided_epoch(row, settlement)}
        if row["intent"] == Intent.RELEASED.value and settlement.standing is None:
            # The person has moved on to another row, and nothing was learnt that this row could hand over.
            rows.update(deliveries, (self.tenant_id, settlement.key), **changes)
            return
        newest = row["desired_revision"] == settlement.revision
        if settlement.hold_reason is None and settlement.retry_at is None:
            changes |= _in_step(row, settlement, self.cause.at, newest=newest)
        elif newest:
            changes |= _not_in_step(settlement)
        if settlement.scim_id is not None:
            changes["scim_id"] = settlement.scim_id
        self._journal(rows, row, settlement)
        changes |= self._end_exception(rows, row)
        if settlement.agreement is not None:
            changes |= drifting.agree(rows, row, settlement.agreement, self.cause)
        at_rest = settlement.retry_at is None and settlement.hold_reason is None
        if at_rest:
            # Somebody found in step without a call has no use for the approval of a change, either.
            beginning = "" if settlement.standing is not None else CHANGE_APPROVED
            _use_up_approvals(rows, self.tenant_id, settlement.key, beginning)
        if row["intent"] == Intent.PRESENT.value:
            # Whoever is wanted back is not to leave on a word given before.
            rows.delete(approvals, self.tenant_id, settlement.key, LEAVE)
        if settlement.standing is not None or settlement.looked:
            changes["uncertain"] = None
        rows.update(deliveries, (self.tenant_id, settlement.key), **changes)
        if settlement.standing is not None:
            self._keep_standing(rows, row, settlement.standing, looked=settlement.looked)
        elif settlement.looked:
            self._pay_off(rows, row)

    def _end_exception(self, rows: Rows, row: Row) -> Row:
        """Tell once that an exception has come to its end; returns the columns that change with that."""
        if row["kept_until"] is None or row["kept_until"] > self.cause.at:
            return {}
        subject, name = row["user_id"] or row["key"], row["email"] or row["key"]
        summary = f"The exception of {name} has come to its end: decided like anybody else"
        record_event(rows, self.tenant_id, self.cause, "exception.expired", subject, summary)
        return {"kept_until": None}

    def _keep_standing(self, rows: Rows, row: Row, standing: Standing, *, looked: bool) -> None:
        _keep_account_user(rows, self.tenant_id, standing, self.cause.at)
        if row["moved_to"] is not None and row["intent"] == Intent.RELEASED.value:
            self._hand_over(rows, row, standing)
            return
        _count_delivered(rows, self.tenant_id, row["access"], standing.access)
        rows.update(
            deliveries,
            (self.tenant_id, row["key"]),
            hubspot_id=standing.hubspot_id,
            scim_id=standing.scim_id,
            origin=None if standing.origin is None else standing.origin.value,
            access=standing.access.value,
            may_reactivate=row["may_reactivate"] and standing.access is not Access.ACTIVE,
        )
        there = None if standing.email is None else email_key(standing.email)
        if there == row["key"] or standing.access in GONE:
            self._pay_off(rows, row)
        elif looked and there is not None:
            rows.update(deliveries, (self.tenant_id, row["key"]), **claims.owing(standing.email))
        if standing.access in GONE:
            claims.offer(rows, self.tenant_id, row["key"], self.cause)

    def _pay_off(self, rows: Rows, row: Row) -> None:
        """Clear a rename that is no longer owed: whoever waits for the old e-mail may have it."""
        before = row["renamed_from"]
        if before is None:
            return
        rows.update(deliveries, (self.tenant_id, row["key"]), **claims.owing(None))
        if rows.get(deliveries, self.tenant_id, email_key(before)) is not None:
            # What was sent for that e-mail before has found its person: it says nothing about the next one there.
            rows.update(deliveries, (self.tenant_id, email_key(before)), delivered_at=self.cause.at)
        claims.offer(rows, self.tenant_id, email_key(before), self.cause)

    def _hand_over(self, rows: Rows, row: Row, standing: Standing) -> None:
        """Give the answer to the row of the e-mail the person moved to meanwhile; that row owes the rename."""
        heir = self._heir(rows, row)
        if heir is None:
            return
        _count_delivered(rows, self.tenant_id, heir["access"], standing.access)
        known_as = standing.email or row["email"]
        away = known_as is not None and email_key(known_as) != heir["key"]
        rows.update(
            deliveries,
            (self.tenant_id, heir["key"]),
            hubspot_id=standing.hubspot_id,
            scim_id=standing.scim_id,
            origin=None if standing.origin is None else standing.origin.value,
            access=standing.access.value,
            agreement=row["agreement"],
            drifted=row["drifted"],
            **claims.owing(known_as if away else None),
            desired_revision=heir["desired_revision"] + 1,
            due_at=self.cause.at,
        )

    def _heir(self, rows: Rows, row: Row) -> Row | None:
        """Return the row that stands for the person now, however often the e-mail has changed since."""
        seen = {row["key"]}
        heir: Row | None = row
        while heir is not None and heir["intent"] == Intent.RELEASED.value and heir["moved_to"] not in seen:
            seen.add(heir["moved_to"])
            heir = rows.get(deliveries, self.tenant_id, heir["moved_to"])
        return heir

    def _journal(self, rows: Rows, row: Row, settlement: Settlement) -> None:
        same_hold = settlement.hold_reason is not None and settlement.hold_reason == row["hold_reason"]
        quiet = (
            settlement.kind == "delivery.unchanged" and row["desired_revision"] == row["delivered_revision"]
        )
        if same_hold or quiet:
            return
        cause = Cause(self.cause.at, row["correlation_id"] or self.cause.correlation_id, self.cause.detail)
        seq = record_event(
            rows,
            self.tenant_id,
            cause,
            settlement.kind,
            row["user_id"] or row["key"],
            settlement.summary,
            **settlement.detail,
        )
        for check in confirmed_by(settlement.kind, settlement.detail):
            if rows.get(confirmations, self.tenant_id, check.value) is None:
                told = {"seq": seq, "at": self.cause.at, "summary": settlement.summary}
                rows.insert(confirmations, {"tenant_id": self.tenant_id, "key": check.value, **told})


@dataclass(frozen=True, slots=True)
class MakeDue:
    """Have these deliveries sent: they were decided again and there is something to send."""

    tenant_id: str
    keys: tuple[str, ...]
    epoch: int
    at: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        own = (Need(deliveries, ("tenant_id", "key"), (self.tenant_id, key)) for key in self.keys)
        return (counters_of(self.tenant_id), *own)

    def apply(self, rows: Rows) -> None:
        for key in self.keys:
            row = rows.get(deliveries, self.tenant_id, key)
            if row is not None:
                rows.update(
                    deliveries,
                    (self.tenant_id, key),
                    decided_epoch=max(self.epoch, row["decided_epoch"]),
                    due_at=self.at if row["due_at"] is None else min(self.at, row["due_at"]),
                    desired_revision=row["desired_revision"] + 1,
                )


@dataclass(frozen=True, slots=True)
class DecideAgain:
    """Write what deciding again about a number of deliveries came to.

    Whatever has moved since it was decided is left: it stays marked to be decided, or has been by now.
    """

    tenant_id: str
    decided: tuple[Redecided, ...]
    epoch: int
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        return (*self._settle(self.decided).prefetch(), *self._make_due(self.decided).prefetch())

    def apply(self, rows: Rows) -> None:
        standing = [each for each in self.decided if self._stands(rows, each)]
        self._settle(standing).apply(rows)
        self._make_due(standing).apply(rows)
        for each in standing:
            if each.settlement is None and not each.to_send:
                rows.update(deliveries, (self.tenant_id, each.key), decided_epoch=self.epoch)

    def _stands(self, rows: Rows, decided: Redecided) -> bool:
        row = rows.get(deliveries, self.tenant_id, decided.key)
        basis = (decided.revision, decided.epoch, decided.due_at)
        return row is not None and basis == (row["desired_revision"], row["decided_epoch"], row["due_at"])

    def _settle(self, decided: Iterable[Redecided]) -> Settle:
        settlements = (each.settlement for each in decided if each.settlement is not None)
        return Settle(self.tenant_id, tuple(settlements), self.cause)

    def _make_due(self, decided: Iterable[Redecided]) -> MakeDue:
        keys = (each.key for each in decided if each.to_send)
        return MakeDue(self.tenant_id, tuple(keys), self.epoch, self.cause.at)


def _use_up_approvals(rows: Rows, tenant_id: str, key: str, beginning: str) -> None:
    """Forget what was approved: an approval is for one decision, what comes after it is looked at again."""
    for approval in rows.find(approvals, tenant_id=tenant_id, key=key):
        if approval["what"].startswith(beginning):
            rows.delete(approvals, tenant_id, key, approval["what"])


def _count_delivered(rows: Rows, tenant_id: str, before: str, after: Access) -> None:
    """Keep the number of people who are active at HubSpot through us."""
    change = int(after is Access.ACTIVE) - int(before == Access.ACTIVE.value)
    if change:
        count(rows, tenant_id, "delivered", change)


def _did_nothing(status: int | None) -> bool:
    """Tell whether an answer says that the call was not carried out: refused, or never sent (logged as 0)."""
    return status is not None and (status == 0 or 400 <= status < 500)


def _in_step(row: Row, settlement: Settlement, at: Milliseconds, *, newest: bool) -> Row:
    changes: Row = {
        "delivered_revision": max(settlement.revision, row["delivered_revision"]),
        "hold_reason": None,
        "hold_detail": None,
        "last_error": settlement.last_error,
        "attempts": 0,
    }
    if settlement.standing is not None:
        changes["delivered_at"] = at
    if newest:
        changes["due_at"] = None
    return changes


def _not_in_step(settlement: Settlement) -> Row:
    return {
        "due_at": settlement.retry_at,
        "held_until": settlement.retry_at if settlement.hold_reason is not None else None,
        "attempts": settlement.attempts,
        "hold_reason": settlement.hold_reason,
        "hold_detail": settlement.hold_detail,
        "last_error": settlement.last_error,
    }


def _keep_account_user(rows: Rows, tenant_id: str, standing: Standing, at: Milliseconds) -> None:
    if standing.user is not None:
        keep_account_user(rows, tenant_id, standing.user, at)
    elif standing.hubspot_id is not None and standing.access is Access.REMOVED:
        rows.delete(account_users, tenant_id, standing.hubspot_id)


def keep_account_user(rows: Rows, tenant_id: str, user: AccountUser, at: Milliseconds) -> None:
    """Remember what HubSpot has for one of its users."""
    row = account_user_row(tenant_id, user, at)
    if rows.get(account_users, tenant_id, user.hubspot_id) is None:
        rows.insert(account_users, row)
    else:
        changes = {name: value for name, value in row.items() if name not in {"tenant_id", "hubspot_id"}}
        rows.update(account_users, (tenant_id, user.hubspot_id), **changes)
