"""The account's logs: `/account-info/{version}/activity/{security|login|audit-logs}`.

Source: HubSpot's OpenAPI of account activity. Every event is one that really happened at the portal.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from syncline.clock import Milliseconds
from syncline.portal.domain.account import Tier
from syncline.portal.domain.activity import AUDITED, Activity, Login
from syncline.portal.domain.errors import Detail, Forbidden, ValidationError
from syncline.portal.domain.scopes import READ_ACTIVITY
from syncline.portal.store.activity_reads import Slice, activities_of, logins_of
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call
from syncline.portal.web.endpoint import Operation
from syncline.portal.web.paging import number, page_answer, page_bounds
from syncline.scimserver.rendering import timestamp

LARGEST_PAGE = 200


async def security(call: Call) -> Answer:
    """Return a page of the security history, newest first."""
    after, limit = page_bounds(call, LARGEST_PAGE)
    user_id = _number(call, "userId")
    wanted = Slice(
        limit=limit + 1,
        after=after,
        acting_user_ids=() if user_id is None else (user_id,),
        since=_number(call, "fromTimestamp"),
        until=_number(call, "toTimestamp"),
    )
    found = await call.store.reader.scan(lambda connection: activities_of(connection, call.portal_id, wanted))
    return page_answer(call, found, limit, _shown_security, lambda one: one.id)


async def login(call: Call) -> Answer:
    """Return a page of sign-ins at the portal's pages, newest first."""
    after, limit = page_bounds(call, LARGEST_PAGE)
    user_id = _number(call, "userId")
    found = await call.store.reader.scan(
        lambda connection: logins_of(
            connection, call.portal_id, user_id=user_id, after=after, limit=limit + 1
        )
    )
    return page_answer(call, found, limit, _shown_login, lambda one: one.id)


async def audit_logs(call: Call) -> Answer:
    """Return a page of the audit log, which only Enterprise accounts have; newest first unless sorted otherwise."""
    if call.account.tier is not Tier.ENTERPRISE:
        raise Forbidden("The audit log needs an Enterprise subscription.")
    after, limit = page_bounds(call, LARGEST_PAGE)
    wanted = Slice(
        limit=limit + 1,
        after=after,
        acting_user_ids=_numbers(call, "actingUserId"),
        since=_moment(call, "occurredAfter"),
        until=_moment(call, "occurredBefore"),
        newest_first=_newest_first(call),
        audited_only=True,
    )
    found = await call.store.reader.scan(lambda connection: activities_of(connection, call.portal_id, wanted))
    return page_answer(call, found, limit, _shown_audit, lambda one: one.id)


ROUTES = {
    f"/account-info/{version}/activity/{name}": {"GET": Operation(handler, READ_ACTIVITY)}
    for version in ("v3", "2026-03", "2026-09")
    for name, handler in (("security", security), ("login", login), ("audit-logs", audit_logs))
}
"""The addresses, each whole."""


def _shown_security(activity: Activity) -> dict[str, Any]:
    shown = {
        "id": str(activity.id),
        "type": activity.type.value,
        "userId": activity.acting_user_id or 0,
        "actingUser": activity.acting_email,
        "objectId": activity.object_id,
        "createdAt": timestamp(activity.at),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _shown_audit(activity: Activity) -> dict[str, Any]:
    category, action = AUDITED[activity.type]
    shown = {
        "id": str(activity.id),
        "category": category,
        "subCategory": activity.type.value,
        "action": action,
        "actingUser": {"userId": activity.acting_user_id or 0, "userEmail": activity.acting_email},
        "targetObjectId": activity.object_id,
        "occurredAt": timestamp(activity.at),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _shown_login(entry: Login) -> dict[str, Any]:
    shown = {
        "id": str(entry.id),
        "loginAt": timestamp(entry.at),
        "loginSucceeded": entry.succeeded,
        "userId": entry.user_id,
        "email": entry.email,
        "ipAddress": entry.address,
        "userAgent": entry.user_agent,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _number(call: Call, name: str) -> int | None:
    text = call.query(name)
    if text is None:
        return None
    found = number(text)
    if found is None:
        raise _wrong(name, "a whole number")
    return found


def _numbers(call: Call, name: str) -> tuple[int, ...]:
    """Return numbers given by repeating a parameter, or with commas as HubSpot's Python client does."""
    texts = [part for text in call.request.query_params.getlist(name) for part in text.split(",") if part]
    found = [number(text) for text in texts]
    if None in found:
        raise _wrong(name, "whole numbers")
    return tuple(one for one in found if one is not None)


def _moment(call: Call, name: str) -> Milliseconds | None:
    text = call.query(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise _wrong(name, "an RFC 3339 moment") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _newest_first(call: Call) -> bool:
    match call.query("sort"):
        case None | "-occurredAt":
            return True
        case "occurredAt":
            return False
    raise _wrong("sort", "occurredAt or -occurredAt")


def _wrong(name: str, what: str) -> ValidationError:
    message = f"{name} must be {what}."
    return ValidationError(message, Detail(message, code="INVALID_PARAMETER", where=name))
