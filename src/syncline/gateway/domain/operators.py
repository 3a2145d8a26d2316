"""Operators: who may sign in, what each role may do, and where. The matrix below is all there is to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.errors import Invalid

EVERYWHERE: Final = "*"
"""In the place of a tenant's id: all tenants, those of later included."""


class Role(StrEnum):
    """What somebody is, for one tenant or everywhere."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What a page or an operation asks for."""

    VIEW = "view"
    AUDIT = "audit"
    APPROVE = "approve"
    DELIVER = "deliver"
    SET_UP = "set up"
    PEOPLE = "people"
    TENANTS = "tenants"
    DELETE = "delete"


MEANING: Final[Mapping[Permission, str]] = {
    Permission.VIEW: "see people, groups, what is waiting and why",
    Permission.AUDIT: "read who changed the set-up, and export logs",
    Permission.APPROVE: "approve plans, privileged permission sets and staged leavers",
    Permission.DELIVER: "deliver one person now, read him again, release him",
    Permission.SET_UP: "change connections, rules, policies and SCIM tokens",
    Permission.PEOPLE: "invite operators, give roles, make API keys",
    Permission.TENANTS: "create tenants",
    Permission.DELETE: "delete a tenant",
}
"""What each permission lets somebody do, in words that follow “may”."""

MATRIX: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMINISTRATOR: frozenset(Permission) - {Permission.PEOPLE, Permission.DELETE},
    Role.APPROVER: frozenset({Permission.VIEW, Permission.AUDIT, Permission.APPROVE, Permission.DELIVER}),
    Role.AUDITOR: frozenset({Permission.VIEW, Permission.AUDIT}),
    Role.VIEWER: frozenset({Permission.VIEW}),
}


@dataclass(frozen=True, slots=True)
class Access:
    """Where somebody has which role: by tenant id, or `EVERYWHERE`."""

    roles: Mapping[str, Role] = field(default_factory=dict)

    def may(self, permission: Permission, tenant_id: str = EVERYWHERE) -> bool:
        """Tell whether a role held for that tenant, or everywhere, includes the permission."""
        held = (self.roles.get(place) for place in (tenant_id, EVERYWHERE))
        return any(role is not None and permission in MATRIX[role] for role in held)

    def role_for(self, tenant_id: str) -> Role | None:
        """Return the role that counts for a tenant: the one with more permissions of the two that can be held."""
        held = [self.roles[place] for place in (tenant_id, EVERYWHERE) if place in self.roles]
        return max(held, key=lambda role: len(MATRIX[role]), default=None)

    def covers(self, role: Role, tenant_id: str) -> bool:
        """Tell whether everything that role may do there is allowed."""
        return all(self.may(permission, tenant_id) for permission in MATRIX[role])

    @property
    def is_everywhere(self) -> bool:
        """Whether there is a role for all tenants."""
        return EVERYWHERE in self.roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody who signs in. `password` is a hash; None until one was chosen."""

    id: str
    email: str
    name: str
    access: Access
    password: str | None = field(repr=False)
    created_at: Milliseconds
    created_by: str
    last_signed_in_at: Milliseconds | None = None


LONGEST_NAME: Final = 100
LONGEST_EMAIL: Final = 254
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 200


def check_email(email: str) -> str:
    """Return an e-mail address an operator can sign in with; raises `Invalid`."""
    local, at, domain = email.strip().rpartition("@")
    plain = email.strip().isprintable() and " " not in email.strip()
    if not (local and at and domain and plain) or len(email.strip()) > LONGEST_EMAIL:
        raise Invalid("Give the e-mail address of a person, such as ada@example.com.")
    return email.strip()


def check_name(name: str) -> str:
    """Return a person's name as it is shown to others; raises `Invalid`."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(f"A name is 1 to {LONGEST_NAME} printable characters.")
    return name


def check_password(password: str, email: str) -> str:
    """Return a password nobody guesses in a moment; raises `Invalid` with what would do."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; a sentence is a good one."
        )
    if len(set(password)) < 5 or password.casefold() in (email.casefold(), "passwordpassword"):
        raise Invalid("That password is guessed in a moment; take a sentence that only you would say.")
    return password


def read_role(text: str) -> Role:
    """Return the role of that name; raises `Invalid`."""
    if text not in set(Role):
        raise Invalid(f"A role is one of {', '.join(Role)}, not {text!r}.")
    return Role(text)
