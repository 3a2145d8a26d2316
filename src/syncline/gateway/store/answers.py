"""What every query of `statements` returns, said in Python: the store in memory answers by this table.

A statement and its function must agree on rows, order and limits; the contract tests run over both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import SelectBase, Table

from syncline.gateway.store import reading_statements, statements
from syncline.gateway.store import tables as t
from syncline.sql.memory import MemoryRows
from syncline.sql.rows import Row

Parameters = Mapping[str, Any]
Answer = Callable[[MemoryRows, Parameters], Iterable[Row]]
Condition = Callable[[Row, Parameters], bool]
Order = Callable[[Row], Any]


def _always(_row: Row, _parameters: Parameters) -> bool:
    return True


def _rows_of(
    table: Table,
    condition: Condition = _always,
    order: Order | None = None,
    *,
    newest_first: bool = False,
    shown: tuple[str, ...] = (),
) -> Answer:
    """Answer with the tenant's rows that meet the condition, in order, within `offset` and `limit` when given."""

    def answer(rows: MemoryRows, parameters: Parameters) -> list[Row]:
        found = [row for row in _own(rows, table, parameters) if condition(row, parameters)]
        if order is not None:
            found.sort(key=order, reverse=newest_first)
        start = parameters.get("offset", 0)
        page = found[start : start + parameters.get("limit", len(found))]
        return [{name: row[name] for name in shown} for row in page] if shown else page

    return answer


def _own(rows: MemoryRows, table: Table, parameters: Parameters) -> list[Row]:
    return [row for row in rows.all(table) if row["tenant_id"] == parameters["tenant_id"]]


def _equal(column: str, parameter: str) -> Condition:
    return lambda row, parameters: row[column] is not None and row[column] == parameters[parameter]


def _among(column: str) -> Condition:
    return lambda row, parameters: row[column] in parameters["values"]


def _by(*columns: str) -> Order:
    return lambda row: tuple(row[column] for column in columns)


def _count(table: Table, condition: Condition = _always) -> Answer:
    return lambda rows, parameters: [
        {"count": sum(condition(row, parameters) for row in _own(rows, table, parameters))}
    ]


def _like(text: str, pattern: str) -> bool:
    """Tell whether the text is LIKE the pattern."""
    wild = {"%": ".*", "_": "."}
    parts = re.findall(f"{re.escape(statements.ESCAPE)}.|.", pattern, re.DOTALL)
    expression = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None


# --- tenants and their set-up ---------------------------------------------------------------------------------------
def _tenants(column: str, parameter: str) -> Answer:
    return lambda rows, parameters: [
        row for row in rows.all(t.tenants) if row[column] == parameters[parameter]
    ]


def _tokens_by_id(rows: MemoryRows, parameters: Parameters) -> list[Row]:
    found = (rows.get(t.scim_tokens, token_id) for token_id in parameters["token_ids"])
    return [row for row in found if row is not None]


def _last_contact(rows: MemoryRows, parameters: Parameters) -> list[Row]:
    used = [row["last_used_at"] for row in _own(rows, t.scim_tokens, parameters)]
    return [{"max": max((moment for moment in used if moment is not None), default=None)}]


# --- the directory --------------------------------------------------------------------------------------------------
def _users_by_email(rows: MemoryRows, parameters: Parameters) -> Iterable[Row]:
    addresses = [
        row for row in _own(rows, t.user_emails, parameters) if row["email_key"] == parameters["value"]
    ]
    ids = {row["user_id"] for row in addresses}
    return _rows_of(t.users, lambda row, _: row["id"] in ids)(rows, parameters)


def _groups_by_member(rows: MemoryRows, parameters: Parameters) -> Iterable[Row]:
    memberships = [row for row in _own(rows, t.members, parameters) if row["value"] == parameters["value"]]
    ids = {row["group_id"] for row in memberships}
    return _rows_of(t.groups, lambda row, _: row["id"] in ids)(rows, parameters)


def _groups_of(rows: MemoryRows, parameters: Parameters) -> Iterable[Row]:
    groups = {row["id"]: row for row in _own(rows, t.groups, parameters)}
    for row in _own(rows, t.members, parameters):
        if row["value"] in parameters["values"] and row["group_id"] in groups:
            group = groups[row["group_id"]]
            yield {"value": row["value"], **{name: group[name] for name in ("id", "ordinal", "document")}}


def _user_and_groups(column: str) -> Answer:
    def answer(rows: MemoryRows, parameters: Parameters) -> Iterable[Row]:
        for user in _rows_of(t.users, _equal(column, "value"))(rows, parameters):
            shown = {name: user[name] for name in ("id", "version", "created_at", "modified_at", "document")}
            memberships = [row for row in _own(rows, t.members, parameters) if row["value"] == user["id"]]
            found = [rows.get(t.groups, user["tenant_id"], each["group_id"]) for each in memberships]
            for group in found or [None]:
                yield {
                    **shown,
                    "group_id": group and group["id"],
                    "group_ordinal": group and group["ordinal"],
                    "group_document": group and group["document"],
                }

    return answer


def _after(column: str) -> Condition:
    return lambda row, parameters: row[column] > parameters["after"]


# --- roles and groups as they arrive -------------------------------------------------------------------------------
def _is_seen(row: Row, parameters: Parameters) -> bool:
    return bool(row["kind"] == parameters["kind"])


# --- the backlog ----------------------------------------------------------------------------------------------------
def _is_due(row: Row, parameters: Parameters) -> bool:
    due_at = row["due_at"]
    return due_at is not None and row["urgency"] == parameters["urgency"] and due_at <= parameters["now"]


def _is_owed(row: Row, parameters: Parameters) -> bool:
    return row["due_at"] is not None and bool(row["urgency"] == parameters["urgency"])


def _is_searched(row: Row, parameters: Parameters) -> bool:
    after: str = parameters["after"]
    is_meant = row["user_id"] == parameters["search"] or _like(row["key"], parameters["pattern"])
    return is_meant and str(row["key"]) > after


def _gone_since(rows: MemoryRows, parameters: Parameters) -> list[Row]:
    gone = {
        row["key"]: row["at"]
        for row in _own(rows, t.deletions, parameters)
        if row["at"] > parameters["since"] and row["key"] > parameters["after"]
    }
    found = [
        {**row, "gone_at": gone[row["key"]]}
        for row in _own(rows, t.deliveries, parameters)
        if row["key"] in gone
    ]
    return sorted(found, key=_by("key"))[: parameters["limit"]]


def _due_tenants(rows: MemoryRows, parameters: Parameters) -> list[Row]:
    epochs = {row["id"]: row["placement_epoch"] for row in rows.all(t.tenants)}
    waiting = {
        row["tenant_id"]
        for row in rows.all(t.deliveries)
        if (row["due_at"] is not None and row["due_at"] <= parameters["now"])
        or row["decided_epoch"] < epochs.get(row["tenant_id"], 0)
    }
    return [{"id": tenant_id} for tenant_id in sorted(waiting & set(epochs))]


def _readings_due(rows: MemoryRows, parameters: Parameters) -> list[Row]:
    return [
        {"tenant_id": row["tenant_id"]}
        for row in rows.all(t.connections)
        if row["account_read_at"] is None or row["account_read_at"] <= parameters["before"]
    ]


def _is_unsettled_create(row: Row, parameters: Parameters) -> bool:
    return (
        row["delivery_key"] in parameters["values"]
        and row["purpose"] == "users.create"
        and (row["status"] is None or 200 <= row["status"] <= 299)
    )


# --- the log --------------------------------------------------------------------------------------------------------
def _events(condition: Condition) -> Answer:
    return _rows_of(
        t.events,
        lambda row, parameters: row["seq"] < parameters["before"] and condition(row, parameters),
        _by("seq"),
        newest_first=True,
    )


def _deletions_since(rows: MemoryRows, parameters: Parameters) -> list[Row]:
    return [
        {"key": row["key"], "access": delivery["access"]}
        for row in _own(rows, t.deletions, parameters)
        if row["at"] > parameters["since"]
        and (delivery := rows.get(t.deliveries, row["tenant_id"], row["key"])) is not None
    ][: parameters["limit"]]


def _deletions_counted(rows: MemoryRows, parameters: Parameters) -> list[Row]:
    lately = [row for row in _own(rows, t.deletions, parameters) if row["at"] > parameters["since"]]
    return [{"count": min(len(lately), parameters["limit"])}]


def _first_from(table: Table, moment: str) -> Answer:
    def answer(rows: MemoryRows, parameters: Parameters) -> list[Row]:
        later = [row for row in _own(rows, table, parameters) if row["seq"] >= parameters["seq"]]
        return [{"seq": row["seq"], "at": row[moment]} for row in sorted(later, key=_by("seq"))[:1]]

    return answer


_KNOWN = ("hubspot_id", "email_key", "document")

ANSWERS: Mapping[SelectBase, Answer] = {
    statements.TENANT_BY_ID: _tenants("id", "tenant_id"),
    statements.TENANT_BY_NAME: _tenants("name_key", "name_key"),
    statements.ALL_TENANTS: lambda rows, _: sorted(rows.all(t.tenants), key=_by("name_key")),
    statements.TENANTS_AFTER: lambda rows, parameters: sorted(
        (row for row in rows.all(t.tenants) if row["name_key"] > parameters["name_key"]), key=_by("name_key")
    )[: parameters["limit"]],
    statements.COUNTERS: _rows_of(t.counters),
    statements.TOKENS_BY_ID: _tokens_by_id,
    statements.TOKENS: _rows_of(t.scim_tokens, order=_by("created_at", "id")),
    statements.LAST_CONTACT: _last_contact,
    statements.CONNECTION: _rows_of(t.connections),
    statements.AUTHORIZATION: _rows_of(t.authorizations),
    statements.RULES: _rows_of(t.rules, order=_by("position")),
    statements.PROTECTED: _rows_of(t.protected_users, order=_by("email_key")),
    statements.AUDIT: _rows_of(
        t.audit_events,
        lambda row, parameters: row["seq"] < parameters["before"],
        _by("seq"),
        newest_first=True,
    ),
    statements.USER: _rows_of(t.users, _equal("id", "id")),
    statements.GROUP: _rows_of(t.groups, _equal("id", "id")),
    statements.USER_AND_GROUPS.statement: _user_and_groups("id"),
    statements.USER_AND_GROUPS_BY_NAME.statement: _user_and_groups("user_name_key"),
    statements.USERS_BY_NAME: _rows_of(t.users, _equal("user_name_key", "value")),
    statements.USERS_BY_EXTERNAL_ID: _rows_of(t.users, _equal("external_id", "value"), _by("ordinal")),
    statements.USERS_BY_EMAIL: _users_by_email,
    statements.GROUPS_BY_NAME: _rows_of(t.groups, _equal("display_name_key", "value"), _by("ordinal")),
    statements.GROUPS_BY_EXTERNAL_ID: _rows_of(t.groups, _equal("external_id", "value"), _by("ordinal")),
    statements.GROUPS_BY_MEMBER: _groups_by_member,
    statements.USER_PAGE: _rows_of(t.users, order=_by("ordinal")),
    statements.GROUP_PAGE: _rows_of(t.groups, order=_by("ordinal")),
    statements.USERS_AFTER: _rows_of(t.users, _after("ordinal"), _by("ordinal")),
    statements.GROUPS_AFTER: _rows_of(t.groups, _after("ordinal"), _by("ordinal")),
    statements.USERS_IN: _rows_of(t.users, _among("id"), shown=("id", "document")),
    statements.GROUPS_OF: _groups_of,
    statements.MEMBERS_OF: _rows_of(
        t.members, _among("group_id"), _by("group_id", "value"), shown=("group_id", "value", "document")
    ),
    statements.ROLES_SEEN: _rows_of(
        t.roles_seen,
        lambda row, parameters: _is_seen(row, parameters) and row["name"] > parameters["after"],
        _by("name"),
    ),
    statements.ROLES_COUNTED: _count(t.roles_seen, _is_seen),
    statements.GROUPS_SEEN: _rows_of(
        t.groups, _after("ordinal"), _by("ordinal"), shown=("id", "ordinal", "document", "members")
    ),
    statements.GROUPS_LIKE: _rows_of(
        t.groups,
        lambda row, parameters: (
            row["display_name_key"] <= parameters["until"]
            and _like(row["display_name_key"], parameters["pattern"])
        ),
        _by("display_name_key"),
        shown=("id", "ordinal", "document", "members"),
    ),
    statements.GROUP_KEY_FURTHER_ON: lambda rows, parameters: _rows_of(
        t.groups, _after("display_name_key"), _by("display_name_key"), shown=("display_name_key",)
    )(rows, {**parameters, "limit": 1}),
    statements.GROUPS_IN: _rows_of(t.groups, _among("id"), shown=("id", "ordinal", "document", "members")),
    statements.DUE: _rows_of(t.deliveries, _is_due, _by("due_at", "key")),
    statements.STALE: _rows_of(
        t.deliveries, lambda row, parameters: row["decided_epoch"] < parameters["epoch"], _by("decided_epoch")
    ),
    statements.NEXT_DUE: _rows_of(
        t.deliveries,
        _is_owed,
        _by("due_at"),
        shown=("due_at",),
    ),
    statements.DELETIONS_SINCE: _deletions_since,
    statements.DELETIONS_COUNTED: _deletions_counted,
    statements.DELETIONS_OF: _rows_of(t.deletions, _among("key"), shown=("key", "at")),
    statements.APPROVALS_FOR: _rows_of(
        t.approvals, _among("key"), shown=("key", "what", "user_id", "expires_at")
    ),
    statements.APPROVALS_GIVEN: _rows_of(t.approvals, _after("key"), _by("key", "what")),
    statements.FIRST_APPROVALS: _rows_of(t.first_approvals, _after("what"), _by("what")),
    statements.EXCEPTIONS: _rows_of(t.exceptions, _after("key"), _by("key")),
    statements.CONFIRMATIONS: _rows_of(t.confirmations),
    statements.EXCEPTION: _rows_of(t.exceptions, _equal("key", "key")),
    statements.GONE_SINCE: _gone_since,
    statements.PRIVILEGED: _rows_of(t.privileged_sets),
    statements.HELD_FOR: _rows_of(
        t.deliveries,
        lambda row, parameters: (
            row["hold_reason"] == parameters["reason"] and row["key"] > parameters["after"]
        ),
        _by("key"),
    ),
    statements.DELIVERY: _rows_of(t.deliveries, _equal("key", "key")),
    statements.DELIVERIES_AFTER: _rows_of(t.deliveries, _after("key"), _by("key")),
    statements.DELIVERIES_LIKE: _rows_of(t.deliveries, _is_searched, _by("key")),
    statements.DUE_TENANTS: _due_tenants,
    statements.KNOWN_BY_EMAIL: _rows_of(t.account_users, _among("email_key"), shown=_KNOWN),
    statements.KNOWN_BY_ID: _rows_of(t.account_users, _among("hubspot_id"), shown=_KNOWN),
    statements.UNSETTLED_CREATES: _rows_of(t.calls, _is_unsettled_create, shown=("delivery_key", "sent_at")),
    statements.CALLS_SINCE: _rows_of(
        t.calls,
        lambda row, parameters: row["sent_at"] > parameters["since"],
        _by("sent_at"),
        shown=("sent_at",),
    ),
    statements.EVENTS: _events(_always),
    statements.EVENTS_OF: _events(_equal("subject", "subject")),
    statements.EVENTS_OF_KIND: _events(lambda row, parameters: _like(row["kind"], parameters["pattern"])),
    statements.EVENTS_OF_SUBJECT_AND_KIND: _events(
        lambda row, parameters: (
            row["subject"] == parameters["subject"] and _like(row["kind"], parameters["pattern"])
        )
    ),
    statements.EVENT_FROM: _first_from(t.events, "at"),
    statements.CALL_FROM: _first_from(t.calls, "sent_at"),
    statements.EVENT: _rows_of(t.events, _equal("seq", "seq")),
    reading_statements.READING: _rows_of(t.readings),
    reading_statements.READINGS_DUE: _readings_due,
    reading_statements.READ_AFTER: _rows_of(
        t.read_users,
        lambda row, parameters: (
            row["reading_id"] == parameters["reading_id"] and row["hubspot_id"] > parameters["after"]
        ),
        _by("hubspot_id"),
        shown=("hubspot_id",),
    ),
    reading_statements.READ_BEFORE: _rows_of(
        t.read_users,
        lambda row, parameters: row["reading_id"] < parameters["reading_id"],
        shown=("reading_id", "hubspot_id"),
    ),
    reading_statements.READ_SINCE: _rows_of(
        t.read_users,
        lambda row, parameters: row["reading_id"] > parameters["reading_id"],
        shown=("reading_id", "hubspot_id"),
    ),
    reading_statements.ACCOUNT_USERS_AFTER: _rows_of(
        t.account_users, _after("hubspot_id"), _by("hubspot_id")
    ),
    reading_statements.DRIFTED: _rows_of(
        t.deliveries,
        lambda row, parameters: row["drifted"] and row["key"] > parameters["after"],
        _by("key"),
    ),
    reading_statements.DELIVERED_AS: _rows_of(
        t.deliveries, _among("hubspot_id"), shown=("hubspot_id", "intent")
    ),
    reading_statements.DELIVERED_TO: _rows_of(t.deliveries, _among("key"), shown=("key", "intent")),
    statements.CALLS_OF: _rows_of(t.calls, _equal("correlation_id", "correlation_id"), _by("seq")),
    statements.CALLS_FOR: _rows_of(
        t.calls, _equal("delivery_key", "delivery_key"), _by("seq"), newest_first=True
    ),
    statements.NOTICES: _rows_of(
        t.notices, order=lambda row: (-row["raised_at"], row["kind"], row["subject"])
    ),
    statements.SUBSCRIPTIONS: _rows_of(t.subscriptions, order=_by("created_at", "id")),
    statements.MESSAGES: _rows_of(
        t.messages,
        lambda row, parameters: row["created_at"] < parameters["before"],
        _by("created_at", "id"),
        newest_first=True,
    ),
    statements.MESSAGES_DUE: _rows_of(
        t.messages,
        lambda row, parameters: row["due_at"] is not None and row["due_at"] <= parameters["now"],
        _by("due_at", "id"),
    ),
}
"""Every statement by name, and its answer. A statement without one is a `KeyError`, and a failing test."""
