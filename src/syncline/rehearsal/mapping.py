"""Entra's attribute mapping: from a person in the directory to what the application is sent.

The flows are the defaults of a custom application. A source without a value is left out for good: Entra never
provisions null, so what was sent once lingers at the target when the source is cleared. References (manager,
members) are not here: they travel in a second pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from syncline.rehearsal import paths
from syncline.rehearsal.dialect import Dialect
from syncline.rehearsal.objects import DirectoryGroup, DirectoryUser
from syncline.rehearsal.paths import ENTERPRISE, Resource
from syncline.rehearsal.roles import RoleExpression

USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
MICROSOFT_GROUP_SCHEMA = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
MANAGER = f"{ENTERPRISE}:manager"

Outgoing = dict[str, str | bool]
"""Target path → value, in the order of the mapping, sources without a value left out."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One line of the mapping page: source as the page shows it, target path, and the value itself."""

    source: str
    target: str
    value: Callable[[DirectoryUser], str | None]


def _full_name(user: DirectoryUser) -> str | None:
    return " ".join(part for part in (user.given_name, user.surname) if part) or None


def _external_id(source: str) -> Flow:
    if source == "objectId":
        return Flow(source, "externalId", lambda u: u.object_id)
    return Flow(source, "externalId", lambda u: u.mail_nickname)


_FLOWS = (
    Flow("userPrincipalName", "userName", lambda u: u.user_principal_name),
    Flow("displayName", "displayName", lambda u: u.display_name),
    Flow("jobTitle", "title", lambda u: u.job_title),
    Flow("preferredLanguage", "preferredLanguage", lambda u: u.preferred_language),
    Flow("mail", 'emails[type eq "work"].value', lambda u: u.mail),
    Flow("telephoneNumber", 'phoneNumbers[type eq "work"].value', lambda u: u.telephone_number),
    Flow("mobile", 'phoneNumbers[type eq "mobile"].value', lambda u: u.mobile),
    Flow("facsimileTelephoneNumber", 'phoneNumbers[type eq "fax"].value', lambda u: u.fax_number),
    Flow("streetAddress", 'addresses[type eq "work"].streetAddress', lambda u: u.street_address),
    Flow("city", 'addresses[type eq "work"].locality', lambda u: u.city),
    Flow("state", 'addresses[type eq "work"].region', lambda u: u.state),
    Flow("postalCode", 'addresses[type eq "work"].postalCode', lambda u: u.postal_code),
    Flow("country", 'addresses[type eq "work"].country', lambda u: u.country),
    Flow("physicalDeliveryOfficeName", 'addresses[type eq "other"].Formatted', lambda u: u.office),
    Flow('Join(" ", [givenName], [surname])', "name.formatted", _full_name),
    Flow("surname", "name.familyName", lambda u: u.surname),
    Flow("givenName", "name.givenName", lambda u: u.given_name),
    Flow("employeeId", f"{ENTERPRISE}:employeeNumber", lambda u: u.employee_id),
    Flow("department", f"{ENTERPRISE}:department", lambda u: u.department),
)

ACTIVE_SOURCE = 'Switch([IsSoftDeleted], , "False", "True", "True", "False")'


@dataclass(frozen=True, slots=True)
class AttributeMapping:
    """The mapping of one application: which source feeds externalId, and how roles are expressed.

    `external_id` is `mailNickname` (the default) or `objectId` (what many administrators set instead).
    """

    external_id: str = "mailNickname"
    roles: RoleExpression = RoleExpression.SINGLE

    def __post_init__(self) -> None:
        if self.external_id not in ("mailNickname", "objectId"):
            raise ValueError(f"externalId is fed by mailNickname or objectId, not {self.external_id!r}.")

    @property
    def flows(self) -> tuple[Flow, ...]:
        """The lines of the mapping page, without active, roles and references."""
        return (_external_id(self.external_id), *_FLOWS)

    def outgoing(self, user: DirectoryUser, *, active: bool) -> Outgoing:
        """Return what the application should hold of this person, roles and references apart."""
        values: Outgoing = {}
        for flow in self.flows:
            if (value := flow.value(user)) is not None and value != "":
                values[flow.target] = value
            if flow.target == "userName":
                values["active"] = active
        return values


def user_body(outgoing: Outgoing, roles: Sequence[dict[str, Any]]) -> Resource:
    """Return the body of a POST to /Users; `active` is a real boolean, `roles` sent even when empty."""
    body: Resource = {"schemas": [USER_SCHEMA, ENTERPRISE]}
    extension: Resource = {}
    for path, value in outgoing.items():
        paths.write(extension if path.startswith(ENTERPRISE) else body, path, value)
    for email in body.get("emails", ()):
        email["primary"] = True
    return {**body, "meta": {"resourceType": "User"}, "roles": list(roles), **extension}


def group_outgoing(group: DirectoryGroup) -> Outgoing:
    """Return what the application should hold of a group, members apart."""
    return {"externalId": group.object_id, "displayName": group.display_name}


def group_body(outgoing: Outgoing, dialect: Dialect = Dialect.DEFAULT) -> Resource:
    """Return the body of a POST to /Groups: never with members; without the flag with Microsoft's extra schema."""
    schemas = [GROUP_SCHEMA, *([MICROSOFT_GROUP_SCHEMA] if dialect is Dialect.DEFAULT else [])]
    return {"schemas": schemas, **outgoing, "meta": {"resourceType": "Group"}}
