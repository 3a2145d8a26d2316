"""The three expressions by which Entra provisions app roles, each with its own wire form.

The forms are those of Microsoft's page on app-role expressions; a role's value must be the name the
application expects, spaces and capitals included.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import orjson

from syncline.rehearsal import paths
from syncline.rehearsal.dialect import Dialect
from syncline.rehearsal.objects import AppRole
from syncline.rehearsal.operations import Operation
from syncline.rehearsal.paths import Resource

ROLE_TYPE = "WindowsAzureActiveDirectoryRole"
PRIMARY_ROLE = 'roles[primary eq "True"].value'
PRIMARY_ROLE_TYPE = 'roles[primary eq "True"].type'


class RoleExpression(StrEnum):
    """How the roles of a person become the `roles` attribute; the values are Entra's function names."""

    SINGLE = "SingleAppRoleAssignment"
    COMPLEX = "AppRoleAssignmentsComplex"
    ASSERTIVE = "AssertiveAppRoleAssignmentsComplex"


def creation(expression: RoleExpression, roles: Sequence[AppRole]) -> list[dict[str, Any]]:
    """Return the `roles` of a POST: one primary role, or all of them without a primary."""
    if expression is RoleExpression.SINGLE:
        return [{"primary": True, "type": ROLE_TYPE, "value": role.value} for role in roles[:1]]
    return [
        {"primary": False, "type": ROLE_TYPE, "displayName": role.display_name, "value": role.value}
        for role in roles
    ]


def operations(
    expression: RoleExpression,
    roles: Sequence[AppRole],
    target: Resource,
    dialect: Dialect = Dialect.DEFAULT,
) -> list[Operation]:
    """Return the PATCH operations that bring the target's roles in line, as far as the expression can.

    Only the assertive form takes roles away; the others send nothing for a person without roles, since null
    is never provisioned. With the flag roles are plain values, as in a POST.
    """
    held = _held(target)
    if expression is RoleExpression.ASSERTIVE:
        if held == {role.value for role in roles}:
            return []
        return [Operation("replace", "roles", [_asserted(role) for role in roles], sorted(held))]
    if not roles:
        return []
    if expression is RoleExpression.SINGLE:
        # With several roles Entra promises no choice; this simulator takes the first direct assignment.
        wanted = {PRIMARY_ROLE: roles[0].value, PRIMARY_ROLE_TYPE: ROLE_TYPE}
        return [op for path, value in wanted.items() if (op := Operation.between(path, value, target))]
    missing = [role for role in roles if role.value not in held]
    written = _as_text if dialect is Dialect.DEFAULT else _asserted
    return [Operation("Add", "roles", [written(role) for role in missing])] if missing else []


def _held(target: Resource) -> set[str]:
    elements = paths.read(target, "roles")
    found = [paths.member(e, "value") for e in elements] if isinstance(elements, list) else []
    return {value for value in found if isinstance(value, str)}


def _as_text(role: AppRole) -> dict[str, str]:
    text = orjson.dumps({"id": role.id, "value": role.value, "displayName": role.display_name})
    return {"value": text.decode()}


def _asserted(role: AppRole) -> dict[str, Any]:
    return {"primary": False, "type": ROLE_TYPE, "display": role.display_name, "value": role.value}
