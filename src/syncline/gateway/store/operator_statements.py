"""The queries about operators. They belong to no tenant: what an operator may see is decided before it is read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, select

from syncline.gateway.domain.operators import EVERYWHERE, Role
from syncline.gateway.store.tables import (
    api_keys,
    invitations,
    operator_events,
    operator_roles,
    operators,
    sessions,
)

_limit: BindParameter[Any] = bindparam("limit")

OWNERS = (
    select(operator_roles.c.operator_id)
    .where(operator_roles.c.tenant_id == EVERYWHERE, operator_roles.c.role == Role.OWNER.value)
    .limit(1)
)
OPERATOR = select(operators).where(operators.c.id == bindparam("operator_id"))
OPERATOR_BY_EMAIL = select(operators).where(operators.c.email_key == bindparam("email_key"))
OPERATORS = (
    select(operators)
    .where(operators.c.email_key > bindparam("after"))
    .order_by(operators.c.email_key)
    .limit(_limit)
)
ROLES_OF = select(operator_roles).where(operator_roles.c.operator_id.in_(bindparam("values", expanding=True)))
INVITATION = select(invitations).where(invitations.c.id == bindparam("invitation_id"))
OPEN_INVITATIONS = (
    select(invitations)
    .where(invitations.c.expires_at > bindparam("now"), invitations.c.used_at.is_(None))
    .order_by(invitations.c.expires_at, invitations.c.id)
    .limit(_limit)
)
SESSION = select(sessions).where(sessions.c.id == bindparam("session_id"))
API_KEY = select(api_keys).where(api_keys.c.id == bindparam("key_id"))
API_KEYS = select(api_keys).order_by(api_keys.c.id).limit(_limit)
OPERATOR_EVENTS = (
    select(operator_events)
    .where(operator_events.c.id < bindparam("before"))
    .order_by(operator_events.c.id.desc())
    .limit(_limit)
)
