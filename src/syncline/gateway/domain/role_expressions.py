"""By which of Entra's three expressions app roles arrive, told from their form on the wire.

Microsoft, "Customize user provisioning attribute-mappings", app role expressions: `SingleAppRoleAssignment` sends one
primary role; `AppRoleAssignmentsComplex` and `AssertiveAppRoleAssignmentsComplex` send all of them, none primary, and
differ only in how a change is sent: the first adds what is new, the second replaces the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from syncline.clock import Milliseconds


class RoleForm(StrEnum):
    """How a request carried roles."""

    PRIMARY = "primary"
    """One role, marked primary."""
    LISTED = "listed"
    """All roles at once in a new or replaced user, none of them primary."""
    ADDED = "added"
    """A PATCH that adds roles to those that are there."""
    REPLACED = "replaced"
    """A PATCH that replaces all of them."""


class RoleExpression(StrEnum):
    """Entra's names."""

    SINGLE = "SingleAppRoleAssignment"
    COMPLEX = "AppRoleAssignmentsComplex"
    ASSERTIVE = "AssertiveAppRoleAssignmentsComplex"


MEANING: Final[Mapping[RoleExpression, str]] = {
    RoleExpression.SINGLE: "One role for each person. With several assigned Entra fails or picks any of them.",
    RoleExpression.COMPLEX: "Roles are only ever added: a role taken away in Entra stays, and with it what its rule "
    "gives. Use AssertiveAppRoleAssignmentsComplex instead.",
    RoleExpression.ASSERTIVE: "The whole set of roles, replaced with each change, as it should be.",
}

_TELLS: Final[Mapping[RoleForm, RoleExpression]] = {
    RoleForm.PRIMARY: RoleExpression.SINGLE,
    RoleForm.ADDED: RoleExpression.COMPLEX,
    RoleForm.REPLACED: RoleExpression.ASSERTIVE,
}


def expression_of(last_seen: Mapping[RoleForm, Milliseconds]) -> RoleExpression | None:
    """Return the expression roles arrive by, judged by the last form that tells; None when none does.

    Of a list in a new user nobody can say which of the two complex expressions made it.
    """
    telling = [(at, form) for form, at in last_seen.items() if form in _TELLS]
    return _TELLS[max(telling)[1]] if telling else None


def form_of(roles: Sequence[Any]) -> RoleForm | None:
    """Return the form of the roles of a whole user; None for no roles."""
    if not roles:
        return None
    only = roles[0] if len(roles) == 1 else None
    return RoleForm.PRIMARY if isinstance(only, dict) and only.get("primary") is True else RoleForm.LISTED


def findings(
    role_rules: int, roles_received: int, expression: RoleExpression | None, *, match_role_names: bool
) -> list[str]:
    """Return what an operator should know about roles, one sentence each."""
    found = []
    if role_rules and not roles_received:
        rules = "1 role rule" if role_rules == 1 else f"{role_rules} role rules"
        found.append(f"{rules}, 0 roles received: add the role expression in Entra.")
    elif match_role_names and not roles_received:
        found.append("Role names are matched, 0 roles received: add the role expression in Entra.")
    if expression is RoleExpression.COMPLEX:
        found.append(MEANING[expression])
    return found
