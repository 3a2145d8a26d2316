"""The calls of HubSpot's own SCIM endpoint, and how its users read.

HubSpot publishes no reference of it; these follow RFC 7644 as identity providers use it with HubSpot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.hubspot.call import Call, Channel
from syncline.scim.names import comparison_key

_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(frozen=True, slots=True)
class ScimUser:
    """What matters of a user as HubSpot's SCIM shows him. `active` is None when the answer does not say."""

    id: str
    active: bool | None
    user_name: str | None


def create_user(user: AccountUser, permission_set_names: Sequence[str], *, active: bool) -> Call:
    """Make a member of the account a SCIM user, saying of him what holds already.

    The permission sets must be named exactly: a user whose roles match none is left with minimal permissions.
    """
    body: dict[str, Any] = {"schemas": [_USER], "userName": user.email, "active": active}
    names = {"givenName": user.first_name, "familyName": user.last_name}
    if given := {name: value for name, value in names.items() if value}:
        body["name"] = given
    body["emails"] = _emails(user.email)
    if permission_set_names:
        body["roles"] = roles(permission_set_names)
    return Call(channel=Channel.SCIM, method="POST", path="/Users", purpose="scim.users.create", body=body)


def find_user(user_name: str) -> Call:
    """Look for the SCIM user of that e-mail."""
    # A filter's string is a JSON string (RFC 7644 §3.4.2.2).
    wanted = f"userName eq {json.dumps(user_name, ensure_ascii=False)}"
    return Call(
        channel=Channel.SCIM,
        method="GET",
        path="/Users",
        query=(("filter", wanted), ("count", "2")),
        purpose="scim.users.list",
    )


def list_users() -> Call:
    """Read the first page of SCIM users."""
    return Call(
        channel=Channel.SCIM,
        method="GET",
        path="/Users",
        query=(("count", "100"),),
        purpose="scim.users.list",
    )


def get_user(scim_id: str) -> Call:
    """Read one SCIM user."""
    return Call(channel=Channel.SCIM, method="GET", path=_path(scim_id), purpose="scim.users.get")


def patch_user(scim_id: str, values: Mapping[str, Any]) -> Call:
    """Replace those attributes, given by their paths; a repetition changes nothing."""
    operations = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
    return Call(
        channel=Channel.SCIM,
        method="PATCH",
        path=_path(scim_id),
        purpose="scim.users.update",
        body={"schemas": [_PATCH], "Operations": operations},
    )


def read_configuration() -> Call:
    """Read what the endpoint says it can do (RFC 7643 §5)."""
    return Call(
        channel=Channel.SCIM, method="GET", path="/ServiceProviderConfig", purpose="scim.configuration"
    )


def renamed(email: str) -> dict[str, Any]:
    """Return the attributes that carry the e-mail, for a patch."""
    return {"userName": email, "emails": _emails(email)}


def roles(permission_set_names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the value of `roles` that names those permission sets, the first as the primary one."""
    return [{"value": name, "primary": i == 0} for i, name in enumerate(permission_set_names)]


def scim_user(body: Any) -> ScimUser | None:
    """Read a SCIM user; None unless it has an id."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"]:
        return None
    user_name = body.get("userName")
    return ScimUser(
        body["id"], _active(body.get("active")), user_name if isinstance(user_name, str) else None
    )


def found_user(body: Any, user_name: str) -> ScimUser | None:
    """Return the one user of a list whose userName is that e-mail in any case; None when it has none, or several.

    An endpoint that ignores the filter answers with somebody else, who must not be taken for the one looked for.
    """
    resources = body.get("Resources") if isinstance(body, dict) else None
    users = [scim_user(each) for each in resources] if isinstance(resources, list) else []
    wanted = comparison_key(user_name)
    found = [user for user in users if user and user.user_name and comparison_key(user.user_name) == wanted]
    return found[0] if len(found) == 1 else None


def _active(value: Any) -> bool | None:
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    return value if isinstance(value, bool) else None


def _path(scim_id: str) -> str:
    return f"/Users/{quote(scim_id, safe='')}"


def _emails(email: str) -> list[dict[str, Any]]:
    return [{"value": email, "type": "work", "primary": True}]
