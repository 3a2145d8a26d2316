"""The provisioning log, the calls it led to, and the people it is about."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Select

from syncline.clock import Milliseconds
from syncline.gateway.domain.role_expressions import RoleForm
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.domain.validation import Check
from syncline.gateway.services.ports import (
    Activity,
    AuditEntry,
    CallRecord,
    Confirmation,
    Event,
    GroupSeen,
    RoleSeen,
    WorkItem,
)
from syncline.gateway.store import records, statements
from syncline.gateway.store.commands import seen
from syncline.gateway.store.group_names import groups_of
from syncline.gateway.store.work import items_of
from syncline.scim.names import comparison_key
from syncline.sql.looking import first_of
from syncline.sql.reader import Reader
from syncline.sql.rows import Row

_LAST = 2**62
_FROM = {Activity.EVENTS: statements.EVENT_FROM, Activity.CALLS: statements.CALL_FROM}
_COUNTERS = {Activity.EVENTS: "event_seq", Activity.CALLS: "call_seq"}
CALLS_SHOWN = 200
GROUPS_LOOKED_AT = 20_000
"""How many groups a search looks through at most."""
_LAST_KEY = "\U0010ffff"


class SqlJournal:
    """Implements `services.ports.JournalStore`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def events(
        self, tenant_id: TenantId, *, subject: str | None, kind: str | None, before: int | None, limit: int
    ) -> list[Event]:
        """Return events, newest first, numbered below `before`; `kind` may be the beginning of one."""
        parameters: dict[str, Any] = {"before": before or _LAST, "limit": limit}
        statement = statements.EVENTS
        if subject is not None:
            statement, parameters["subject"] = statements.EVENTS_OF, subject
        if kind is not None:
            both = subject is not None
            statement = statements.EVENTS_OF_SUBJECT_AND_KIND if both else statements.EVENTS_OF_KIND
            parameters["pattern"] = statements.beginning(kind)
        found = [records.event_of(row) for row in await self._rows(statement, tenant_id, **parameters)]
        return [event for event in found if kind is None or event.kind.startswith(kind)]

    async def event(self, tenant_id: TenantId, seq: int) -> Event | None:
        """Return one event, or None."""
        rows = await self._rows(statements.EVENT, tenant_id, seq=seq)
        return records.event_of(rows[0]) if rows else None

    async def confirmations(self, tenant_id: TenantId) -> dict[Check, Confirmation]:
        """Return what HubSpot has confirmed first of each check, however long ago."""
        return {
            Check(row["key"]): Confirmation(row["seq"], row["at"], row["summary"])
            for row in await self._rows(statements.CONFIRMATIONS, tenant_id)
        }

    async def audit(self, tenant_id: TenantId, before: int | None, limit: int) -> list[AuditEntry]:
        """Return changes of the set-up, newest first, numbered below `before`."""
        rows = await self._rows(statements.AUDIT, tenant_id, before=before or _LAST, limit=limit)
        return [records.audit_of(row) for row in rows]

    async def calls(
        self, tenant_id: TenantId, correlation_id: str, delivery_key: str | None
    ) -> list[CallRecord]:
        """Return the calls made for one cause; with a delivery's key, the latest ones for that delivery."""
        if delivery_key is not None:
            rows = await self._rows(
                statements.CALLS_FOR, tenant_id, delivery_key=delivery_key, limit=CALLS_SHOWN
            )
        else:
            rows = await self._rows(
                statements.CALLS_OF, tenant_id, correlation_id=correlation_id, limit=CALLS_SHOWN
            )
        return [records.call_of(row) for row in rows]

    async def find_items(
        self, tenant_id: TenantId, *, search: str | None, after: str, limit: int
    ) -> list[WorkItem]:
        """Return people in order of their key; `search` is part of an e-mail, or a SCIM id."""

        def read(connection: Connection) -> list[WorkItem]:
            parameters: dict[str, Any] = {"tenant_id": tenant_id, "after": after, "limit": limit}
            statement = statements.DELIVERIES_AFTER
            if search is not None:
                statement, parameters["search"] = statements.DELIVERIES_LIKE, search
                parameters["pattern"] = statements.containing(comparison_key(search))
            rows = [dict(row) for row in connection.execute(statement, parameters).mappings()]
            return items_of(connection, tenant_id, rows)

        return await self._reader.scan(read)

    async def activity(
        self, tenant_id: TenantId, kind: Activity, moments: Sequence[Milliseconds]
    ) -> list[int]:
        """Return how many there were between each of these moments, which are in order, and the next one."""

        def read(connection: Connection) -> list[int]:
            counters = first_of(connection, statements.COUNTERS, {"tenant_id": tenant_id})
            low, high = 1, 1 if counters is None else counters[_COUNTERS[kind]] + 1
            firsts = []
            for moment in moments:
                low = first_at(connection, _FROM[kind], tenant_id, moment, low, high)
                firsts.append(low)
            return [later - earlier for earlier, later in pairwise(firsts)]

        return await self._reader.scan(read)

    async def roles_seen(self, tenant_id: TenantId, after: str, limit: int) -> list[RoleSeen]:
        """Return the roles people have, in order of their value, beginning after one."""
        found = await self._rows(statements.ROLES_SEEN, tenant_id, kind=seen.ROLE, after=after, limit=limit)
        return [RoleSeen(row["name"], row["count"], row["last_at"]) for row in found]

    async def count_roles_seen(self, tenant_id: TenantId) -> int:
        """Return how many different roles people have."""
        [row] = await self._rows(statements.ROLES_COUNTED, tenant_id, kind=seen.ROLE)
        return int(next(iter(row.values())))

    async def role_forms(self, tenant_id: TenantId) -> dict[RoleForm, Milliseconds]:
        """Return when roles last arrived in each form they have arrived in."""
        found = await self._rows(
            statements.ROLES_SEEN, tenant_id, kind=seen.FORM, after="", limit=len(RoleForm)
        )
        return {RoleForm(row["name"]): row["last_at"] for row in found}

    async def groups_seen(self, tenant_id: TenantId, after: int, limit: int) -> list[GroupSeen]:
        """Return groups with the number of their members, in the order they came, beginning after an ordinal."""
        return groups_of(await self._rows(statements.GROUPS_SEEN, tenant_id, after=after, limit=limit))

    async def groups_like(self, tenant_id: TenantId, search: str, limit: int) -> list[GroupSeen]:
        """Return groups with that text in their name, whatever its case, by name; from the first `GROUPS_LOOKED_AT`."""
        pattern = statements.containing(comparison_key(search))
        last = await self._rows(
            statements.GROUP_KEY_FURTHER_ON, tenant_id, after="", offset=GROUPS_LOOKED_AT - 1
        )
        until = last[0]["display_name_key"] if last else _LAST_KEY
        found = await self._rows(statements.GROUPS_LIKE, tenant_id, pattern=pattern, until=until, limit=limit)
        return groups_of(found)

    async def group(self, tenant_id: TenantId, name_or_id: str) -> GroupSeen | None:
        """Return the group of that id, else the one of that name in any case; None when there is neither."""
        found = await self._rows(statements.GROUPS_IN, tenant_id, values=[name_or_id])
        if not found:
            key = comparison_key(name_or_id)
            found = await self._rows(statements.GROUPS_BY_NAME, tenant_id, value=key, limit=1)
        return next(iter(groups_of(found)), None)

    async def _rows(self, statement: Select[Any], tenant_id: TenantId, **parameters: Any) -> list[Row]:
        def read(connection: Connection) -> list[Row]:
            bound = {"tenant_id": tenant_id, **parameters}
            return [dict(row) for row in connection.execute(statement, bound).mappings()]

        return await self._reader.scan(read)


def first_at(
    connection: Connection, statement: Select[Any], tenant_id: str, moment: Milliseconds, low: int, high: int
) -> int:
    """Return the number of the first entry at or after a moment, `high` when there is none: found by halving."""
    while low < high:
        middle = (low + high) // 2
        row = first_of(connection, statement, {"tenant_id": tenant_id, "seq": middle})
        if row is None or row["at"] >= moment:
            high = middle
        else:
            low = row["seq"] + 1
    return low
