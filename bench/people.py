"""The people of the bench: users as Entra sends them, about 1.5 kB each, and what it changes about them."""

from __future__ import annotations

from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
DOMAIN = "bench.example"


def user_name(number: int) -> str:
    """Return the name of the user of that number."""
    return f"person.{number}@{DOMAIN}"


def user(number: int, title: str = "Account Executive") -> dict[str, Any]:
    """Return the body that creates, or replaces, a user."""
    name = user_name(number)
    return {
        "schemas": [USER, ENTERPRISE],
        "externalId": f"0f6c1c4e-7a63-4bd1-9f0e-{number:012d}",
        "userName": name,
        "active": True,
        "displayName": f"Person {number} Bench",
        "title": title,
        "preferredLanguage": "en-GB",
        "locale": "en-GB",
        "timezone": "Europe/London",
        "userType": "Employee",
        "name": {
            "formatted": f"Person {number} Bench",
            "givenName": f"Person {number}",
            "familyName": "Bench",
            "middleName": "of the",
        },
        "emails": [
            {"type": "work", "value": name, "primary": True},
            {"type": "home", "value": f"person.{number}@home.example"},
        ],
        "phoneNumbers": [
            {"type": "work", "value": f"+44 20 7946 {number % 10_000:04d}"},
            {"type": "mobile", "value": f"+44 7700 90{number % 10_000:04d}"},
        ],
        "addresses": [
            {
                "type": "work",
                "formatted": "1 Bench Street, London",
                "streetAddress": "1 Bench Street",
                "locality": "London",
                "region": "Greater London",
                "postalCode": "EC1A 1AA",
                "country": "GB",
                "primary": True,
            }
        ],
        "roles": [{"value": "Sales Representative", "display": "Sales Representative", "primary": True}],
        ENTERPRISE: {
            "employeeNumber": f"{number:06d}",
            "department": "Sales",
            "costCenter": "4130",
            "organization": "Bench",
            "division": "Europe",
        },
    }


def group(number: int, members: int) -> dict[str, Any]:
    """Return the body that creates a group; its members need not exist."""
    return {
        "schemas": [GROUP],
        "externalId": f"group-{number}-{members}",
        "displayName": f"Group {number} of {members}",
        "members": [{"value": f"5d1f5c2e-0000-4000-8000-{member:012d}"} for member in range(members)],
    }


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return a PATCH body."""
    return {"schemas": [PATCH], "Operations": list(operations)}


def one_change(number: int) -> dict[str, Any]:
    """Return a PATCH that changes one attribute."""
    return patch({"op": "Replace", "path": "title", "value": f"Title {number}"})


def eight_changes(number: int) -> dict[str, Any]:
    """Return a PATCH of eight operations, in the forms Entra sends."""
    return patch(
        {"op": "Replace", "path": "displayName", "value": f"Person {number}"},
        {"op": "Replace", "path": "name.givenName", "value": f"Given {number}"},
        {"op": "Replace", "path": "name.familyName", "value": f"Family {number}"},
        {"op": "Replace", "path": "title", "value": f"Title {number}"},
        {"op": "Replace", "path": 'phoneNumbers[type eq "work"].value', "value": f"+44 {number}"},
        {"op": "Replace", "path": 'addresses[type eq "work"].locality', "value": f"Town {number}"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": f"Department {number}"},
        {"op": "Add", "path": f"{ENTERPRISE}:costCenter", "value": f"{number}"},
    )


def member_in(value: str) -> dict[str, Any]:
    """Return a PATCH that adds one member."""
    return patch({"op": "Add", "path": "members", "value": [{"value": value}]})


def member_out(value: str) -> dict[str, Any]:
    """Return a PATCH that takes one member out again."""
    return patch({"op": "Remove", "path": f'members[value eq "{value}"]'})
