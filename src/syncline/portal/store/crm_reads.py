"""Reads of users as CRM records: by id, by key-ordered pages, by search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from syncline.clock import Milliseconds
from syncline.portal.domain.account import Flags
from syncline.portal.domain.crm import Record
from syncline.portal.domain.emails import email_key
from syncline.portal.store.mapping import user_from
from syncline.portal.store.tables import account_users, crm_properties, identities

_users = account_users.c
_SELECT = select(account_users, crm_properties.c.properties).outerjoin(
    crm_properties,
    and_(
        crm_properties.c.portal_id == _users.portal_id,
        crm_properties.c.user_id == _users.user_id,
    ),
)
_BY = {
    "hs_object_id": _users.record_id,
    "hs_internal_user_id": _users.user_id,
    "hubspot_owner_id": _users.owner_id,
}
UNIQUE_PROPERTIES = (*_BY, "hs_email")


def has_record(portal_id: int, flags: Flags, now: Milliseconds) -> ColumnElement[bool]:
    """Return the condition under which a user of the account has a record."""
    there = and_(_users.portal_id == portal_id, _users.removed_at.is_(None))
    return and_(there, _users.accepts_at <= now) if flags.crm_records_wait else there


def records_after(
    connection: Connection, exists: ColumnElement[bool], after: int, limit: int
) -> list[Record]:
    """Return up to `limit` records with ids above `after`, in the order of ids."""
    statement = _SELECT.where(exists, _users.record_id > after).order_by(_users.record_id).limit(limit)
    return _records(connection, statement)


def records_by(
    connection: Connection, exists: ColumnElement[bool], id_property: str, values: Sequence[str]
) -> dict[str, Record]:
    """Return the records that unique property names by these values; values that name none are left out."""
    if id_property == "hs_email":
        keys = {email_key(value): value for value in values}
        statement = _SELECT.add_columns(identities.c.email_key).join(
            identities, identities.c.user_id == _users.user_id
        )
        found = connection.execute(statement.where(exists, identities.c.email_key.in_(keys))).mappings()
        return {keys[row["email_key"]]: _record(row) for row in found}
    column = _BY[id_property]
    numbers = {
        int(value): value for value in values if value.isascii() and value.isdecimal() and len(value) < 19
    }
    found = connection.execute(_SELECT.where(exists, column.in_(numbers))).mappings()
    return {numbers[row[column.name]]: _record(row) for row in found}


def search(
    connection: Connection,
    condition: ColumnElement[bool],
    order: Sequence[ColumnElement[Any]],
    offset: int,
    limit: int,
) -> tuple[list[Record], int]:
    """Return a page of the records under a condition and how many there are: for `Reader.scan`."""
    joined = _SELECT.where(condition)
    total = connection.execute(joined.with_only_columns(func.count())).scalar_one()
    found = joined.order_by(*order, _users.record_id).offset(offset).limit(limit)
    return _records(connection, found), total


def expression(name: str) -> ColumnElement[Any]:
    """Return a property as SQL: numbers for ids and moments, a truth value for switches, else text."""
    match name:
        case "hs_object_id" | "hs_internal_user_id" | "hubspot_owner_id":
            return _BY[name]
        case "hs_deactivated":
            return _users.deactivated_at.is_not(None)
        case "hs_searchable_calculated_name":
            return (
                func.coalesce(_users.first_name, "")
                + " "
                + func.coalesce(_users.last_name, "")
                + " "
                + _users.email
            )
    plain: Mapping[str, ColumnElement[Any]] = {
        "hs_email": _users.email,
        "hs_given_name": _users.first_name,
        "hs_family_name": _users.last_name,
        "hs_createdate": _users.created_at,
        "hs_lastmodifieddate": _users.updated_at,
    }
    return plain[name] if name in plain else func.json_extract(crm_properties.c.properties, f"$.{name}")


def any_of(groups: Sequence[Sequence[ColumnElement[bool]]]) -> list[ColumnElement[bool]]:
    """Return filter groups as conditions: all filters of any group; no groups say nothing."""
    return [or_(*(and_(*group) for group in groups))] if groups else []


def _records(connection: Connection, statement: Select[Any]) -> list[Record]:
    return [_record(row) for row in connection.execute(statement).mappings()]


def _record(row: Mapping[Any, Any]) -> Record:
    return Record(user_from(row), orjson.loads(row["properties"] or "{}"))
