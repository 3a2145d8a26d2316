"""Readings of the account, what they lead to, and who is at HubSpot that nobody told us of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Select

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import Account, AccountUser, ChangedBy
from syncline.gateway.domain.crm import CrmRecord
from syncline.gateway.domain.delivery import Intent
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import (
    AccountActivity,
    Actor,
    Cause,
    Chunk,
    Orphan,
    Reading,
    ReadingStep,
    WorkItem,
)
from syncline.gateway.store import reading_statements as statements
from syncline.gateway.store import records
from syncline.gateway.store.commands import readings as commands
from syncline.gateway.store.commands.drifting import AcceptDrift
from syncline.gateway.store.commands.person_read import KeepPerson
from syncline.gateway.store.work import items_of
from syncline.sql.looking import rows_of
from syncline.sql.reader import Reader
from syncline.sql.rows import Row
from syncline.sql.writer import Writer

T = TypeVar("T")


class SqlReadings:
    """Implements `services.ports.ReadingStore`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def reading(self, tenant_id: TenantId) -> Reading | None:
        """Return the last reading of the tenant's account, however far it came."""
        rows = await self._rows(statements.READING, tenant_id)
        return records.reading_of(rows[0]) if rows else None

    async def begin(self, tenant_id: TenantId, reading_id: str, cause: Cause, asked_by: str) -> Reading:
        """Begin a new reading; what another has read so far is worth nothing any more."""
        reading = Reading(
            tenant_id=tenant_id,
            id=reading_id,
            step=ReadingStep.LISTS,
            cursor=None,
            account=None,
            users=0,
            owners_read=False,
            changed=0,
            missing=(),
            begun_at=cause.at,
            finished_at=None,
            correlation_id=cause.correlation_id,
            asked_by=asked_by,
        )
        await self._writer.submit(commands.BeginReading(reading))
        return reading

    async def clear(self, tenant_id: TenantId, reading_id: str) -> bool:
        """Forget some of what earlier readings left; returns whether there may be more."""
        for statement in (statements.READ_BEFORE, statements.READ_SINCE):
            rows = await self._rows(statement, tenant_id, reading_id=reading_id, limit=commands.CLEARED)
            if rows:
                keys = tuple((row["reading_id"], row["hubspot_id"]) for row in rows)
                await self._writer.submit(commands.ForgetRead(tenant_id, keys))
                return True
        return False

    async def keep_lists(self, reading: Reading, account: Account, missing: Sequence[str]) -> Reading | None:
        """Keep the account's lists with the reading; users come next."""
        changes = {
            "step": ReadingStep.USERS.value,
            "account": records.account_text(account),
            "missing": records.sentences_text(missing),
        }
        return await self._writer.submit(commands.AdvanceReading(reading, changes))

    async def keep_users(
        self, reading: Reading, users: Sequence[AccountUser], after: str | None
    ) -> Reading | None:
        """Keep a page of users; with `after` None it was the last."""
        *parts, rest = _chunks(users)
        for part in parts:
            if await self._writer.submit(commands.KeepPage(reading, part, after, last=False)) is None:
                return None
        return await self._writer.submit(commands.KeepPage(reading, rest, after, last=True))

    async def keep_records(
        self, reading: Reading, records: Sequence[CrmRecord], after: str | None
    ) -> Reading | None:
        """Keep what a page of CRM records says with the users they are of; with `after` None it was the last."""
        *parts, rest = _chunks(records)
        for part in parts:
            if await self._writer.submit(commands.KeepRecords(reading, part, after, last=False)) is None:
                return None
        return await self._writer.submit(commands.KeepRecords(reading, rest, after, last=True))

    async def keep_deactivated(
        self, reading: Reading, hubspot_ids: Sequence[str] | None, after: str | None
    ) -> Reading | None:
        """Keep a page of those who cannot sign in; None says that nobody could be asked."""
        ids = None if hubspot_ids is None else tuple(hubspot_ids)
        return await self._writer.submit(commands.KeepDeactivated(reading, ids, after))

    async def merge(self, reading: Reading, activity: AccountActivity, at: Milliseconds) -> Reading | None:
        """Let the complete reading replace what was known of the next chunk of users."""
        seen, absent, until = await self._reader.scan(lambda connection: _next_chunk(connection, reading))
        silence = None if activity.silence is None else ChangedBy(None, None, activity.silence)
        said = {each: activity.entries[each] for each in (*seen, *absent) if each in activity.entries}
        return await self._writer.submit(commands.MergeUsers(reading, seen, absent, until, said, silence, at))

    async def abandon(self, reading: Reading) -> None:
        """Conclude nothing from this reading; the next one begins anew."""
        await self._writer.submit(
            commands.AdvanceReading(reading, {"step": ReadingStep.ABANDONED.value, "cursor": None})
        )

    async def refresh_lists(self, tenant_id: TenantId, account: Account, cause: Cause) -> bool:
        """Keep the account's lists as they are now; returns whether anything is new in them."""
        return await self._writer.submit(commands.KeepLists(tenant_id, account, cause))

    async def keep_person(
        self,
        tenant_id: TenantId,
        key: str,
        hubspot_id: str | None,
        user: AccountUser | None,
        cause: Cause,
        actor: Actor,
    ) -> bool:
        """Keep what one person was found to have at HubSpot, None for nothing; returns whether that was news."""
        return await self._writer.submit(KeepPerson(tenant_id, key, hubspot_id, user, cause, actor))

    async def due(self, before: Milliseconds) -> list[TenantId]:
        """Return the tenants whose account was last read at that moment or earlier."""

        def read(connection: Connection) -> list[TenantId]:
            found = connection.execute(statements.READINGS_DUE, {"before": before}).scalars()
            return [TenantId(each) for each in found]

        return await self._reader.scan(read)

    async def drifted(self, tenant_id: TenantId, after: str, limit: int) -> list[WorkItem]:
        """Return people of whom something drifted whose key comes after `after`, in order of key."""

        def read(connection: Connection) -> list[WorkItem]:
            parameters = {"tenant_id": tenant_id, "after": after, "limit": limit}
            return items_of(connection, tenant_id, rows_of(connection, statements.DRIFTED, parameters))

        return await self._reader.scan(read)

    async def accept_drift(
        self,
        tenant_id: TenantId,
        key: str,
        fields: frozenset[str] | None,
        actor: Actor,
        correlation_id: str,
    ) -> tuple[str, ...]:
        """Let HubSpot's values stand for one person; returns the fields. Raises `NotFound`."""
        return await self._writer.submit(AcceptDrift(tenant_id, key, fields, actor, correlation_id))

    async def orphans(self, tenant_id: TenantId, after: str, limit: int) -> Chunk:
        """Walk `limit` users of the account and return those nobody has told us of."""
        return await self._reader.scan(lambda connection: _orphans(connection, tenant_id, after, limit))

    async def _rows(self, statement: Select[Any], tenant_id: TenantId, **parameters: Any) -> list[Row]:
        bound = {"tenant_id": tenant_id, **parameters}
        return await self._reader.scan(lambda connection: rows_of(connection, statement, bound))


def _chunks(page: Sequence[T]) -> list[tuple[T, ...]]:
    """Return a page in pieces of which each is kept in one commit; an empty page is one empty piece."""
    return [
        tuple(page[start : start + commands.CHUNK]) for start in range(0, max(1, len(page)), commands.CHUNK)
    ]


def _next_chunk(
    connection: Connection, reading: Reading
) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    """Return the next users in order of id: those the reading saw, those it did not, and the last of them all."""
    parameters = {
        "tenant_id": reading.tenant_id,
        "reading_id": reading.id,
        "after": reading.cursor or "",
        "limit": commands.CHUNK,
    }
    seen = [row["hubspot_id"] for row in rows_of(connection, statements.READ_AFTER, parameters)]
    known = [row["hubspot_id"] for row in rows_of(connection, statements.ACCOUNT_USERS_AFTER, parameters)]
    full = [ids[-1] for ids in (seen, known) if len(ids) == commands.CHUNK]
    until = min(full, default=None)
    if until is not None:
        seen = [each for each in seen if each <= until]
        known = [each for each in known if each <= until]
    there = set(seen)
    return tuple(seen), tuple(each for each in known if each not in there), until


def _orphans(connection: Connection, tenant_id: str, after: str, limit: int) -> Chunk:
    parameters: dict[str, Any] = {"tenant_id": tenant_id, "after": after, "limit": limit}
    rows = rows_of(connection, statements.ACCOUNT_USERS_AFTER, parameters)
    if not rows:
        return Chunk((), None)
    ours = _told(connection, tenant_id, statements.DELIVERED_AS, [row["hubspot_id"] for row in rows])
    ours |= _told(connection, tenant_id, statements.DELIVERED_TO, [row["email_key"] for row in rows])
    strangers = [row for row in rows if not {row["hubspot_id"], row["email_key"]} & ours]
    found = tuple(Orphan(records.account_user_of(row["document"])) for row in strangers)
    return Chunk(found, rows[-1]["hubspot_id"] if len(rows) == limit else None)


def _told(connection: Connection, tenant_id: str, statement: Select[Any], values: list[str]) -> set[str]:
    """Return those of the values that stand for somebody the identity provider has told of."""
    parameters = {"tenant_id": tenant_id, "values": values}
    return {
        name for name, intent in connection.execute(statement, parameters) if intent != Intent.RELEASED.value
    }
