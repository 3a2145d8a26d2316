"""The queries of upkeep: logs walked in the order of time, and what the installation remembers.

Like those of `statements`, each one names `tenant_id`, but for `FACT`, which concerns no tenant. They are apart
because a store in memory keeps no logs for days and has no key.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, select

from syncline.gateway.store.tables import calls, events, installation, read_batches

_tenant: BindParameter[Any] = bindparam("tenant_id")
_after: BindParameter[Any] = bindparam("after")
_before: BindParameter[Any] = bindparam("before")
_limit: BindParameter[Any] = bindparam("limit")

_batches = read_batches.c

FACT = select(installation.c.value).where(installation.c.name == bindparam("name"))
SIZES_OF_READ_BATCHES = (
    select(_batches.first_at, _batches.last_at, _batches.count)
    .where(_batches.tenant_id == _tenant, _batches.first_at < _before)
    .order_by(_batches.first_at.desc())
    .limit(_limit)
)
"""Of the batches that begin before a moment, the latest first."""
READS = select(_batches.reads).where(
    _batches.tenant_id == _tenant, _batches.first_at >= _after, _batches.first_at < _before
)
"""The batches that begin between two moments."""

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
    select(_batches.first_at, _batches.last_at, _batches.id, _batches.count)
    .where(_batches.tenant_id == _tenant, _batches.first_at > _after)
    .order_by(_batches.first_at, _batches.id)
    .limit(_limit)
)
