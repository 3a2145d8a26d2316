"""Deliveries: what is due, what its decision needs, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from syncline.clock import Milliseconds
from syncline.gateway.domain.delivery import Access, Urgency
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import Policy, TenantId, TenantMode
from syncline.gateway.domain.threshold import COUNTED, ENOUGH, WINDOW, DeletionThreshold, deletion_limit
from syncline.gateway.services.ports import Basis, Cause, Redecided, Settlement, Totals, WorkItem
from syncline.gateway.store import records, statements
from syncline.gateway.store.commands.approvals import PassThreshold
from syncline.gateway.store.commands.deliveries import DecideAgain, LogAnswer, LogCall, MakeDue, Settle
from syncline.gateway.store.commands.seats import ReturnSeat, TakeSeat
from syncline.gateway.store.counted import FAILING, IN_STEP, ON_THEIR_WAY, RETRYING, WAITING, counts_of
from syncline.gateway.store.group_names import rules_named
from syncline.gateway.store.work import items_of
from syncline.sql.looking import first_of, rows_of, tuples_of
from syncline.sql.reader import Reader
from syncline.sql.rows import Row
from syncline.sql.writer import Writer


class SqlBacklog:
    """Implements `services.ports.BacklogStore`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def setup(self, tenant_id: TenantId, now: Milliseconds) -> Setup | None:
        """Return all that the tenant's decisions depend on besides the person; None without such a tenant."""
        return await self._reader.point(lambda connection: _setup(connection, tenant_id, now))

    async def pass_threshold(
        self, tenant_id: TenantId, key: str, at: Milliseconds, limit: int | None
    ) -> bool:
        """Count somebody who is about to lose access; False when the threshold is reached."""
        return await self._writer.submit(PassThreshold(tenant_id, key, at, limit))

    async def take_seat(self, tenant_id: TenantId, name: str) -> bool:
        """Count a free seat as taken by somebody who is about to get it; False when none is left."""
        return await self._writer.submit(TakeSeat(tenant_id, name))

    async def return_seat(self, tenant_id: TenantId, name: str, *, none_left: bool) -> None:
        """Count a seat as free again; with `none_left` HubSpot says that there is none at all."""
        await self._writer.submit(ReturnSeat(tenant_id, name, none_left))

    async def held_for(
        self, tenant_id: TenantId, reason: HoldReason, after: str, limit: int
    ) -> list[WorkItem]:
        """Return the deliveries held for this reason whose key comes after `after`, in order of key."""

        def read(connection: Connection) -> list[WorkItem]:
            parameters = {"tenant_id": tenant_id, "reason": reason.value, "after": after, "limit": limit}
            return items_of(connection, tenant_id, rows_of(connection, statements.HELD_FOR, parameters))

        return await self._reader.scan(read)

    async def gone(
        self, tenant_id: TenantId, since: Milliseconds, after: str, limit: int
    ) -> list[tuple[WorkItem, Milliseconds]]:
        """Return who has lost access after that moment and when, in order of key."""

        def read(connection: Connection) -> list[tuple[WorkItem, Milliseconds]]:
            parameters = {"tenant_id": tenant_id, "since": since, "after": after, "limit": limit}
            rows = rows_of(connection, statements.GONE_SINCE, parameters)
            items = items_of(connection, tenant_id, rows)
            return [(item, row["gone_at"]) for item, row in zip(items, rows, strict=True)]

        return await self._reader.scan(read)

    async def basis(self, tenant_id: TenantId, key: str) -> Basis | None:
        """Return what a decision about this delivery rests on now; None when either is not there any more."""

        def read(connection: Connection) -> Basis | None:
            parameters = {"tenant_id": tenant_id, "key": key}
            tenant = first_of(connection, statements.TENANT_BY_ID, {"tenant_id": tenant_id})
            delivery = first_of(connection, statements.DELIVERY, parameters)
            if tenant is None or delivery is None:
                return None
            return Basis(TenantMode(tenant["mode"]), tenant["placement_epoch"], delivery["desired_revision"])

        return await self._reader.point(read)

    async def due(
        self, tenant_id: TenantId, now: Milliseconds, limit: int, *, urgent_only: bool
    ) -> list[WorkItem]:
        """Return what is due by now, urgent first, then in the order it became due."""

        def read(connection: Connection) -> list[WorkItem]:
            rows: list[Row] = []
            for urgency in (Urgency.URGENT,) if urgent_only else tuple(Urgency):
                if len(rows) < limit:
                    parameters = {
                        "tenant_id": tenant_id,
                        "urgency": int(urgency),
                        "now": now,
                        "limit": limit - len(rows),
                    }
                    rows += rows_of(connection, statements.DUE, parameters)
            return items_of(connection, tenant_id, rows)

        return await self._reader.point(read)

    async def stale(self, tenant_id: TenantId, epoch: int, limit: int) -> list[WorkItem]:
        """Return deliveries last decided before this epoch."""

        def read(connection: Connection) -> list[WorkItem]:
            parameters = {"tenant_id": tenant_id, "epoch": epoch, "limit": limit}
            return items_of(connection, tenant_id, rows_of(connection, statements.STALE, parameters))

        return await self._reader.scan(read)

    async def item(self, tenant_id: TenantId, key: str) -> WorkItem | None:
        """Return one delivery, or None."""

        def read(connection: Connection) -> WorkItem | None:
            parameters = {"tenant_id": tenant_id, "key": key}
            rows = rows_of(connection, statements.DELIVERY, parameters)
            return items_of(connection, tenant_id, rows)[0] if rows else None

        return await self._reader.point(read)

    async def walk(self, tenant_id: TenantId, after: str, limit: int) -> list[WorkItem]:
        """Return the deliveries whose key comes after `after`, in order of key."""

        def read(connection: Connection) -> list[WorkItem]:
            parameters = {"tenant_id": tenant_id, "after": after, "limit": limit}
            return items_of(
                connection, tenant_id, rows_of(connection, statements.DELIVERIES_AFTER, parameters)
            )

        return await self._reader.scan(read)

    async def next_due(self, tenant_id: TenantId) -> Milliseconds | None:
        """Return the moment at which something is next due, or None."""

        def read(connection: Connection) -> Milliseconds | None:
            moments = [
                connection.execute(
                    statements.NEXT_DUE, {"tenant_id": tenant_id, "urgency": int(urgency)}
                ).scalar()
                for urgency in Urgency
            ]
            return min((moment for moment in moments if moment is not None), default=None)

        return await self._reader.point(read)

    async def due_tenants(self, now: Milliseconds) -> list[TenantId]:
        """Return every tenant with something due, or something to decide again."""

        def read(connection: Connection) -> list[TenantId]:
            return [
                TenantId(each) for each in connection.execute(statements.DUE_TENANTS, {"now": now}).scalars()
            ]

        return await self._reader.scan(read)

    async def give_way(self) -> None:
        """Let the writes that identity providers wait for go first, for some milliseconds at most."""
        await self._writer.give_way()

    async def settle(
        self, tenant_id: TenantId, settlements: Sequence[Settlement], cause: Cause, *, patient: bool = False
    ) -> None:
        """Write what came of these deliveries; a patient one lets identity providers' writes go first."""
        await self._writer.submit(Settle(tenant_id, tuple(settlements), cause), patient=patient)

    async def make_due(self, tenant_id: TenantId, keys: Sequence[str], epoch: int, at: Milliseconds) -> None:
        """Have these deliveries sent; lets identity providers' writes go first."""
        await self._writer.submit(MakeDue(tenant_id, tuple(keys), epoch, at), patient=True)

    async def redecide(
        self, tenant_id: TenantId, decided: Sequence[Redecided], epoch: int, cause: Cause
    ) -> None:
        """Write what deciding again came to, of those that are as they were when they were decided."""
        await self._writer.submit(DecideAgain(tenant_id, tuple(decided), epoch, cause), patient=True)

    async def log_call(
        self, tenant_id: TenantId, channel: str, purpose: str, delivery_key: str | None, cause: Cause
    ) -> int:
        """Write down a call about to be sent; returns its number."""
        return await self._writer.submit(LogCall(tenant_id, channel, purpose, delivery_key, cause))

    async def log_answer(self, tenant_id: TenantId, seq: int, status: int | None, at: Milliseconds) -> None:
        """Write down how the call was answered; None for no answer."""
        await self._writer.submit(LogAnswer(tenant_id, seq, status, at))

    async def calls_since(self, tenant_id: TenantId, since: Milliseconds) -> list[Milliseconds]:
        """Return when calls were sent after that moment, in order."""

        def read(connection: Connection) -> list[Milliseconds]:
            parameters = {"tenant_id": tenant_id, "since": since}
            return list(connection.execute(statements.CALLS_SINCE, parameters).scalars())

        return await self._reader.point(read)

    async def totals(self, tenant_id: TenantId) -> Totals:
        """Return how many there are of what: read, not counted."""
        return await self._reader.point(lambda connection: _totals(connection, tenant_id))


def _setup(connection: Connection, tenant_id: TenantId, now: Milliseconds) -> Setup | None:
    parameters = {"tenant_id": tenant_id}
    row = first_of(connection, statements.TENANT_BY_ID, parameters)
    if row is None:
        return None
    tenant = records.tenant_of(row)
    link = first_of(connection, statements.CONNECTION, parameters)
    protected = rows_of(connection, statements.PROTECTED, parameters)
    protections = {
        email_key(each["email"]): each["until"]
        for each in protected
        if each["until"] is None or each["until"] > now
    }
    account = link["account"] if link is not None else None
    return Setup(
        tenant_id=tenant_id,
        mode=tenant.mode,
        epoch=tenant.placement_epoch,
        policy=tenant.policy,
        rules=tuple(rules_named(connection, tenant_id)),
        account=None if account is None else records.account_of(account),
        protected=frozenset(protections),
        protection_ends={key: until for key, until in protections.items() if until is not None},
        scim_channel=link is not None and link["scim_token"] is not None,
        plan_approved=tenant.plan_approved_at is not None,
        grant_holder=None
        if link is None or link["grant_holder"] is None
        else email_key(link["grant_holder"]),
        privileged=frozenset(
            each["permission_set_id"] for each in rows_of(connection, statements.PRIVILEGED, parameters)
        ),
        threshold=_threshold(connection, tenant_id, tenant.policy, now),
        at=now,
    )


def _threshold(
    connection: Connection, tenant_id: TenantId, policy: Policy, now: Milliseconds
) -> DeletionThreshold:
    parameters = {"tenant_id": tenant_id, "since": now - WINDOW}
    counters = first_of(connection, statements.COUNTERS, {"tenant_id": tenant_id})
    # Those who have just left were delivered too: a threshold that shrinks with each leaver would brake early.
    # Who is on the way out, or back again, is still among the delivered, and counts once: so whatever so many of
    # them are by now, with all who are delivered they are enough.
    lately = rows_of(connection, statements.DELETIONS_SINCE, {**parameters, "limit": ENOUGH})
    left = sum(row["access"] != Access.ACTIVE.value for row in lately)
    delivered = left + (0 if counters is None else counters["delivered"])
    limit = deletion_limit(delivered, policy.deletion_threshold)
    counted = {**parameters, "limit": max(COUNTED, limit)}
    ((gone,),) = tuples_of(connection, statements.DELETIONS_COUNTED, counted)
    return DeletionThreshold(limit=limit, gone=gone)


def _totals(connection: Connection, tenant_id: str) -> Totals:
    parameters = {"tenant_id": tenant_id}
    counters = first_of(connection, statements.COUNTERS, parameters)
    kept = {} if counters is None else counts_of(counters["backlog"])
    failing = kept.get(FAILING, 0)
    return Totals(
        users=0 if counters is None else counters["users"],
        groups=0 if counters is None else counters["groups"],
        in_step=kept.get(IN_STEP, 0),
        waiting=kept.get(WAITING, 0),
        retrying=kept.get(RETRYING, 0) + failing,
        failing=failing,
        held={kind: count for kind, count in kept.items() if kind not in ON_THEIR_WAY},
        last_contact_at=connection.execute(statements.LAST_CONTACT, parameters).scalar(),
    )
