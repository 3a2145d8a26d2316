"""Looking through people and events: one range of an index at a time, so that no question costs what a tenant has."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import merge
from itertools import islice
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Select

from syncline.clock import Milliseconds
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Event, WorkItem
from syncline.gateway.services.ports.seeking import (
    FoundEvents,
    FoundPeople,
    Member,
    PersonState,
    SoughtEvents,
    SoughtPeople,
)
from syncline.gateway.store import records, seeking_statements, statements
from syncline.gateway.store.journal import first_at
from syncline.gateway.store.work import items_of
from syncline.scim.names import comparison_key
from syncline.sql.looking import first_of, rows_of
from syncline.sql.reader import Reader
from syncline.sql.rows import Row

PEOPLE_LOOKED_AT: Final = 100_000
"""How many people one page looks through at most for a state or a part of an e-mail."""
EVENTS_LOOKED_AT: Final = 100_000
"""How many events one page looks through at most."""
_LAST_KEY = "\U0010ffff"


class SqlSeeking:
    """Implements `services.ports.SeekingStore`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def people(self, tenant_id: TenantId, sought: SoughtPeople, after: str, limit: int) -> FoundPeople:
        """Return people in order of key; looks through `PEOPLE_LOOKED_AT` at most, unless an index knows them."""

        def read(connection: Connection) -> FoundPeople:
            parameters: dict[str, Any] = {"tenant_id": tenant_id, "after": after, "limit": limit}
            if sought.search is not None:
                pattern = statements.containing(comparison_key(sought.search))
                parameters |= {"search": sought.search, "pattern": pattern}
            rows, further = _people(connection, sought, parameters)
            if len(rows) == limit:
                further = rows[-1]["key"]
            return FoundPeople(items_of(connection, tenant_id, rows), further)

        return await self._reader.scan(read)

    async def items(self, tenant_id: TenantId, keys: Sequence[str]) -> list[WorkItem]:
        """Return the deliveries of these keys that there are, in order of key."""

        def read(connection: Connection) -> list[WorkItem]:
            parameters = {"tenant_id": tenant_id, "values": list(keys)}
            rows = rows_of(connection, seeking_statements.DELIVERIES_NAMED, parameters) if keys else []
            return items_of(connection, tenant_id, rows)

        return await self._reader.scan(read)

    async def events(
        self, tenant_id: TenantId, sought: SoughtEvents, after: int | None, limit: int
    ) -> FoundEvents:
        """Return events in the order sought; looks through `EVENTS_LOOKED_AT` at most, unless they are one person's."""

        def read(connection: Connection) -> FoundEvents:
            low, high = _window(connection, tenant_id, sought)
            first, before = _part(sought, low, high, after)
            parameters, statement = _narrowed(sought)
            window = {"tenant_id": tenant_id, "first": first, "before": before, "limit": limit}
            rows = rows_of(connection, statement, {**window, **parameters})
            found = [records.event_of(row) for row in rows]
            last = before - 1 if sought.oldest_first else first
            further = found[-1].seq if len(found) == limit else last
            is_more = further < high - 1 if sought.oldest_first else further > low
            return FoundEvents(
                [each for each in found if sought.takes(each)],
                further if is_more else None,
                _moment_of(connection, tenant_id, further) if is_more else None,
            )

        return await self._reader.scan(read)

    async def events_after(self, tenant_id: TenantId, seq: int, limit: int) -> list[Event]:
        """Return the events numbered above that, oldest first."""
        parameters = {"tenant_id": tenant_id, "after": seq, "limit": limit}
        rows = await self._reader.rows(seeking_statements.EVENTS_AFTER, parameters)
        return [records.event_of(row) for row in rows]

    async def last_event(self, tenant_id: TenantId) -> int:
        """Return the number of the newest event, 0 before the first."""
        rows = await self._reader.rows(statements.COUNTERS, {"tenant_id": tenant_id})
        return int(rows[0]["event_seq"]) if rows else 0

    async def members(self, tenant_id: TenantId, group_id: str, after: str, limit: int) -> list[Member]:
        """Return direct members of a group in order of id, beginning after one."""

        def read(connection: Connection) -> list[Member]:
            parameters = {"tenant_id": tenant_id, "group_id": group_id, "after": after, "limit": limit}
            ids = [row["value"] for row in rows_of(connection, seeking_statements.MEMBERS_AFTER, parameters)]
            names = _user_names(connection, tenant_id, ids)
            return [Member(each, names.get(each)) for each in ids]

        return await self._reader.scan(read)


def _people(
    connection: Connection, sought: SoughtPeople, parameters: dict[str, Any]
) -> tuple[list[Row], str | None]:
    """Return rows, and the key at which the looking ended; None when there is nobody further on."""
    if sought.state is PersonState.HELD and sought.search is None:
        reasons = tuple(HoldReason) if sought.reason is None else (sought.reason,)
        parameters["until"] = _LAST_KEY
        found = (
            rows_of(connection, seeking_statements.HELD_BY, {**parameters, "reason": each.value})
            for each in reasons
        )
        return list(islice(merge(*found, key=lambda row: str(row["key"])), parameters["limit"])), None
    further = _further_on(connection, parameters)
    parameters["until"] = further or _LAST_KEY
    if sought.state is PersonState.HELD and sought.reason is not None:
        statement = seeking_statements.HELD_BY_LIKE
        parameters["reason"] = sought.reason.value
    else:
        statement = seeking_statements.PEOPLE[(sought.state, sought.search is not None)]
    return rows_of(connection, statement, parameters), further


def _further_on(connection: Connection, parameters: dict[str, Any]) -> str | None:
    asked = {name: parameters[name] for name in ("tenant_id", "after")}
    row = first_of(connection, seeking_statements.KEY_FURTHER_ON, {**asked, "offset": PEOPLE_LOOKED_AT - 1})
    return None if row is None else str(row["key"])


def _window(connection: Connection, tenant_id: str, sought: SoughtEvents) -> tuple[int, int]:
    """Return the first number of the time sought, and the one after its last."""
    counters = first_of(connection, statements.COUNTERS, {"tenant_id": tenant_id})
    end = 1 if counters is None else counters["event_seq"] + 1
    low, high = 1, end
    if sought.since is not None:
        low = first_at(connection, statements.EVENT_FROM, tenant_id, sought.since, 1, end)
    if sought.until is not None:
        high = first_at(connection, statements.EVENT_FROM, tenant_id, sought.until, low, end)
    return low, high


def _part(sought: SoughtEvents, low: int, high: int, after: int | None) -> tuple[int, int]:
    """Return the part of the window that is looked at next, when the one before ended at the number `after`."""
    if sought.oldest_first:
        first = low if after is None else max(low, after + 1)
        return first, min(high, first + EVENTS_LOOKED_AT)
    before = high if after is None else min(after, high)
    return (low if sought.subject is not None else max(low, before - EVENTS_LOOKED_AT)), before


def _moment_of(connection: Connection, tenant_id: str, seq: int) -> Milliseconds | None:
    row = first_of(connection, statements.EVENT_FROM, {"tenant_id": tenant_id, "seq": seq})
    return None if row is None else int(row["at"])


def _narrowed(sought: SoughtEvents) -> tuple[dict[str, Any], Select[Any]]:
    given: dict[str, Any] = {
        "subject": sought.subject,
        "kind": sought.kind,
        "kinds": None if sought.kinds is None else list(sought.kinds),
        "correlation_id": sought.correlation_id,
    }
    chosen = frozenset(name for name, value in given.items() if value is not None)
    parameters = {name: given[name] for name in chosen - {"kind"}}
    if sought.kind is not None:
        parameters["pattern"] = statements.beginning(sought.kind)
    return parameters, seeking_statements.EVENTS[chosen, sought.oldest_first]


def _user_names(connection: Connection, tenant_id: str, ids: Sequence[str]) -> dict[str, str]:
    if not ids:
        return {}
    rows = rows_of(connection, statements.USERS_IN, {"tenant_id": tenant_id, "values": list(ids)})
    return {row["id"]: orjson.loads(row["document"])["userName"] for row in rows}
