"""Counting the rows of what is kept counted (decision 23): to compare, and to set right what disagrees."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import orjson
from sqlalchemy import Connection, func, or_, select, update

from syncline.gateway.store.counted import counted_as, counts_of
from syncline.gateway.store.tables import counters, deliveries, events, groups, members, users

USERS, GROUPS = (
    select(func.count()).where(table.c.tenant_id == counters.c.tenant_id).scalar_subquery()
    for table in (users, groups)
)
MEMBERS = (
    select(func.count())
    .where(members.c.tenant_id == groups.c.tenant_id, members.c.group_id == groups.c.id)
    .scalar_subquery()
)
LAST_EVENT = (
    select(func.max(events.c.seq)).where(events.c.tenant_id == counters.c.tenant_id).scalar_subquery()
)


def miscounted(connection: Connection) -> Mapping[str, Mapping[str, int]]:
    """Return the tenants that keep other counts of their deliveries than the rows give, with what these give."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in connection.execute(select(deliveries).execution_options(yield_per=1_000)).mappings():
        kind = counted_as(dict(row))
        if kind is not None:
            counted[row["tenant_id"]][kind] += 1
    kept = connection.execute(select(counters.c.tenant_id, counters.c.backlog))
    return {
        tenant_id: counted[tenant_id]
        for tenant_id, backlog in kept
        if counts_of(backlog) != counted[tenant_id]
    }


def recount(connection: Connection) -> None:
    """Set right whatever is kept counted otherwise than it is. Nobody may be writing meanwhile."""
    connection.execute(update(groups).where(groups.c.members != MEMBERS).values(members=MEMBERS))
    wrong = or_(counters.c.users != USERS, counters.c.groups != GROUPS)
    connection.execute(update(counters).where(wrong).values(users=USERS, groups=GROUPS))
    behind = update(counters).where(counters.c.event_seq < LAST_EVENT)
    connection.execute(behind.values(event_seq=LAST_EVENT))
    for tenant_id, counts in miscounted(connection).items():
        kept = orjson.dumps(counts, option=orjson.OPT_SORT_KEYS).decode()
        connection.execute(update(counters).where(counters.c.tenant_id == tenant_id).values(backlog=kept))
