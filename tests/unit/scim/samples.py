"""What the kernel's tests share: sample bodies, one-line calls, and the settings of property tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import settings

from syncline.scim.attributes import ResourceType
from syncline.scim.errors import ScimError
from syncline.scim.filter import compile_filter, parse_filter
from syncline.scim.patch import PATCH_SCHEMA, Patch, apply_patch, parse_patch
from syncline.scim.resource import Notes, Resource, read
from syncline.scim.schemas import GROUP, USER
from tests.support.examples import examples

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group"

REFUSAL: Any = "refused"

quick = settings(max_examples=examples(50), deadline=None, derandomize=True, database=None)
"""Property tests run the same cases every time, and few enough to stay quick."""


def entra_user(**changes: Any) -> dict[str, Any]:
    """A create request as Entra sends it."""
    return {
        "schemas": [CORE, ENTERPRISE],
        "externalId": "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "userName": "adele.vance@contoso.example",
        "active": True,
        "displayName": "Adele Vance",
        "title": "Retail Manager",
        "preferredLanguage": "en-US",
        "emails": [{"primary": True, "type": "work", "value": "adele.vance@contoso.example"}],
        "phoneNumbers": [
            {"type": "work", "value": "5550109"},
            {"type": "mobile", "value": "+1 425 555 0100"},
        ],
        "addresses": [
            {
                "type": "work",
                "streetAddress": "9256 Towne Center Dr., Suite 400",
                "locality": "San Diego",
                "region": "CA",
                "postalCode": "92121",
                "country": "United States",
                "formatted": "18/2111",
            }
        ],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Adele Vance", "familyName": "Vance", "givenName": "Adele"},
        "roles": [],
        ENTERPRISE: {"employeeNumber": "1001", "department": "Retail"},
    } | changes


def user(**changes: Any) -> Resource:
    """The canonical form of the smallest user, with these attributes besides."""
    return read(USER, {"schemas": [CORE], "userName": "bob@corp.example"} | changes, Notes())


def read_user(body: Any) -> Resource:
    return read(USER, body, Notes())


def notes_of_reading(body: Any) -> list[str]:
    notes = Notes()
    read(USER, body, notes)
    return list(notes)


def operations(*given: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH_SCHEMA], "Operations": list(given)}


def operation(op: str, path: str | None = None, *values: Any) -> dict[str, Any]:
    """One operation; without a third argument it has no `value`, without a second no `path`."""
    found: dict[str, Any] = {"op": op}
    if path is not None:
        found["path"] = path
    if values:
        found["value"] = values[0]
    return found


def patched(resource: Resource, *given: dict[str, Any], notes: Notes | None = None) -> Resource:
    """The user after these operations."""
    applied = Notes() if notes is None else notes
    return apply_patch(USER, resource, parse_patch(USER, operations(*given), applied), applied)


def group_patch(*given: dict[str, Any]) -> Patch:
    return parse_patch(GROUP, operations(*given), Notes())


def matches(text: str, resource: dict[str, Any], resource_type: ResourceType = USER) -> bool:
    return compile_filter(parse_filter(text, resource_type))(resource)


def attempt(decide: Callable[[], Any], *statuses: int) -> Any:
    """What the call returns, or REFUSAL when it raises a ScimError of these statuses (400 when none are named)."""
    try:
        return decide()
    except ScimError as error:
        if error.status not in (statuses or (400,)):
            raise
        return REFUSAL
