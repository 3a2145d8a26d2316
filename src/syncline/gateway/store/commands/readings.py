"""A reading of the account: read pages are kept apart, and replace what was known only once all are there.

Every command touches one page or one chunk, so that no reading, however large the account, keeps other writes waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import (
    Account,
    AccountUser,
    ChangedBy,
    as_far_as_known,
    with_what_was_known,
)
from syncline.gateway.domain.crm import CrmRecord
from syncline.gateway.domain.delivery import Intent
from syncline.gateway.domain.drift import DriftField, tells_of
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.seats import same_but_for_remaining
from syncline.gateway.services.ports import Cause, Reading, ReadingStep
from syncline.gateway.store import records
from syncline.gateway.store.commands.deliveries import keep_account_user
from syncline.gateway.store.commands.drifting import OUTDATED
from syncline.gateway.store.commands.journal import counters_of, record_event
from syncline.gateway.store.commands.renames import record_renames
from syncline.gateway.store.commands.setup import bump_epoch
from syncline.gateway.store.tables import (
    account_users,
    connections,
    deliveries,
    read_users,
    readings,
    tenants,
)
from syncline.sql.rows import Need, Row, Rows

CHUNK: Final = 20
"""Users kept or merged in one commit, at most three rows for each: other writes wait for a few milliseconds at most."""
MOST_SAID: Final = 10
"""Entries of HubSpot's log that are kept with a user."""
CLEARED: Final = 100
"""Rows of an earlier reading forgotten in one commit."""


@dataclass(frozen=True, slots=True)
class BeginReading:
    """Put a new reading in the place of the last one."""

    reading: Reading

    def prefetch(self) -> Iterable[Need]:
        return (_reading_of(self.reading.tenant_id),)

    def apply(self, rows: Rows) -> None:
        row = records.reading_row(self.reading)
        key = (self.reading.tenant_id,)
        if rows.get(readings, *key) is None:
            rows.insert(readings, row)
        else:
            rows.update(readings, key, **{name: row[name] for name in row if name != "tenant_id"})


@dataclass(frozen=True, slots=True)
class ForgetRead:
    """Forget pages of a reading that is over."""

    tenant_id: str
    keys: tuple[tuple[str, str], ...]

    def prefetch(self) -> Iterable[Need]:
        columns = ("tenant_id", "reading_id", "hubspot_id")
        return tuple(Need(read_users, columns, (self.tenant_id, *key)) for key in self.keys)

    def apply(self, rows: Rows) -> None:
        for key in self.keys:
            rows.delete(read_users, self.tenant_id, *key)


@dataclass(frozen=True, slots=True)
class AdvanceReading:
    """Set columns of a reading; returns it, None when another has begun meanwhile."""

    reading: Reading
    changes: Mapping[str, object]

    def prefetch(self) -> Iterable[Need]:
        return (_reading_of(self.reading.tenant_id),)

    def apply(self, rows: Rows) -> Reading | None:
        if _current(rows, self.reading) is None:
            return None
        rows.update(readings, (self.reading.tenant_id,), **self.changes)
        return _found(rows, self.reading)


@dataclass(frozen=True, slots=True)
class KeepPage:
    """Keep users of one page apart; with the `last` of them goes where the list goes on.

    So a page is kept whole, or read again. Keeping somebody twice counts once.
    """

    reading: Reading
    users: tuple[AccountUser, ...]
    after: str | None
    last: bool

    def prefetch(self) -> Iterable[Need]:
        return (_reading_of(self.reading.tenant_id), *_read(self.reading, (u.hubspot_id for u in self.users)))

    def apply(self, rows: Rows) -> Reading | None:
        row = _current(rows, self.reading)
        if row is None:
            return None
        known, super_admins = row["users"], row["super_admins"]
        for user in self.users:
            key = (self.reading.tenant_id, self.reading.id, user.hubspot_id)
            before = rows.get(read_users, *key)
            document = records.account_user_text(user)
            if before is None:
                rows.insert(read_users, _read_row(self.reading, user.hubspot_id, document))
                known += 1
            else:  # somebody who moved from one page to the next while the list was read
                super_admins -= _counts(records.account_user_of(before["document"]))
                rows.update(read_users, key, document=document)
            super_admins += _counts(user)
        counted: Row = {"users": known, "super_admins": super_admins}
        if not self.last:
            return _advance(rows, self.reading, **counted)
        step = _after_users(self.reading) if self.after is None else ReadingStep.USERS
        return _advance(rows, self.reading, step=step.value, cursor=self.after, **counted)


@dataclass(frozen=True, slots=True)
class KeepRecords:
    """Keep what CRM records say with the users they are of; with the `last` of a page goes where the list goes on."""

    reading: Reading
    records: tuple[CrmRecord, ...]
    after: str | None
    last: bool

    def prefetch(self) -> Iterable[Need]:
        return (
            _reading_of(self.reading.tenant_id),
            *_read(self.reading, (r.hubspot_id for r in self.records)),
        )

    def apply(self, rows: Rows) -> Reading | None:
        if _current(rows, self.reading) is None:
            return None
        for record in self.records:
            key = (self.reading.tenant_id, self.reading.id, record.hubspot_id)
            before = rows.get(read_users, *key)
            if before is None:
                continue  # the record of somebody who was removed: the list of users decides who is there
            user = records.account_user_of(before["document"])
            text = records.account_user_text(replace(user, crm=record.values, crm_id=record.crm_id))
            rows.update(read_users, key, document=text)
        if not self.last:
            return self.reading
        step = ReadingStep.DEACTIVATED if self.after is None else ReadingStep.RECORDS
        return _advance(rows, self.reading, step=step.value, cursor=self.after)


@dataclass(frozen=True, slots=True)
class KeepDeactivated:
    """Keep who cannot sign in, with where the list goes on; None ids say that nobody could be asked."""

    reading: Reading
    hubspot_ids: tuple[str, ...] | None
    after: str | None

    def prefetch(self) -> Iterable[Need]:
        return (_reading_of(self.reading.tenant_id), *_read(self.reading, self.hubspot_ids or ()))

    def apply(self, rows: Rows) -> Reading | None:
        row = _current(rows, self.reading)
        if row is None:
            return None
        super_admins = row["super_admins"]
        for hubspot_id in self.hubspot_ids or ():
            key = (self.reading.tenant_id, self.reading.id, hubspot_id)
            before = rows.get(read_users, *key)
            if before is None:
                continue  # somebody who was removed: the list of users decides who is there
            user = records.account_user_of(before["document"])
            super_admins -= _counts(user)
            text = records.account_user_text(replace(user, active=False))
            rows.update(read_users, key, document=text)
        step = ReadingStep.MERGING if self.after is None else ReadingStep.DEACTIVATED
        return _advance(
            rows,
            self.reading,
            step=step.value,
            cursor=self.after,
            owners_read=self.hubspot_ids is not None,
            super_admins=super_admins,
        )


@dataclass(frozen=True, slots=True)
class MergeUsers:
    """Replace what is known of some users by what the whole reading says of them.

    `seen` are in it, `absent` are not; with `until` None they are the last ones and the reading is done. An answer of
    HubSpot that came after the reading began knows better. Whoever is new, changed or gone is marked to be decided
    again, nobody else.
    """

    reading: Reading
    seen: tuple[str, ...]
    absent: tuple[str, ...]
    until: str | None
    said: Mapping[str, Sequence[ChangedBy]]
    silence: ChangedBy | None
    at: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        tenant_id = self.reading.tenant_id
        ids = (*self.seen, *self.absent)
        return (
            _reading_of(tenant_id),
            counters_of(tenant_id),
            Need(tenants, ("id",), (tenant_id,)),
            Need(connections, ("tenant_id",), (tenant_id,)),
            *_read(self.reading, self.seen),
            *(Need(account_users, ("tenant_id", "hubspot_id"), (tenant_id, each)) for each in ids),
        )

    def apply(self, rows: Rows) -> Reading | None:
        row = _current(rows, self.reading)
        if row is None:
            return None
        changed = sum(self._merge(rows, each, row) for each in self.seen)
        changed += sum(self._take_out(rows, each) for each in self.absent)
        total = row["changed"] + changed
        if self.until is not None:
            return _advance(rows, self.reading, cursor=self.until, changed=total)
        done = ReadingStep.DONE.value
        after = _advance(rows, self.reading, step=done, cursor=None, changed=total, finished_at=self.at)
        self._finish(rows, row["super_admins"], total)
        return after

    def _merge(self, rows: Rows, hubspot_id: str, reading: Row) -> bool:
        tenant_id = self.reading.tenant_id
        key = (tenant_id, self.reading.id, hubspot_id)
        read = rows.get(read_users, *key)
        if read is None:
            return False
        rows.delete(read_users, *key)
        user = records.account_user_of(read["document"])
        if user.active is None and reading["owners_read"]:
            user = replace(user, active=True)
        before = rows.get(account_users, tenant_id, hubspot_id)
        if before is not None:
            known = records.account_user_of(before["document"])
            user = with_what_was_known(user, known)
            if before["read_at"] > self.reading.begun_at or replace(known, changed_by=()) == user:
                return False
            if replace(known, changed_by=()) == as_far_as_known(user, known):
                # Nothing changed but what is asked: he is decided again, and nobody has done anything to him.
                self._keep(rows, replace(user, changed_by=known.changed_by))
                return False
            said = self._said_of(hubspot_id, before["read_at"], access=known.active != user.active)
            user = replace(user, changed_by=said)
        self._keep(rows, user)
        return True

    def _keep(self, rows: Rows, user: AccountUser) -> None:
        keep_account_user(rows, self.reading.tenant_id, user, self.reading.begun_at)
        self._mark(rows, user.hubspot_id, email_key(user.email))

    def _take_out(self, rows: Rows, hubspot_id: str) -> bool:
        before = rows.get(account_users, self.reading.tenant_id, hubspot_id)
        if before is None or before["read_at"] >= self.reading.begun_at:
            return False
        rows.delete(account_users, self.reading.tenant_id, hubspot_id)
        self._mark(rows, hubspot_id, before["email_key"], gone=self._said_of(hubspot_id, before["read_at"]))
        return True

    def _said_of(
        self, hubspot_id: str, since: Milliseconds, *, access: bool = False
    ) -> tuple[ChangedBy, ...]:
        """Return what the log says has been done to a user since he was last known, newest first.

        With `access` earlier entries about that, too: answers of the users API know the person without telling it.
        """
        if self.silence is not None:
            return (self.silence,)
        entries = self.said.get(hubspot_id, ())
        told = (
            each
            for each in entries
            if each.at is None or each.at > since or (access and tells_of(DriftField.ACCESS, each))
        )
        return tuple(told)[:MOST_SAID]

    def _mark(self, rows: Rows, hubspot_id: str, key: str, gone: tuple[ChangedBy, ...] | None = None) -> None:
        """Have those decided again whom the user may be."""
        tenant_id = self.reading.tenant_id
        found = {row["key"]: row for row in rows.find(deliveries, tenant_id=tenant_id, hubspot_id=hubspot_id)}
        found |= {row["key"]: row for row in rows.find(deliveries, tenant_id=tenant_id, renamed_key=key)}
        named = rows.get(deliveries, tenant_id, key)
        if named is not None:
            found[key] = named
        for each, row in found.items():
            if row["intent"] == Intent.RELEASED.value:
                continue
            changes: Row = {"decided_epoch": OUTDATED}
            if row["due_at"] is None:  # else what is under way keeps the cause it has
                changes["correlation_id"] = self.reading.correlation_id
            if gone and row["agreement"] is not None:
                agreement = replace(records.agreement_of(row["agreement"]), removed_by=gone)
                changes["agreement"] = records.agreement_text(agreement)
            rows.update(deliveries, (tenant_id, each), **changes)

    def _finish(self, rows: Rows, super_admins: int, changed: int) -> None:
        reading = self.reading
        connection = rows.get(connections, reading.tenant_id)
        if connection is None or reading.account is None:
            return
        cause = Cause(self.at, reading.correlation_id)
        account = replace(reading.account, super_admin_count=super_admins)
        keep_lists(rows, reading.tenant_id, connection, account, cause)
        rows.update(connections, (reading.tenant_id,), account_read_at=reading.begun_at)
        summary = f"The HubSpot account was read: {reading.users} users, {changed} otherwise than was known"
        record_event(
            rows, reading.tenant_id, cause, "reconcile.done", None, summary,
            users=reading.users, changed=changed, asked_by=reading.asked_by, missing=list(reading.missing),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeepLists:
    """Keep the account's permission sets and teams as they are now; returns whether anything is new in them."""

    tenant_id: str
    account: Account
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        return (
            counters_of(self.tenant_id),
            Need(tenants, ("id",), (self.tenant_id,)),
            Need(connections, ("tenant_id",), (self.tenant_id,)),
        )

    def apply(self, rows: Rows) -> bool:
        connection = rows.get(connections, self.tenant_id)
        if connection is None or connection["account"] is None:
            return False
        before = records.account_of(connection["account"])
        account = replace(self.account, super_admin_count=before.super_admin_count)
        return keep_lists(rows, self.tenant_id, connection, account, self.cause)


def keep_lists(rows: Rows, tenant_id: str, connection: Row, account: Account, cause: Cause) -> bool:
    """Keep an account's lists, tell what was renamed or deleted, and have everybody decided again if so."""
    before = None if connection["account"] is None else records.account_of(connection["account"])
    after = account.after(before)
    text = records.account_text(after)
    if connection["account"] == text:
        return False
    if before is not None and same_but_for_remaining(before, after):
        rows.update(connections, (tenant_id,), account=text)
        return False  # whoever waits for a seat is found by the drain: nobody else is decided again
    record_renames(rows, tenant_id, connection["account"], account, cause)
    rows.update(connections, (tenant_id,), account=text)
    bump_epoch(rows, tenant_id)
    return True


def _after_users(reading: Reading) -> ReadingStep:
    """Return what is read once every user is: CRM records where the account's can be reached."""
    reachable = reading.account is not None and reading.account.crm_users
    return ReadingStep.RECORDS if reachable else ReadingStep.DEACTIVATED


def _reading_of(tenant_id: str) -> Need:
    return Need(readings, ("tenant_id",), (tenant_id,))


def _read(reading: Reading, hubspot_ids: Iterable[str]) -> Iterable[Need]:
    columns = ("tenant_id", "reading_id", "hubspot_id")
    return tuple(Need(read_users, columns, (reading.tenant_id, reading.id, each)) for each in hubspot_ids)


def _current(rows: Rows, reading: Reading) -> Row | None:
    """Return the row of this reading as it stands, None when it is over, or has come further than the caller knows."""
    row = rows.get(readings, reading.tenant_id)
    same = row is not None and (row["id"], row["step"], row["cursor"]) == (
        reading.id,
        reading.step.value,
        reading.cursor,
    )
    return row if same else None


def _advance(rows: Rows, reading: Reading, **changes: object) -> Reading | None:
    rows.update(readings, (reading.tenant_id,), **changes)
    return _found(rows, reading)


def _found(rows: Rows, reading: Reading) -> Reading | None:
    row = rows.get(readings, reading.tenant_id)
    return None if row is None else records.reading_of(row)


def _read_row(reading: Reading, hubspot_id: str, document: str) -> Row:
    return {
        "tenant_id": reading.tenant_id,
        "reading_id": reading.id,
        "hubspot_id": hubspot_id,
        "document": document,
    }


def _counts(user: AccountUser) -> int:
    """Return 1 for a super admin who can sign in."""
    return int(user.super_admin and user.active is not False)
