"""What Google Workspace sends of a person: the attributes a catalogue application maps, whole or one by one.

The attribute list is the documented one of Google's catalogue applications; the form of the bodies is inferred.
Groups and roles are not provisioned.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from syncline.rehearsal import paths
from syncline.rehearsal.mapping import USER_SCHEMA, Flow, Outgoing
from syncline.rehearsal.objects import DirectoryUser
from syncline.rehearsal.operations import PATCH_SCHEMA, Operation
from syncline.rehearsal.paths import ENTERPRISE, Resource


def google_id(object_id: str) -> str:
    """Return the number Google would know this person by: twenty-one digits."""
    return f"1{UUID(object_id).int % 10**20:020d}"


_FLOWS = (
    Flow("Primary email", "userName", lambda u: u.known_principal_name),
    Flow("User ID", "externalId", lambda u: google_id(u.object_id)),
    Flow("First name", "name.givenName", lambda u: u.given_name),
    Flow("Last name", "name.familyName", lambda u: u.surname),
    Flow("Full name", "displayName", lambda u: u.display_name),
    Flow("Work email", 'emails[type eq "work"].value', lambda u: u.mail),
    Flow("Title", "title", lambda u: u.job_title),
    Flow("Work phone", 'phoneNumbers[type eq "work"].value', lambda u: u.telephone_number),
    Flow("Mobile phone", 'phoneNumbers[type eq "mobile"].value', lambda u: u.mobile),
    Flow("Work address", 'addresses[type eq "work"].streetAddress', lambda u: u.street_address),
    Flow("Work city", 'addresses[type eq "work"].locality', lambda u: u.city),
    Flow("Work country", 'addresses[type eq "work"].country', lambda u: u.country),
    Flow("Employee ID", f"{ENTERPRISE}:employeeNumber", lambda u: u.employee_id),
    Flow("Department", f"{ENTERPRISE}:department", lambda u: u.department),
)


def outgoing(user: DirectoryUser) -> Outgoing:
    """Return what the application should hold of an active person; sources without a value are left out."""
    values: Outgoing = {flow.target: value for flow in _FLOWS if (value := flow.value(user))}
    return {**values, "active": True}


def user_body(values: Outgoing, target_id: str | None = None) -> Resource:
    """Return a whole user: for a POST without an id, for a PUT with it."""
    body: Resource = {"schemas": [USER_SCHEMA], **({} if target_id is None else {"id": target_id})}
    for path, value in values.items():
        paths.write(body, path, value)
    for email in body.get("emails", ()):
        email["primary"] = True
    if ENTERPRISE in body:
        body["schemas"] = [USER_SCHEMA, ENTERPRISE]
    return body


def patch_body(operations: Sequence[Operation]) -> Resource:
    """Return a PATCH with one lower-case operation for each attribute, values as they are."""
    written = [{"op": op.op.lower(), "path": op.path, "value": op.value} for op in operations]
    return {"schemas": [PATCH_SCHEMA], "Operations": written}
