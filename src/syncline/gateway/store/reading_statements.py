"""The queries of reconciliation: readings under way, what has drifted, and who is known at HubSpot."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, or_, select, true

from syncline.gateway.store.tables import account_users, connections, deliveries, read_users, readings

_tenant: BindParameter[Any] = bindparam("tenant_id")
_limit: BindParameter[Any] = bindparam("limit")
_many: BindParameter[Any] = bindparam("values", expanding=True)
_after: BindParameter[Any] = bindparam("after")

READING = select(readings).where(readings.c.tenant_id == _tenant)
READINGS_DUE = select(connections.c.tenant_id).where(
    or_(connections.c.account_read_at.is_(None), connections.c.account_read_at <= bindparam("before"))
)
READ_AFTER = (
    select(read_users.c.hubspot_id)
    .where(
        read_users.c.tenant_id == _tenant,
        read_users.c.reading_id == bindparam("reading_id"),
        read_users.c.hubspot_id > _after,
    )
    .order_by(read_users.c.hubspot_id)
    .limit(_limit)
)
READ_BEFORE = (
    select(read_users.c.reading_id, read_users.c.hubspot_id)
    .where(read_users.c.tenant_id == _tenant, read_users.c.reading_id < bindparam("reading_id"))
    .limit(_limit)
)
READ_SINCE = (
    select(read_users.c.reading_id, read_users.c.hubspot_id)
    .where(read_users.c.tenant_id == _tenant, read_users.c.reading_id > bindparam("reading_id"))
    .limit(_limit)
)
ACCOUNT_USERS_AFTER = (
    select(account_users)
    .where(account_users.c.tenant_id == _tenant, account_users.c.hubspot_id > _after)
    .order_by(account_users.c.hubspot_id)
    .limit(_limit)
)
DRIFTED = (
    select(deliveries)
    .where(deliveries.c.tenant_id == _tenant, deliveries.c.drifted == true(), deliveries.c.key > _after)
    .order_by(deliveries.c.key)
    .limit(_limit)
)
DELIVERED_AS = select(deliveries.c.hubspot_id, deliveries.c.intent).where(
    deliveries.c.tenant_id == _tenant, deliveries.c.hubspot_id.in_(_many)
)
DELIVERED_TO = select(deliveries.c.key, deliveries.c.intent).where(
    deliveries.c.tenant_id == _tenant, deliveries.c.key.in_(_many)
)
