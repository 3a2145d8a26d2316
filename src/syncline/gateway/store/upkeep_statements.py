"""The queries of upkeep: logs walked in the order of time, and what the installation remembers.

Like those of `statements`, each one names `tenant_id`, but for `FACT`, which concerns no tenant. They are apart
because a store in memory keeps no logs for days and has no key.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, select

from syncline.gateway.store.tables import calls, events, installation, reads

_tenant: BindParameter[Any] = bindparam("tenant_id")
_after: BindParameter[Any] = bindparam("after")
_limit: BindParameter[Any] = bindparam("limit")

FACT = select(installation.c.value).where(installation.c.name == bindparam("name"))
READS = (
    select(reads)
    .where(reads.c.tenant_id == _tenant, reads.c.at < bindparam("before"))
    .order_by(reads.c.at.desc(), reads.c.correlation_id)
    .limit(_limit)
)

# Each of these gives first where the next chunk begins, then the moment.
OLDEST_EVENTS = (
    select(events.c.seq, events.c.at)
    .where(events.c.tenant_id == _tenant, events.c.seq > _after)
    .order_by(events.c.seq)
    .limit(_limit)
)
OLDEST_CALLS = (
    select(calls.c.seq, calls.c.sent_at, calls.c.status, calls.c.purpose)
    .where(calls.c.tenant_id == _tenant, calls.c.seq > _after)
    .order_by(calls.c.seq)
    .limit(_limit)
)
OLDEST_READS = (
    select(reads.c.at, reads.c.at, reads.c.correlation_id)
    .where(reads.c.tenant_id == _tenant, reads.c.at > _after)
    .order_by(reads.c.at, reads.c.correlation_id)
    .limit(_limit)
)
