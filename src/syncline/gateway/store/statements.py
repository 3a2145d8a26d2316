"""Every query of the gateway, compiled once: module constants with bound parameters, read as a unit.

Each one names `tenant_id`, but for the look-up of a token (it is what names the tenant), of a tenant by name, and the
sweep over all tenants with something due.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, func, or_, select

from syncline.gateway.domain.delivery import Urgency
from syncline.gateway.store.tables import (
    account_users,
    approvals,
    audit_events,
    authorizations,
    calls,
    confirmations,
    connections,
    counters,
    deletions,
    deliveries,
    events,
    exceptions,
    first_approvals,
    groups,
    members,
    messages,
    notices,
    privileged_sets,
    protected_users,
    roles_seen,
    rules,
    scim_tokens,
    subscriptions,
    tenants,
    user_emails,
    users,
)
from syncline.sql.looking import Question

_tenant: BindParameter[Any] = bindparam("tenant_id")
_limit: BindParameter[Any] = bindparam("limit")
_many: BindParameter[Any] = bindparam("values", expanding=True)

ESCAPE = "!"


def containing(text: str) -> str:
    """Return the LIKE pattern of what contains that text."""
    return f"%{_escaped(text)}%"


def beginning(text: str) -> str:
    """Return the LIKE pattern of what begins with that text."""
    return f"{_escaped(text)}%"


def _escaped(text: str) -> str:
    for special in (ESCAPE, "%", "_"):
        text = text.replace(special, ESCAPE + special)
    return text


# --- tenants and their set-up ---------------------------------------------------------------------------------------
TENANT_BY_ID = select(tenants).where(tenants.c.id == _tenant)
TENANT_BY_NAME = select(tenants).where(tenants.c.name_key == bindparam("name_key"))
ALL_TENANTS = select(tenants).order_by(tenants.c.name_key)
TENANTS_AFTER = (
    select(tenants)
    .where(tenants.c.name_key > bindparam("name_key"))
    .order_by(tenants.c.name_key)
    .limit(_limit)
)
COUNTERS = select(counters).where(counters.c.tenant_id == _tenant)
TOKENS_BY_ID = select(scim_tokens).where(scim_tokens.c.id.in_(bindparam("token_ids", expanding=True)))
TOKENS = (
    select(scim_tokens)
    .where(scim_tokens.c.tenant_id == _tenant)
    .order_by(scim_tokens.c.created_at, scim_tokens.c.id)
)
LAST_CONTACT = select(func.max(scim_tokens.c.last_used_at)).where(scim_tokens.c.tenant_id == _tenant)
CONNECTION = select(connections).where(connections.c.tenant_id == _tenant)
AUTHORIZATION = select(authorizations).where(authorizations.c.tenant_id == _tenant)
RULES = select(rules).where(rules.c.tenant_id == _tenant).order_by(rules.c.position)
PROTECTED = (
    select(protected_users)
    .where(protected_users.c.tenant_id == _tenant)
    .order_by(protected_users.c.email_key)
)
AUDIT = (
    select(audit_events)
    .where(audit_events.c.tenant_id == _tenant, audit_events.c.seq < bindparam("before"))
    .order_by(audit_events.c.seq.desc())
    .limit(_limit)
)

# --- the directory --------------------------------------------------------------------------------------------------
USER = select(users).where(users.c.tenant_id == _tenant, users.c.id == bindparam("id"))
GROUP = select(groups).where(groups.c.tenant_id == _tenant, groups.c.id == bindparam("id"))
USERS_BY_NAME = select(users).where(users.c.tenant_id == _tenant, users.c.user_name_key == bindparam("value"))


def _user_and_groups(column: ColumnElement[str]) -> Select[Any]:
    """Return the query for one user: a row for each group he is in, or one row without a group."""
    return (
        select(
            users.c.id,
            users.c.version,
            users.c.created_at,
            users.c.modified_at,
            users.c.document,
            groups.c.id.label("group_id"),
            groups.c.ordinal.label("group_ordinal"),
            groups.c.document.label("group_document"),
        )
        .outerjoin(members, and_(members.c.tenant_id == users.c.tenant_id, members.c.value == users.c.id))
        .outerjoin(groups, and_(groups.c.tenant_id == members.c.tenant_id, groups.c.id == members.c.group_id))
        .where(users.c.tenant_id == _tenant, column == bindparam("value"))
    )


USER_AND_GROUPS = Question(_user_and_groups(users.c.id), "tenant_id", "value")
USER_AND_GROUPS_BY_NAME = Question(_user_and_groups(users.c.user_name_key), "tenant_id", "value")
USERS_BY_EXTERNAL_ID = (
    select(users)
    .where(users.c.tenant_id == _tenant, users.c.external_id == bindparam("value"))
    .order_by(users.c.ordinal)
    .limit(_limit)
)
USERS_BY_EMAIL = (
    select(users)
    .join(
        user_emails, and_(user_emails.c.tenant_id == users.c.tenant_id, user_emails.c.user_id == users.c.id)
    )
    .where(user_emails.c.tenant_id == _tenant, user_emails.c.email_key == bindparam("value"))
    .limit(_limit)
)
GROUPS_BY_NAME = (
    select(groups)
    .where(groups.c.tenant_id == _tenant, groups.c.display_name_key == bindparam("value"))
    .order_by(groups.c.ordinal)
    .limit(_limit)
)
GROUPS_BY_EXTERNAL_ID = (
    select(groups)
    .where(groups.c.tenant_id == _tenant, groups.c.external_id == bindparam("value"))
    .order_by(groups.c.ordinal)
    .limit(_limit)
)
GROUPS_BY_MEMBER = (
    select(groups)
    .join(members, and_(members.c.tenant_id == groups.c.tenant_id, members.c.group_id == groups.c.id))
    .where(members.c.tenant_id == _tenant, members.c.value == bindparam("value"))
    .limit(_limit)
)
USER_PAGE = (
    select(users)
    .where(users.c.tenant_id == _tenant)
    .order_by(users.c.ordinal)
    .offset(bindparam("offset"))
    .limit(_limit)
)
GROUP_PAGE = (
    select(groups)
    .where(groups.c.tenant_id == _tenant)
    .order_by(groups.c.ordinal)
    .offset(bindparam("offset"))
    .limit(_limit)
)
USERS_AFTER = (
    select(users)
    .where(users.c.tenant_id == _tenant, users.c.ordinal > bindparam("after"))
    .order_by(users.c.ordinal)
    .limit(_limit)
)
GROUPS_AFTER = (
    select(groups)
    .where(groups.c.tenant_id == _tenant, groups.c.ordinal > bindparam("after"))
    .order_by(groups.c.ordinal)
    .limit(_limit)
)
USERS_IN = select(users.c.id, users.c.document).where(users.c.tenant_id == _tenant, users.c.id.in_(_many))
GROUPS_OF = (
    select(members.c.value, groups.c.id, groups.c.ordinal, groups.c.document)
    .join(groups, and_(groups.c.tenant_id == members.c.tenant_id, groups.c.id == members.c.group_id))
    .where(members.c.tenant_id == _tenant, members.c.value.in_(_many))
)
MEMBERS_OF = (
    select(members.c.group_id, members.c.value, members.c.document)
    .where(members.c.tenant_id == _tenant, members.c.group_id.in_(_many))
    .order_by(members.c.group_id, members.c.value)
)

# --- roles and groups as they arrive -------------------------------------------------------------------------------
_seen = and_(roles_seen.c.tenant_id == _tenant, roles_seen.c.kind == bindparam("kind"))
ROLES_SEEN = (
    select(roles_seen)
    .where(_seen, roles_seen.c.name > bindparam("after"))
    .order_by(roles_seen.c.name)
    .limit(_limit)
)
ROLES_COUNTED = select(func.count()).where(_seen)
_group = (groups.c.id, groups.c.ordinal, groups.c.document, groups.c.members)
GROUPS_SEEN = (
    select(*_group)
    .where(groups.c.tenant_id == _tenant, groups.c.ordinal > bindparam("after"))
    .order_by(groups.c.ordinal)
    .limit(_limit)
)
GROUPS_LIKE = (
    select(*_group)
    .where(
        groups.c.tenant_id == _tenant,
        groups.c.display_name_key <= bindparam("until"),
        groups.c.display_name_key.like(bindparam("pattern"), escape=ESCAPE),
    )
    .order_by(groups.c.display_name_key)
    .limit(_limit)
)
GROUP_KEY_FURTHER_ON = (
    select(groups.c.display_name_key)
    .where(groups.c.tenant_id == _tenant, groups.c.display_name_key > bindparam("after"))
    .order_by(groups.c.display_name_key)
    .offset(bindparam("offset"))
    .limit(1)
)
GROUPS_IN = select(*_group).where(groups.c.tenant_id == _tenant, groups.c.id.in_(_many))

# --- the backlog ----------------------------------------------------------------------------------------------------
DUE = (
    select(deliveries)
    .where(
        deliveries.c.tenant_id == _tenant,
        deliveries.c.urgency == bindparam("urgency"),
        deliveries.c.due_at <= bindparam("now"),
    )
    .order_by(deliveries.c.due_at, deliveries.c.key)
    .limit(_limit)
)
STALE = (
    select(deliveries)
    .where(
        deliveries.c.tenant_id == _tenant,
        deliveries.c.decided_epoch < bindparam("epoch"),
    )
    .order_by(deliveries.c.decided_epoch)
    .limit(_limit)
)
NEXT_DUE = (
    select(deliveries.c.due_at)
    .where(
        deliveries.c.tenant_id == _tenant,
        deliveries.c.urgency == bindparam("urgency"),
        deliveries.c.due_at.is_not(None),
    )
    .order_by(deliveries.c.due_at)
    .limit(1)
)
DELETIONS_SINCE = (
    select(deletions.c.key, deliveries.c.access)
    .join(
        deliveries,
        and_(deliveries.c.tenant_id == deletions.c.tenant_id, deliveries.c.key == deletions.c.key),
    )
    .where(deletions.c.tenant_id == _tenant, deletions.c.at > bindparam("since"))
    .limit(_limit)
)
DELETIONS_COUNTED = select(func.count()).select_from(
    select(deletions.c.key)
    .where(deletions.c.tenant_id == _tenant, deletions.c.at > bindparam("since"))
    .limit(_limit)
    .subquery()
)
DELETIONS_OF = select(deletions.c.key, deletions.c.at).where(
    deletions.c.tenant_id == _tenant, deletions.c.key.in_(_many)
)
APPROVALS_FOR = select(approvals.c.key, approvals.c.what, approvals.c.user_id, approvals.c.expires_at).where(
    approvals.c.tenant_id == _tenant, approvals.c.key.in_(_many)
)
APPROVALS_GIVEN = (
    select(approvals)
    .where(approvals.c.tenant_id == _tenant, approvals.c.key > bindparam("after"))
    .order_by(approvals.c.key, approvals.c.what)
    .limit(_limit)
)
FIRST_APPROVALS = (
    select(first_approvals)
    .where(first_approvals.c.tenant_id == _tenant, first_approvals.c.what > bindparam("after"))
    .order_by(first_approvals.c.what)
    .limit(_limit)
)
EXCEPTIONS = (
    select(exceptions)
    .where(exceptions.c.tenant_id == _tenant, exceptions.c.key > bindparam("after"))
    .order_by(exceptions.c.key)
    .limit(_limit)
)
CONFIRMATIONS = select(confirmations).where(confirmations.c.tenant_id == _tenant)
EXCEPTION = select(exceptions).where(exceptions.c.tenant_id == _tenant, exceptions.c.key == bindparam("key"))
GONE_SINCE = (
    select(deliveries, deletions.c.at.label("gone_at"))
    .join(
        deletions,
        and_(deletions.c.tenant_id == deliveries.c.tenant_id, deletions.c.key == deliveries.c.key),
    )
    .where(
        deliveries.c.tenant_id == _tenant,
        deletions.c.at > bindparam("since"),
        deliveries.c.key > bindparam("after"),
    )
    .order_by(deliveries.c.key)
    .limit(_limit)
)
PRIVILEGED = select(privileged_sets).where(privileged_sets.c.tenant_id == _tenant)
HELD_FOR = (
    select(deliveries)
    .where(
        deliveries.c.tenant_id == _tenant,
        deliveries.c.hold_reason == bindparam("reason"),
        deliveries.c.key > bindparam("after"),
    )
    .order_by(deliveries.c.key)
    .limit(_limit)
)
DELIVERY = select(deliveries).where(deliveries.c.tenant_id == _tenant, deliveries.c.key == bindparam("key"))
DELIVERIES_AFTER = (
    select(deliveries)
    .where(deliveries.c.tenant_id == _tenant, deliveries.c.key > bindparam("after"))
    .order_by(deliveries.c.key)
    .limit(_limit)
)
DELIVERIES_LIKE = (
    select(deliveries)
    .where(
        deliveries.c.tenant_id == _tenant,
        deliveries.c.key > bindparam("after"),
        or_(
            deliveries.c.key.like(bindparam("pattern"), escape=ESCAPE),
            deliveries.c.user_id == bindparam("search"),
        ),
    )
    .order_by(deliveries.c.key)
    .limit(_limit)
)
# For each tenant the first row that is due, or outdated, is enough: its backlog is not walked.
_is_due = or_(
    *(
        exists().where(
            deliveries.c.tenant_id == tenants.c.id,
            deliveries.c.urgency == int(urgency),
            deliveries.c.due_at <= bindparam("now"),
        )
        for urgency in Urgency
    )
)
_is_stale = exists().where(
    deliveries.c.tenant_id == tenants.c.id, deliveries.c.decided_epoch < tenants.c.placement_epoch
)
DUE_TENANTS = select(tenants.c.id).where(or_(_is_due, _is_stale))
KNOWN_BY_EMAIL = select(
    account_users.c.hubspot_id, account_users.c.email_key, account_users.c.document
).where(account_users.c.tenant_id == _tenant, account_users.c.email_key.in_(_many))
KNOWN_BY_ID = select(account_users.c.hubspot_id, account_users.c.email_key, account_users.c.document).where(
    account_users.c.tenant_id == _tenant, account_users.c.hubspot_id.in_(_many)
)
UNSETTLED_CREATES = select(calls.c.delivery_key, calls.c.sent_at).where(
    calls.c.tenant_id == _tenant,
    calls.c.delivery_key.in_(_many),
    calls.c.purpose == "users.create",
    or_(calls.c.status.is_(None), calls.c.status.between(200, 299)),
)
CALLS_SINCE = (
    select(calls.c.sent_at)
    .where(calls.c.tenant_id == _tenant, calls.c.sent_at > bindparam("since"))
    .order_by(calls.c.sent_at)
)

# --- the log --------------------------------------------------------------------------------------------------------
_before = events.c.seq < bindparam("before")
EVENTS = (
    select(events).where(events.c.tenant_id == _tenant, _before).order_by(events.c.seq.desc()).limit(_limit)
)
EVENTS_OF = (
    select(events)
    .where(events.c.tenant_id == _tenant, events.c.subject == bindparam("subject"), _before)
    .order_by(events.c.seq.desc())
    .limit(_limit)
)
EVENTS_OF_KIND = (
    select(events)
    .where(events.c.tenant_id == _tenant, events.c.kind.like(bindparam("pattern"), escape=ESCAPE), _before)
    .order_by(events.c.seq.desc())
    .limit(_limit)
)
EVENTS_OF_SUBJECT_AND_KIND = (
    select(events)
    .where(
        events.c.tenant_id == _tenant,
        events.c.subject == bindparam("subject"),
        events.c.kind.like(bindparam("pattern"), escape=ESCAPE),
        _before,
    )
    .order_by(events.c.seq.desc())
    .limit(_limit)
)
# Numbers of one tenant grow with time and have no gaps: how many there were in an hour is told by its first and last.
EVENT_FROM = (
    select(events.c.seq, events.c.at)
    .where(events.c.tenant_id == _tenant, events.c.seq >= bindparam("seq"))
    .order_by(events.c.seq)
    .limit(1)
)
CALL_FROM = (
    select(calls.c.seq, calls.c.sent_at.label("at"))
    .where(calls.c.tenant_id == _tenant, calls.c.seq >= bindparam("seq"))
    .order_by(calls.c.seq)
    .limit(1)
)
EVENT = select(events).where(events.c.tenant_id == _tenant, events.c.seq == bindparam("seq"))
CALLS_OF = (
    select(calls)
    .where(calls.c.tenant_id == _tenant, calls.c.correlation_id == bindparam("correlation_id"))
    .order_by(calls.c.seq)
    .limit(_limit)
)
CALLS_FOR = (
    select(calls)
    .where(calls.c.tenant_id == _tenant, calls.c.delivery_key == bindparam("delivery_key"))
    .order_by(calls.c.seq.desc())
    .limit(_limit)
)

# --- notices --------------------------------------------------------------------------------------------------------
NOTICES = (
    select(notices)
    .where(notices.c.tenant_id == _tenant)
    .order_by(notices.c.raised_at.desc(), notices.c.kind, notices.c.subject)
)
SUBSCRIPTIONS = (
    select(subscriptions)
    .where(subscriptions.c.tenant_id == _tenant)
    .order_by(subscriptions.c.created_at, subscriptions.c.id)
)
MESSAGES = (
    select(messages)
    .where(messages.c.tenant_id == _tenant, messages.c.created_at < bindparam("before"))
    .order_by(messages.c.created_at.desc(), messages.c.id.desc())
    .limit(_limit)
)
MESSAGES_DUE = (
    select(messages)
    .where(messages.c.tenant_id == _tenant, messages.c.due_at <= bindparam("now"))
    .order_by(messages.c.due_at, messages.c.id)
    .limit(_limit)
)
