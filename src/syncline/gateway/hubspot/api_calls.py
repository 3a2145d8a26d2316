"""The calls of the public API, and how its bodies read.

Source: HubSpot's published OpenAPI of user provisioning, version 2026-03.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.change import Change
from syncline.gateway.hubspot.call import Call, Channel

USERS = "/settings/users/2026-03"
PAGE = 100
"""Users on one page; HubSpot publishes no maximum, and this is what its clients ask for."""
ACTIVITY = "/account-info/2026-03/activity"
ACTIVITY_PAGE = 200
"""Entries on one page of the activity log; HubSpot's maximum."""
BY_EMAIL = (("idProperty", "EMAIL"),)
NOBODY = "0"
"""An id no user has."""


def create_user(change: Change) -> Call:
    """Invite a person with everything at once: afterwards names are refused until the first sign-in."""
    fields = {
        "email": change.email,
        "sendWelcomeEmail": change.send_welcome_email,
        "firstName": change.first_name,
        "lastName": change.last_name,
        "roleId": change.permission_set_id,
        "primaryTeamId": change.primary_team_id,
        "secondaryTeamIds": list(change.secondary_team_ids or ()),
    }
    body = {name: value for name, value in fields.items() if value is not None and value not in ("", [])}
    return Call(channel=Channel.API, method="POST", path=USERS, purpose="users.create", body=body)


def get_user(*, hubspot_id: str | None = None, email: str | None = None) -> Call:
    """Read one user by id, or by e-mail when the id is not known."""
    path, query = _one(hubspot_id, email)
    return Call(channel=Channel.API, method="GET", path=path, query=query, purpose="users.get")


def update_user(
    fields: Mapping[str, Any], *, hubspot_id: str | None = None, email: str | None = None
) -> Call:
    """Change those fields; what is left out stays."""
    path, query = _one(hubspot_id, email)
    return Call(
        channel=Channel.API, method="PUT", path=path, query=query, purpose="users.update", body=dict(fields)
    )


def remove_user(*, hubspot_id: str | None = None, email: str | None = None) -> Call:
    """Take the user out of the account; doing it twice is answered alike."""
    path, query = _one(hubspot_id, email)
    return Call(channel=Channel.API, method="DELETE", path=path, query=query, purpose="users.remove")


def list_users(after: str | None = None, *, limit: int = PAGE) -> Call:
    """Read one page of users."""
    return _list("users.list", USERS, (("limit", str(limit)), *_after(after)))


def list_permission_sets() -> Call:
    """Read every permission set; the list has no pages."""
    return _list("roles.list", f"{USERS}/roles")


def list_teams() -> Call:
    """Read every team; the list has no pages."""
    return _list("teams.list", f"{USERS}/teams")


def list_deactivated_owners(after: str | None = None, *, limit: int = PAGE) -> Call:
    """Read one page of archived owners, the one list that tells who is deactivated."""
    return _list(
        "owners.list", "/crm/v3/owners/", (("archived", "true"), ("limit", str(limit)), *_after(after))
    )


def find_deactivated_owner(email: str) -> Call:
    """Read the archived owner of that e-mail: whether HubSpot has deactivated one person."""
    return _list("owners.find", "/crm/v3/owners/", (("archived", "true"), ("email", email)))


def read_details() -> Call:
    """Read which account this is: the harmless first call of every connection."""
    return Call(
        channel=Channel.API, method="GET", path="/account-info/2026-03/details", purpose="account.details"
    )


def list_audit_log(since: str, after: str | None = None) -> Call:
    """Read one page of the audit log from that moment (RFC 3339) on, newest first; Enterprise accounts only."""
    query = (("limit", str(ACTIVITY_PAGE)), ("occurredAfter", since), *_after(after))
    return _list("activity.audit.list", f"{ACTIVITY}/audit-logs", query)


def list_security_log(since: Milliseconds, after: str | None = None) -> Call:
    """Read one page of the security history from that moment on, newest first. It does not tell every change."""
    query = (("limit", str(ACTIVITY_PAGE)), ("fromTimestamp", str(since)), *_after(after))
    return _list("activity.security.list", f"{ACTIVITY}/security", query)


def account_user(body: Any, *, active: bool | None = None) -> AccountUser | None:
    """Read a `PublicUser`; None unless it has an id and an e-mail, the least that makes it one.

    The API does not say who is active: `active` is what the caller knows of it.
    """
    if not isinstance(body, dict):
        return None
    hubspot_id, email = _id(body.get("id")), _text(body.get("email"))
    if hubspot_id is None or email is None:
        return None
    return AccountUser(
        hubspot_id=hubspot_id,
        email=email,
        first_name=_text(body.get("firstName")),
        last_name=_text(body.get("lastName")),
        permission_set_ids=_ids(body.get("roleIds")) or _ids([body.get("roleId")]),
        primary_team_id=_id(body.get("primaryTeamId")),
        secondary_team_ids=_ids(body.get("secondaryTeamIds")),
        super_admin=body.get("superAdmin") is True,
        active=active,
    )


def results(body: Any) -> list[dict[str, Any]] | None:
    """Return the elements of a list; None unless the body is a list of objects through and through."""
    found = body.get("results") if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        return None
    return found


def next_page(body: Any) -> str | None:
    """Return where the list goes on; None on its last page."""
    for name in ("paging", "next", "after"):
        body = body.get(name) if isinstance(body, dict) else None
    return _id(body)


def _one(hubspot_id: str | None, email: str | None) -> tuple[str, tuple[tuple[str, str], ...]]:
    if hubspot_id is not None:
        return f"{USERS}/{quote(hubspot_id, safe='')}", ()
    return f"{USERS}/{quote(email or NOBODY, safe='')}", BY_EMAIL


def _list(purpose: str, path: str, query: tuple[tuple[str, str], ...] = ()) -> Call:
    return Call(channel=Channel.API, method="GET", path=path, query=query, purpose=purpose)


def _after(after: str | None) -> tuple[tuple[str, str], ...]:
    return () if after is None else (("after", after),)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _id(value: Any) -> str | None:
    # Ids are strings in the schema and numbers in some bodies of older versions.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(value)


def _ids(values: Any) -> tuple[str, ...]:
    found = [_id(value) for value in values] if isinstance(values, list) else []
    return tuple(dict.fromkeys(each for each in found if each is not None))
