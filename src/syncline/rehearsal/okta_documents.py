"""What Okta sends of a person and a group: a profile written into the document it read, or a whole new one.

The bodies are those of Okta's SCIM 2.0 guide and of its test suite. Beyond the attributes shown there, this
application has the ones an administrator usually maps: title, locale, phones, address, department, employee
number, and the app role as `roles.^[primary==true].value`. A cleared source clears the target, unlike in Entra.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any
from uuid import UUID

from syncline.rehearsal import paths
from syncline.rehearsal.mapping import GROUP_SCHEMA, USER_SCHEMA, Flow
from syncline.rehearsal.objects import AppRole, DirectoryUser
from syncline.rehearsal.operations import PATCH_SCHEMA
from syncline.rehearsal.paths import ENTERPRISE, Resource
from syncline.rehearsal.roles import PRIMARY_ROLE

Profile = dict[str, str | None]
"""Target path → value; None where the source is empty, which takes the value away at the target."""

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def okta_id(object_id: str) -> str:
    """Return the id Okta would give this person: `00u` and seventeen letters or digits."""
    number, letters = UUID(object_id).int, ""
    for _ in range(17):
        number, digit = divmod(number, len(_LETTERS))
        letters += _LETTERS[digit]
    return f"00u{letters}"


_FLOWS = (
    Flow("login", "userName", lambda u: u.known_principal_name),
    Flow("firstName", "name.givenName", lambda u: u.given_name),
    Flow("lastName", "name.familyName", lambda u: u.surname),
    Flow("email", 'emails[type eq "work"].value', lambda u: u.mail),
    Flow("displayName", "displayName", lambda u: u.display_name),
    Flow("locale", "locale", lambda u: u.preferred_language),
    Flow("id", "externalId", lambda u: okta_id(u.object_id)),
    Flow("title", "title", lambda u: u.job_title),
    Flow("primaryPhone", 'phoneNumbers[type eq "work"].value', lambda u: u.telephone_number),
    Flow("mobilePhone", 'phoneNumbers[type eq "mobile"].value', lambda u: u.mobile),
    Flow("streetAddress", 'addresses[type eq "work"].streetAddress', lambda u: u.street_address),
    Flow("city", 'addresses[type eq "work"].locality', lambda u: u.city),
    Flow("state", 'addresses[type eq "work"].region', lambda u: u.state),
    Flow("zipCode", 'addresses[type eq "work"].postalCode', lambda u: u.postal_code),
    Flow("countryCode", 'addresses[type eq "work"].country', lambda u: u.country),
    Flow("employeeNumber", f"{ENTERPRISE}:employeeNumber", lambda u: u.employee_id),
    Flow("department", f"{ENTERPRISE}:department", lambda u: u.department),
)


def profile(user: DirectoryUser, roles: Sequence[AppRole]) -> Profile:
    """Return what the application should hold of a person."""
    values: Profile = {flow.target: flow.value(user) or None for flow in _FLOWS}
    return {**values, PRIMARY_ROLE: roles[0].value if roles else None}


def creation_body(wanted: Profile, password: str) -> Resource:
    """Return the body of a POST to /Users, with the placeholder password every create carries."""
    body: Resource = {"schemas": [USER_SCHEMA]}
    _write(body, {path: value for path, value in wanted.items() if value is not None})
    if ENTERPRISE in body:
        body["schemas"] = [USER_SCHEMA, ENTERPRISE]
    return {**body, "groups": [], "active": True, "password": password}


def edited(document: Resource, wanted: Mapping[str, str | bool | None]) -> Resource:
    """Return the document as it was read, all else included, with these values written into it."""
    changed = deepcopy(document)
    for path, value in wanted.items():
        if value is None:
            paths.clear(changed, path)
    _write(changed, {path: value for path, value in wanted.items() if value is not None})
    if changed.get(ENTERPRISE) == {}:
        del changed[ENTERPRISE]
    if ENTERPRISE in changed and ENTERPRISE not in changed.get("schemas", ()):
        changed["schemas"] = [*changed.get("schemas", ()), ENTERPRISE]
    return changed


def group_body(display_name: str, members: Sequence[Resource], target_id: str | None = None) -> Resource:
    """Return a whole group: for a POST without an id, for a PUT with it."""
    known: Resource = {} if target_id is None else {"id": target_id}
    return {"schemas": [GROUP_SCHEMA], **known, "displayName": display_name, "members": list(members)}


def member_of(target_id: str, user_name: str) -> Resource:
    """Return a member as Okta names one: id and login."""
    return {"value": target_id, "display": user_name}


def without_path(value: Resource) -> Resource:
    """Return a PATCH that replaces these attributes by one operation without a path."""
    return patch([{"op": "replace", "value": value}])


def patch(operations: Sequence[Mapping[str, Any]]) -> Resource:
    """Return the PatchOp message of RFC 7644 §3.5.2."""
    return {"schemas": [PATCH_SCHEMA], "Operations": list(operations)}


def _write(body: Resource, values: Mapping[str, str | bool]) -> None:
    before = {str(email.get("value")) for email in body.get("emails", ())}
    for path, value in values.items():
        paths.write(body, path, value)
    for email in body.get("emails", ()):
        if email.get("type") == "work" and email["value"] not in before:
            email["primary"] = True
